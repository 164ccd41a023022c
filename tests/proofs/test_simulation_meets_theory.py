"""The uncongested simulation against the exact expectations, for random games and choices.

Every check is a z-score of independent tasks; the bound follows from the number of checks and a
family false-alarm rate of 1e-6 (`tests.tools.chance`). Ranges are chosen so that the means are
nearly normal at the bound: failures that cost a penalty have a probability of at least .015 or 0,
so that no skewness exceeds 9. With 10^5 tasks the tail at 6 standard deviations then grows by a
factor of exp(9 x 6^3 / (6 sqrt(10^5))) = 2.8 at most (Edgeworth), so the family rate stays below
3e-6.
"""

from dataclasses import replace

import numpy as np
import pytest

from agents import AddedDelay, BestResponse, Cascade, Stackelberg, Stationary, stackelberg
from analysis.games.catalogue import REFERENCE
from sim import Game, Offer, Person, Scenario, expectations, simulate
from tests.tools.chance import z_bound, z_score
from tests.tools.scripted import Together

METRICS = ("success", "delay", "service_cost", "user_utility", "provider_cost", "passes")
TASKS = 100_000


def random_scenario(rng: np.random.Generator) -> tuple[Game, Scenario]:
    """A game of two to four models, played with random choices."""
    n = int(rng.integers(2, 5))
    p, t, c = rng.uniform(0.15, 0.85, n), rng.uniform(0.1, 2, n), rng.uniform(0.1, 2, n)
    game = Game.of(
        tuple(p.tolist()), tuple(t.tolist()), tuple(c.tolist()),
        float(rng.uniform(0.5, 5)), float(rng.uniform(0, 5)),
    )  # fmt: skip
    q = float(rng.choice([0.0, rng.uniform(0.1, 1)]))
    s = tuple(rng.uniform(0, 1, n - 1).tolist())
    routing = Cascade(int(rng.integers(1, n + 1)), s)
    return game, Scenario(
        game,
        Offer(routing),
        Person(Stationary(q)),
        arrivals=Together(),
        tasks=TASKS,
        seed=int(rng.integers(2**63)),
    )


def scores(scenario: Scenario, game: Game) -> list[float]:
    """z of every metric that varies, against the expectations of ``game``.

    A metric that does not vary must be exact: then the score is 0 or infinite.
    """
    routing, abandonment = scenario.offer.routing, scenario.person.abandonment
    assert isinstance(routing, Cascade)
    assert isinstance(abandonment, Stationary)
    exact = expectations(game, routing.initial, routing.s, abandonment.q)
    result = []
    for name, values in simulate(scenario).metrics().items():
        mean = float(getattr(exact, name))
        if np.ptp(values) <= 1e-12 * abs(mean):
            result.append(0.0 if values[0] == pytest.approx(mean, rel=1e-11) else np.inf)
        else:
            result.append(z_score(values, mean))
    return result


def worst(seed: int, games: int) -> tuple[float, float]:
    """Largest |z| over ``games`` random games, and its bound."""
    rng = np.random.default_rng(seed)
    found = [z for _ in range(games) for g, s in [random_scenario(rng)] for z in scores(s, g)]
    return float(np.abs(found).max()), z_bound(games * len(METRICS))


def test_sixty_random_games_meet_their_expectations() -> None:
    largest, bound = worst(seed=2026, games=60)
    assert largest < bound


@pytest.mark.slow
def test_a_thousand_random_games_meet_their_expectations() -> None:
    largest, bound = worst(seed=2027, games=1000)
    assert largest < bound


