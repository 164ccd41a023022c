"""How long one pass is served: distributions with a given mean.

Each is a function of uniforms. Logarithms and the like come from `math`, never from numpy, whose
vectorised versions differ in the last bit on some values.
"""

import math
from dataclasses import dataclass
from typing import ClassVar, Protocol

from sim.checks import POSITIVE, check, refuse


def exponential(mean: float, u: float) -> float:
    """The (1 - u)-quantile from above; the kernel compiles this function, too."""
    return -mean * math.log(1.0 - u)


def lognormal(mean: float, u: float, second: float, variance: float) -> float:
    """exp(mu + sigma z) with sigma^2 = ``variance``, z standard normal from the uniforms."""
    z = math.sqrt(-2.0 * math.log(1.0 - u)) * math.cos(2.0 * math.pi * second)
    return mean * math.exp(math.sqrt(variance) * z - 0.5 * variance)


class ServiceTime(Protocol):
    """A distribution of service times (seconds)."""

    words: ClassVar[int]  # uniforms that it needs: 1 or 2

    def seconds(self, mean: float, u: float, second: float) -> float:
        """The service time for the uniforms ``u`` and, if two are needed, ``second``."""
        ...


@dataclass(frozen=True)
class Deterministic:
    """Always the mean.

    >>> Deterministic().seconds(2.0, 0.3, 0.0)
    2.0
    """

    words: ClassVar[int] = 1

    def seconds(self, mean: float, u: float, second: float) -> float:
        """The mean itself."""
        return mean


@dataclass(frozen=True)
class Exponential:
    """Exponential with the given mean, by inversion: -mean log(1 - u).

    >>> round(Exponential().seconds(2.0, 0.5, 0.0), 6)
    1.386294
    """

    words: ClassVar[int] = 1

    def seconds(self, mean: float, u: float, second: float) -> float:
        """The (1 - u)-quantile from above."""
        return exponential(mean, u)


@dataclass(frozen=True)
class Lognormal:
    """Lognormal with the given mean and coefficient of variation ``cv`` > 0 (Box-Muller).

    >>> round(Lognormal(cv=1.0).seconds(2.0, 0.0, 0.0), 6)  # the median: mean / sqrt(2)
    1.414214
    """

    cv: float
    words: ClassVar[int] = 2

    def __post_init__(self) -> None:
        check("cv", self.cv, POSITIVE)
        if self.cv > 1e150:
            refuse("cv", self.cv, "at most 1e150: its square must be a number")

    def seconds(self, mean: float, u: float, second: float) -> float:
        """`lognormal`: z standard normal from ``u`` and ``second``."""
        return lognormal(mean, u, second, self.variance)

    @property
    def variance(self) -> float:
        """Variance of the logarithm."""
        return math.log1p(self.cv * self.cv)
