"""Games with names: the reference games, and real pairs of models."""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from sim.checks import refuse
from sim.game import Game

_ROWS = {  # p1, p2, t1, t2, c1, c2, V, P: docs/theory.md, section 9
    "R1": (0.4, 0.7, 0.2, 0.5, 0.1, 0.3, 2, 1),
    "R2": (0.2, 0.8, 0.1, 0.3, 0.2, 0.4, 2, 1),
    "R3": (0.3, 0.6, 0.5, 0.9, 0.2, 0.5, 1, 0.5),
    "R4": (0.3, 0.6, 0.5, 0.9, 0.2, 0.5, 1, 2),
    "R5": (0.2, 0.8, 0.5, 0.6, 0.3, 0.6, 2, 0.4),
    "R6": (0.2, 0.8, 0.5, 0.6, 0.3, 0.6, 2, 1.5),
    "R7": (0.2, 0.6, 0.5, 0.7, 0.05, 0.6, 2, 0.3),
    "R8": (0.2, 0.6, 0.5, 0.7, 0.05, 0.6, 2, 1.5),
    "R9": (0.4, 0.6, 0.2, 0.9, 0.1, 0.5, 1, 0.6),
    "R10": (0.4, 0.6, 0.2, 0.9, 0.2, 0.5, 1, 0.3),
    "R11": (0.3, 0.6, 0.2, 0.7, 0.4, 0.5, 1, 0.6),
    "R12": (0.3, 0.6, 0.2, 0.7, 0.4, 0.5, 1, 1),
    "R13": (0.3, 0.4, 0.1, 0.45, 0.39, 0.4, 1, 1.25),
    "R14": (0.3, 0.6, 0.2, 0.7, 0.4, 0.5, 1, 3),
}

REFERENCE: dict[str, Game] = {
    name: Game.of(row[0:2], row[2:4], row[4:6], row[6], row[7]) for name, row in _ROWS.items()
}

# No source tells what a task is worth: stated defaults, to be varied.
VALUE = 1.0  # dollars per solved task
PENALTY = 0.25  # dollars per unsolved task
VALUE_OF_TIME = 0.01  # dollars per second, 36 dollars per hour


@dataclass(frozen=True)
class Pair:
    """A standard and a reasoning model on the same tasks, each with up to two tries.

    Of ``tasks`` tried, ``first`` were solved at the first try and ``solved`` within two;
    ``seconds`` and ``dollars`` per pass; each (standard, reasoning). ``dates`` of the two runs;
    ``source`` of the figures.
    """

    name: str
    tasks: tuple[int, int]
    first: tuple[int, int]
    solved: tuple[int, int]
    seconds: tuple[float, float]
    dollars: tuple[float, float]
    dates: tuple[str, str]
    source: str

    @property
    def p(self) -> tuple[float, float]:
        """Success per pass: solved tasks over the passes that were made."""
        n, first, solved = self.tasks, self.first, self.solved
        return solved[0] / (2 * n[0] - first[0]), solved[1] / (2 * n[1] - first[1])

    @property
    def k(self) -> tuple[float, float]:
        """Cost-of-pass c/p: dollars per solved task."""
        return self.dollars[0] / self.p[0], self.dollars[1] / self.p[1]

    def game(
        self, value: float = VALUE, penalty: float = PENALTY, value_of_time: float = VALUE_OF_TIME
    ) -> Game:
        """The pair's game in dollars; ``value_of_time`` in dollars per second."""
        times = tuple(value_of_time * seconds for seconds in self.seconds)
        return Game.of(self.p, times, self.dollars, value, penalty)


@cache
def pairs() -> dict[str, Pair]:
    """The real pairs, by name.

    Success per pass is solved tasks over passes of the two tries that each task had; the tries are
    assumed equal in time and cost.

    >>> pair = pairs()["gpt-4.1/o3"]
    >>> round(pair.p[0], 4), pair.seconds[0]
    (0.2914, 11.39)
    """
    text = files("analysis").joinpath("data/model_pairs.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    return {row["name"]: _pair(row) for row in rows}


def _pair(row: dict[str, str]) -> Pair:
    return Pair(
        name=row["name"],
        tasks=(int(row["tasks1"]), int(row["tasks2"])),
        first=(int(row["first1"]), int(row["first2"])),
        solved=(int(row["solved1"]), int(row["solved2"])),
        seconds=(float(row["seconds1"]), float(row["seconds2"])),
        dollars=(float(row["dollars1"]), float(row["dollars2"])),
        dates=(row["date1"], row["date2"]),
        source=row["source"],
    )


def names() -> list[str]:
    """All names that `named` knows."""
    return [*REFERENCE, *pairs()]


def named(name: str) -> tuple[Game, float]:
    """The game called ``name`` and its value of time (money per second). InputError if unknown."""
    if name in REFERENCE:
        return REFERENCE[name], 1.0
    if name not in pairs():
        refuse("game", name, "one of " + ", ".join(names()))
    return pairs()[name].game(), VALUE_OF_TIME
