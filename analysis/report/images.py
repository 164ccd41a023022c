"""Figures as files and inside pages: the same bytes for equal data."""

from io import BytesIO
from pathlib import Path

from markupsafe import Markup
from matplotlib.figure import Figure

from analysis.report.files import whole_file
from analysis.report.style import DPI, styled

_SIGNED = {  # what would tell versions and dates
    "png": ("Software",),
    "svg": ("Date", "Creator"),
    "pdf": ("CreationDate", "Creator", "Producer"),
}


def render(figure: Figure, kind: str) -> bytes:
    """The figure as a 'png', 'svg' or 'pdf': the same bytes for the same figure."""
    buffer = BytesIO()
    with styled():
        figure.savefig(buffer, format=kind, dpi=DPI, metadata=dict.fromkeys(_SIGNED[kind]))
    return buffer.getvalue()


def inline(figure: Figure) -> Markup:
    """The figure as SVG for a page."""
    text = render(figure, "svg").decode()
    return Markup(text[text.index("<svg") :])


def save(
    figure: Figure, folder: Path, name: str, kinds: tuple[str, ...] = ("png", "svg")
) -> list[Path]:
    """Write ``name``.png, ``name``.svg and so on into ``folder``, each whole or not at all."""
    rendered = {folder / f"{name}.{kind}": render(figure, kind) for kind in kinds}
    for path, content in rendered.items():
        with whole_file(path) as temporary:
            temporary.write_bytes(content)
    return list(rendered)
