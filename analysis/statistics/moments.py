"""Mean and variance of many values, from those of their parts."""

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from analysis.statistics.intervals import Estimate


@dataclass(frozen=True)
class Moments:
    """Number, mean, sum of squared deviations, least and largest of some values.

    Moments of parts merge into those of the whole (Chan, Golub, LeVeque 1983).
    """

    n: int
    mean: float
    m2: float
    low: float
    high: float

    @classmethod
    def of(cls, values: NDArray[Any]) -> "Moments":
        """The moments of an array of at least one number.

        >>> import numpy as np
        >>> Moments.of(np.array([1.0, 2.0, 3.0])).m2
        2.0
        """
        mean = float(values.mean())
        deviations = values - mean
        m2 = float((deviations * deviations).sum())
        return cls(len(values), mean, m2, float(values.min()), float(values.max()))

    def __add__(self, other: "Moments") -> "Moments":
        n = self.n + other.n
        step = other.mean - self.mean
        return Moments(
            n,
            self.mean + step * other.n / n,
            self.m2 + other.m2 + step * step * self.n * other.n / n,
            min(self.low, other.low),
            max(self.high, other.high),
        )

    @property
    def sd(self) -> float:
        """Standard deviation of one value; 0 when all are equal."""
        return 0.0 if self.low == self.high else float((self.m2 / (self.n - 1)) ** 0.5)

    def estimate(self) -> Estimate:
        """The mean with its standard error; equal values are exact."""
        mean = self.low if self.low == self.high else self.mean
        return Estimate(mean, self.sd / self.n**0.5, self.n)
