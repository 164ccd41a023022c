"""The paper's figures: 1 as a summary of regimes, 3, 4 and 5 from theory and from simulation.

Every border and every label comes from the functions of `agents`; departures from the printed
figures (docs/theory.md, section 10) are noted on the figures.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from agents.theorems.responses import s_0, s_high, s_low
from agents.theorems.stackelberg import P_1, P_2, P_3, D, stackelberg
from analysis.games.planes import DIFFERENCE, FALLING, RISING, VALUED, XI, Kind, P, Plane
from analysis.paper import study
from analysis.paper.panels import EXTENT, FORMULAS, frame, name_regions, name_values
from analysis.paper.study import Maps, PolicyMap, ResponseMap
from analysis.report import planes, style
from analysis.theory.misalignment import misalignment
from analysis.theory.penalties import segments
from sim.game import Game

_ERRATA_X = (0.25, 0.5, 1.0, 1.5, 2.0)  # k_1 - k_2 where docs/theory.md states P_3
_LOST = Plane(t=(1.5, 4.0), value=9.0)  # -- for Figure 1; the other regimes as in 4 and 5


@style.styled()
def draw(exact: Maps, simulated: Maps) -> dict[str, Figure]:
    """All figures, by the name of their file."""
    return {
        "figure1": figure1(),
        "figure3": figure3(exact.response, simulated.response, simulated.tasks),
        "figure4": figure4(exact.policies, simulated.policies),
        "figure5": figure5(exact.policies, simulated.policies),
        "figure5_loss": figure5_loss(exact.policies[2], simulated.policies[2]),
    }


# --- Figure 3


def figure3(exact: ResponseMap, simulated: ResponseMap, tasks: int) -> Figure:
    """Heat map of q*(1, s = .25) over net values, with the borders at which s is a threshold."""
    figure, panels = style.canvas(3.85, 1, 2, sharey=True)
    for axes, data, title in zip(panels, (exact, simulated), ("exact", "simulated"), strict=True):
        extent = (*XI, *XI)
        heat = style.image(axes, data.q, extent, cmap=style.LEAVE_MAP, vmin=0, vmax=1)
        axes.set(title=title, xlabel=r"$\xi_1$, net value of a pass at M1 (money)", aspect="equal")
        axes.set(xticks=(-1, -0.5, 0, 0.5, 1), yticks=(-1, -0.5, 0, 0.5, 1))
        _response_borders(axes)
    panels[0].set_ylabel(r"$\xi_2$, net value of a pass at M2 (money)")
    bar = figure.colorbar(heat, ax=panels, shrink=0.8, pad=0.015)
    bar.set_label("$q^*$, probability of giving up")
    first, second = P
    style.note(
        figure,
        f"Users' answer to a start at M1 with cascade $s = {study.FIXED_CASCADE:g}$ where"
        f" $p = ({first:g}, {second:g})$.  Simulated: the $q$ of a grid with the largest mean\n"
        f"utility of the same {tasks:,} tasks; where utility is almost flat in $q$, luck decides.",
    )
    return figure


def slope(threshold: planes.Curve, side: int) -> float:
    """The ratio xi_2 / xi_1 at which a threshold in s equals the cascade of Figure 3.

    By bisection; ``side`` is the sign of xi_1: -1 for s_0, 1 for s_low and s_high.
    """

    def above(ratio: float) -> bool:
        game = study.response_game(0.01 * side, 0.01 * side * ratio)
        return bool(threshold(game) > study.FIXED_CASCADE)

    low, high = -50.0, -1e-3
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if above(middle) else (middle, high)
    return (low + high) / 2


def _response_borders(axes: Axes) -> None:
    for name, threshold, side, at, colour in (
        ("s_0", s_0, -1, (-0.62, 0.2), style.INK),
        ("s_{low}", s_low, 1, (0.61, 0.0), "white"),
        ("s_{high}", s_high, 1, (-0.05, -0.84), style.INK),
    ):
        ratio = slope(threshold, side)
        end = side * min(1.0, 1 / abs(ratio))
        axes.plot([0, end], [0, ratio * end], color=style.INK, linewidth=1.1)
        text = rf"$s = {name}$:" + "\n" + rf"$\xi_2 = {ratio:.4g}\,\xi_1$"
        style.write(axes, *at, text, color=colour)
    style.write(axes, 0.42, 0.55, "users stay,\n$q^* = 0$", color="white")
    style.write(axes, -0.52, -0.4, "users leave,\n$q^* = 1$")
    style.write(axes, 0.68, -0.72, "in between:\n$0 < q^* < 1$")


# --- Figure 4


def figure4(exact: Sequence[PolicyMap], simulated: Sequence[PolicyMap]) -> Figure:
    """The provider's optimal policy over k_1 - k_2 and P, regimes -+ and +-."""
    figure, panels = style.canvas(6.9, 2, 2, sharex=True, sharey=True)
    for row, source in enumerate((exact, simulated)):
        for axes, data in zip(panels[row], source[:2], strict=True):
            style.image(axes, data.kind, EXTENT, cmap=planes.KIND_MAP, norm=planes.KIND_NORM)
            frame(axes, data.plane, "simulated" if row else "exact")
            planes.borders(axes, data.plane, label=True)
            name_regions(axes, data)
    planes.outer_labels(panels)
    _inset(panels[0, 1])
    kinds = {int(k) for data in (*exact[:2], *simulated[:2]) for k in np.unique(data.kind)}
    style.legend_below(figure, 3, planes.kind_legend(kinds), loc="outside upper center")
    style.note(figure, _figure4_note())
    return figure


