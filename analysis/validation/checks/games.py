"""The validation study: does the simulation agree with the theory, and would we have noticed?

Every check compares simulated play with a claim of the theory at a margin fixed in advance. Here
are the games without queues; those with queues are in `analysis.validation.checks.queues`.

- Equivalence: |estimate - exact| + 2.33 standard errors <= margin. A deviation of one margin is
  missed with probability at most 1%. Without variance in the sample (but for rounding) the estimate
  must equal the exact value to 1e-12 relative.
- Non-inferiority: the regret of not deviating, plus a multiple of its standard error, stays within
  the margin, for every alternative. There are two looks (few tasks, then enough), at half the
  probability of a miss each; only the second one can raise an alarm.
- Engines: the same tasks played as SimPy processes come out bit for bit the same.

The number of tasks is chosen per case from the variance in a first block, so that a correct program
fails any of the m checks of a run with probability below `FALSE_ALARM` (Bonferroni). Every
alternative of a regret, and every candidate among which a best one is chosen, counts in m.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from functools import partial
from typing import Any

from scipy.special import ndtri

from agents import stackelberg
from agents.theorems import responses as user
from agents.theorems.policy import Policy
from agents.theorems.throttling import throttling_gain
from analysis.runs.jobs import run_jobs
from analysis.statistics.intervals import Estimate
from analysis.statistics.moments import Moments
from analysis.theory.misalignment import misalignment
from analysis.validation.cases.games import Case, all_cases
from analysis.validation.cases.networks import congestion_cases
from analysis.validation.check import _RELATIVE, CRITICAL, MISS, Check, tasks_that_differ
from analysis.validation.checks.play import Player, Settings
from sim.game import Game
from sim.summary import METRICS
from sim.theory.markov import expectations

_GRID = tuple(i / 10 for i in range(11))  # q and s of the deviations
_LEAVING = (Policy(1, 0.0, 1.0), Policy(2, 0.0, 1.0))  # what full throttling leads to


def validate(
    cases: list[Case] | None = None,
    settings: Settings | None = None,
    executor: Executor | None = None,
    progress: Callable[[int], None] | None = None,
) -> list[Check]:
    """All checks of ``cases`` (default: the catalogue), in order; the same for any executor.

    The false-alarm rate is always that of the whole catalogue. ``progress`` is told the cases done.
    """
    settings = settings or Settings()
    settings = replace(settings, checks=checks_of_a_run())
    cases = all_cases() if cases is None else cases
    parts = run_jobs(partial(check_case, settings=settings), cases, executor, progress)
    return [each for part in parts for each in part]


def check_case(case: Case, settings: Settings) -> list[Check]:
    """The checks of one case."""
    play = Player(case, settings)
    checks = [*_equivalence(play), _engines(play)]
    if case.rational_user:
        checks.append(_user_regret(play))
    if case.optimum:
        checks += [_provider_regret(play), _misalignment(play), _throttling(play)]
    return checks


def simpy_share(checks: list[Check]) -> tuple[int, float]:
    """Tasks that were also played as SimPy processes, and their share of those of their cases.

    The share is of the tasks with which the policies of the cases themselves were played.
    """
    processes = {each.case: each.n for each in checks if each.kind == "engines"}
    played = {each.case: each.n for each in checks if each.kind == "equivalence"}
    total = sum(processes.values())
    return total, total / sum(played[case] for case in processes) if processes else 0.0


def checks_of_a_run() -> int:
    """Comparisons of a whole run, every alternative and candidate counted: games and queues."""
    games = sum(_count(case) for case in all_cases())
    return games + sum(case.comparisons for case in congestion_cases())


def _count(case: Case) -> int:
    routings = len(_routings(case.game))  # of the provider's regret, and of the misalignment
    return (
        len(METRICS)
        + len(_GRID) * case.rational_user
        + (2 * routings + len(_LEAVING)) * case.optimum
    )


def _routings(game: Game) -> list[tuple[int, float]]:
    """What the provider may play: a grid of s, the thresholds of the regime, and M2."""
    borders = {"-+": (user.s_0,), "+-": (user.s_low, user.s_high)}.get(str(game.regime), ())
    cascades = (*_GRID, *(float(border(game)) for border in borders))
    return [*((1, s) for s in cascades), (2, 0.0)]


def _check(
    play: Player, kind: str, metric: str, found: Estimate, exact: float, **more: Any
) -> Check:
    standard: dict[str, Any] = {"critical": CRITICAL, "margin": play.margin(metric)}
    # one task that differs makes far more than this: anything less is rounding
    error = found.standard_error if found.standard_error > _RELATIVE * play.margin(metric) else 0.0
    return Check(
        case=play.case.name,
        statement=play.case.statement,
        kind=kind,
        metric=metric,
        estimate=found.mean,
        standard_error=error,
        n=found.parts,
        exact=exact,
        **(standard | more),
    )


def _equivalence(play: Player) -> Iterator[Check]:
    """S, L, C, U, J and passes against the exact expectations."""
    case = play.case
    exact = expectations(case.game, *play.policy)
    first = {m: Moments.of(play.block(play.policy, 0)[m]) for m in METRICS}
    blocks = max(play.blocks_for(first[m].sd, play.margin(m), CRITICAL) for m in METRICS)
    for metric in METRICS:
        found = first[metric]
        for b in range(1, blocks):
            found = found + Moments.of(play.block(play.policy, b)[metric])
        yield _check(play, "equivalence", metric, found.estimate(), float(getattr(exact, metric)))


def _engines(play: Player) -> Check:
    """The same tasks as SimPy processes, and by every engine: none may differ."""
    scenario = play.scenario(play.policy, play.settings.simpy_tasks)
    differ = tasks_that_differ(scenario, ("compiled", "vectorised"))
    found = Estimate(float(differ), 0.0, scenario.tasks)
    return _check(play, "engines", "tasks that differ", found, 0.0, margin=0.0)


def _gap(play: Player, policy: Policy, base: Policy, metric: str) -> Moments:
    """Paired differences with as many blocks as their variance asks for."""
    first = play.difference(policy, base, metric, 1)
    blocks = play.blocks_for(first.sd, play.margin(metric), CRITICAL)
    return first if blocks == 1 else play.difference(policy, base, metric, blocks)


def _regret(play: Player, kind: str, metric: str, sign: int, others: list[Policy]) -> Check:
    """The largest upper bound, over alternatives, of what deviating would gain."""
    critical = float(-ndtri(MISS / 2))
    worst: Check | None = None
    for policy in others:
        estimate = _deviation(play, metric, sign, policy, critical)
        detail = "({}, {:.4g}) q={:.4g}".format(*policy)
        check = _check(play, kind, metric, estimate, 0.0, critical=critical, detail=detail)
        if worst is None or _bound(check) > _bound(worst):
            worst = check
    assert worst is not None
    return worst


def _deviation(play: Player, metric: str, sign: int, policy: Policy, critical: float) -> Estimate:
    """Mean gain of deviating to ``policy``: a look at one block, and a longer one if needed."""
    first = play.difference(policy, play.policy, metric, 1)
    found, margin = first.estimate(), play.margin(metric)
    if sign * found.mean + critical * found.standard_error > margin:
        blocks = play.blocks_for(first.sd, margin, critical)
        found = play.difference(policy, play.policy, metric, blocks).estimate()
    return replace(found, mean=sign * found.mean)


def _bound(check: Check) -> float:
    return check.estimate + check.critical * check.standard_error


def _user_regret(play: Player) -> Check:
    """What the user would gain by another q at the same routing."""
    initial, s, _ = play.policy
    others = [Policy(initial, s, q) for q in _GRID]
    return _regret(play, "user regret", "user_utility", 1, others)


def _provider_regret(play: Player) -> Check:
    """What the provider would save by another routing, the user answering by Theorems 1 and 2."""
    return _regret(play, "provider regret", "provider_cost", -1, _answered(play))


def _answered(play: Player) -> list[Policy]:
    return [play.answer(*routing) for routing in _routings(play.case.game)]


def _best(play: Player, metric: str, sign: int, candidates: Sequence[Policy]) -> Policy:
    """The candidate that looks best in the first block."""
    return max(candidates, key=lambda policy: sign * float(play.block(policy, 0)[metric].mean()))


def _misalignment(play: Player) -> Check:
    """Delta_U from simulated values: the routing that is best for users, minus the optimum."""
    best = _best(play, "user_utility", 1, _answered(play))
    found = _gap(play, best, play.policy, "user_utility")
    exact = misalignment(play.case.game, stackelberg(play.case.game))
    return _check(play, "misalignment", "user_utility", found.estimate(), exact)


def _throttling(play: Player) -> Check:
    """The gain of full throttling from simulated values: J minus that of a single pass."""
    cheapest = _best(play, "provider_cost", -1, _LEAVING)
    found = _gap(play, play.policy, cheapest, "provider_cost")
    exact = throttling_gain(play.case.game)
    return _check(play, "throttling gain", "provider_cost", found.estimate(), exact)
