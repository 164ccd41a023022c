"""Exact certificate of the inequality behind Theorem A (docs/theory.md, section 7).

Symbols, as there: a = 1 - p_1, b = 1 - p_2, u = 1 - q (the user stays), sigma = 1 - s (the
provider stays with M1). Everything is a fraction, so no tolerance appears anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice, product
from math import comb, prod
from random import Random

import pytest

Exponents = tuple[int, int, int, int]
Pair = tuple[Fraction, Fraction]

# ---------------------------------------------------------------- polynomials in a, b, u, sigma


@dataclass(frozen=True)
class Poly:
    """A polynomial in (a, b, u, sigma): its non-zero coefficients by exponents."""

    terms: Mapping[Exponents, Fraction]

    def __add__(self, other: Poly) -> Poly:
        return collect([*self.terms.items(), *other.terms.items()])

    def __sub__(self, other: Poly) -> Poly:
        return self + constant(-1) * other

    def __mul__(self, other: Poly) -> Poly:
        pairs = product(self.terms.items(), other.terms.items())
        return collect([(add(i, j), x * y) for (i, x), (j, y) in pairs])

    def __pow__(self, exponent: int) -> Poly:
        return prod([self] * exponent, start=ONE)

    def __call__(self, *point: Fraction) -> Fraction:
        return sum((c * monomial(point, e) for e, c in self.terms.items()), Fraction(0))


def add(i: Exponents, j: Exponents) -> Exponents:
    return (i[0] + j[0], i[1] + j[1], i[2] + j[2], i[3] + j[3])


def monomial(point: tuple[Fraction, ...], exponents: Exponents) -> Fraction:
    return prod((x**e for x, e in zip(point, exponents, strict=True)), start=Fraction(1))


def collect(items: list[tuple[Exponents, Fraction]]) -> Poly:
    terms: dict[Exponents, Fraction] = {}
    for exponents, coefficient in items:
        terms[exponents] = terms.get(exponents, Fraction(0)) + coefficient
    return Poly({e: c for e, c in terms.items() if c != 0})


def constant(value: Fraction | int) -> Poly:
    return collect([((0, 0, 0, 0), Fraction(value))])


def replace_a(poly: Poly, value: Poly) -> Poly:
    parts = [Poly({(0, e[1], e[2], e[3]): c}) * value ** e[0] for e, c in poly.terms.items()]
    return sum(parts, start=constant(0))


def degrees(poly: Poly) -> tuple[int, ...]:
    return tuple(max(exponents) for exponents in zip(*poly.terms, strict=True))


def bernstein(poly: Poly) -> dict[tuple[int, ...], Fraction]:
    """Coefficients over the unit box: all >= 0 proves that the polynomial is >= 0 on the box."""
    degree = degrees(poly)

    def weight(e: Exponents, k: tuple[int, ...]) -> Fraction:
        ratios = (Fraction(comb(i, j), comb(d, j)) for i, j, d in zip(k, e, degree, strict=True))
        return prod(ratios, start=Fraction(1))

    return {
        k: sum((c * weight(e, k) for e, c in poly.terms.items()), Fraction(0))
        for k in product(*(range(d + 1) for d in degree))
    }


ONE = constant(1)
A, B, U, SIGMA = (
    Poly({e: Fraction(1)}) for e in ((1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1))
)

# As in section 7: sigma_star = N / (b (1 - b u)) and 1 - sigma_star = (1 - b) M / (b (1 - b u)).
N = ONE - U + B * (ONE - B) * SIGMA * U**2
M = (ONE + B) * U - ONE - B * SIGMA * U**2
Q = (ONE - B) * (ONE - SIGMA) * N * (ONE - A * B * SIGMA * U**2) - (
    SIGMA * (ONE - B * U) * M * (ONE - B * U - A * N)
)
# Q = (1 - u) ((1 - a) END_B + (a - b) END_1), which is visibly >= 0 for b <= a <= 1
END_B = (ONE - B * U * SIGMA) ** 2 * (ONE - B**2 * U**2 * SIGMA)
END_1 = U * (ONE - B * U * SIGMA) ** 3 + (ONE - SIGMA) * N
BRACKET = (ONE - A) * END_B + (A - B) * END_1

# ---------------------------------------------------------------- the game, exactly


def visits(a: Fraction, b: Fraction, u: Fraction, sigma: Fraction) -> Pair:
    """Expected passes (v_1, v_2) that start at M1 (section 2)."""
    first = 1 / (1 - a * u * sigma)
    return first, first * a * u * (1 - sigma) / (1 - b * u)


def indifference(a: Fraction, b: Fraction, u: Fraction, sigma: Fraction) -> Fraction:
    """H(u, sigma): the ratio -xi_2 / xi_1 that makes F(s, q) = 0 (section 3)."""
    return sigma * (1 - b * u) ** 2 / ((1 - sigma) * (1 - a * b * sigma * u**2))


def chord_end(b: Fraction, u: Fraction, sigma: Fraction) -> Fraction:
    """sigma_star: if s_low were 1 - sigma_star, the mixed point would lie on the chord."""
    return (1 - u + b * (1 - b) * sigma * u**2) / (b * (1 - b * u))


def chord_height(mixed: Pair, low: Pair) -> Fraction:
    """The chord from (0, 1) to `low`, above the first coordinate of `mixed`."""
    theta = mixed[0] / low[0]
    return (1 - theta) + theta * low[1]


def utility(v: Pair, xi: Pair) -> Fraction:
    return v[0] * xi[0] + v[1] * xi[1]


def cost(v: Pair, costs: Pair, failures: Pair, penalty: Fraction) -> Fraction:
    solved = v[0] * (1 - failures[0]) + v[1] * (1 - failures[1])
    return v[0] * costs[0] + v[1] * costs[1] + penalty * (1 - solved)


def fractions(rng: Random) -> Iterator[Fraction]:
    """Endless random fractions strictly between 0 and 1."""
    while True:
        yield Fraction(rng.randint(1, 996), 997)


def points(seed: int) -> Iterator[tuple[Fraction, Fraction, Fraction, Fraction]]:
    """Random (a, b, u, sigma) with b <= a, that is p_1 <= p_2."""
    draws = fractions(Random(seed))
    while True:
        b, a = sorted(islice(draws, 2))
        yield a, b, next(draws), next(draws)


def points_with_chord_end(seed: int) -> Iterator[tuple[Fraction, Fraction, Fraction, Fraction]]:
    """Points with sigma_star < 1: elsewhere sigma_0 < 1 <= sigma_star leaves nothing to prove."""
    return (x for x in points(seed) if chord_end(*x[1:]) < 1)


def exact_games(seed: int) -> Iterator[tuple[Fraction, ...]]:
    """Games with a rational s_low: (a, b, u, sigma, sigma_0), H(1, sigma_0) = H(u, sigma).

    sigma_0 = 1 - s_low is a square root in general, but the equation is linear in a.
    """
    draws = fractions(Random(seed))
    while True:
        b, u = islice(draws, 2)
        sigma, sigma_0 = sorted(islice(draws, 2))
        left = sigma * (1 - b * u) ** 2 * (1 - sigma_0)
        right = sigma_0 * (1 - b) ** 2 * (1 - sigma)
        slope = b * (left * sigma_0 - right * sigma * u**2)
        if slope != 0 and b <= (a := (left - right) / slope) < 1:
            yield a, b, u, sigma, sigma_0


# ---------------------------------------------------------------- the reduction


def test_the_indifferent_user_has_a_unique_optimum() -> None:
    others = fractions(Random(1))
    for a, b, u, sigma in islice(points(seed=2), 200):
        xi = (Fraction(1), -indifference(a, b, u, sigma))
        best = utility(visits(a, b, u, sigma), xi)
        rivals = {Fraction(0), Fraction(1), *islice(others, 5)} - {u}
        assert all(utility(visits(a, b, rival, sigma), xi) < best for rival in rivals)


def test_sigma_star_puts_the_mixed_point_on_the_chord() -> None:
    for a, b, u, sigma in islice(points_with_chord_end(seed=3), 200):
        low = visits(a, b, Fraction(1), chord_end(b, u, sigma))
        mixed = visits(a, b, u, sigma)
        assert mixed[1] == chord_height(mixed, low)


def test_q_is_the_difference_to_be_proved_up_to_a_positive_factor() -> None:
    for a, b, u, sigma in islice(points_with_chord_end(seed=4), 200):
        star = chord_end(b, u, sigma)
        difference = indifference(a, b, Fraction(1), star) - indifference(a, b, u, sigma)
        odds = b * (1 - b * u) * (1 - star) * (1 - sigma)
        factor = (1 - b) / (odds * (1 - a * b * star) * (1 - a * b * sigma * u**2))
        assert factor > 0
        assert difference == factor * Q(a, b, u, sigma)


def test_the_same_as_an_identity_of_polynomials() -> None:
    """At every point, with sigma_star = N / K and 1 - sigma_star = (1 - b) M / K.

    H(1, sigma_star) - H(u, sigma), with both denominators and K^2 multiplied out.
    """
    K = B * (ONE - B * U)
    assert K - N == (ONE - B) * M
    left = N * K * (ONE - B) ** 2 * (ONE - SIGMA) * (ONE - A * B * SIGMA * U**2)
    right = SIGMA * (ONE - B * U) ** 2 * (ONE - B) * M * (K - A * B * N)
    assert left - right == (ONE - B) * K * Q


def test_the_chord_is_above_exactly_where_sigma_0_is_below_sigma_star() -> None:
    """(7.3) without its denominators: sigma_0 (here in the place of a) enters linearly."""
    inequality = (ONE - B * A) * (ONE - B * U) - U * (ONE - B * SIGMA * U) * (ONE - B)
    assert inequality == N - B * (ONE - B * U) * A


# ---------------------------------------------------------------- the inequality


def test_q_is_a_sum_of_products_that_are_visibly_non_negative() -> None:
    assert (ONE - U) * BRACKET == Q


def test_the_bracket_is_linear_in_a() -> None:
    assert degrees(BRACKET) == (1, 4, 4, 3)
    assert replace_a(BRACKET, B) == (ONE - B) * END_B
    assert replace_a(BRACKET, ONE) == (ONE - B) * END_1


@pytest.mark.parametrize(
    ("end", "degree", "count", "zeros"),
    [(B, (0, 5, 4, 3), 120, 30), (ONE, (0, 4, 4, 3), 100, 32)],
    ids=["p_1 = p_2", "p_1 = 0"],
)
def test_the_end_polynomials_have_non_negative_bernstein_coefficients(
    end: Poly, degree: tuple[int, ...], count: int, zeros: int
) -> None:
    poly = replace_a(BRACKET, end)
    coefficients = bernstein(poly)
    assert degrees(poly) == degree
    assert len(coefficients) == count
    assert min(coefficients.values()) == 0
    assert sum(c == 0 for c in coefficients.values()) == zeros


def test_bernstein_coefficients_give_back_the_polynomial() -> None:
    poly = replace_a(BRACKET, ONE)
    degree, coefficients = degrees(poly), bernstein(poly)

    def basis(k: tuple[int, ...], point: tuple[Fraction, ...]) -> Fraction:
        each = zip(k, degree, point, strict=True)
        factors = (comb(d, i) * x**i * (1 - x) ** (d - i) for i, d, x in each)
        return prod(factors, start=Fraction(1))

    for point in islice(points(seed=5), 10):
        assert poly(*point) == sum(c * basis(k, point) for k, c in coefficients.items())


# ---------------------------------------------------------------- the certificate can fail


def test_a_slightly_stronger_inequality_is_refused() -> None:
    for end in (B, ONE):
        stronger = replace_a(BRACKET, end) - constant(Fraction(1, 100))
        assert min(bernstein(stronger).values()) < 0


def test_without_p_1_below_p_2_the_inequality_is_refused_and_false() -> None:
    at_zero = replace_a(BRACKET, constant(0))  # a = 0 < b: the standard model never fails
    assert min(bernstein(at_zero).values()) < 0
    assert at_zero(Fraction(0), Fraction(9, 10), Fraction(1), Fraction(3, 4)) < 0


# ---------------------------------------------------------------- the consequences, end to end


def test_a_mixed_point_lies_strictly_below_the_chord() -> None:
    for a, b, u, sigma, sigma_0 in islice(exact_games(seed=6), 300):
        assert indifference(a, b, u, sigma) == indifference(a, b, Fraction(1), sigma_0)
        mixed, low = visits(a, b, u, sigma), visits(a, b, Fraction(1), sigma_0)
        assert mixed[0] < low[0]
        assert mixed[1] < chord_height(mixed, low)


def test_a_mixed_user_always_costs_more_than_the_best_of_four_policies() -> None:
    rng = Random(7)
    money = fractions(rng)
    for a, b, u, sigma, sigma_0 in islice(exact_games(seed=8), 300):
        costs, penalty = (next(money), next(money)), 5 * next(money) ** 2
        zero, one = Fraction(0), Fraction(1)
        four = [
            (1 / (1 - a), zero),  # (1, 0), the user stays: k_1
            visits(a, b, one, sigma_0),  # (1, s_low), the user stays
            (one, zero),  # (1, 1), the user leaves
            (zero, one),  # (2), the user leaves
        ]
        best = min(cost(v, costs, (a, b), penalty) for v in four)
        assert cost(visits(a, b, u, sigma), costs, (a, b), penalty) > best
