"""Throttles: promises in floating point, effective games, and bad parameters."""

import math
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from agents import (
    AddedDelay,
    Cap,
    Cascade,
    Downgrade,
    Effort,
    Layers,
    LoadDelay,
    NoThrottle,
    Optimal,
    PeakMeter,
    Priority,
    QueueLimit,
    RateLimit,
    SlowService,
    Stationary,
    effective,
)
from agents.throttling.gate import until
from analysis.games.catalogue import REFERENCE
from sim import (
    Draws,
    Game,
    InputError,
    Luck,
    Offer,
    Person,
    Refuse,
    Reply,
    Scenario,
    Task,
    expectations,
    simulate,
)
from sim.checks import NON_NEGATIVE
from sim.policies import Throttle, View
from sim.tables import row
from sim.theory.loss import erlang_b, md1k_loss, token_loss
from tests.tools.chance import z_bound, z_score

GAME = Game.of((0.4, 0.7), (0.2, 0.5), (0.1, 0.3), 2, 1)


def scenario(throttle: Throttle, **changes: Any) -> Scenario:
    return Scenario(GAME, Offer(Cascade(1, 0.4), throttle), Person(Stationary(0.2))).replace(
        **changes
    )


@dataclass
class Now:
    """The view of somebody who sees the clock only."""

    now: float
    luck: Luck = field(default_factory=lambda: Luck(Draws(1)))

    def queued(self, model: int) -> int:
        return 0

    in_service = queued


# --- floating point -----------------------------------------------------------------------------


AWKWARD = [n / 10 for n in range(1, 100)]


def test_until_is_never_early_and_hardly_late() -> None:
    for now in AWKWARD:
        for then in AWKWARD:
            if now < then:
                assert then <= now + until(now, then) <= math.nextafter(then, math.inf)
    plain = [now + (then - now) < then for now in AWKWARD for then in AWKWARD if now < then]
    assert sum(plain) > 20  # a plain difference is early for some


@given(st.floats(0, 1e9), st.floats(0, 1e9))
def test_until_is_never_early_at_any_scale(now: float, seconds: float) -> None:
    then = now + seconds
    assume(then > now)
    assert then <= now + until(now, then) <= math.nextafter(then, math.inf)


def retries(throttle: Any, times: list[float]) -> int:
    """Refusals of one user who comes at ``times`` and again exactly when told, until let in."""
    state, task, refusals = throttle.init(), Task(0, 0, 0, 0.0), 0
    for now in times:
        entry, state = throttle.admit(state, task, Now(now))
        while isinstance(entry, Refuse):
            refusals += 1
            now += entry.retry_after  # what the engine's clock does
            entry, state = throttle.admit(state, task, Now(now))
    return refusals


@pytest.mark.parametrize("length", [0.7, 1.1, 3.3, 1 / 3, 360.0 / 7])
def test_a_retry_at_the_promised_time_is_let_in_at_awkward_times(length: float) -> None:
    for start in AWKWARD:
        for later in AWKWARD[:10]:
            for throttle in (RateLimit(1 / length), Cap(1, length)):
                assert retries(throttle, [start, start + later * length / 11]) == 1


times = st.lists(st.floats(0.0, 50.0), min_size=1, max_size=40)


@given(
    st.sampled_from([RateLimit(1 / 3, 2), RateLimit(0.7, 5), RateLimit(10 / 3600, 1), Cap(3, 0.7)]),
    times,
    st.floats(0, 1e7),
)
def test_nobody_is_refused_twice(throttle: Any, gaps: list[float], start: float) -> None:
    now, state, task = start, throttle.init(), Task(0, 0, 0, 0.0)
    for gap in gaps:
        now += gap
        entry, state = throttle.admit(state, task, Now(now))
        if isinstance(entry, Refuse):
            assert entry.retry_after > 0
            now += entry.retry_after
            entry, state = throttle.admit(state, task, Now(now))
        assert not isinstance(entry, Refuse)


@given(st.floats(0.1, 3.0), st.integers(1, 4), times)
def test_no_window_ever_holds_more_than_the_limit(
    window: float, limit: int, gaps: list[float]
) -> None:
    throttle, task = Cap(limit, window), Task(0, 0, 0, 0.0)
    state, admitted = throttle.init(), []
    for now in np.cumsum(gaps).tolist():
        entry, state = throttle.admit(state, task, Now(now))
        if not isinstance(entry, Refuse):
            admitted.append(now)
    for first, later in zip(admitted, admitted[limit:], strict=False):
        assert later >= first + window


# --- effective games -----------------------------------------------------------------------------

TABLES: tuple[Any, ...] = (
    NoThrottle(),
    AddedDelay((0.3, 0.1)),
    SlowService((1.5, 3)),
    Effort(0.4),
    Effort(0.4, p=0.65),
    Optimal(REFERENCE["R2"], 0.5),
    Layers((AddedDelay((0.2, 0)), SlowService((2, 1)), Effort(0.7), AddedDelay((0, 0.4)))),
)


@pytest.mark.parametrize("throttle", TABLES)
def test_the_effective_game_is_the_one_that_is_played(throttle: Throttle) -> None:
    w, tasks = 0.5, 40_000
    played = scenario(throttle, value_of_time=w, tasks=tasks)
    game = effective(GAME, throttle, w)
    assert game is not None
    result = simulate(played)
    assert result.engine == "vectorised"
    exact = expectations(game, 1, (0.4,), 0.2)
    for name, values in result.metrics().items():
        assert abs(z_score(values, float(getattr(exact, name)))) < z_bound(6 * len(TABLES))
    events = simulate(replace(played, tasks=500), engine="simpy").tasks
    quick = simulate(replace(played, tasks=500), engine="vectorised").tasks
    assert all((events[name] == quick[name]).all() for name in events)


