"""Policies that are not in the box: what the protocols can carry."""

from dataclasses import dataclass

from sim import (
    Admit,
    Draws,
    Ended,
    Limits,
    Luck,
    Offer,
    Outcome,
    Person,
    Purpose,
    Refuse,
    Refused,
    Reply,
    Route,
    Task,
    View,
    simulate,
)
from sim.policies import Mind
from tests.tools.scripted import Door, Escalates, Leaves, Waits, pass_rows, system, task_rows


@dataclass(frozen=True)
class TokenBucket:
    """Each user has ``size`` tokens; one comes back every ``refill`` seconds; prompts cost one."""

    size: float
    refill: float

    def init(self) -> dict[int, tuple[float, float]]:
        return {}

    def admit(
        self, state: dict[int, tuple[float, float]], task: Task, view: View
    ) -> tuple[Admit | Refuse, dict[int, tuple[float, float]]]:
        tokens, since = state.get(task.user, (self.size, view.now))
        tokens = min(self.size, tokens + (view.now - since) / self.refill)
        if tokens < 1:
            wait = (1 - tokens) * self.refill
            return Refuse(wait), {**state, task.user: (tokens, view.now)}
        return Admit(), {**state, task.user: (tokens - 1, view.now)}

    def hold(
        self, state: dict[int, tuple[float, float]], reply: Reply, view: View
    ) -> tuple[float, dict[int, tuple[float, float]]]:
        return 0.0, state


def test_a_token_bucket_slows_each_user_separately() -> None:
    scenario = system(
        (0, 1), (2,), (float("inf"),),
        last_solves=False, throttle=TokenBucket(size=2, refill=8), abandonment=Leaves({0: 4, 1: 1}),
    )  # fmt: skip
    result = simulate(scenario, passes=True)
    assert pass_rows(result) == [
        (0, 1, 1, 0, 2, 0),  # 0 to 2, one token left
        (0, 2, 1, 0, 2, 0),  # 2 to 4: 0.25 tokens left at 2, 0.5 at 4
        (0, 3, 1, 0, 2, 4),  # refused at 4, admitted at 8, to 10: 0.25 tokens
        (0, 4, 1, 0, 2, 6),  # refused at 10, admitted at 16, to 18
        (1, 1, 1, 0, 2, 0),  # another user, another bucket
    ]
    assert task_rows(result) == [(18, Outcome.ABANDONED), (3, Outcome.ABANDONED)]


@dataclass(frozen=True)
class GivesUpAfterFailures:
    """A user who learns: keeps a list of own passes and gives up at the third failure seen."""

    def init(self, luck: Luck) -> list[Reply]:
        return []

    def learn(self, mind: list[Reply], event: Reply | Refused | Ended) -> list[Reply]:
        return [*mind, event] if isinstance(event, Reply) else mind

    def probability(self, mind: list[Reply], task: Task, view: View) -> float:
        assert [reply.number for reply in mind] == list(range(1, len(mind) + 1))
        assert {reply.task for reply in mind} == {task.id}
        assert mind == task.history
        assert {reply.accepted for reply in mind} == {False}
        return float(len(mind) >= 3)


def test_users_learn_from_their_own_passes_only() -> None:
    scenario = system((0, 0, 1), (2,), (1,), last_solves=False, abandonment=GivesUpAfterFailures())
    result = simulate(scenario)
    assert result.tasks["passes"].tolist() == [3, 3, 3]
    assert result.tasks["outcome"].tolist() == [Outcome.ABANDONED] * 3


@dataclass(frozen=True)
class PatienceThatWearsOff:
    """Waits 7 seconds, all passes together."""

    def init(self, luck: Luck) -> float:
        return 7.0

    def learn(self, mind: float, event: Reply | Refused | Ended) -> float:
        return mind - event.waiting if isinstance(event, Reply) else mind

    def limits(self, mind: float, task: Task, view: View) -> Limits:
        return Limits(mind)


