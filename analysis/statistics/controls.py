"""Control variates: a mean, corrected by what is known of the draws behind it.

`of_run` sums up how far the draws that a run made were off their means, `controlled` removes from
an estimate what follows from that (Lavenberg and Welch, "A perspective on the use of control
variables to increase the efficiency of Monte Carlo simulations", Management Science 27, 1981;
Nelson, "Control variate remedies", Operations Research 38, 1990).
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.statistics.intervals import Estimate, estimate, skewness
from sim.arrivals.population import Population
from sim.arrivals.streams import Poisson
from sim.records import Outcome
from sim.results import Result
from sim.scenario import Scenario
from sim.servers.disciplines import FCFS, PriorityClasses
from sim.servers.service_times import Exponential, Lognormal

PER_CONTROL = 10  # replications that a control must have to be worth its degree of freedom
_ROUNDING = 1e-9  # share of a length, or of a standard error, below which it is rounding
_ALONE = 0.5  # largest share of one replication in a control's sum of squares

Array = NDArray[np.float64]


# ---------------------------------------------------------------- the controls of a run


def of_run(scenario: Scenario, result: Result) -> dict[str, float]:
    """How far the draws of a run were off their means, by name: controls whose mean is exactly 0.

    Each is a sum of (draw - its mean) over the draws that were *made*, over the number of tasks of
    the scenario. Whatever led to a draw is independent of it, so that the sum has mean 0 under any
    policy (Wald); the same sum over the random number of draws has not.

    ``result`` needs its passes. Which controls there are follows from the scenario alone:

    - ``arrivals``: time of the last arrival - N / lambda; Poisson streams and populations;
    - ``service i``: service at M_i - its mean; random service, first come, first served, with or
      without priorities: who shares a processor is in service for longer than what was drawn;
    - ``success i``: solved - p_i over the passes at M_i;
    - ``abandonment i``: given up - q over the failures at M_i, q that of the class of the user;
      users who always answer the same;
    - ``cascade i``: sent up - s_i over the re-prompts from M_i, all but the last model; tables
      for routing and throttle, so that who is sent up is seen at the next model and nowhere else.

    There are none where draws are made and not seen, or means unknown: if a horizon cuts passes
    off, users may leave, balk, judge or choose, tasks differ, or there are rivals.
    """
    if not _all_is_seen(scenario):
        return {}
    sums = _arrivals(scenario, result)
    for name, draws in (
        ("service", _services), ("success", _successes),
        ("abandonment", _abandonments), ("cascade", _cascades),
    ):  # fmt: skip
        sums |= {f"{name} {i}": total for i, total in draws(scenario, result).items()}
    return {name: total / scenario.tasks for name, total in sums.items()}


def _all_is_seen(scenario: Scenario) -> bool:
    """Whether every draw that is made leaves its mark, and has a known mean."""
    alike = scenario.work is None and not scenario.rivals
    stays = all(person.only_gives_up for person in scenario.persons)
    return alike and stays and scenario.horizon == float("inf")


def _arrivals(scenario: Scenario, result: Result) -> dict[str, float]:
    if not isinstance(scenario.arrivals, Poisson | Population):
        return {}
    last = float(result.tasks["arrived"].max())
    return {"arrivals": last - scenario.tasks / scenario.arrivals.rate}


def _services(scenario: Scenario, result: Result) -> dict[int, float]:
    random = isinstance(scenario.offer.service_time, Exponential | Lognormal)
    if not random or not isinstance(scenario.arrivals, Poisson | Population):  # others have sizes
        return {}
    model, seconds = result.passes["model"], result.passes["service"]
    models = zip(scenario.offer.disciplines, scenario.service_means(), strict=True)
    return {
        i: float((seconds[model == i] - mean).sum())
        for i, (discipline, mean) in enumerate(models, start=1)
        if type(discipline) in (FCFS, PriorityClasses)
    }


def _successes(scenario: Scenario, result: Result) -> dict[int, float]:
    model, success = result.passes["model"], result.passes["success"]
    return {
        i: float((success[model == i] - each.p).sum())
        for i, each in enumerate(scenario.at_work.models, start=1)
    }


def _abandonments(scenario: Scenario, result: Result) -> dict[int, float]:
    if None in scenario.rows:
        return {}
    q = np.array(scenario.rows)
    failed, last, task = _failures(result)
    model = result.passes["model"][failed]
    gave_up = last & (result.tasks["outcome"][task] == Outcome.ABANDONED)
    off = gave_up - q[result.tasks["group"][task], model - 1]
    random = ((q > 0) & (q < 1)).any(0)
    return {int(i) + 1: float(off[model == i + 1].sum()) for i in np.flatnonzero(random)}


def _cascades(scenario: Scenario, result: Result) -> dict[int, float]:
    table = scenario.table
    if table.route is None or table.hold is None:
        return {}
    failed, last, _ = _failures(result)
    again = failed[~last]
    here, there = (result.passes["model"][places] for places in (again, again + 1))
    return {
        i: float(((there > here)[here == i] - s).sum())
        for i, s in enumerate(table.route.escalation, start=1)
        if 0 < s < 1
    }


def _failures(result: Result) -> tuple[NDArray[Any], NDArray[np.bool_], NDArray[Any]]:
    """Places of the passes that failed, whether each is its task's last, places of its task."""
    passes = result.passes
    failed = np.flatnonzero(~passes["success"])
    task = passes["task"]
    last = np.append(task[1:] != task[:-1], True)[failed]
    order = np.argsort(result.tasks["task"])
    return failed, last, order[np.searchsorted(result.tasks["task"], task[failed], sorter=order)]


