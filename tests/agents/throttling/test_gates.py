"""The rules of the throttles: numbers in, answers out; compiled, they say the same."""

import math
from array import array
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest

from agents import (
    AddedDelay,
    Cap,
    Downgrade,
    Gate,
    Layers,
    LoadDelay,
    NoThrottle,
    PeakMeter,
    Priority,
    QueueLimit,
    RateLimit,
    SlowService,
)
from agents.by_rule import zeros
from sim import Admit, Refuse, Reply, Task, View
from sim.draws import Draws, Luck, Purpose
from sim.policies import Throttle
from sim.scalars import ADMIT, ALL, EVERYBODY, REFUSE, Gates, Scalar, gates
from tests.tools.rules import same

GATES: tuple[Gate, ...] = (
    RateLimit(0.3, 2),
    RateLimit(1 / 3, 3, wait=True),
    Cap(2, 7.7),
    Cap(3, 20.1, fallback=True),
    Downgrade(3),
    LoadDelay(0.37),
    PeakMeter(0.31, 0, 1),
    PeakMeter(0.7, 23, 0.5),
    PeakMeter(0.7, 0, 24),
    Priority((0, 2)),
    QueueLimit(3),
)
IN, M1, NEVER = (ADMIT, 0.0, 0, 0), (ADMIT, 0.0, 1, 0), (REFUSE, math.inf, 0, 0)


class Asks:
    """Asks a gate's rule again and again, with one memory."""

    def __init__(self, gate: Gate) -> None:
        self.scalar = gate.scalar()
        self.own = array("d", self.scalar.own)
        self.memory = zeros(self.scalar.memory)

    def __call__(self, now: float, model: int = 1, group: int = 0, queued: int = 0) -> Any:
        return self.scalar.rule(now, model, group, queued, 0.0, self.own, self.memory)


def test_rate_limit() -> None:
    ask = Asks(RateLimit(rate=0.25, burst=2))
    assert [ask(0.0), ask(1.0), ask(2.0)] == [IN, IN, (REFUSE, 2.0, 0, 0)]
    assert [ask(4.0), ask(4.0)] == [IN, (REFUSE, 4.0, 0, 0)]
    assert ask.memory[0] == 12.0  # when the bucket is full again
    ask = Asks(RateLimit(rate=0.25, wait=True))
    assert [ask(1.0), ask(2.0), ask(3.0)] == [IN, (ADMIT, 3.0, 0, 0), (ADMIT, 6.0, 0, 0)]


def test_cap() -> None:
    ask = Asks(Cap(limit=2, window=10.0))
    assert [ask(0.0), ask(3.0), ask(4.0), ask(10.0)] == [IN, IN, (REFUSE, 6.0, 0, 0), IN]
    assert ask(12.0) == (REFUSE, 1.0, 0, 0)
    assert list(ask.memory) == [3.0, 10.0, 3.0]
    ask = Asks(Cap(limit=1, window=10.0, fallback=True))
    assert [ask(0.0), ask(3.0), ask(9.0), ask(10.0)] == [IN, M1, M1, IN]


def test_a_cap_of_millions_takes_no_memory_before_it_is_used() -> None:
    asks = [Asks(Cap(limit=10**6, window=10.0)) for _ in range(2000)]  # 16 GB, if it did
    assert all(ask(1.0) == IN for ask in asks)
    assert list(asks[0].memory[:3]) == [1.0, 1.0, 0.0]


def test_what_the_queue_decides() -> None:
    limit, down, load = Asks(QueueLimit(3)), Asks(Downgrade(3)), Asks(LoadDelay(0.5))
    assert [limit(0.0, queued=n) for n in (0, 2, 3)] == [IN, IN, NEVER]
    assert [down(0.0, 2, queued=n) for n in (0, 2, 3)] == [IN, IN, M1]
    assert down(0.0, 1, queued=9) == IN
    assert [load(0.0, queued=n) for n in (0, 3)] == [IN, (ADMIT, 1.5, 0, 0)]


def test_priority() -> None:
    ask = Asks(Priority((0, 2)))
    assert [ask(0.0, group=n)[3] for n in range(4)] == [-1, 0, -1, 0]


