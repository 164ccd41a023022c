"""Games to test with: of every regime, well away from ties unless a test makes one."""

import numpy as np
from hypothesis import strategies as st

from sim.game import Game

REGIMES = ("++", "--", "-+", "+-")

probabilities = st.floats(0.0, 1.0)
inner = st.floats(0.05, 0.95)
money = st.floats(0.01, 5.0)
seeds = st.integers(0, 2**64 - 1)

# t = V p x ratio: below 1 a model is value-dominated, above 1 latency-dominated
_RATIO = {"+": (0.05, 0.95), "-": (1.05, 3.0)}


@st.composite
def pairs(draw: st.DrawFn, regime: str | None = None) -> Game:
    """A game of two models with p1 < p2, of the given regime or of any."""
    regime = draw(st.sampled_from(REGIMES)) if regime is None else regime
    p_1 = draw(st.floats(0.05, 0.9))
    p_2 = p_1 + (0.98 - p_1) * draw(st.floats(0.02, 1.0))
    value = draw(st.floats(0.5, 5.0))
    t_1, t_2 = (
        value * p * draw(st.floats(*_RATIO[sign]))
        for p, sign in zip((p_1, p_2), regime, strict=True)
    )
    costs = (draw(st.floats(0.01, 2.0)), draw(st.floats(0.01, 2.0)))
    return Game.of((p_1, p_2), (t_1, t_2), costs, value, draw(st.floats(0.0, 6.0)))


@st.composite
def chains(draw: st.DrawFn, least: int = 1, most: int = 5) -> Game:
    """A game of ``least`` to ``most`` models, in no particular order."""
    n = draw(st.integers(least, most))
    p, t, c = (
        tuple(draw(st.lists(numbers, min_size=n, max_size=n))) for numbers in (inner, money, money)
    )
    return Game.of(p, t, c, draw(money), draw(st.floats(0.0, 6.0)))


def vectors(length: int, numbers: st.SearchStrategy[float]) -> st.SearchStrategy[tuple[float, ...]]:
    """Tuples of ``length`` numbers."""
    return st.tuples(*[numbers] * length)


def random_pairs(regime: str, size: int, seed: int) -> Game:
    """``size`` games of one regime as arrays, from the same ranges as `pairs`."""
    uniform = np.random.default_rng(seed).uniform
    p_1 = uniform(0.05, 0.9, size)
    p_2 = p_1 + (0.98 - p_1) * uniform(0.02, 1, size)
    value = uniform(0.5, 5, size)
    t = tuple(
        value * p * uniform(*_RATIO[sign], size) for p, sign in zip((p_1, p_2), regime, strict=True)
    )
    costs = (uniform(0.01, 2, size), uniform(0.01, 2, size))
    return Game.of((p_1, p_2), t, costs, value, uniform(0, 6, size))


def each(game: Game) -> list[Game]:
    """The single games of a flat game of arrays, with plain numbers."""
    rows = zip(
        *(getattr(m, x).tolist() for x in "ptc" for m in game.models),
        np.asarray(game.value).tolist(),
        np.asarray(game.penalty).tolist(),
        strict=True,
    )
    n = len(game.models)
    return [Game.of(r[:n], r[n : 2 * n], r[2 * n : 3 * n], r[-2], r[-1]) for r in rows]
