"""A meter at the entrance in peak hours."""

import math
from dataclasses import dataclass

from agents.throttling.gate import Gate
from sim.checks import POSITIVE, Rule, check, refuse
from sim.scalars import ADMIT, ALL, Answer, Memory, Own, Scalar

_HOUR, _DAY = 3600.0, 86400.0
_CLOCK = Rule("an hour of the day from 0 to 24", lambda x: (x >= 0) & (x <= 24))


@dataclass(frozen=True)
class PeakMeter(Gate):
    """From ``start`` to ``end`` o'clock let in one prompt per 1/``rate`` seconds; others wait.

    Ramp metering, as at the entrances of motorways (fixed-time control: Wattleworth, Highway
    Research Record, 1965). ``rate`` in prompts per second, ``start`` and ``end`` hours of the day;
    the simulation starts at midnight, and 22 to 6 is a night. Prompts enter in the order in which
    they came; when the peak is over, all who still wait are let in at once.

    >>> PeakMeter(rate=0.5, start=9, end=17)
    PeakMeter(rate=0.5, start=9, end=17)
    """

    rate: float
    start: float
    end: float

    def __post_init__(self) -> None:
        check("rate of the peak meter", self.rate, POSITIVE)
        check("start of the peak", self.start, _CLOCK)
        check("end of the peak", self.end, _CLOCK)
        if self.start == self.end:
            refuse("end of the peak", self.end, "another hour than its start")

    def scalar(self) -> Scalar:
        """The rule; it remembers when the next prompt may enter (seconds)."""
        return Scalar(peak_meter, (self.rate, self.start, self.end), memory=1, of=ALL)


def peak_meter(
    now: float, model: int, group: int, queued: int, luck: float, own: Own, memory: Memory
) -> Answer:
    """Off peak at once, otherwise in turn."""
    left = peak_left(now, own[1], own[2])
    if left <= 0.0:
        return ADMIT, 0.0, 0, 0
    delay = min(max(memory[0] - now, 0.0), left)
    memory[0] = now + delay + 1.0 / own[0]
    return ADMIT, delay, 0, 0


def peak_left(now: float, start: float, end: float) -> float:
    """Seconds until the peak is over; not positive off peak."""
    hours = (end - start) % 24.0
    if hours == 0.0:  # the whole day
        return math.inf
    return hours * _HOUR - (now - start * _HOUR) % _DAY
