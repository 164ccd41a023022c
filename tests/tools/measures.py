"""How far the closed forms are from brute force, and the simulation from the closed forms.

    uv run python -m tests.tools.measures [--games 100000] [--runs 1000] [--only search|simulation]

- search: random games, a quarter of them of each regime; the largest differences of J, U and
  Delta_U between the closed form and the numerical search of `analysis.theory.oracles`, which uses
  no theorem. The search is the less exact of the two: see `tests.agents.theorems.test_stackelberg`.
- simulation: random (game, i, s, q, seed) of two to four models, 100,000 tasks each, against the
  exact expectations; for each metric the mean square of the z-scores, which is 1 give or take
  sqrt(2 / runs), and the largest |z|, with the one that chance exceeds in one study of a million.
"""

from collections.abc import Iterator

import click
import numpy as np

from agents import stackelberg
from analysis.theory.misalignment import misalignment
from analysis.theory.oracles import search_optimum
from tests.proofs.test_simulation_meets_theory import METRICS, random_scenario, scores
from tests.tools.chance import z_bound
from tests.tools.strategies import REGIMES, random_pairs

_PART = 500  # games searched at once


def search(games: int, seed: int) -> Iterator[str]:
    """One line per regime."""
    yield f"{'regime':<10}{'games':>10}{'J':>12}{'U':>12}{'Delta_U':>12}   largest differences"
    for number, regime in enumerate(REGIMES):
        worst, left = np.zeros(3), games // len(REGIMES)
        for part in range(0, left, _PART):
            size = min(_PART, left - part)
            worst = np.maximum(worst, differences(regime, size, [seed, number, part]))
        yield f"{regime:<10}{left:>10}" + "".join(f"{each:>12.2g}" for each in worst)


def differences(regime: str, size: int, seed: list[int]) -> np.ndarray:
    """Largest differences of J, U and Delta_U over ``size`` games."""
    game = random_pairs(regime, size, int(np.random.SeedSequence(seed).generate_state(1)[0]))
    exact, found = stackelberg(game), search_optimum(game)
    gap = found.best_for_user - found.user_utility
    pairs = (
        (exact.provider_cost, found.provider_cost),
        (exact.user_utility, found.user_utility),
        (misalignment(game, exact), gap),
    )
    return np.array([np.abs(a - b).max() for a, b in pairs])


def simulation(runs: int, seed: int) -> Iterator[str]:
    """One line per metric; a score of 0 is a metric that does not vary and was exact."""
    rng = np.random.default_rng(seed)
    found = np.array([scores(s, g) for _ in range(runs) for g, s in [random_scenario(rng)]])
    yield f"{'metric':<16}{'varies in':>10}{'mean square z':>16}{'largest |z|':>14}"
    for name, z in zip(METRICS, found.T, strict=True):
        z = z[z != 0]
        yield f"{name:<16}{len(z):>10}{np.mean(z * z):>16.4f}{np.abs(z).max():>14.3f}"
    varying = found[found != 0]
    yield f"{'all':<16}{len(varying):>10}{np.mean(varying**2):>16.4f}{np.abs(varying).max():>14.3f}"
    yield f"chance exceeds {z_bound(found.size):.2f} in one study of a million"


@click.command()
@click.option("--games", type=click.IntRange(4), default=100_000, show_default=True)
@click.option("--runs", type=click.IntRange(1), default=1000, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True)
@click.option("--only", type=click.Choice(["search", "simulation"]), help="One part, not both.")
def main(games: int, runs: int, seed: int, only: str | None) -> None:
    """Measure, and print two tables."""
    if only != "simulation":
        click.echo("\n".join(search(games, seed)) + "\n")
    if only != "search":
        click.echo("\n".join(simulation(runs, seed)))


if __name__ == "__main__":
    main()