def test_peak_meter() -> None:
    gate = PeakMeter(rate=0.1, start=1, end=2)
    ask = Asks(gate)
    assert [ask(3599.0), ask(3600.0), ask(3601.0)] == [IN, IN, (ADMIT, 9.0, 0, 0)]
    assert ask.memory[0] == 3620.0
    assert (gate.scalar().memory, gate.scalar().of) == (1, ALL)
    assert ask(7200.0) == IN


@pytest.mark.parametrize("gate", GATES, ids=repr)
def test_compiled_a_rule_says_and_remembers_the_same_bytes(gate: Gate) -> None:
    random, scalar, now = Random(5), gate.scalar(), 0.0
    questions: list[tuple[Any, ...]] = []
    for _ in range(400):
        now += random.expovariate(0.5) * random.choice((1.0, 1.0, 1.0, 500.0))
        n = random.randrange(1, 3), random.randrange(3), random.randrange(6)
        questions.append((now, *n, random.random(), tuple(map(float, scalar.own))))
    assert same(scalar.rule, questions, scalar.memory)


# --- throttles as rules


def test_a_base_has_no_rule_of_its_own() -> None:
    with pytest.raises(NotImplementedError):
        Gate().scalar()


def test_a_table_has_no_rules() -> None:
    assert gates(AddedDelay((1.0, 2.0)), 2) == Gates((), (1.0, 2.0))
    assert gates(SlowService((1, 2)), 2) == gates(NoThrottle(), 2) == Gates((), (0.0, 0.0))


def test_a_gate_is_one_rule() -> None:
    assert gates(QueueLimit(3), 2) == Gates(((QueueLimit(3).scalar(), 0, EVERYBODY),), (0.0, 0.0))


def test_layers_put_rules_one_behind_the_other() -> None:
    a, b, c = QueueLimit(1), Downgrade(2), LoadDelay(3.0)
    inner = Layers((AddedDelay((0.1, 0.2)), b, Layers((c,))))
    found = gates(Layers((a, AddedDelay((0.2, 0.3)), inner, AddedDelay((0.7, 0.1)))), 2)
    parts = (1, 3 << 8 | 2, 3 << 16 | 3 << 8 | 1)
    rules = tuple(
        (gate.scalar(), part, EVERYBODY) for gate, part in zip((a, b, c), parts, strict=True)
    )
    assert found == Gates(rules, (0.2 + 0.1 + 0.7, 0.3 + 0.2 + 0.1))


@dataclass(frozen=True)
class Sees(Gate):
    """Notes the first word of its luck."""

    seen: list[float]

    def scalar(self) -> Scalar:
        def look(now: float, model: int, group: int, queued: int, luck: float, *rows: Any) -> Any:
            self.seen.append(luck)
            return IN

        return Scalar(look, random=True)


class Idle:
    """Nobody waits, and nobody is served."""

    now = 0.0

    def __init__(self, luck: Luck) -> None:
        self.luck = luck

    def queued(self, model: int) -> int:
        return 0

    in_service = queued


def test_the_number_of_a_part_is_that_of_its_luck() -> None:
    seen: list[float] = []
    see = Sees(seen)
    layers = Layers((see, Layers((NoThrottle(), see, Layers((Layers((see,)),)))), see))
    found = gates(layers, 1)
    assert found is not None
    task, draws = Task(7, 7, 0, 0.0), Draws(3)
    layers.admit(layers.init(), task, Idle(Luck(draws).of(7, 2, Purpose.ADMIT, 1)))
    assert seen == [
        draws.words(7, 2, Purpose.ADMIT, 1 + (part << 32))[0] for _, part, _ in found.rules
    ]
    assert len(set(seen)) == 4


class Moody(QueueLimit):
    """Decides anew."""

    def admit(self, state: Any, task: Task, view: View) -> tuple[Admit | Refuse, Any]:
        return Refuse(), state


class Slow(QueueLimit):
    """Holds back."""

    def hold(self, state: Any, reply: Reply, view: View) -> tuple[float, Any]:
        return 1.0, state


class Learns(QueueLimit):
    """Changes what it remembers."""

    def learn(self, state: Any, event: Any) -> Any:
        return state


@pytest.mark.parametrize("throttle", [Moody(1), Slow(1), Learns(1)], ids=repr)
def test_who_decides_anew_is_not_spoken_for(throttle: Throttle) -> None:
    assert gates(throttle, 2) is None
    assert gates(Layers((QueueLimit(1), throttle)), 2) is None
