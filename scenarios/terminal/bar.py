"""A bar for people who wait. Import this module lazily: it loads rich."""

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn
from rich.text import Text


class Told(ProgressColumn):
    """How much is done and how long the rest will take; until that is known, how long it took."""

    def render(self, task: Task) -> Text:
        """Such as 50%, 4 s left."""
        if task.time_remaining is None:
            return Text(f"{task.elapsed or 0:.0f} s")
        return Text(f"{task.percentage:.0f}%, {task.time_remaining:.0f} s left")


def bar(console: Console) -> Progress:
    """A bar that vanishes at the end, and is not there where nobody looks."""
    columns = TextColumn("{task.description}"), BarColumn(), Told()
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