def test_patience_may_remember_and_belongs_to_one_user() -> None:
    scenario = system((0, 0), (4,), (1,), last_solves=False, abandonment=Leaves({0: 2}))
    rule = PatienceThatWearsOff()
    changed = scenario.replace(patience=rule, memory=rule)
    result = simulate(changed, passes=True)
    # task 0 rejoins at 4 and is served from 8 to 12 (4 < 7: the patience of task 1 is its own);
    # task 1 waits 4, rejoins at 8 and leaves at 11
    assert task_rows(result) == [(12, Outcome.ABANDONED), (11, Outcome.RENEGED)]


@dataclass(frozen=True)
class FollowsSuccess:
    """A routing that learns: starts where the share of solved passes is highest, M1 at first."""

    def init(self) -> tuple[tuple[int, int], ...]:
        return ((1, 1), (1, 2))  # solved, passes: M1 looks better

    def first(
        self, state: tuple[tuple[int, int], ...], task: Task, view: View
    ) -> tuple[int, tuple[tuple[int, int], ...]]:
        shares = [solved / passes for solved, passes in state]
        return 1 + shares.index(max(shares)), state

    def escalation(
        self, state: tuple[tuple[int, int], ...], task: Task, view: View
    ) -> tuple[float, tuple[tuple[int, int], ...]]:
        return float(state[0][1] >= 3), state

    def learn(
        self, state: tuple[tuple[int, int], ...], event: Reply | Ended
    ) -> tuple[tuple[int, int], ...]:
        if isinstance(event, Ended):
            return state
        counts = list(state)
        solved, passes = counts[event.model - 1]
        counts[event.model - 1] = (solved + bool(event.accepted), passes + 1)
        return tuple(counts)


def test_a_routing_learns_from_every_pass() -> None:
    scenario = system((0, 1, 9), (2, 3), (1, 1), routing=FollowsSuccess())
    result = simulate(scenario, passes=True)
    assert pass_rows(result) == [
        (0, 1, 1, 0, 2, 0),  # 0 to 2: share 1/2, still the first of two equals
        (0, 2, 1, 2, 2, 0),  # behind task 1, 4 to 6: the third failure
        (0, 3, 2, 1, 3, 0),  # 7 to 10
        (1, 1, 1, 1, 2, 0),  # 2 to 4: the second failure, share 1/3: cascades
        (1, 2, 2, 0, 3, 0),  # 4 to 7: solved, share 2/3
        (2, 1, 2, 1, 3, 0),  # M2 has learnt its place; waits for task 0
    ]


@dataclass(frozen=True)
class ThrottleThatLearns:
    """Holds each answer back for as long as there were failures so far, and counts its calls."""

    def init(self) -> int:
        return 0

    def admit(self, state: int, task: Task, view: View) -> tuple[Admit, int]:
        return Admit(), state

    def hold(self, state: int, reply: Reply, view: View) -> tuple[float, int]:
        return float(state), state

    def learn(self, state: int, event: Reply | Ended) -> int:
        return state + (isinstance(event, Reply) and not event.accepted)


def test_a_throttle_learns_from_every_pass() -> None:
    scenario = system(
        (0, 20), (2, 3), (1, 1), routing=Escalates({0: 2, 1: 1}), throttle=ThrottleThatLearns()
    )
    result = simulate(scenario, passes=True)
    assert [row[5] for row in pass_rows(result)] == [0, 1, 2, 2, 3]
    assert task_rows(result) == [(10, Outcome.COMPLETED), (30, Outcome.COMPLETED)]


@dataclass(frozen=True)
class SlowsDown:
    """Holds the n-th answer back for n seconds, and lets the n-th prompt in after 10 n."""

    def init(self) -> tuple[int, int]:
        return 0, 0

    def admit(
        self, state: tuple[int, int], task: Task, view: View
    ) -> tuple[Admit, tuple[int, int]]:
        prompts, answers = state
        return Admit(delay=10.0 * (prompts + 1)), (prompts + 1, answers)

    def hold(
        self, state: tuple[int, int], reply: Reply, view: View
    ) -> tuple[float, tuple[int, int]]:
        prompts, answers = state
        return answers + 1.0, (prompts, answers + 1)


