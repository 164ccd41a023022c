"""The figures of the paper, from the theory and from simulation beside it."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from scenarios.command import Command
from scenarios.options import seed_option

if TYPE_CHECKING:
    from analysis.maps import Array, Maps, PolicyMap

_NEAR = 0.05  # difference of two responses q that counts as agreement
_ERRORS = 4.0  # standard errors between two values that count as agreement
_NOISE = 1e-9  # rounding


@click.command("figures", cls=Command)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("results/figures"),
    show_default=True,
    metavar="DIR",
    help="Where the PNG and SVG files go.",
)
@click.option("--cells", type=int, default=41, show_default=True, help="Of a map, per axis.")
@click.option(
    "--tasks", type=int, default=100_000, show_default=True, help="Tasks per simulated policy."
)
@seed_option
def command(out: Path, cells: int, tasks: int, seed: int) -> None:
    """Draw the paper's Figures 1, 3, 4 and 5, exact beside simulated, and compare the two.

    Every border comes from the theory; the simulated maps use the argmin of simulated costs and the
    argmax of simulated utilities. Departures from the printed figures are noted on them. The same
    numbers and seed give the same bytes.
    """
    from analysis import figures, maps, style
    from scenarios.output import check_writable, progress

    _check(cells, tasks, seed)
    check_writable(out)
    with progress(len(maps.rows()), "simulating") as advance:
        simulated = maps.simulated_maps(cells, tasks, seed, advance)
    exact = maps.exact_maps(cells)
    for name, figure in figures.draw(exact, simulated).items():
        for path in style.save(figure, out, name):
            click.echo(str(path))
    _print(compare(exact, simulated), tasks)


def _check(cells: int, tasks: int, seed: int) -> None:
    from sim.checks import COUNT, SEED, check, refuse

    if not 3 <= cells <= 1000:
        refuse("cells", cells, "a whole number from 3 to 1000")
    check("tasks", tasks, COUNT)
    if tasks < 2:
        refuse("tasks", tasks, "at least 2, for a standard error")
    check("seed", seed, SEED)


class Agreement(NamedTuple):
    """How a simulated map compares with the exact one.

    ``share`` of all cells that agree, ``inside`` of those whose exact neighbours agree with them,
    too; ``deviation``: the largest in standard errors where both play the same, None without one.
    """

    name: str
    share: float
    inside: float
    deviation: float | None


def compare(exact: "Maps", simulated: "Maps") -> list[Agreement]:
    """One row per simulated map, in the order of the figures.

    Policies agree when provider and users do the same, responses when q differs by at most 0.05,
    values when they differ by at most 4 standard errors.
    """
    import numpy as np

    near = np.abs(exact.response.q - simulated.response.q) <= _NEAR
    steady = _inside(exact.response.q, _NEAR)
    found = [_agreement("3: response q*", near, steady, None)]
    pairs = list(zip(exact.policies, simulated.policies, strict=True))
    for name, (true, seen) in zip(("4 left", "4 right"), pairs[:2], strict=True):
        same = true.kind == seen.kind
        found.append(_agreement(f"{name}: policy", same, _inside(true.kind, 0), None))
    for name, (true, seen) in zip(("5 left", "5 middle"), pairs[:2], strict=True):
        scores = _scores(seen.gap - true.gap, seen.gap_error)
        found.append(_values(f"{name}: Delta_U", scores, true, seen))
    true, seen = pairs[2]
    scores = _scores(seen.gain - true.gain, seen.gain_error)
    return [*found, _values("5 right: throttling gain", scores, true, seen)]


def _values(name: str, scores: "Array", true: "PolicyMap", seen: "PolicyMap") -> Agreement:
    same = true.kind == seen.kind
    return _agreement(name, scores <= _ERRORS, _inside(true.kind, 0), scores[same].max())


def _agreement(name: str, agrees: "Array", inside: "Array", deviation: Any) -> Agreement:
    within = float(agrees[inside].mean()) if inside.any() else float("nan")
    largest = None if deviation is None else float(deviation)
    return Agreement(name, float(agrees.mean()), within, largest)


def _scores(difference: "Array", error: "Array") -> "Array":
    """Absolute differences in standard errors; where there is no variance, 0 or infinity."""
    import numpy as np

    size = np.abs(difference)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(error > _NOISE, size / error, np.where(size > _NOISE, np.inf, 0.0))


def _inside(values: "Array", step: float) -> "Array":
    """Cells whose eight neighbours have the same value, up to ``step``."""
    import numpy as np

    rows, columns = values.shape
    wide = np.pad(values, 1, mode="edge")
    near = [
        np.abs(wide[i : i + rows, j : j + columns] - values) <= step
        for i in range(3)
        for j in range(3)
    ]
    return np.asarray(np.logical_and.reduce(near))


def _print(found: list[Agreement], tasks: int) -> None:
    from rich.console import Console
    from rich.table import Table

    title = f"Exact and simulated maps ({tasks:,} tasks per policy)"
    table = Table(box=None, header_style="bold", title=title, title_justify="left")
    table.add_column("figure")
    for column in ("cells that agree", "off borders", "largest deviation"):
        table.add_column(column, justify="right")
    for row in found:
        deviation = "-" if row.deviation is None else f"{row.deviation:.2f} s.e."
        table.add_row(row.name, f"{row.share:.2%}", f"{row.inside:.2%}", deviation)
    Console().print(table)


if __name__ == "__main__":
    command()
