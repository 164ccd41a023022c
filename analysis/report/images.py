"""Figures as files and inside pages: the same bytes for equal data."""

from io import BytesIO
from pathlib import Path

from markupsafe import Markup
from matplotlib.figure import Figure

from analysis.report.files import whole_file
from analysis.report.style import DPI, styled


def render(figure: Figure, kind: str) -> bytes:
    """The figure as 'png' or 'svg': the same bytes for the same figure."""
    buffer = BytesIO()
    metadata = {"Date": None, "Creator": None} if kind == "svg" else {"Software": None}
    with styled():
        figure.savefig(buffer, format=kind, dpi=DPI, metadata=metadata)
    return buffer.getvalue()


def inline(figure: Figure) -> Markup:
    """The figure as SVG for a page."""
    text = render(figure, "svg").decode()
    return Markup(text[text.index("<svg") :])


def save(figure: Figure, folder: Path, name: str) -> list[Path]:
    """Write ``name``.png and ``name``.svg into ``folder``, each whole or not at all."""
    rendered = {folder / f"{name}.{kind}": render(figure, kind) for kind in ("png", "svg")}
    for path, content in rendered.items():
        with whole_file(path) as temporary:
            temporary.write_bytes(content)
    return list(rendered)