@pytest.mark.parametrize("field", ["p", "t", "c"])
def test_a_planted_error_of_five_percent_is_caught(field: str) -> None:
    """Expected largest z: 16 (p), 25 (t), 20 (c), against 5.9; missed less often than 1e-20."""
    game = REFERENCE["R3"]
    game = replace(game, models=(replace(game.models[0], p=0.5), game.models[1]))
    first = game.models[0]
    wrong = replace(first, **{field: getattr(first, field) * 1.05})
    scenario = Scenario(
        replace(game, models=(wrong, game.models[1])),
        Offer(Cascade(1, 0.3)),
        Person(Stationary(0.6)),
        arrivals=Together(),
        tasks=TASKS,
    )
    assert np.abs(scores(scenario, game)).max() > z_bound(60 * len(METRICS))
    assert np.abs(scores(replace(scenario, game=game), game)).max() < z_bound(len(METRICS))


@pytest.mark.parametrize("planted", ["q", "s", "P"])
def test_a_planted_error_in_a_choice_or_the_penalty_is_caught(planted: str) -> None:
    """Expected z 20 (q), 16 (s) and 27 (P) against a bound of 5.9: missed less often than 1e-20."""
    game = Game.of((0.3, 0.7), (0.4, 0.9), (0.2, 0.7), 2, 3)
    right = Scenario(
        game, Offer(Cascade(1, 0.4)), Person(Stationary(0.4)), arrivals=Together(), tasks=TASKS
    )
    wrong = {
        "q": right.replace(abandonment=Stationary(0.44)),
        "s": right.replace(routing=Cascade(1, 0.5)),
        "P": replace(right, game=replace(game, penalty=3.3)),
    }[planted]
    simulated = simulate(wrong).metrics()
    exact = expectations(game, 1, 0.4, 0.4)
    found = [z_score(simulated[name], float(getattr(exact, name))) for name in METRICS]
    assert np.abs(found).max() > z_bound(60 * len(METRICS))


def test_every_reference_game_is_worth_its_equilibrium() -> None:
    """14 games x 6 metrics, false alarm of the family 1e-6; the rational agents play themselves.

    The penalty has the largest skewness: 1 - S = .4 or 0 here.
    """
    found = []
    for game in REFERENCE.values():
        e = stackelberg(game)
        provider = Stackelberg(game)
        scenario = Scenario(
            game,
            Offer(provider),
            Person(Stationary(e.abandonment)),
            arrivals=Together(),
            tasks=TASKS,
        )
        for name, values in simulate(scenario).metrics().items():
            exact = getattr(e, name)
            if np.ptp(values) > 1e-12:
                found.append(z_score(values, exact))
            else:
                assert values[0] == pytest.approx(exact, rel=1e-12)
    assert np.abs(found).max() < z_bound(14 * len(METRICS))


def test_no_other_stationary_user_does_better_than_the_best_response() -> None:
    """Paired over common random numbers; one-sided z of the difference, false alarm 1e-6."""
    game = REFERENCE["R9"]
    base = Scenario(
        game,
        Offer(Cascade(1, 0.3)),
        Person(BestResponse(game, 1, 0.3)),
        arrivals=Together(),
        tasks=TASKS,
    )
    best = simulate(base).metrics()["user_utility"]
    for q in (0.0, 0.25, 0.75, 1.0):
        other = simulate(base.replace(abandonment=Stationary(q))).metrics()["user_utility"]
        assert z_score(other - best, 0.0) < z_bound(4)
        if q in (0.0, 1.0):  # far enough from q* = .487: expected z -16 and -10, or more
            assert z_score(other - best, 0.0) < -z_bound(4)


def test_an_added_delay_is_a_latency_cost() -> None:
    """6 checks, false alarm 1e-6."""
    game = Game.of((0.5, 0.8), (1.0, 2.0), (0.2, 0.7), 9, 1)
    w, delays = 2.0, (0.5, 0.75)
    scenario = Scenario(
        game,
        Offer(Cascade(1, 0.4), AddedDelay(delays)),
        Person(Stationary(0.2)),
        arrivals=Together(),
        value_of_time=w,
        tasks=TASKS,
    )
    throttled = game.delayed(*(w * d for d in delays))
    assert np.abs(scores(scenario, throttled)).max() < z_bound(len(METRICS))
    assert np.abs(scores(scenario, game)).max() > z_bound(len(METRICS))
