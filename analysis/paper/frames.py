"""What the paper's figures show, as frames."""

from itertools import product

import numpy as np
import pandas as pd

from analysis.games.planes import FALLING, LOST, RISING, VALUED, Array, Kind
from analysis.paper.study import Maps, PolicyMap, ResponseMap
from analysis.report.report import joined
from analysis.theory.penalties import segments

_COLUMNS = {  # of the maps that a figure shows, by its name
    "figure4": (slice(2), ("kind", "cascade", "abandonment")),
    "figure5": (slice(3), ("kind", "gap", "gap_error", "gain", "gain_error")),
    "figure5_loss": (slice(2, 3), ("gain", "gain_error", "loss", "loss_error")),
}


def frames(exact: Maps, simulated: Maps) -> dict[str, pd.DataFrame]:
    """One frame per figure, by the name of its file; a row per cell, exact and simulated."""
    maps = {"exact": exact, "simulated": simulated}
    found = {
        "figure1": _segments(),
        "figure3": joined(
            {name: _responses(each.response) for name, each in maps.items()}, "source"
        ),
    }
    for figure, (which, columns) in _COLUMNS.items():
        parts = {
            name: pd.concat([_policies(data, columns) for data in each.policies[which]])
            for name, each in maps.items()
        }
        found[figure] = joined(parts, "source")
    return found


def _segments() -> pd.DataFrame:
    """The optima of one game per regime and order of k_1 and k_2 as P grows."""
    rows = [
        {"regime": plane.regime, "k1_minus_k2": difference, "penalty_from": part.low,
         "penalty_to": part.high, **part.optimum.policy._asdict()}
        for plane, difference in product((RISING, VALUED, LOST, FALLING), (-1.0, 1.0))
        for part in segments(plane.game(difference, 0.0))
    ]  # fmt: skip
    return pd.DataFrame(rows)


def _responses(data: ResponseMap) -> pd.DataFrame:
    return pd.DataFrame({**_mesh(xi_1=data.xi_1, xi_2=data.xi_2), "q": data.q.ravel()})


def _policies(data: PolicyMap, columns: tuple[str, ...]) -> pd.DataFrame:
    cells = {name: getattr(data, name).ravel() for name in columns}
    if "kind" in cells:
        cells["kind"] = [Kind(kind).name.lower() for kind in cells["kind"]]
    where = _mesh(k1_minus_k2=data.difference, penalty=data.penalty)
    return pd.DataFrame({"regime": data.plane.regime, **where, **cells})


def _mesh(**axes: Array) -> dict[str, Array]:
    """Where the cells are: the first axis runs fastest."""
    return {
        name: each.ravel() for name, each in zip(axes, np.meshgrid(*axes.values()), strict=True)
    }
