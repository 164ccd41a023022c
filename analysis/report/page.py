"""Self-contained HTML reports: figures inside, nothing loaded from outside."""

from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.report.files import whole_file


def render(template: str, **context: Any) -> str:
    """The HTML of a template, named from `analysis` on; everything but Markup is escaped."""
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    def load(name: str) -> str:
        return files("analysis").joinpath(name).read_text(encoding="utf-8")

    environment = Environment(
        loader=FunctionLoader(load), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template(template).render(version=version("queuit"), **context)


def save_frame(frame: pd.DataFrame, folder: Path, name: str) -> None:
    """Write ``name``.parquet and ``name``.csv."""
    with whole_file(folder / f"{name}.parquet") as path:
        frame.to_parquet(path, index=False)
    with whole_file(folder / f"{name}.csv") as path:
        frame.to_csv(path, index=False, lineterminator="\n")


def save_text(text: str, path: Path) -> None:
    """Write a text, whole or not at all."""
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
