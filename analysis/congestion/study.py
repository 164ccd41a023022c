"""What congestion does: the numbers behind the page of `queuit congestion`.

Theory: curves and regime maps over load, the provider's optimum and the price of anarchy over
random games. Simulation: fictitious play, how far the product form is off where it is not exact
(`analysis.congestion.errors`), and a router that looks at the queues
(`analysis.congestion.routers`). Every simulated number comes with its standard error, from
independent runs.
"""

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from agents import (
    CongestedEquilibrium,
    CongestedGame,
    Equilibrium,
    best_response,
    congested_equilibrium,
    congested_optimum,
    stackelberg,
)
from analysis.congestion import errors as congestion_errors
from analysis.congestion import routers as congestion_routers
from analysis.congestion.errors import error_map
from analysis.congestion.routers import router_means
from analysis.games.congested import on_slots
from analysis.games.distributions import draw
from analysis.games.grid import single
from analysis.reaction.fictitious_play import STARTS, Play, fictitious_play
from analysis.runs.jobs import later, run_jobs
from analysis.theory.anarchy import price_of_anarchy
from sim.draws import Draws, Purpose
from sim.game import Game
from sim.theory.markov import expectations
from sim.theory.stations import Station

_LOADS = np.linspace(0.02, 0.98, 97)  # of the critical rate
_PLANE = (-1.0, 0.9, 49)  # net values without load: from, to, points
_SHARES = (0.02, 0.3, 0.6, 0.9)  # of M1's capacity, in the regime map
_SMALL = 33  # points of the provider's search over s, in maps
_EDGE = 1e-6  # a share of users below which a mixture is a threshold that rounding has missed
_CORNERS = ((1, 0.0), (1, 1.0), (2, 0.0))  # static policies
_DRAWN = 2**62  # the replication whose random numbers draw loads and slots

Tell = Callable[[int], None]
Pair = tuple[float, float]
EXAMPLE = CongestedGame(
    (0.3, 0.7), (0.1, 0.6), 5, 2.6, 0.7, (Station(2, 1.0), Station(2, 0.4))
)  # mixed population: docs/theory.md, section 11.5
CASCADE = 0.325


@dataclass(frozen=True)
class Size:
    """Random ``games``, ``tasks`` counted in a run, ``seed``."""

    games: int = 300
    tasks: int = 1000
    seed: int = 1


@dataclass(frozen=True)
class Study:
    """Frames of the page; ``plays`` the paths of fictitious play."""

    size: Size
    curves: pd.DataFrame
    regimes: pd.DataFrame
    thresholds: pd.DataFrame
    games: pd.DataFrame
    errors: pd.DataFrame
    routers: pd.DataFrame
    plays: list[Play]


Job = tuple[Callable[..., Any], tuple[Any, ...]]


def study(size: Size, executor: Executor | None = None, progress: Tell | None = None) -> Study:
    """All numbers; the same for any executor. ``progress`` is told the jobs done."""
    parts = {name: make(size) for name, make in _PARTS.items()}
    jobs = [job for part in parts.values() for job in part]
    errors = congestion_errors.measured(size.tasks, size.seed, executor, progress)
    done = congestion_errors.number_of_runs()
    routers = congestion_routers.measured(size.tasks, size.seed, executor, later(progress, done))
    done += congestion_routers.number_of_runs()
    results = iter(run_jobs(_do, jobs, executor, later(progress, done)))
    found = {name: [next(results) for _ in part] for name, part in parts.items()}
    plays = found.pop("plays")
    rows = {name: [row for each in lists for row in each] for name, lists in found.items()}
    return Study(
        size,
        **{name: pd.DataFrame(of_part) for name, of_part in rows.items()},
        errors=error_map(errors),
        routers=router_means(routers),
        plays=plays,
    )


def number_of_jobs(size: Size) -> int:
    """What progress counts to: runs and games."""
    runs = congestion_errors.number_of_runs() + congestion_routers.number_of_runs()
    return runs + sum(len(make(size)) for make in _PARTS.values())


