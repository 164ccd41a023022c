"""The users' response found by simulation, where theory has none.

In every round all users play the population so far, each class measures what it meets in the part
of the run that counts, and a round's worth of users answers best. The population is the mixture of
all rounds, round n counting n^3 times: fictitious play (Brown 1951) with a step of about 4/n, which
forgets how it began. Users believe a mean of what was measured whose step
n^-0.6 falls more slowly than the population's, so that errors average out and beliefs still keep
up with the population (two time scales: Leslie and Collins 2003).
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from agents import Joins, Stationary, WhileWorth
from analysis.reaction.exact import announced, classes, with_persons
from analysis.reaction.measured import Answer, Array, Belief, best, tally
from analysis.runs.window import Window
from sim.engine import choose, simulate
from sim.person import Mixture, Person
from sim.policies import Abandonment
from sim.scenario import Scenario

ROUNDS = 40
_TRY = 0.02  # users of a round who begin, and who stay, whatever they believe: others learn of it
_SEARCHES = 20  # that are to come, about: a comparison looks first after so many replications
_PILOT = 2**32  # replications from here on are rounds


def fit(
    scenario: Scenario,
    window: Window,
    replication: int,
    engine: str = "auto",
    rounds: int = ROUNDS,
) -> Scenario:
    """``scenario`` with the response that its users find in ``rounds`` runs of their own.

    They begin with the scenario's own rules. The fits of different replications are independent;
    those of different scenarios of a seed share their random numbers.
    """
    *_, (last, _) = fictitious_rounds(scenario, window, rounds, replication, engine=engine)
    return last


def fictitious_rounds(
    start: Scenario,
    window: Window,
    rounds: int,
    replication: int = 0,
    weight: Callable[[int], int] = lambda n: n**3,
    before: float | None = None,
    *,
    engine: str = "auto",
) -> Iterator[tuple[Scenario, list[Answer]]]:
    """The population after each round, and what each class answered in it.

    Round n counts ``weight(n)`` times: its cube for a step of about 4/n, 1 for 1/n. ``before``:
    the q of all users in a round 0 that counts once; None forgets how ``start`` began.
    """
    beliefs = unseen(start)
    kinds = [belief.kind for belief in beliefs]
    crowds = [_Crowd(Counter() if before is None else Counter({before: 1})) for _ in beliefs]
    present, tasks = start, start.tasks
    engine = choose(window.on(start), engine, rounds * _SEARCHES)
    for n in range(1, rounds + 1):
        result = simulate(
            window.on(_tried(present)), replication=_PILOT + (replication << 16) + n, engine=engine,
            passes=True,
        )  # fmt: skip
        seen = tally(present, result, window, kinds)
        beliefs = [_learned(*pair, n**-0.6) for pair in zip(beliefs, seen, strict=True)]
        answers = [best(belief) for belief in beliefs]
        for crowd, answer in zip(crowds, answers, strict=True):
            crowd.add(answer, weight(n))
        present = with_persons(present, list(map(_Crowd.rules, crowds, present.persons)))
        yield replace(present, tasks=tasks), answers


@dataclass
class _Crowd:
    """The users of a class: how many answer which ``q``, how many of them ``begin``, and for how
    many ``seconds`` a retry is worth waiting, as they all know best by now.
    """

    q: Counter[float]
    begin: Counter[bool] = field(default_factory=Counter)
    seconds: tuple[float, ...] = ()

    def add(self, answer: Answer, weight: int) -> None:
        """One more round's worth of users."""
        self.q[answer.q] += weight
        self.begin[answer.begins] += weight
        self.seconds = answer.seconds

    def rules(self, person: Person) -> dict[str, Any]:
        """The rules of a person that change."""
        changes: dict[str, Any] = {"abandonment": mixture(self.q)}
        if isinstance(person.persistence, WhileWorth):
            changes["persistence"] = WhileWorth(self.seconds)
        if isinstance(person.joining, Joins):
            changes["joining"] = Joins(self.begin[True] / self.begin.total())
        return changes


def _tried(scenario: Scenario) -> Scenario:
    """``scenario`` where a few users begin, and a few stay, even if nobody thinks it worth it: a
    model that nobody tries would stay as bad as it once was.
    """
    return with_persons(scenario, [_curious(person) for person in scenario.persons])


def _curious(person: Person) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    begin = 1.0
    if isinstance(person.joining, Joins):
        begin = max(_TRY, person.joining.probability)
        changes["joining"] = Joins(begin)
    known, least = types(person), min(_TRY / begin, 0.5)
    if known and sum(weight for weight, q in known if q < 1) < least:
        changes["abandonment"] = mixture({0.0: least, 1.0: 1 - least})
    return changes


def types(person: Person) -> list[tuple[float, float]]:
    """Weights and q of the types of a person; none if they are not so simple."""
    rule = person.abandonment
    parts = rule.parts if isinstance(rule, Mixture) else ((1.0, rule),)
    known = [(weight, part.q) for weight, part in parts if isinstance(part, Stationary)]
    return known if len(known) == len(parts) else []


def _learned(belief: Belief, seen: Array, step: float) -> Belief:
    """With a round's sums, per task that was begun: rounds count alike however many begin."""
    tasks = seen[0, : len(belief.kind.game.models) + 1].sum()
    if tasks == 0:
        return belief
    return replace(belief, seen=belief.seen + step * (seen / tasks - belief.seen))


def unseen(scenario: Scenario) -> list[Belief]:
    """What each class believes before it has measured anything: what is announced."""
    n, table = len(scenario.game.models), scenario.table
    assert table.route is not None  # a cascade: nothing else reacts
    moves = np.zeros((n + 1, n))
    moves[0, table.route.initial - 1] = 1.0
    for i, s in enumerate((*table.route.escalation, 0.0), start=1):
        moves[i, i - 1] = 1 - s
        moves[i, min(i, n - 1)] += s
    return [
        Belief(kind, np.zeros((n + 1, n + 3)), moves, table.hold is not None)
        for kind in classes(scenario, announced(scenario))
    ]


def mixture(weights: Mapping[float, float]) -> Abandonment:
    """Users who give up with probability q, in shares proportional to ``weights`` of q.

    Only users who do not mind either way differ: between 0 and 1 an answer is the only best one,
    and scatters with the noise of what was measured, so that all of those play their mean.

    >>> mixture(Counter({0.5: 3, 0.25: 1, 1.0: 4}))
    Mixture(parts=((0.5, Stationary(q=0.4375)), (0.5, Stationary(q=1.0))))
    """
    total = sum(weights.values())
    shares = {q: n / total for q, n in weights.items() if q in (0.0, 1.0) and n}
    inside = {q: n for q, n in weights.items() if 0.0 < q < 1.0}
    if inside:
        count = sum(inside.values())
        shares[sum(q * n for q, n in inside.items()) / count] = count / total
    if len(shares) == 1:
        return Stationary(next(iter(shares)))
    return Mixture(tuple((share, Stationary(q)) for q, share in sorted(shares.items())))
