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
from analysis.games.planes import DIFFERENCE, FALLING, LOST, RISING, VALUED, XI, Kind, P, Plane
from analysis.paper import study
from analysis.paper.panels import EXTENT, FORMULAS, frame, name_regions, name_values, regions
from analysis.paper.study import Maps, PolicyMap, ResponseMap
from analysis.report import planes, style
from analysis.theory.misalignment import misalignment
from analysis.theory.penalties import segments
from sim.game import Game

_LEVELS = (2, 4, 6)  # of the gain, as lines
_FINE = 401  # cells that no eye tells apart, where an exact value changes from game to game


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
        shown = data if title == "simulated" else study.exact_responses(_FINE)
        heat = style.image(axes, shown.q, extent, cmap=style.LEAVE_MAP, vmin=0, vmax=1)
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
        f"utility of the same {tasks:,} tasks; where utility is almost flat in $q$, noise decides.",
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
            if row:
                style.image(axes, data.kind, EXTENT, cmap=planes.KIND_MAP, norm=planes.KIND_NORM)
            else:
                _exact_kinds(axes, data.plane)
            frame(axes, data.plane, "simulated" if row else "exact")
            planes.borders(axes, data.plane, label=True)
            name_regions(axes, data)
    planes.outer_labels(panels)
    kinds = {int(k) for data in (*exact[:2], *simulated[:2]) for k in np.unique(data.kind)}
    style.legend_below(figure, 3, planes.kind_legend(kinds), loc="outside upper center")
    style.note(figure, _figure4_note())
    return figure


def _exact_kinds(axes: Axes, plane: Plane) -> None:
    for game, x, low, high in regions(plane):
        best = stackelberg(game)
        kind = Kind(int(study.kinds(plane, best.initial, best.cascade, best.abandonment)))
        axes.fill_between(x, low, high, color=planes.COLOURS[kind], linewidth=0.4)


def _figure4_note() -> str:
    return (
        rf"Left: $s_0 = {RISING.threshold:.4f}$.  Right: in the cascade area exactly $s = s_{{low}}"
        rf" = {FALLING.threshold:.4f}$ and $q^* = 0$; its lower border $P_3$ falls to"
        f" {P_3(FALLING.game(DIFFERENCE[1], 0.0)):.3f}"
        f" at\n$k_1 - k_2 = {DIFFERENCE[1]:g}$, while the printed figure has 10 all along."
        "  Where $k_1 = k_2$, and right where $P = k_1$, policies cost the same:"
        "\nthere sampling noise decides in the simulation."
    )


# --- Figure 5


def figure5(exact: Sequence[PolicyMap], simulated: Sequence[PolicyMap]) -> Figure:
    """Misalignment of the two games of Figure 4; the provider's gain from throttling in a third."""
    figure, panels = style.canvas(5.6, 2, 3, sharex=True, sharey=True)
    top = max(float(data.gap.max()) for data in exact[:2])
    for row, source in enumerate((exact, simulated)):
        for axes, data in zip(panels[row], source, strict=True):
            frame(axes, data.plane, "simulated" if row else "exact")
            planes.borders(axes, data.plane, label=data.plane is VALUED)
        for axes, data in zip(panels[row, :2], source[:2], strict=True):
            _gap(axes, data, top, is_exact=not row)
        gains = _gain(panels[row, 2], source[2], float(exact[2].gain.max()), is_exact=not row)
    planes.outer_labels(panels)
    for axes in panels[0]:
        what = "gain from throttling" if axes is panels[0, 2] else r"misalignment $\Delta_U$"
        axes.set_title(f"{what} (money)\n{axes.get_title()}")
    figure.colorbar(gains, ax=panels, aspect=40, shrink=0.6, pad=0.01)
    style.note(figure, _figure5_note())
    return figure