def _do(job: Job) -> Any:
    work, arguments = job
    return work(*arguments)


# ---------------------------------------------------------------- theory


def curve_rows(initial: int, cascade: float) -> list[dict[str, Any]]:
    """The example over load under a fixed policy."""
    rows = []
    capacity = EXAMPLE.stations[initial - 1].capacity
    for share in _LOADS.tolist():
        game = replace(EXAMPLE, arrival_rate=share * capacity)
        rows.append({"policy": f"({initial}, {cascade:g})", **_outcome(game, initial, cascade)})
    return rows


def optimum_rows() -> list[dict[str, Any]]:
    """The example over load at the provider's optimum."""
    rows = []
    for share in _LOADS[::2].tolist():
        game = replace(EXAMPLE, arrival_rate=share * EXAMPLE.stations[0].capacity)
        e = congested_optimum(game, compiled=True).equilibrium
        rows.append({"policy": "optimum", **_outcome(game, e.initial, e.cascade)})
    return rows


def _outcome(game: CongestedGame, initial: int, cascade: float) -> dict[str, Any]:
    e = congested_equilibrium(game, initial, cascade)
    return {
        "arrival_rate": game.arrival_rate, "initial": initial, "cascade": cascade, "kind": e.kind,
        "W1": e.sojourns[0], "W2": e.sojourns[1], "user_utility": e.user_utility,
        "provider_cost": e.provider_cost,
    }  # fmt: skip


def regime_rows(share: float) -> list[dict[str, Any]]:
    """Figure 3 of the paper under load: kinds over the net values that models have without it."""
    rows = []
    axis = np.linspace(*_PLANE).tolist()
    for xi_1 in axis:
        for xi_2 in axis:
            game = loaded((0.1, 0.3), (10 * 0.1 - xi_1, 10 * 0.3 - xi_2), 10.0, share)
            e = congested_equilibrium(game, 1, 0.25, compiled=True)
            rows.append({"load": share, "xi_1": xi_1, "xi_2": xi_2, "kind": e.kind,
                         "stay": _stayers(e.support)})  # fmt: skip
    return rows


def _stayers(support: tuple[tuple[float, float], ...]) -> float:
    """Mean probability of a re-prompt."""
    return sum(weight * (1 - q) for q, weight in support)


def loaded(
    p: Pair, t: Pair, value: float, share: float, c: Pair = (1.0, 2.0), penalty: float = 5.0
) -> CongestedGame:
    """A game whose passes take ``t`` seconds without load, 4 slots each; first passes use ``share``
    of the capacity of M1, and M2 has that capacity, too, in passes of its own length.
    """
    stations = (Station(4, 1 / t[0]), Station(4 * np.ceil(t[1] / t[0]), 1 / t[1]))
    arrival_rate = share * stations[0].capacity
    return CongestedGame(p, c, value, penalty, arrival_rate, stations)


_PLANES = {"-+": ((1.0, 2.0), 9.0), "+-": ((0.5, 2.5), 6.5)}  # Figure 4: t, V


def threshold_rows(regime: str, share: float) -> list[dict[str, Any]]:
    """Figure 4 of the paper at k_1 - k_2 = 1: the optimal policy over P at a load."""
    t, value = _PLANES[regime]
    rows = []
    for penalty in np.linspace(0.25, 20, 40).tolist():
        costs = (1.0, 0.3 * (1.0 / 0.1 - 1.0))
        game = loaded((0.1, 0.3), t, value, share, c=costs, penalty=penalty)
        e = congested_optimum(game, points=_SMALL, compiled=True).equilibrium
        rows.append({
            "regime": regime, "load": share, "penalty": penalty, "initial": e.initial,
            "cascade": e.cascade, "kind": e.kind, "stay": _stayers(e.support),
            "provider_cost": e.provider_cost,
        })  # fmt: skip
    return rows


