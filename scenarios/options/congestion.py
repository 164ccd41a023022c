"""Solve a game whose latency is made by load: the part of `queuit solve` with queues."""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from scenarios.options.games import read_game

if TYPE_CHECKING:
    from agents import CongestedEquilibrium, CongestedGame

_OPTIONS = {
    "--service-rate": click.option(
        "--service-rate",
        nargs=2,
        type=float,
        metavar="M1 M2",
        help="Passes per second and slot, instead of --t: latency depends on load.",
    ),
    "--arrival-rate": click.option(
        "--arrival-rate", type=float, metavar="L", help="Tasks per second (Poisson)."
    ),
    "--slots": click.option(
        "--slots", nargs=2, type=float, metavar="K1 K2", help="Slots per model, or inf (default)."
    ),
    "--discipline": click.option(
        "--discipline",
        type=click.Choice(["fcfs", "ps"]),
        help="First come first served (default), or processor sharing.",
    ),
    "--value-of-time": click.option(
        "--value-of-time", type=float, metavar="W", help="Money per second; default 1, or a pair's."
    ),
    "--added-delay": click.option(
        "--added-delay", nargs=2, type=float, metavar="D1 D2", help="Throttle: delay, money."
    ),
    "--route": click.option(
        "--route", type=click.IntRange(1, 2), help="Solve for the users at this first model ..."
    ),
    "--cascade": click.option(
        "--cascade", type=float, metavar="S", help="... and this cascade (default 0)."
    ),
}
_RESULTS = (
    "kind",
    "support",
    "visits",
    "loads",
    "utilisation",
    "sojourns",
    "latencies",
    "user_utility",
    "provider_cost",
    "success",
)


def congestion_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of a game with queues; the command gets them as one dict ``congestion``."""

    @wraps(command)
    def gathered(**options: Any) -> Any:
        congestion = {name: options.pop(_parameter(name)) for name in _OPTIONS}
        return command(congestion=congestion, **options)

    result: Callable[..., Any] = gathered
    for option in reversed(_OPTIONS.values()):
        result = option(result)
    return result


def _parameter(option: str) -> str:
    return option.removeprefix("--").replace("-", "_")


def given_options(congestion: dict[str, Any]) -> list[str]:
    """The names of those that were given."""
    return [name for name, value in congestion.items() if value is not None]


def solve_congested(
    options: dict[str, Any], congestion: dict[str, Any], voluntary: bool, as_json: bool
) -> str:
    """The answer to print; UsageError for options that do not go together.

    ``voluntary``: users may decline.
    """
    _check_together(options, congestion)
    game = _game(options, congestion, voluntary)
    results = _results(game, congestion["--route"], congestion["--cascade"])
    if as_json:
        from scenarios.terminal.output import to_json

        return to_json(results)
    return _text(results)


def _check_together(options: dict[str, Any], congestion: dict[str, Any]) -> None:
    given = given_options(congestion)
    if congestion["--service-rate"] is None:
        raise click.UsageError(f"{', '.join(given)} goes with --service-rate M1 M2")
    if options["t"] is not None:
        raise click.UsageError("--service-rate replaces --t: give one of the two")
    if congestion["--arrival-rate"] is None:
        raise click.UsageError("missing --arrival-rate L: --service-rate needs it")
    if congestion["--cascade"] is not None and congestion["--route"] != 1:
        raise click.UsageError("--cascade S goes with --route 1")


def _game(options: dict[str, Any], congestion: dict[str, Any], voluntary: bool) -> "CongestedGame":
    from agents import CongestedGame
    from sim.checks import POSITIVE, SLOTS, check
    from sim.theory.stations import Station

    # the latency costs of a named game, or 1, only fill the place of those that load makes
    game, value_of_time = read_game(**{**options, "t": None if options["name"] else (1.0, 1.0)})
    slots = congestion["--slots"] or (float("inf"),) * 2
    for i, (k, rate) in enumerate(zip(slots, congestion["--service-rate"], strict=True), start=1):
        check(f"slots {i}", k, SLOTS)
        check(f"service rate {i}", rate, POSITIVE)
    stations = [
        Station(k, rate, congestion["--discipline"] or "fcfs")
        for k, rate in zip(slots, congestion["--service-rate"], strict=True)
    ]
    given = congestion["--value-of-time"]
    first, second = game.models
    return CongestedGame(
        p=(float(first.p), float(second.p)),
        c=(float(first.c), float(second.c)),
        value=float(game.value),
        penalty=float(game.penalty),
        arrival_rate=congestion["--arrival-rate"],
        stations=(stations[0], stations[1]),
        value_of_time=value_of_time if given is None else given,
        added_delay=congestion["--added-delay"] or (0.0, 0.0),
        voluntary=voluntary,
    )


def _results(game: "CongestedGame", route: int | None, cascade: float | None) -> dict[str, Any]:
    """The users' equilibrium at (route, cascade), or the provider's optimum without a route."""
    from agents import congested_equilibrium, congested_optimum

    if route is not None:
        e = congested_equilibrium(game, route, cascade or 0.0)
        return {"initial": e.initial, "cascade": e.cascade, **_outcome(game, e)}
    optimum = congested_optimum(game)
    e = optimum.equilibrium
    policy = {"initial": e.initial, "cascade": e.cascade} if e.stable else {}
    none = {"initial": None, "cascade": None}
    return {**none, **policy, "cascade_range": optimum.cascade_range, **_outcome(game, e)}


def _outcome(game: "CongestedGame", e: "CongestedEquilibrium") -> dict[str, Any]:
    values = {name: getattr(e, name) if e.stable else None for name in _RESULTS}
    begun = {"participation": e.participation} if game.voluntary else {}
    return {**values, **begun, "stable": e.stable, "critical_rate": e.critical_rate}


def _text(results: dict[str, Any]) -> str:
    from scenarios.terminal.meanings import span, with_meanings

    support = [f"{weight:.2%} q = {q:.4g}" for q, weight in results["support"] or ()]
    shown = {name: _shown(value) for name, value in results.items()}
    shown["support"] = ", ".join(support) or "-"
    if results.get("cascade_range"):
        shown["cascade_range"] = span(results["cascade_range"])
    lines = with_meanings(shown)
    if not results["stable"]:
        lines.append("note: no equilibrium; first passes alone saturate the initial model")
    return "\n".join(lines)


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return " ".join(map(_shown, value))
    if isinstance(value, float):
        return f"{value:.8g}"
    return "-" if value is None else str(value)