def test_a_throttle_remembers_prompts_and_answers() -> None:
    scenario = system(
        (0,), (2,), (1,), last_solves=False, throttle=SlowsDown(), abandonment=Leaves({0: 3})
    )
    result = simulate(scenario, passes=True)
    assert [row[5] for row in pass_rows(result)] == [11, 22, 33]


@dataclass(frozen=True)
class Recorder:
    """A throttle that notes what it sees of the system."""

    def admit(self, state: None, task: Task, view: View) -> tuple[Admit, None]:
        # money in, money out: the added delay spells the view in digits
        return Admit(delay=view.now * 100 + view.in_service(1) * 10 + view.queued(1)), None

    def hold(self, state: None, reply: Reply, view: View) -> tuple[float, None]:
        return 0.0, None


def test_policies_see_time_queues_and_busy_slots() -> None:
    # admitted at 0 and served from 0 to 1000; then, with one in service, at 3 + 310 and 4 + 410
    result = simulate(system((0, 3, 4, 500), (1000,), (1,), throttle=Recorder()), passes=True)
    assert result.tasks["throttle_delay"].tolist() == [0, 310, 410, 50012]


@dataclass(frozen=True)
class AtModelTwo:
    """Tabular and stateful at once: the same route for everything."""

    def first(self, state: None, task: Task, view: View) -> tuple[int, None]:
        return 2, None

    def escalation(self, state: None, task: Task, view: View) -> tuple[float, None]:
        raise AssertionError("there is no model above the last one")

    def table(self, models: int) -> Route:
        return Route(2, (0.0,) * (models - 1))


def test_a_routing_is_not_asked_to_escalate_from_the_last_model() -> None:
    scenario = system(
        (0,), (1, 1), (1, 1), last_solves=False, routing=AtModelTwo(), abandonment=Leaves({0: 3})
    )
    assert simulate(scenario).tasks["passes"].tolist() == [3]


def test_a_table_is_enough_for_the_vectorised_engine() -> None:
    from agents import Stationary
    from sim import Game, Scenario

    game = Game.of((0.2, 0.6), (1, 2), (1, 1), 5, 1)
    scenario = Scenario(game, Offer(AtModelTwo()), Person(Stationary(1.0)), tasks=9)
    result = simulate(scenario, passes=True)
    assert result.engine == "vectorised"
    assert result.passes["model"].tolist() == [2] * 9


def test_patience_of_one_user_does_not_touch_another() -> None:
    scenario = system((0, 0, 0), (4,), (1,), patience=Waits({1: 3.0}))
    assert [o for _, o in task_rows(simulate(scenario))] == [
        Outcome.COMPLETED, Outcome.RENEGED, Outcome.COMPLETED,
    ]  # fmt: skip


@dataclass(frozen=True)
class Insists:
    """Asks again after 1, then 1 to 3 seconds, and gives the task up at the third refusal."""

    def again(self, mind: Mind, task: Task, refusal: Refuse, view: View) -> float:
        waits = {1: 1.0, 2: 1.0 + 2.0 * view.luck.words[0]}
        return waits.get(task.refusals, float("inf"))


def test_refused_users_come_back_as_they_like_and_draw_by_their_luck() -> None:
    closed = Door({0: (Refuse(),), 1: (Refuse(), Refuse()), 2: (Refuse(99),) * 3})
    scenario = system((0, 10, 20), (2,), (1,), throttle=closed)
    result = simulate(scenario.replace(persistence=Insists()), passes=True)
    u = Draws(1).words(1, 1, Purpose.BACK_OFF, 2)[0]
    assert 0 < u < 1
    assert result.tasks["refusals"].tolist() == [1, 2, 3]
    assert result.tasks["ended"].tolist() == [3, 10 + 1 + (1 + 2 * u) + 2, 20 + 1 + 1 + 2 * (
        Draws(1).words(2, 1, Purpose.BACK_OFF, 2)[0])]  # fmt: skip
    assert result.counts()["refused"] == 1


def test_the_throttle_may_set_priorities() -> None:
    doors = Door({0: (Admit(),), 1: (Admit(priority=1),), 2: (Admit(priority=-1),)})
    result = simulate(system((0, 1, 2), (10,), (1,), throttle=doors))
    assert result.tasks["ended"].tolist() == [10, 30, 20]
