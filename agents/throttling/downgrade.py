"""The standard model for everybody while the asked one is overloaded."""

from dataclasses import dataclass

from agents.throttling.gate import Gate
from sim.checks import COUNT, check
from sim.scalars import ADMIT, Answer, Memory, Own, Scalar


@dataclass(frozen=True)
class Downgrade(Gate):
    """Send a prompt to M1 while ``limit`` passes or more wait at the model that it asks for.

    Graceful degradation, the "brownout" of Klein, Maggio, Årzén and Hernández-Rodriguez (ICSE
    2014). The task is at M1 then: its next prompt asks for M1 too, unless the routing cascades.

    >>> Downgrade(limit=20)
    Downgrade(limit=20)
    """

    limit: int

    def __post_init__(self) -> None:
        check("downgrade", self.limit, COUNT)

    def scalar(self) -> Scalar:
        """The rule; it remembers nothing."""
        return Scalar(downgrade, (self.limit,))


def downgrade(
    now: float, model: int, group: int, queued: int, luck: float, own: Own, memory: Memory
) -> Answer:
    """Always, here or there."""
    return ADMIT, 0.0, 1 if model > 1 and queued >= own[0] else 0, 0
