"""When an added delay pays where latency is made by load: docs/theory.md, section 11.10."""

from dataclasses import dataclass, replace

from agents import CongestedGame, CongestedOptimum, congested_optimum
from agents.theorems.ties import at_most

_NONE = (0.0, 0.0)


def delay_can_pay(game: CongestedGame) -> bool:
    """Whether any added delay can lower the provider's optimal cost.

    It can only if P < k_2, and besides either P < k_1 or first passes alone saturate M1 (arrival
    rate >= its capacity): otherwise no delay pays, whatever users value. k_i = c_i / p_i. In
    which of the other games one does pay, `best_added_delay` says.

    >>> from sim.theory.stations import Station
    >>> stations = (Station(1, 1.0), Station(1, 6.0))
    >>> game = CongestedGame((0.3, 0.6), (0.05, 0.5), 30, 0.5, arrival_rate=1.2, stations=stations)
    >>> delay_can_pay(game), delay_can_pay(replace(game, arrival_rate=0.9))
    (True, False)
    """
    k_1, k_2 = (c / p for c, p in zip(game.c, game.p, strict=True))
    beyond_m1 = game.arrival_rate >= game.stations[0].capacity or not at_most(k_1, game.penalty)
    return beyond_m1 and not at_most(k_2, game.penalty)


@dataclass(frozen=True)
class BestDelay:
    """The added delays (money per pass) that make the provider's optimum cheapest; the optimum
    ``before``, without any, and with them.
    """

    added_delay: tuple[float, float]
    before: CongestedOptimum
    optimum: CongestedOptimum

    @property
    def gain(self) -> float:
        """What they save (money per task): 0 where none pays, NaN where nothing is feasible."""
        before, after = self.before.equilibrium, self.optimum.equilibrium
        return float(before.provider_cost - after.provider_cost)


def best_added_delay(game: CongestedGame) -> BestDelay:
    """The best added delays d >= 0, which replace those of ``game``; none where none pays.

    Where one pays, all users leave after a first pass, at the model where that is cheapest. A delay
    of M2 alone does it: the least that does, and a millionth of V p_2.

    >>> from sim.theory.stations import Station
    >>> stations = (Station(1, 1.0), Station(1, 6.0))
    >>> game = CongestedGame((0.3, 0.6), (0.05, 0.5), 30, 0.5, arrival_rate=1.2, stations=stations)
    >>> best = best_added_delay(game)
    >>> round(best.gain, 4), round(best.optimum.equilibrium.provider_cost, 4)
    (0.1333, 0.7)
    """
    bare = replace(game, added_delay=_NONE)
    before = congested_optimum(bare, compiled=True)
    none = BestDelay(_NONE, before, before)
    if not delay_can_pay(game) or not before.equilibrium.stable:
        return none
    least, initial = min(_leave_costs(game))
    if at_most(before.equilibrium.provider_cost, least):
        return none
    _, waits = bare.latencies((2.0 - initial, initial - 1.0))
    delay = (0.0, game.value * game.p[1] * (1 + 1e-6) - waits)
    slowed = congested_optimum(replace(game, added_delay=delay), compiled=True)
    return BestDelay(delay, before, slowed)


def _leave_costs(game: CongestedGame) -> list[tuple[float, int]]:
    """c_i + P (1 - p_i), the cost if all leave M_i after a pass, and i: where that is feasible."""
    return [
        (c + game.penalty * (1 - p), i)
        for i, (p, c, at) in enumerate(zip(game.p, game.c, game.stations, strict=True), start=1)
        if game.arrival_rate < at.capacity
    ]