def _inset(axes: Axes) -> None:
    """P_3 at a scale that shows that it is not a constant."""
    x = np.linspace(0.0, DIFFERENCE[1], 101)
    border = P_3(FALLING.game(x, 0.0))
    small = axes.inset_axes((0.66, 0.06, 0.31, 0.115))
    small.plot(x, border, color=style.INK, linewidth=1.1)
    small.axhline(float(border.max()), color=style.MUTED, linewidth=0.8, linestyle="--")
    small.set(xlim=(0, 2), xticks=(0, 1, 2))
    small.tick_params(labelsize=7, pad=1.5)
    style.write(small, 0.96, 0.72, "as printed", fontsize=7, ha="right", transform=small.transAxes)
    style.write(small, 0.2, 0.3, "$P_3$", fontsize=7.5, transform=small.transAxes)


def _figure4_note() -> str:
    borders = ", ".join(f"{P_3(FALLING.game(x, 0.0)):.4f}" for x in _ERRATA_X)
    return (
        rf"Left: $s_0 = {RISING.threshold:.10f}$.  Departures from the printed figure, right: the"
        rf" cascade area is exactly $s = s_{{low}} = {FALLING.threshold:.10f}$ with"
        "\n"
        rf"$q^* = 0$; its lower border is $P_3 = {borders}$ at $k_1 - k_2 = "
        + ", ".join(f"{x:g}" for x in _ERRATA_X)
        + "$, not 10."
        "\nWhere $k_1 = k_2$, and right where $P = k_1$, policies cost the same: luck decides"
        " in the simulation."
    )


# --- Figure 5


def figure5(exact: Sequence[PolicyMap], simulated: Sequence[PolicyMap]) -> Figure:
    """Misalignment of the two games of Figure 4; the provider's gain from throttling in a third."""
    figure, panels = style.canvas(5.6, 2, 3, sharex=True, sharey=True)
    top = max(float(data.gap.max()) for data in exact[:2])
    for row, source in enumerate((exact, simulated)):
        word = "simulated" if row else "exact"
        for axes, data in zip(panels[row], source, strict=True):
            frame(axes, data.plane, word)
            planes.borders(axes, data.plane, label=data.plane is VALUED)
        for axes, data in zip(panels[row, :2], source[:2], strict=True):
            gaps = style.image(axes, data.gap, EXTENT, cmap=style.LOSS_MAP, vmin=0, vmax=top)
            name_values(axes, data, top)
        gains = _gain(panels[row, 2], source[2], float(exact[2].gain.max()))
    planes.outer_labels(panels)
    for drawn, where, text, aspect in (
        (gaps, panels[:, :2], r"misalignment $\Delta_U$ (money)", 40),
        (gains, panels[:, 2], "gain from throttling (money)", 19),
    ):
        bar = figure.colorbar(drawn, ax=where, location="top", aspect=aspect, pad=0.02)
        bar.set_label(text)
    style.note(figure, _figure5_note())
    return figure


