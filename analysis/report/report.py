"""What a study hands in: one page, and the figures, frames and settings that stand beside it.

Import this module lazily: it loads matplotlib.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FunctionLoader, StrictUndefined
from matplotlib.figure import Figure

from analysis.report.contents import with_contents
from analysis.report.files import to_json, whole_file
from analysis.report.finding import minus
from analysis.report.images import inline, save


@dataclass(frozen=True)
class Report:
    """One page and what stands beside it, saved in one way for every study.

    ``template``: named from `analysis` on, it extends report/page.html. It is given the
    ``context``, the ``figures`` as SVG by name, the ``settings`` and the version of queuit.
    ``frames`` by the name of their files. ``settings``: what is needed to repeat the run.
    """

    template: str
    context: Mapping[str, Any]
    figures: Mapping[str, Figure]
    frames: Mapping[str, pd.DataFrame]
    settings: Mapping[str, Any]

    def html(self) -> str:
        """The page, with its figures inside and nothing loaded from outside."""
        drawn = {name: inline(figure) for name, figure in self.figures.items()}
        return render(self.template, **self.context, figures=drawn, settings=self.settings)

    def write(self, folder: Path) -> Path:
        """Save figures (PNG, SVG), frames (parquet, CSV), settings.json and report.html.

        The page comes last, so that it never stands beside missing figures. Returns its path.
        """
        html, page = self.html(), folder / "report.html"
        for name, figure in self.figures.items():
            save(figure, folder, name)
        for name, frame in self.frames.items():
            _save_frame(frame, folder, name)
        settings = {"version": version("queuit"), **self.settings}
        _save_text(to_json(settings) + "\n", folder / "settings.json")
        _save_text(html, page)
        return page


def render(template: str, **context: Any) -> str:
    """The HTML of a template, named from `analysis` on; everything but Markup is escaped."""

    def load(name: str) -> str:
        return files("analysis").joinpath(name).read_text(encoding="utf-8")

    # blocks are not trimmed: a word behind one would lose the space in front of it
    environment = Environment(
        loader=FunctionLoader(load), autoescape=True, undefined=StrictUndefined
    )
    environment.globals.update(number=number, minus=minus, version=version("queuit"))
    environment.globals["with_contents"] = with_contents
    return environment.get_template(template).render(context)


def number(form: str, value: float) -> str:
    """A number in a page, in the form of %; a dash where there is none.

    >>> number("%.1f", 1.25), number("%.1f", float("nan"))
    ('1.2', '–')
    """
    return "\u2013" if value != value else form % value


def joined(parts: Mapping[str, pd.DataFrame], column: str) -> pd.DataFrame:
    """The frames below each other, with their names in a first ``column``."""
    whole = pd.concat([part.assign(**{column: name}) for name, part in parts.items()])
    return whole[[column, *whole.columns.drop(column)]].reset_index(drop=True)


def _save_frame(frame: pd.DataFrame, folder: Path, name: str) -> None:
    with whole_file(folder / f"{name}.parquet") as path:
        frame.to_parquet(path, index=False)
    save_csv(frame, folder, name)


def save_csv(frame: pd.DataFrame, folder: Path, name: str) -> None:
    """Write ``name``.csv into ``folder``, whole or not at all."""
    with whole_file(folder / f"{name}.csv") as path:
        frame.to_csv(path, index=False, lineterminator="\n")


def _save_text(text: str, path: Path) -> None:
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