def _gap(axes: Axes, data: PolicyMap, top: float, is_exact: bool) -> None:
    """Delta_U, written into each region."""
    if is_exact:
        for game, x, low, high in regions(data.plane):
            colour = style.LOSS_MAP(float(misalignment(game)) / top)
            axes.fill_between(x, low, high, color=colour, linewidth=0.4)
    else:
        style.image(axes, data.gap, EXTENT, cmap=style.LOSS_MAP, vmin=0, vmax=top)
    name_values(axes, data, top)


def _gain(axes: Axes, data: PolicyMap, top: float, is_exact: bool) -> Any:
    shown = study.exact_policies(data.plane, _FINE) if is_exact else data
    heat = style.image(
        axes, np.maximum(shown.gain, 0.0), EXTENT, cmap=style.GAIN_MAP, vmin=0, vmax=top
    )
    x, y = shown.difference, shown.penalty
    lines = axes.contour(x, y, shown.gain, levels=_LEVELS, colors=style.INK, linewidths=0.5)
    left = len(x) // 8  # where the numbers stand
    at = [(x[left], np.interp(-level, -shown.gain[:, left], y)) for level in _LEVELS]
    axes.clabel(lines, fmt="%g", fontsize=7, manual=at)
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
        "\nleave M2 there. On the borders sampling noise decides in the simulation. \u00b1: 95%."
    )


def figure5_loss(exact: PolicyMap, simulated: PolicyMap) -> Figure:
    """What full throttling gives the provider, and what it takes from users."""
    figure, panels = style.canvas(5.6, 2, 2, sharex=True, sharey=True)
    top = float(exact.gain.max())
    for row, data in enumerate((exact, simulated)):
        gains = _gain(panels[row, 0], data, top, is_exact=not row)
        data = data if row else study.exact_policies(data.plane, _FINE)
        loss = np.where(data.gain > 0, data.loss, 0.0)
        losses = style.image(panels[row, 1], loss, EXTENT, cmap=style.LOSS_MAP, vmin=0, vmax=top)
        style.write(panels[row, 1], 0.0, 2.5, f"users lose {_lost(data)}")
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


def _lost(data: PolicyMap) -> str:
    """What users lose where throttling pays, with its 95% if simulated."""
    lost, error = (float(x[data.gain > 0].mean()) for x in (data.loss, data.loss_error))
    return f"{lost:.2f}±{1.96 * error:.2f}" if error else f"{lost:.3f}"


def _even(axes: Axes, data: PolicyMap) -> None:
    """The line where users lose what the provider gains."""
    x, y = data.difference, data.penalty
    net = data.gain - data.loss
    line = axes.contour(x, y, net, levels=(0,), colors=style.INK, linestyles="--", linewidths=1.2)
    right = 3 * len(x) // 4
    at = [(x[right], np.interp(0.0, -net[:, right], y))]
    axes.clabel(line, fmt="gain = loss", fontsize=7.5, manual=at)


def _loss_note() -> str:
    game = VALUED.game(1.0, 2.0)
    keeps = stackelberg(game.delayed(0.0, VALUED.value * P[1])).user_utility
    return (
        r"Latencies are raised to $\hat t_i = V p_i$, the least that makes users leave;"
        " where it does not pay, nobody is throttled.\n"
        "Between the dashed line and $P = m$ users lose more than the provider gains."
        " Throttling M2 alone gains as\n"
        rf"much and leaves users $\xi_1 = {keeps:.2g}$ where $P \leq D$."
        " On $P = m$ noise decides in the simulation."
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
        LOST,
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
    axes.text(x, y + 0.014, "0", va="top", fontsize=8)
    axes.text(x + 0.465, y + 0.014, "$P$", ha="right", va="top")


def _threshold_name(game: Game, penalty: float) -> str:
    """The symbol of the threshold that lies at ``penalty``."""
    known: dict[str, planes.Curve] = {"P_1": P_1, "P_2": P_2, "P_3": P_3, "D": D, "k_1": planes.k_1}
    with np.errstate(invalid="ignore"):
        near = {name: abs(float(curve(game)) - penalty) for name, curve in known.items()}
    return min(near, key=lambda name: near[name] if near[name] == near[name] else np.inf)