def random_games(size: Size) -> list[CongestedGame]:
    """Games of the paper's range whose latency without load is t, on one to four slots per model;
    first passes use 5 to 95% of the smaller capacity.
    """
    drawn = draw(size.games, size.seed, 0)
    words = Draws(size.seed, _DRAWN).block(0, size.games, 0, Purpose.JOIN)
    found = []
    for k, u in enumerate(words.tolist()):
        game, share = single(drawn, k), 0.05 + 0.9 * u[2]
        p, t, c = (tuple(getattr(m, x) for m in game.models) for x in "ptc")
        slots, rates = [1 + int(4 * x) for x in u[:2]], [1 / x for x in t]
        value, penalty = float(game.value), float(game.penalty)
        found.append(on_slots(p, c, value, penalty, slots, rates, share))
    return found


def game_rows(game: CongestedGame) -> list[dict[str, Any]]:
    """The optimum of a game against the best static routing, and the price of anarchy at it."""
    optimum = congested_optimum(game, compiled=True)
    e = optimum.equilibrium
    statics = [congested_equilibrium(game, *policy) for policy in _CORNERS]
    alone = [each.provider_cost for each in (statics[0], statics[2]) if each.stable]
    free = stackelberg(game.unloaded)
    blind = congested_equilibrium(game, free.initial, free.cascade)
    anarchy = price_of_anarchy(game, e.initial, e.cascade)
    least = min(each.provider_cost for each in statics if each.stable)
    return [{
        "load": game.arrival_rate / min(station.capacity for station in game.stations),
        "kind": _kind(e), "initial": e.initial, "cascade": e.cascade,
        "interior": _is_interior(e, least),
        "static_cascade": free.cascade if free.initial == 1 else np.nan,
        "static_initial": free.initial,
        "static_interior": _is_interior(free, _least_unloaded(game.unloaded)),
        "saving": 1 - e.provider_cost / least, "saving_alone": 1 - e.provider_cost / min(alone),
        "blind_loss": 1 - e.provider_cost / blind.provider_cost,
        "anarchy_loss": anarchy.loss / game.value,
    }]  # fmt: skip


def _kind(e: CongestedEquilibrium) -> str | None:
    """The kind, but that of the threshold where the search came to it from its other side."""
    stay = _stayers(e.support)
    if stay > 1 - _EDGE:
        return "all stay"
    return "all leave" if stay < _EDGE else e.kind


def _is_interior(best: CongestedEquilibrium | Equilibrium, least: float) -> bool:
    """Whether a cascade inside (0, 1) is strictly cheaper than the ``least`` of the corners."""
    inside = best.initial == 1 and 0 < best.cascade < 1
    return bool(inside and best.provider_cost < least * (1 - 1e-9))


def _least_unloaded(game: Game) -> float:
    """J of the cheapest corner when there is no load."""
    responses = [(*policy, best_response(game, *policy).q) for policy in _CORNERS]
    return min(float(expectations(game, *each).provider_cost) for each in responses)


# ---------------------------------------------------------------- simulation


PLAYED = ("A", "B", "F")
ROUNDS = 100  # so that what decides is no longer the noise of the last measurements


def played(name: str, start: str, size: Size) -> Play:
    """Fictitious play of a reference point from a start."""
    from analysis.games.congested import reference_points

    game, initial, cascade = reference_points()[name]
    return fictitious_play(game, initial, cascade, start, ROUNDS, size.tasks, size.seed)


def _curves(size: Size) -> list[Job]:
    policies = ((1, 0.0), (1, CASCADE), (1, 1.0), (2, 0.0))
    return [*((curve_rows, policy) for policy in policies), (optimum_rows, ())]


def _thresholds(size: Size) -> list[Job]:
    loads = np.linspace(0.02, 0.98, 25).tolist()
    return [(threshold_rows, (regime, share)) for regime in _PLANES for share in loads]


_PARTS: dict[str, Callable[[Size], list[Job]]] = {
    "plays": lambda size: [(played, (n, start, size)) for n in PLAYED for start in STARTS],
    "thresholds": _thresholds,
    "regimes": lambda size: [(regime_rows, (share,)) for share in _SHARES],
    "games": lambda size: [(game_rows, (game,)) for game in random_games(size)],
    "curves": _curves,
}
