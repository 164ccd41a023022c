"""The columns and units of every frame, what collects them, and the result of a run."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.checks import Numbers
from sim.records import Columns, Outcome, Reply, Task

if TYPE_CHECKING:
    import pandas as pd


# column -> (dtype, unit)
TASK_COLUMNS: dict[str, tuple[Any, str]] = {
    "task": (np.int64, "arrival index, or user * 2^32 + index in a population"),
    "group": (np.int64, "class of users, from 0"),
    "arrived": (np.float64, "seconds"),
    "ended": (np.float64, "seconds; NaN while in the system"),
    "outcome": (np.int64, "Outcome"),
    "passes": (np.int64, "passes"),
    "refusals": (np.int64, "prompts turned away"),
    "waiting": (np.float64, "seconds"),
    "service": (np.float64, "seconds"),
    "throttle_delay": (np.float64, "seconds"),
    "service_cost": (np.float64, "money"),
}
PASS_COLUMNS: dict[str, tuple[Any, str]] = {
    "task": (np.int64, "as in the frame of tasks"),
    "pass": (np.int64, "from 1, over the whole task"),
    "model": (np.int64, "from 1"),
    "waiting": (np.float64, "seconds"),
    "service": (np.float64, "seconds"),
    "throttle_delay": (np.float64, "seconds"),
    "success": (np.bool_, "-"),
}
_place = itemgetter(0)
_RARE = (Outcome.BALKED, Outcome.CANCELLED)  # are counted where they occur


_SOLVED = {"solved": (np.bool_, "-")}


def by_outcome(numbers: Mapping[int, int]) -> dict[str, int]:
    """Numbers of tasks by the name of their outcome, in the order of `Outcome`."""
    return {
        kind.name.lower(): numbers.get(kind, 0)
        for kind in Outcome
        if kind not in _RARE or numbers.get(kind, 0)
    }


class Log:
    """Collects the rows of tasks as they leave, and of their passes if asked to.

    Both stand in the order in which the tasks came.
    """

    def __init__(self, keep_passes: bool) -> None:
        self.keep_passes = keep_passes
        self._come = 0
        self._present: dict[int, tuple[int, Task]] = {}  # with the place in that order
        self._tasks: list[tuple[int, tuple[Any, ...]]] = []
        self._passes: list[tuple[int, tuple[Any, ...]]] = []

    def arrive(self, task: Task) -> None:
        """A task enters the system."""
        self._present[task.id] = self._come, task
        self._come += 1

    def book(self, reply: Reply, solved: bool) -> None:
        """A pass was served, and its answer, held back as long as it was, is given."""
        if self.keep_passes:
            row = (  # in the order of PASS_COLUMNS
                reply.task, reply.number, reply.model, reply.waiting, reply.service,
                reply.throttle_delay, solved,
            )  # fmt: skip
            self._passes.append((self._present[reply.task][0], row))

    def leave(self, task: Task, solved: bool = False) -> None:
        """A task leaves the system, solved or not."""
        place, _ = self._present.pop(task.id)
        row = (  # in the order of TASK_COLUMNS
            task.id, task.group, task.arrived, task.ended, task.outcome, task.passes,
            task.refusals, task.waiting, task.service, task.throttle_delay, task.service_cost,
            solved,
        )  # fmt: skip
        self._tasks.append((place, row))

    def present(self, models: int) -> tuple[int, ...]:
        """Tasks in the system by the model that they are at."""
        counts = Counter(task.model for _, task in self._present.values())
        return tuple(counts[model] for model in range(1, models + 1))

    def close(self) -> tuple[Columns, NDArray[np.bool_], Columns]:
        """The columns of tasks, with those still in the system, and whether each was solved; the
        columns of passes; sorted."""
        for _, task in list(self._present.values()):
            self.leave(task)
        tasks = _columns(self._tasks, TASK_COLUMNS | _SOLVED)
        solved = tasks.pop("solved")
        return tasks, solved, _columns(self._passes, PASS_COLUMNS)


def _columns(
    rows: list[tuple[int, tuple[Any, ...]]], schema: dict[str, tuple[Any, str]]
) -> Columns:
    rows.sort(key=_place)  # passes of a task were served one after the other
    values = zip(*(row for _, row in rows), strict=True) if rows else [()] * len(schema)
    return {
        name: np.array(column, dtype)
        for (name, (dtype, _)), column in zip(schema.items(), values, strict=True)
    }


@dataclass(frozen=True)
class Result:
    """What one replication produced.

    ``tasks`` and ``passes`` hold the columns above, ``solved`` whether the answer of each task is
    right, which its user may not know; ``metrics()`` adds the stakes. ``value`` and
    ``value_of_time`` are numbers, or arrays with one number per task. ``seconds`` is the wall time
    of the event loop alone, ``engine`` the engine that ran, ``present`` the tasks that
    were still at each model, or on their way into or out of it, at the end.
    """

    tasks: Columns
    solved: NDArray[np.bool_]
    passes: Columns
    value: Numbers
    penalty: float
    value_of_time: Numbers
    replication: int
    engine: str
    seconds: float
    present: tuple[int, ...]

    def counts(self) -> dict[str, int]:
        """Tasks by outcome; together they are the arrivals."""
        codes, numbers = np.unique(self.tasks["outcome"], return_counts=True)
        return by_outcome(dict(zip(codes.tolist(), numbers.tolist(), strict=True)))

    def metrics(self) -> Columns:
        """Per task that has left the system, in order of arrival: the quantities of the theory.

        ``success`` (0 or 1), ``delay`` (money: value of time x sojourn), ``service_cost``,
        ``user_utility``, ``provider_cost`` (money) and ``passes``. A task that did not end with an
        accepted answer costs the provider the penalty, however it ended.
        """
        done = self.tasks["outcome"] != Outcome.IN_SYSTEM
        t = {name: column[done] for name, column in self.tasks.items()}
        success = self.solved[done].astype(np.float64)
        failure = 1.0 - (t["outcome"] == Outcome.COMPLETED)
        value, value_of_time = (
            x[done] if isinstance(x, np.ndarray) else x for x in (self.value, self.value_of_time)
        )
        delay = value_of_time * (t["waiting"] + t["service"] + t["throttle_delay"])
        return {
            "success": success,
            "delay": delay,
            "service_cost": t["service_cost"],
            "user_utility": value * success - delay,
            "provider_cost": t["service_cost"] + self.penalty * failure,
            "passes": t["passes"].astype(np.float64),
        }

    def task_frame(self) -> "pd.DataFrame":
        """One row per arrival: replication, the columns of `TASK_COLUMNS`, penalty and utility."""
        import pandas as pd

        frame = pd.DataFrame({"replication": self.replication, **self.tasks})
        done = self.tasks["outcome"] != Outcome.IN_SYSTEM
        names = pd.Series([Outcome(-place).name.lower() for place in range(len(Outcome))])
        frame["outcome"] = names.array.take(-self.tasks["outcome"])
        frame["success"] = self.solved
        failed = self.tasks["outcome"][done] != Outcome.COMPLETED
        for name, values in (
            ("penalty", self.penalty * failed.astype(np.float64)),
            ("utility", self.metrics()["user_utility"]),
        ):
            frame.loc[done, name] = values
        return frame

    def pass_frame(self) -> "pd.DataFrame":
        """One row per pass: replication and the columns of `PASS_COLUMNS`."""
        import pandas as pd

        return pd.DataFrame({"replication": self.replication, **self.passes})
