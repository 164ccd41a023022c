"""What the commands of studies share: what is refused, in which order, and how tables look."""

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from scenarios.terminal.bar import Told, bar
from scenarios.terminal.study import check_numbers, plain_table, work
from sim import InputError

LIMITS = {"games": (10, 99), "tasks": (2, 5)}
GOOD = {"seed": 1, "workers": None, "tasks": 2, "games": 99}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"games": 9}, "games = 9 must be a whole number from 10 to 99"),
        ({"games": 100}, "games = 100 must be a whole number from 10 to 99"),
        ({"tasks": 1, "seed": -1}, "tasks = 1 must be a whole number from 2 to 5"),
        ({"tasks": 6, "games": 9}, "games = 9 must be a whole number from 10 to 99"),
        ({"seed": -1, "workers": 0}, "seed = -1 must be a whole number from 0 to 2^64 - 1"),
        ({"workers": 0}, "workers = 0 must be a whole number of at least 1 and below 2^32"),
        ({"precision": 0.0}, "precision = 0.0 must be a finite number greater than 0"),
        ({"indifference": -1.0}, "indifference = -1.0 must be a finite number greater than 0"),
    ],
)
def test_the_first_number_out_of_its_limits_is_named(
    changes: dict[str, float | None], message: str
) -> None:
    with pytest.raises(InputError) as error:
        check_numbers(LIMITS, **GOOD | changes)
    assert str(error.value) == message


def test_limits_are_included_and_what_is_not_given_is_not_checked() -> None:
    for games, tasks in ((10, 2), (99, 5)):
        check_numbers(LIMITS, **GOOD | {"games": games, "tasks": tasks, "indifference": None})


def test_work_starts_only_if_the_page_can_be_written(tmp_path: Path) -> None:
    place = tmp_path / "file"
    place.write_text("taken", encoding="utf-8")
    with pytest.raises(InputError, match="a place that can be written"), work(place, 1, 3, "x"):
        pytest.fail("it started")
    with work(tmp_path / "new", 1, 3, "x") as (executor, advance):
        advance(3)
    assert executor is None
    assert (tmp_path / "new").is_dir()


def test_a_plain_table_is_aligned_and_has_no_lines() -> None:
    table = plain_table(["who"], ["how many", "z"])
    table.add_row("all", "1", "-0.5")
    console = Console(width=40)
    with console.capture() as capture:
        console.print(table)
    assert [line.rstrip() for line in capture.get().splitlines()] == [
        "who how many    z",
        "all        1 -0.5",
    ]


def test_a_bar_tells_only_what_is_known() -> None:
    now = [0.0]
    shown = bar(Console(file=StringIO(), force_terminal=True))
    shown.get_time = lambda: now[0]
    task = shown.add_task("x", total=None)
    now[0] = 7.0
    told = Told().render(shown.tasks[0]).plain
    assert told == "7 s"
    for seconds, done in ((8.0, 1), (10.0, 2)):
        now[0] = seconds
        shown.update(task, completed=done, total=4)
    assert Told().render(shown.tasks[0]).plain == "50%, 4 s left"