def test_the_check_would_notice_a_throttle_that_is_not_in_the_game() -> None:
    result = simulate(scenario(Effort(0.9), tasks=40_000))
    exact = expectations(GAME, 1, (0.4,), 0.2)
    scores = [z_score(v, float(getattr(exact, n))) for n, v in result.metrics().items()]
    assert max(map(abs, scores)) > z_bound(6 * len(TABLES))


def test_effects_by_hand() -> None:
    game = Game.of((0.4, 0.75), (0.2, 0.5), (0.1, 0.3), 2, 1)
    assert effective(game, NoThrottle()) == game
    assert effective(game, Effort(0.5)) == Game.of((0.4, 0.5), (0.2, 0.25), (0.1, 0.15), 2, 1)
    both = Layers((AddedDelay((1, 2)), SlowService((2, 4))))
    assert effective(game, both, 10.0) == Game.of((0.4, 0.75), (10.4, 22), (0.1, 0.3), 2, 1)


@pytest.mark.parametrize(
    "throttle",
    [LoadDelay(1), QueueLimit(1), PeakMeter(1, 0, 9), Priority((0,)), RateLimit(1), Cap(1, 1)],
)
def test_what_the_load_decides_has_no_table_and_no_effective_game(throttle: Throttle) -> None:
    assert row(throttle, 2, NON_NEGATIVE, "admit", "hold") is None
    assert effective(GAME, throttle) is None
    layers = Layers((NoThrottle(), throttle, SlowService((2, 2))))
    assert layers.table(2) is None
    assert effective(GAME, layers) is None
    assert layers.work(GAME).models[0].t == 0.4  # but the work is done


class Surge(AddedDelay):
    """Decides anew and inherits the table."""

    def hold(self, state: None, reply: Reply, view: View) -> tuple[float, None]:
        return 5.0, None


def test_a_layer_that_decides_anew_is_no_table() -> None:
    surge = Surge((0.0, 0.0))
    layers = Layers((surge, NoThrottle()))
    assert effective(GAME, surge) is None
    assert effective(GAME, layers) is None
    result = simulate(Scenario(GAME, Offer(Cascade(1), layers), Person(Stationary(1.0)), tasks=10))
    assert result.engine == "simpy"
    assert (result.tasks["throttle_delay"] == 5.0).all()


# --- bad parameters -----------------------------------------------------------------------------

WHOLE = "must be a whole number of at least 1"
ABOVE_0 = "must be a finite number greater than 0"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: SlowService((0.5, 1)), "slow service 1 = 0.5 must be a finite number of at le"),
        (lambda: SlowService((1,)).table(2), r"slow service = \(1,\) must be 2 factors, one per"),
        (lambda: SlowService((1,)).work(GAME), r"slow service = \(1,\) must be 2 factors, one"),
        (lambda: LoadDelay(-1), "load delay = -1 must be a finite number of at least 0"),
        (lambda: QueueLimit(0), f"queue limit = 0 {WHOLE}"),
        (lambda: Downgrade(0), f"downgrade = 0 {WHOLE}"),
        (lambda: Effort(0), "effort = 0 must be greater than 0 and at most 1"),
        (lambda: Effort(1.1), "effort = 1.1 must be greater than 0 and at most 1"),
        (lambda: Effort(0.5, 1), "p of effort = 1 must be strictly between 0 and 1"),
        (lambda: Effort(0.5, 0.8).work(GAME), "p of effort = 0.8 must be at most 0.7, the p of"),
        (lambda: PeakMeter(0, 1, 2), f"rate of the peak meter = 0 {ABOVE_0}"),
        (lambda: PeakMeter(1, -1, 2), "start of the peak = -1 must be an hour of the day from 0"),
        (lambda: PeakMeter(1, 1, 25), "end of the peak = 25 must be an hour of the day from 0"),
        (lambda: PeakMeter(1, 2, 2), "end of the peak = 2 must be another hour than its start"),
        (lambda: Priority(()), r"priority = \(\) must be at least one class of users"),
        (lambda: Priority((-1,)), "priority = -1 must be the number of a class of users"),
        (lambda: RateLimit(0), f"rate limit = 0 {ABOVE_0}"),
        (lambda: RateLimit(1, 0), f"burst = 0 {WHOLE}"),
        (lambda: Cap(0, 1), f"cap = 0 {WHOLE}"),
        (lambda: Cap(1, 0), f"window of the cap = 0 {ABOVE_0}"),
        (lambda: Optimal(GAME, 0), f"value of time = 0 {ABOVE_0}"),
        (lambda: Layers(()), r"layers = \(\) must be at least one throttle"),
        (lambda: scenario(Layers((AddedDelay((1,)), QueueLimit(1)))), r"added delay = \(1,\) must"),
        (lambda: scenario(Effort(0.5, 0.8)), "p of effort = 0.8 must be at most 0.7"),
        (lambda: erlang_b(0, 1.0), f"servers = 0 {WHOLE}"),
        (lambda: md1k_loss(1, 0.0), f"load = 0.0 {ABOVE_0}"),
        (lambda: token_loss(1.0, 0.0, 1), f"limit = 0.0 {ABOVE_0}"),
    ],
)  # fmt: skip
def test_bad_parameters_are_refused_in_one_line(make: Any, message: str) -> None:
    with pytest.raises(InputError, match=f"^{message}") as error:
        make()
    assert "\n" not in str(error.value)