# ---------------------------------------------------------------- what they are good for


def controlled(
    values: Array, controls: Sequence[Array], per_control: int = PER_CONTROL
) -> tuple[Estimate, Array]:
    """The mean of ``values`` had their ``controls``, of mean 0, been 0; and the controls' weights.

    By regression over independent replications. Used are the first of the controls, one per
    ``per_control`` replications, that say anything of their own; others have weight 0. The choice
    looks at the controls alone, never at the values. Where values and controls are jointly normal,
    Student's t with R - d - 1 degrees of freedom is exact for R replications and d controls, at any
    R that was planned: ``parts`` of the estimate is R - d. Weights from runs of their own, a pilot,
    need no such thing: the plain estimate of ``values - controls @ weights`` is unbiased.

    >>> controlled(np.array([1.0, 2.0, 3.0, 4.1]), [np.array([-1.0, 0.0, 1.0, 2.0])], 3)[0].parts
    3
    """
    weights = np.zeros(len(controls))
    plain, used = estimate(values), _usable(controls, len(values) // per_control)
    if not used or plain.standard_error == 0:
        return replace(plain, skewness=skewness(values)), weights
    design = np.column_stack([np.ones(len(values)), *(controls[k] for k in used)])
    fit = np.linalg.lstsq(design, values, rcond=None)[0]
    rest, parts = values - design @ fit, len(values) - len(used)
    variance = float(rest @ rest) / (parts - 1) * float(np.linalg.inv(design.T @ design)[0, 0])
    weights[used] = fit[1:]
    least = _ROUNDING * plain.standard_error  # no mean is surer than its last digits
    error = max(variance**0.5, least)
    return Estimate(float(fit[0]), error, parts, skewness(rest)), weights


def _usable(controls: Sequence[Array], most: int) -> list[int]:
    """Places of the first controls that are neither constant, nor made of those before, nor mostly
    the doing of one replication: what is so rare is not normal.
    """
    used: list[int] = []
    basis: list[Array] = []
    for k, control in enumerate(controls):
        rest = control - control.mean()
        for one in basis:
            rest = rest - (rest @ one) * one
        length = float(np.linalg.norm(rest))
        new = length > _ROUNDING * float(np.linalg.norm(control))
        if len(used) < most and new and np.abs(rest).max() ** 2 <= _ALONE * length**2:
            used.append(k)
            basis.append(rest / length)
    return used