def _gain(axes: Axes, data: PolicyMap, top: float) -> Any:
    heat = style.image(
        axes, np.maximum(data.gain, 0.0), EXTENT, cmap=style.GAIN_MAP, vmin=0, vmax=top
    )
    lines = axes.contour(
        data.difference, data.penalty, data.gain, levels=(2, 4, 6), colors=style.INK, linewidths=0.5
    )
    axes.clabel(lines, fmt="%g", fontsize=7)
    style.write(axes, 0.0, 15.0, "throttling\nnever pays")
    return heat


def _figure5_note() -> str:
    upper, lower = (float(misalignment(RISING.game(-1.0, P))) for P in (15.0, 5.0))
    wedge = float(misalignment(FALLING.game(1.5, 9.0)))
    return (
        rf"Departures from the printed figure. Left: $\Delta_U$ is {upper:.4f} in the upper left as"
        rf" in the lower area ({lower:.4f}), not 2.29,"
        "\n"
        rf"which a grid in $s$ gives that misses $s_0$. Middle: the wedge between $D$ and $P_3$ is"
        rf" {wedge:.4g}, not 3.33, because users"
        "\nleave M2 there. On the borders themselves luck decides in the simulation."
    )


def figure5_loss(exact: PolicyMap, simulated: PolicyMap) -> Figure:
    """What full throttling gives the provider, and what it takes from users."""
    figure, panels = style.canvas(5.6, 2, 2, sharex=True, sharey=True)
    top = float(exact.gain.max())
    for row, data in enumerate((exact, simulated)):
        loss = np.where(data.gain > 0, data.loss, 0.0)
        gains = _gain(panels[row, 0], data, top)
        losses = style.image(panels[row, 1], loss, EXTENT, cmap=style.LOSS_MAP, vmin=0, vmax=top)
        style.write(panels[row, 1], 0.0, 2.5, f"users lose {loss[data.gain > 0].mean():.3f}")
        for axes in panels[row]:
            frame(axes, data.plane, "simulated" if row else "exact")
            planes.borders(axes, data.plane, label=True)
            _even(axes, data)
    planes.outer_labels(panels)
    for drawn, column, text in ((gains, 0, "provider's gain"), (losses, 1, "users' loss")):
        bar = figure.colorbar(drawn, ax=panels[:, column], location="top", aspect=30, pad=0.02)
        bar.set_label(f"{text} from full throttling (money)")
    style.note(figure, _loss_note())
    return figure


def _even(axes: Axes, data: PolicyMap) -> None:
    """The line where users lose what the provider gains."""
    x, y = data.difference, data.penalty
    net = data.gain - data.loss
    line = axes.contour(x, y, net, levels=(0,), colors=style.INK, linestyles="--", linewidths=1.2)
    axes.clabel(line, fmt="gain = loss", fontsize=7.5)


def _loss_note() -> str:
    game = VALUED.game(1.0, 2.0)
    keeps = stackelberg(game.delayed(0.0, VALUED.value * P[1])).user_utility
    return (
        r"Latencies are raised to $\hat t_i = V p_i$, the least that makes users leave;"
        " where it does not pay, nobody is throttled.\n"
        "Between the dashed line and $P = m$ users lose more than the provider gains."
        " Throttling M2 alone gains as\n"
        rf"much and leaves users $\xi_1 = {keeps:.2g}$ where $P \leq D$."
        " On $P = m$ luck decides in the simulation."
    )


# --- Figure 1

