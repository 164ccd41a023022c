"""The uncongested deterministic game, played pass by pass for many tasks at once.

Without queues tasks do not meet, so that they can be played in any order. The arithmetic follows
the event engine operation by operation: results are equal bit for bit.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.arrivals.streams import of_strangers
from sim.draws import ABANDON, CASCADE, SUCCESS, Draws
from sim.records import Columns, Outcome
from sim.results import PASS_COLUMNS, TASK_COLUMNS
from sim.scenario import Scenario
from sim.servers.disciplines import FCFS, PriorityClasses
from sim.servers.service_times import Deterministic

SCOPE = (
    "infinite slots of a known discipline, deterministic service, no horizon, no patience and "
    "policies that are tables"
)
_CHUNK = 20_000  # tasks at once: the working set stays in cache


def covers(scenario: Scenario) -> bool:
    """Whether the sampler can play ``scenario``: see `SCOPE`. Subclasses may do other things."""
    return (
        scenario.table.complete
        and scenario.plain
        and of_strangers(scenario.arrivals)
        and type(scenario.offer.service_time) is Deterministic
        and all(slots == np.inf for slots in scenario.offer.slots)
        and all(type(rule) in (FCFS, PriorityClasses) for rule in scenario.offer.disciplines)
        and scenario.horizon == np.inf
    )


def sample(
    scenario: Scenario, draws: Draws, passes: bool, progress: Callable[[int], None]
) -> tuple[Columns, Columns]:
    """Columns of tasks and, if asked for, of passes; tells ``progress`` how many were played."""
    tables = _Tables.of(scenario)
    arrivals: Any = scenario.arrivals
    arrived = np.cumsum(np.fromiter(islice(arrivals.gaps(draws), scenario.tasks), float))
    parts = []
    for first in range(0, max(len(arrived), 1), _CHUNK):
        progress(first)
        parts.append(_play(tables, draws, first, arrived[first : first + _CHUNK], passes))
    tasks = {name: np.concatenate([task[name] for task, _ in parts]) for name in TASK_COLUMNS}
    records = {name: np.concatenate([log[name] for _, log in parts]) for name in PASS_COLUMNS}
    return tasks, records


@dataclass(frozen=True)
class _Tables:
    """What the policies always answer, as arrays over the models."""

    initial: int
    p: NDArray[np.float64]
    service: NDArray[np.float64]
    cost: NDArray[np.float64]
    q: NDArray[np.float64]
    s: NDArray[np.float64]
    hold: NDArray[np.float64]

    @classmethod
    def of(cls, scenario: Scenario) -> "_Tables":
        route, abandonment, hold = scenario.table.whole()
        return cls(
            initial=route.initial,
            p=np.array([m.p for m in scenario.at_work.models]),
            service=np.array(scenario.service_means()),
            cost=np.array([m.c for m in scenario.at_work.models]),
            q=np.array(abandonment),
            s=np.array((*route.escalation, 0.0)),
            hold=np.array(hold),
        )


def _play(
    tables: _Tables, draws: Draws, first: int, arrived: NDArray[np.float64], passes: bool
) -> tuple[Columns, Columns]:
    n = len(arrived)
    tasks: Columns = {name: np.zeros(n, dtype) for name, (dtype, _) in TASK_COLUMNS.items()}
    tasks["task"] = np.arange(first, first + n)
    tasks["arrived"], tasks["ended"] = arrived, arrived.copy()
    active, model = np.arange(n), np.full(n, tables.initial - 1)
    logs: list[Columns] = []
    number = 1
    while active.size:
        words = draws.passes(first, n, number)
        words = words if active.size == n else words[active]
        solved, quits, cascades = _next_states(tables, model, words)
        _book(tasks, tables, active, model)
        if passes:
            logs.append(_log(tables, first + active, number, model, solved))
        tasks["outcome"][active[quits]] = Outcome.ABANDONED
        stays = ~(solved | quits)
        active, model = active[stays], (model + cascades)[stays]
        number += 1
    return tasks, _sorted_log(logs)


def _next_states(
    tables: _Tables, model: NDArray[Any], words: NDArray[np.float64]
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """`sim.rule.next_state` for many passes: solved, abandoned, and, if neither, cascaded."""
    solved = words[:, SUCCESS] < tables.p[model]
    quits = ~solved & (words[:, ABANDON] < tables.q[model])
    return solved, quits, words[:, CASCADE] < tables.s[model]


def _book(tasks: Columns, tables: _Tables, active: NDArray[Any], model: NDArray[Any]) -> None:
    service, hold = tables.service[model], tables.hold[model]
    tasks["ended"][active] += service
    tasks["passes"][active] += 1
    tasks["service"][active] += service
    tasks["service_cost"][active] += tables.cost[model]
    if hold.any():
        tasks["ended"][active] += hold
        tasks["throttle_delay"][active] += hold


def _log(
    tables: _Tables, task: NDArray[Any], number: int, model: NDArray[Any], solved: NDArray[Any]
) -> Columns:
    return {
        "task": task,
        "pass": np.full(len(task), number),
        "model": model + 1,
        "waiting": np.zeros(len(task)),
        "service": tables.service[model],
        "throttle_delay": tables.hold[model],
        "success": solved,
    }


def _sorted_log(logs: list[Columns]) -> Columns:
    if not logs:
        return {name: np.empty(0, dtype) for name, (dtype, _) in PASS_COLUMNS.items()}
    columns = {name: np.concatenate([log[name] for log in logs]) for name in PASS_COLUMNS}
    order = np.argsort(columns["task"], kind="stable")  # passes are already in order of number
    return {name: column[order] for name, column in columns.items()}
