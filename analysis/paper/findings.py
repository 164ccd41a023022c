"""How far the simulated maps of the paper's figures agree with the exact ones."""

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from analysis.games.planes import Array
    from analysis.paper.study import Maps, PolicyMap


_NEAR = 0.05  # difference of two responses q that counts as agreement
_ERRORS = 4.0  # standard errors between two values that count as agreement
_NOISE = 1e-9  # rounding


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
    same = true.kind == seen.kind  # perhaps nowhere, after few tasks
    return _agreement(
        name, scores <= _ERRORS, _inside(true.kind, 0), scores[same].max(initial=-1.0)
    )


def _agreement(name: str, agrees: "Array", inside: "Array", deviation: Any) -> Agreement:
    within = float(agrees[inside].mean()) if inside.any() else float("nan")
    largest = None if deviation is None or deviation < 0 else float(deviation)
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
