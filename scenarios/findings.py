"""The findings: what the paper claims in words, as numbers over games and over real pairs."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    import numpy as np

    from sim.game import Game

Bounds = tuple[float, float]
SAMPLE = 400  # games per distribution that are simulated, too
_STREAMS = 2**63  # replications from here on draw games; those below play them


@dataclass(frozen=True)
class PaperBox:
    """The paper's range: p, t and c of two models uniform on (0, 1), each sorted; V, P swept."""

    name: ClassVar[str] = "paper's box"
    unit: ClassVar[str] = ""
    value: Bounds = (0.1, 10.0)
    penalty: Bounds = (0.1, 10.0)

    def draw(self, games: int, random: "np.random.Generator") -> "Game":
        """Independent games, as arrays."""
        import numpy as np

        from sim.game import Game

        p, t, c = (tuple(np.sort(random.random((2, games)), axis=0)) for _ in range(3))
        value = _log_uniform(random, self.value, games)
        return Game.of(p, t, c, value, _log_uniform(random, self.penalty, games))

    def __str__(self) -> str:
        return (
            "success probabilities, latency costs and service costs of two models uniform on "
            "(0, 1), each pair sorted; value V log-uniform from {:g} to {:g}, penalty P from {:g} "
            "to {:g}"
        ).format(*self.value, *self.penalty)


@dataclass(frozen=True)
class RealPairs:
    """A measured pair of models, each as likely; V, P (dollars), dollars per second swept."""

    name: ClassVar[str] = "real pairs"
    unit: ClassVar[str] = "$"
    value: Bounds = (0.1, 10.0)
    penalty: Bounds = (0.01, 10.0)
    value_of_time: Bounds = (0.001, 0.1)

    def draw(self, games: int, random: "np.random.Generator") -> "Game":
        """Independent games, as arrays."""
        import numpy as np

        from analysis.catalogue import pairs
        from sim.game import Game

        known = list(pairs().values())
        which = random.integers(len(known), size=games)
        p, seconds, c = (
            np.array([getattr(pair, name) for pair in known]).T[:, which]
            for name in ("p", "seconds", "dollars")
        )
        t = _log_uniform(random, self.value_of_time, games) * seconds
        value = _log_uniform(random, self.value, games)
        penalty = _log_uniform(random, self.penalty, games)
        return Game.of(tuple(p), tuple(t), tuple(c), value, penalty)

    def __str__(self) -> str:
        from analysis.catalogue import pairs

        return (
            "one of {} measured standard/reasoning pairs, each as likely; value V log-uniform from "
            "{:g} to {:g} dollars, penalty P from {:g} to {:g} dollars, value of time from {:g} to "
            "{:g} dollars per second"
        ).format(len(pairs()), *self.value, *self.penalty, *self.value_of_time)


Distribution = PaperBox | RealPairs
DISTRIBUTIONS: tuple[Distribution, ...] = (PaperBox(), RealPairs())


def _log_uniform(random: "np.random.Generator", bounds: Bounds, games: int) -> Any:
    import numpy as np

    return np.exp(random.uniform(*np.log(bounds), games))


def draw(games: int, seed: int, stream: int) -> "Game":
    """Games of the distribution ``stream`` of `DISTRIBUTIONS`, by a generator of its own."""
    import numpy as np

    random = np.random.Generator(np.random.Philox(key=seed | (_STREAMS + stream) << 64))
    return DISTRIBUTIONS[stream].draw(games, random)
