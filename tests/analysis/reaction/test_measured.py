"""What users measure of a run, by hand, and their answers, against chains that are played."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from agents import Cascade, Joins, QueueLimit, RateLimit, Static, Stationary, WhileWorth
from analysis.games.catalogue import REFERENCE
from analysis.reaction.exact import Class, classes
from analysis.reaction.fits import unseen
from analysis.reaction.measured import GRID, Answer, Belief, best, tally
from analysis.runs.window import Window
from sim import (
    Admit,
    Exponential,
    Game,
    Offer,
    Person,
    Poisson,
    Population,
    Refuse,
    Scenario,
    UserClass,
    expectations,
    simulate,
)
from tests.tools.chance import z_bound, z_score
from tests.tools.scripted import Door, Escalates, Leaves, members, system

ALL = Window(10**6)


def met(scenario: Scenario, window: Window = ALL) -> np.ndarray:
    """What each class meets, at two units of money per second."""
    result = simulate(scenario, passes=True)
    groups = 1 + int(result.tasks["group"].max(initial=0))
    kinds = [Class(scenario.game, 1.0, 2.0 + k) for k in range(groups)]
    return tally(scenario, result, window, kinds)


# ---------------------------------------------------------------- tally


def test_moves_and_latencies_by_hand() -> None:
    """Two models of 1 and 4 seconds that nobody disturbs; M1 never solves, M2 does.

    Task 0 goes up after its second pass; task 1 gives up after its first; task 2 goes up at once.
    """
    routing, people = Escalates({0: 2, 2: 1}), Leaves({1: 1})
    start = system((0.0, 10.0, 20.0), (1.0, 4.0), (9, 9), routing=routing, abandonment=people)
    [seen] = met(start)
    assert seen.tolist() == [
        [3, 0, 0, 0, 0],  # all three begin at M1
        [1, 2, 0, 0, 2 * 4.0],  # a second pass there, two go up; four passes of a second
        [0, 0, 0, 0, 2 * 8.0],  # two passes of four
    ]


def test_waiting_is_part_of_a_pass() -> None:
    """Two tasks at once on one slot: sojourns 1 and 2, both at M1 alone."""
    start = system((0.0, 0.0), (1.0,), (1,))
    [seen] = met(start)
    assert seen[1].tolist() == [0, 0, 0, 2 * 3.0]


def test_refusals_by_hand() -> None:
    """Task 0 is told to return in 3 s and let in; task 1, too, and then it is turned away for
    good; task 2 fails at M1, waits 5 s to go up, and is turned away; task 3 is welcome.
    """
    words: dict[int, tuple[Admit | Refuse, ...]] = {
        0: (Refuse(3.0), Admit()), 1: (Refuse(3.0), Refuse()), 2: (Admit(), Refuse(5.0), Refuse()),
    }  # fmt: skip
    start = system(
        (0.0, 10.0, 20.0, 30.0), (1.0, 4.0), (9, 9), throttle=Door(words),
        routing=Escalates({0: 1, 2: 1, 3: 1}),
    )  # fmt: skip
    [seen] = met(start)
    assert seen.tolist() == [
        [3, 0, 1, 2 * (3.0 + 3.0), 0],
        [0, 2, 1, 2 * 5.0, 2 * 3.0],
        [0, 0, 0, 0, 2 * 8.0],
    ]


def test_answers_that_are_held_back_are_no_wait_before_a_pass() -> None:
    """A second at the door for all: only the three of the refused are no part of a pass."""
    words = {0: (Refuse(3.0), Admit(1.0)), 1: (Admit(1.0),)}
    start = system((0.0, 10.0), (1.0,), (9,), throttle=Door(words))
    [seen] = met(start)
    assert seen.tolist() == [[2, 0, 2 * 3.0, 0], [0, 0, 0, 2 * (2.0 + 2.0)]]


def test_diversions_are_moves_to_where_one_is_served() -> None:
    """Both ask for M1; task 1 is sent to M2, which is worth as much as going up."""
    start = system((0.0, 10.0), (1.0, 4.0), (9, 9), throttle=Door({1: (Admit(model=2),)}),
                   abandonment=Leaves({0: 1}))  # fmt: skip
    [seen] = met(start)
    assert seen[0, :3].tolist() == [1, 1, 0]


def test_only_the_window_is_measured() -> None:
    """Four tasks of one pass each, the first two of which meet at the slot."""
    start = system((0.0, 0.0, 10.0, 20.0), (1.0,), (1,))
    [seen] = met(start, Window(2, skip=1))
    assert seen.tolist() == [[2, 0, 0, 0], [0, 0, 0, 2 * (2.0 + 1.0)]]
    [early] = met(start, Window(4, until=5.0))
    assert early[0, 0] == 2


def test_each_class_meets_its_own() -> None:
    """Two classes, whose second of waiting costs 2 and 3; tasks come by turns."""
    start = members(system((0.0,), (1.0,), (1,)), ((0.0, 0), (0.0, 3), (9.0, 3)), (3, 2))
    one, other = met(start)
    assert one.tolist() == [[1, 0, 0, 0], [0, 0, 0, 2 * 1.0]]
    assert other.tolist() == [[2, 0, 0, 0], [0, 0, 0, 3 * (2.0 + 1.0)]]


def test_who_declines_was_let_in() -> None:
    """Of 4,000 tasks in an open system a quarter is turned away: so it seems to the half that would
    begin, too. Binomial, 5 standard errors; to forget who declined would find .4.
    """

    class Quarter:
        def admit(self, state: None, task: Any, view: Any) -> tuple[Admit | Refuse, None]:
            return (Refuse() if task.id % 4 == 0 else Admit()), None

        def hold(self, state: None, reply: Any, view: Any) -> tuple[float, None]:
            return 0.0, None

    start = Scenario(REFERENCE["R1"], Offer(Static(1), Quarter()),
                     Person(Stationary(1.0), joining=Joins(0.5)), tasks=4000)  # fmt: skip
    seen = met(start)[0, 0]
    assert seen[2] / seen[:3].sum() == pytest.approx(0.25, abs=5 * 0.01)
    nobody = met(start.replace(joining=Joins(0.0)))[0]
    assert not nobody.any()


# ---------------------------------------------------------------- belief


GAME = Game.of((0.3, 0.6), (1.0, 2.0), (0.1, 0.5), 6.0, 1.0)
SEEN = np.array([
    [60, 20, 20, 10.0, 0],
    [30, 40, 10, 16.0, 150.0],
    [5, 30, 15, 25.0, 200.0],
])  # fmt: skip
NONE = np.array([[1.0, 0.0], [0.75, 0.25], [0.0, 1.0]])


def belief(seen: np.ndarray = SEEN, known: bool = False) -> Belief:
    return Belief(Class(GAME, 1.0, 0.5), seen, NONE, known)


def test_a_belief_is_what_was_seen_and_announced_where_nothing_was() -> None:
    found = belief()
    assert found.passes.tolist() == [95, 90]
    assert [m.t for m in found.game.models] == pytest.approx([150 / 95, 200 / 90])
    assert found.moves.tolist() == [[0.6, 0.2], [0.375, 0.5], [0.1, 0.6]]
    assert found.lost.tolist() == [0.1, 0.2, 0.5]
    fresh = belief(np.zeros((3, 5)))
    assert fresh.game == GAME
    assert (fresh.moves == NONE).all()
    assert not fresh.lost.any()
    assert (belief(known=True).moves == NONE).all()


@pytest.mark.parametrize("q", [0.0, 0.3, 1.0])
def test_values_are_those_of_the_absorbing_chain(q: float) -> None:
    """A task from pass to pass: the expected number of visits of each state, by powers of the
    chain, times what a visit brings.
    """
    start, here = belief().values(np.array([q]))
    moves, lost = np.array([[0.6, 0.2], [0.375, 0.5], [0.1, 0.6]]), np.array([0.1, 0.2, 0.5])
    p, t = np.array([0.3, 0.6]), np.array([150 / 95, 200 / 90])
    again = (1 - p) * (1 - q)
    brings = 6.0 * p - t - again * lost[1:]
    at, total = np.eye(2), np.zeros(2)
    for _ in range(400):
        total += at @ brings
        at = at @ (again[:, None] * moves[1:])
    assert here[0] == pytest.approx(total, rel=1e-12)
    assert start[0] == pytest.approx(moves[0] @ total - lost[0], rel=1e-12)


def played(q: float, tasks: int, seed: int) -> np.ndarray:
    """Utilities of tasks that are played move by move, by the moves and losses of `SEEN`."""
    rng, p, t = np.random.default_rng(seed), (0.3, 0.6), (150 / 95, 200 / 90)
    found = np.zeros(tasks)
    for k in range(tasks):
        at = 0
        while True:
            u, counts = rng.random() * SEEN[at, :3].sum(), SEEN[at]
            if u >= counts[0] + counts[1]:  # turned away, having waited
                found[k] -= counts[3] / counts[2]  # all of the waiting was in vain
                break
            at = 1 if u < counts[0] else 2
            found[k] -= t[at - 1]
            if rng.random() < p[at - 1]:
                found[k] += 6.0
                break
            if rng.random() < q:
                break
    return found


def test_values_are_what_users_get_who_are_refused_and_diverted() -> None:
    """10,000 tasks, one false alarm in a million seeds. Who forgets those turned away is off."""
    tasks = played(0.2, 10_000, seed=3)
    exact = float(belief().values(np.array([0.2]))[0][0])
    assert abs(z_score(tasks, exact)) < z_bound(1)
    blind = SEEN.copy()
    blind[:, 2:4] = 0.0
    assert abs(z_score(tasks, float(belief(blind).values(np.array([0.2]))[0][0]))) > z_bound(1)


@pytest.mark.parametrize("name", REFERENCE)
def test_without_refusals_it_is_the_formula(name: str) -> None:
    game = REFERENCE[name]
    for initial, s in ((1, 0.0), (1, 0.3), (1, 1.0), (2, 0.0)):
        start = Scenario(game, Offer(Cascade(initial, s)), Person(Stationary(0.5)))
        [found] = unseen(start)
        exact = expectations(game, initial, s, GRID).user_utility
        assert found.values(GRID)[0] == pytest.approx(exact, rel=1e-9, abs=1e-12)


def test_a_chain_of_three_is_solved_too() -> None:
    game = Game.of((0.3, 0.5, 0.7), (1, 2, 4), (0.1, 0.2, 0.3), 9.0, 1.0)
    [found] = unseen(Scenario(game, Offer(Cascade(1, (0.4, 0.2))), Person(Stationary(0.5))))
    exact = expectations(game, 1, (0.4, 0.2), GRID).user_utility
    assert found.values(GRID)[0] == pytest.approx(exact, rel=1e-9)


# ---------------------------------------------------------------- answers


def test_the_best_answer_is_the_largest_on_the_grid() -> None:
    found = best(belief())
    utility = belief().values(GRID)[0]
    assert found.q == GRID[utility.argmax()]
    assert found.begins == (utility.max() >= 0)
    assert not best(replace(belief(), kind=Class(replace(GAME, value=0.5), 1.0, 0.5))).begins


def test_a_wait_is_worth_what_comes_after_it() -> None:
    """The value of a pass, over the value of time: not less than none."""
    found = best(belief())
    _, here = belief().values(np.array([found.q]))
    assert found.seconds == pytest.approx(here[0] / 0.5)
    poor = best(replace(belief(), kind=Class(replace(GAME, value=0.5), 1.0, 0.5)))
    assert poor.seconds == (0.0, 0.0)


def test_nothing_measured_is_answered_as_announced() -> None:
    """`WhileWorth.of` is the same formula for users who believe what is announced."""
    game = Game.of((0.5, 0.8), (1, 1), (0.1, 0.5), value=4, penalty=1)
    start = Scenario(game, Offer(Cascade(1, 0.25)), Person(Stationary(0.5)), value_of_time=0.5)
    [fresh] = unseen(start)
    found = best(fresh)
    exact = WhileWorth.of(game, 0.25, 0.0, 0.5)
    assert (found.q, found.begins) == (0.0, True)
    assert found.seconds == pytest.approx(exact.seconds)
    assert isinstance(found, Answer)


def response(scenario: Scenario) -> Answer:
    """To one long run."""
    result = simulate(scenario, passes=True)
    [fresh] = unseen(scenario)
    seen = tally(scenario, result, ALL, classes(scenario, scenario.game))
    return best(replace(fresh, seen=seen[0]))


def test_refusals_change_what_users_do() -> None:
    """M1 is worth less than nothing and opens to M2. Where most are turned away on the way there,
    after a wait, a re-prompt does not pay; in passes that were served it would.
    """
    game = Game.of((0.1, 0.9), (1.0, 1.0), (0.1, 0.5), 4.0, 1.0)
    start = Scenario(game, Offer(Cascade(1, 1.0)), Person(Stationary(0.5)), tasks=4000)

    class Shut:
        """Turns most of those away who ask for M2, after 10 seconds."""

        def init(self) -> dict[int, int]:
            return {}

        def admit(self, state: Any, task: Any, view: Any) -> tuple[Admit | Refuse, Any]:
            if task.model == 1 or task.id % 5 == 0:
                return Admit(), state
            return Refuse(float("inf") if task.refusals else 10.0), state

        def hold(self, state: Any, reply: Any, view: Any) -> tuple[float, Any]:
            return 0.0, state

    assert response(start).q == 0.0
    shut = start.replace(throttle=Shut())
    assert response(shut).q == 1.0
    result = simulate(shut, passes=True)
    seen = tally(shut, result, ALL, classes(shut, game))[0]
    seen[:, 2:4] = 0.0  # planted: they count the served alone
    assert best(replace(unseen(shut)[0], seen=seen)).q == 0.0


def test_a_queue_limit_is_felt() -> None:
    """A loaded M/M/1 of at most one who waits: many are turned away for good at the start,
    never when they come back: who has just been served leaves a place.
    """
    start = Scenario(
        GAME, Offer(Static(1), QueueLimit(1), slots=(1, 1), service_time=Exponential()),
        Person(Stationary(0.0)), Poisson(0.9), tasks=4000,
    )  # fmt: skip
    seen = met(start)[0]
    assert seen[0, 2] > 100
    [fresh] = unseen(start)
    assert not fresh.moves_known
    assert replace(fresh, seen=seen).moves[0, 0] < 0.9
    assert unseen(start.replace(throttle=None))[0].moves_known


def test_users_of_a_rate_limit_wait_for_their_turn() -> None:
    """A pass in ten seconds: who comes back after a failure waits 9 seconds at .1 a second. That
    wait is part of coming back, and of no pass: it must not count against itself.
    """
    game = Game.of((0.5,), (0.1,), (0.1,), 10.0, 1.0)
    start = Scenario(game, Offer(Static(1), RateLimit(0.1)), Person(Stationary(0.0)),
                     value_of_time=0.1, tasks=2000)  # fmt: skip
    found = response(start)
    assert found.q == 0.0
    assert found.seconds[0] * 0.1 == pytest.approx(8.9)  # U = 5 - .1 + .5 (U - .9)


def test_a_class_answers_to_its_own_stakes() -> None:
    crowd = Population((UserClass("calm", 5, 1.0, 2.0, 1.0), UserClass("busy", 5, 3.0, 2.0, 9.0)))
    start = Scenario(REFERENCE["R1"], Offer(Cascade(1)), Person(Stationary(0.5)), crowd)
    calm, busy = map(best, unseen(start))
    assert (calm.q, busy.q) == (0.0, 1.0)
