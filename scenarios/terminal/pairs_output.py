"""How `queuit pairs` looks on a terminal: tables of at most 80 columns, and what is in them."""

from collections.abc import Sequence

from agents.theorems.throttling import paying_penalties
from analysis.games.catalogue import Pair
from analysis.theory.misalignment import misalignment
from analysis.theory.outcomes import kinds
from analysis.theory.penalties import Segment, segments
from analysis.theory.stability import Stability
from sim.game import Game

_VALUES = (0.1, 0.3, 1.0, 3.0, 10.0)
_TITLES = ("pair", "k_1", "k_2", "order", "regime", "", "optimum", "", "changed by")
_SWEPT = ("V", "regime", "penalty P", "optimum", "s", "U*", "loss", "throttling")
_LEGEND = """
k = c/p: dollars per solved task. regime: is one more pass worth its time to
users? First sign: of the standard model M1; second: of the reasoning model
M2. optimum: the provider's. M1, M2: who makes all passes; stay, leave: what
users do after a failed pass. cascade: re-prompts go from M1 to M2; threat:
they would, so users leave. Per cent: how often another draw of the pair's own
tasks exchanges k_1 and k_2, changes the regime, changes the optimum. changed
by: V, P or w halved (/2) or doubled (*2) that changes regime or optimum. The
errors of seconds and dollars are not known, and not in it."""
_SWEPT_LEGEND = """
s: probability that a re-prompt cascades. U*: what users get, dollars per
task. loss: what they lose because the provider decides. throttling: the P for
which it pays the provider."""


def table(found: Sequence[Stability], stakes: str) -> str:
    """One line per pair, and what the columns mean."""
    lines = aligned([_TITLES, *map(_cells, found)], left=(0, 4, 6, 8), gap=1)
    return "\n".join([stakes, "", *lines, _LEGEND])


def _cells(found: Stability) -> list[str]:
    shares = (found.order_changes, found.regime_changes, found.optimum_changes)
    order, regime, optimum = (f"{share:.0%}" for share in shares)
    return [
        *(found.pair, f"{found.k_1:.3g}", f"{found.k_2:.3g}", order),
        *(found.regime, regime, found.optimum, optimum, found.changed_by or "none"),
    ]


def swept(pair: Pair, value_of_time: float) -> str:
    """What was measured, and a line per value V and range of P with the same equilibrium."""
    games = [pair.game(value, 0.0, value_of_time) for value in _VALUES]
    rows = [_swept(game, each) for game in games for each in segments(game)]
    lines = aligned([_SWEPT, *rows], left=(1, 2, 3, 4, 7))
    return "\n".join(["", *_facts(pair), "", *lines, _SWEPT_LEGEND])


def _facts(pair: Pair) -> list[str]:
    return [
        "standard | reasoning: tasks {} | {}, solved {} | {}, at once {} | {}".format(
            *pair.tasks, *pair.solved, *pair.first
        ),
        "a pass: success {:.3f} | {:.3f}, seconds {:.3g} | {:.3g}, dollars {:.3g} | {:.3g}".format(
            *pair.p, *pair.seconds, *pair.dollars
        ),
        f"{pair.source}, {pair.dates[0]} | {pair.dates[1]}",
    ]


def _swept(game: Game, segment: Segment) -> list[str]:
    optimum, pays = segment.optimum, paying_penalties(game)
    return [
        *(f"{game.value:g}", optimum.regime, _range(segment.low, segment.high)),
        *(str(kinds(optimum)), _cascade(optimum.cascade_range), f"{optimum.user_utility:.3f}"),
        f"{misalignment(game, optimum):.3f}",
        "never" if pays is None else _range(*pays),
    ]


def _range(low: float, high: float) -> str:
    if high == float("inf"):
        return "all" if low == 0 else f"above {low:.3g}"
    return f"below {high:.3g}" if low == 0 else f"{low:.3g}..{high:.3g}"


def _cascade(limits: tuple[float, float] | None) -> str:
    if limits is None or limits == (0, 1):
        return "any"
    low, high = limits
    return f"{low:.3g}" if low == high else f"{low:.3g}..{high:.3g}"


def aligned(rows: Sequence[Sequence[str]], left: Sequence[int], gap: int = 2) -> list[str]:
    """Lines of ``rows``, with ``gap`` spaces between columns; those in ``left`` to the left.

    >>> aligned([("name", "n"), ("a", "10")], left=(0,))
    ['name   n', 'a     10']
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [(" " * gap).join(_padded(row, widths, left)).rstrip() for row in rows]


def _padded(row: Sequence[str], widths: Sequence[int], left: Sequence[int]) -> list[str]:
    both = enumerate(zip(row, widths, strict=True))
    return [cell.ljust(n) if k in left else cell.rjust(n) for k, (cell, n) in both]