_QUADRANTS: tuple[tuple[Plane, tuple[float, float], str, str], ...] = (
    (
        RISING,
        (0.0, 0.52),
        r"$\xi_1 < 0 < \xi_2$: only the reasoning model is worth it",
        "Users stay with M2. From M1 they leave if\n$s < s_0$ and stay if $s > s_0$.",
    ),
    (
        VALUED,
        (0.52, 0.52),
        r"$\xi_1, \xi_2 > 0$: both models are worth it",
        "Users never give up, whatever the provider\ndoes. $P$ does not matter.",
    ),
    (
        _LOST,
        (0.0, 0.0),
        r"$\xi_1, \xi_2 < 0$: no model is worth another pass",
        "Users leave after one failure, whatever\nthe provider does.",
    ),
    (
        FALLING,
        (0.52, 0.0),
        r"$\xi_2 < 0 < \xi_1$: only the standard model is worth it",
        "Users leave M2. From M1 they stay if $s \\leq s_{low}$,\n"
        "leave if $s \\geq s_{high}$ (a threat that is never\n"
        "played), and in between leave sometimes.",
    ),
)


def figure1() -> Figure:
    """Per regime what users do and, as P grows, what the provider does: docs/theory.md, 3 and 4.

    The bars are the equilibria that `segments` finds, in order of P but not to scale.
    """
    figure, axes = style.canvas(5.4)
    axes.set(xlim=(-0.03, 1.03), ylim=(-0.04, 1.02))
    axes.axis("off")
    arrow = {"arrowstyle": "-|>", "color": style.INK, "linewidth": 1.0}
    axes.annotate("", (1.03, 0.5), (-0.03, 0.5), arrowprops=arrow)
    axes.annotate("", (0.5, 1.02), (0.5, -0.02), arrowprops=arrow)
    axes.text(1.03, 0.508, r"$\xi_1$", ha="right", va="bottom", fontsize=10)
    axes.text(0.507, 1.02, r"$\xi_2$", ha="left", va="top", fontsize=10)
    for plane, corner, title, users in _QUADRANTS:
        _quadrant(axes, plane, corner, title, users)
    kinds = {int(kind) for kind in Kind} - {int(Kind.OTHER)}
    style.legend_below(figure, 3, planes.kind_legend(kinds))
    return figure


def _quadrant(
    axes: Axes, plane: Plane, corner: tuple[float, float], title: str, users: str
) -> None:
    x, y = corner
    axes.text(x, y + 0.455, title, va="top", fontsize=8.5, weight="bold")
    axes.text(x, y + 0.4, users, va="top", linespacing=1.3)
    for row, (order, side) in enumerate(((r"k_1 \leq k_2", -1.0), ("k_1 > k_2", 1.0))):
        low = y + 0.17 - 0.15 * row
        axes.text(x, low + 0.095, f"Provider if ${order}$:", va="bottom", fontsize=7.5)
        _bar(axes, plane, plane.game(side, 0.0), (x, low))


def _bar(axes: Axes, plane: Plane, game: Game, corner: tuple[float, float]) -> None:
    """The provider's policies in order of P, with the thresholds between them."""
    x, y = corner
    parts = segments(game)
    width = 0.46 / len(parts)
    for j, part in enumerate(parts):
        best = part.optimum
        kind = Kind(int(study.kinds(plane, best.initial, best.cascade, best.abandonment)))
        at = x + j * width
        axes.bar(
            at, 0.07, width, y + 0.02, align="edge", color=planes.COLOURS[kind], edgecolor="white"
        )
        formula, colour = FORMULAS[plane.regime, kind], planes.ink(kind)
        style.write(axes, at + width / 2, y + 0.054, formula, color=colour)
        if j:
            name = _threshold_name(game, part.low)
            axes.text(at, y + 0.014, f"${name}$", ha="center", va="top", fontsize=8)
    axes.text(x + 0.465, y + 0.014, "$P$", ha="right", va="top")


def _threshold_name(game: Game, penalty: float) -> str:
    """The symbol of the threshold that lies at ``penalty``."""
    known: dict[str, planes.Curve] = {"P_1": P_1, "P_2": P_2, "P_3": P_3, "D": D, "k_1": planes.k_1}
    with np.errstate(invalid="ignore"):
        near = {name: abs(float(curve(game)) - penalty) for name, curve in known.items()}
    return min(near, key=lambda name: near[name] if near[name] == near[name] else np.inf)
