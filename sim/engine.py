"""Run a scenario."""

from collections.abc import Callable, Iterable, Iterator
from time import perf_counter
from typing import NamedTuple
from warnings import warn

import numpy as np
import simpy
from numpy.typing import NDArray

from sim import vectorised
from sim.arrivals.population import Population
from sim.checks import SEED, InputError, Numbers, check, refuse
from sim.compiled import scope, setup
from sim.draws import Draws
from sim.processes.world import World
from sim.records import Columns, Outcome
from sim.results import Log, Result
from sim.scenario import Scenario
from sim.summary import Summary, Totals

ENGINES = ("auto", "simpy", "vectorised", "compiled")
# from so many tasks on 'auto' takes the kernel instead of SimPy, and instead of numpy: below, to
# load it (under a second; the very first time on a machine it is compiled) takes longer
COMPILED_FROM = 100_000
COMPILED_ALONE_FROM = 1_000_000
_Tell = Callable[[int], None]


class _Played(NamedTuple):
    tasks: Columns
    passes: Columns
    present: tuple[int, ...]
    seconds: float
    solved: NDArray[np.bool_] | None = None  # None: the tasks that are completed


def simulate(
    scenario: Scenario,
    *,
    replication: int = 0,
    engine: str = "auto",
    passes: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Result:
    """Play ``scenario`` once; the same (scenario, replication) gives the same result, bit for bit.

    Arguments: ``replication`` from 0, which keys the random numbers together with the scenario's
    seed. ``engine``: 'simpy' plays every task as a SimPy process; 'vectorised' plays many tasks at
    once where they do not meet (infinite slots, deterministic service, policies that are tables);
    'compiled' is the kernel (`sim.compiled.scope.SCOPE`); 'auto' is as `choose` says. ``passes``:
    record every pass, too. ``progress`` is told now and then how many tasks have arrived (in any
    order: were played).
    Returns: tasks, passes and metrics; the same whatever the engine.
    Raises InputError for an engine that is unknown or cannot play the scenario, and for an answer
    of a policy that is outside its range.

    >>> from agents import Cascade, Stationary
    >>> from sim import Game, Offer, Person
    >>> game = Game.of((0.4, 0.7), (1, 2), (0.1, 0.3), value=5, penalty=1)
    >>> scenario = Scenario(game, Offer(Cascade(1, 0.3)), Person(Stationary(0.1)), tasks=1000)
    >>> simulate(scenario).counts()
    {'completed': 876, 'abandoned': 124, 'reneged': 0, 'refused': 0, 'in_system': 0}
    """
    engine = choose(scenario, engine)
    check("replication", replication, SEED)
    tell = progress or _silence
    try:
        played = _PLAY[engine](scenario, replication, passes, tell)
    except scope.RuleError:
        engine = "simpy"  # which says what has failed, and where
        played = _play_simpy(scenario, replication, passes, tell)
    return _result(scenario, replication, engine, played)


def chunks(
    scenario: Scenario,
    *,
    replication: int = 0,
    passes: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Iterator[Result]:
    """Play ``scenario`` on the kernel and hand on its tasks some at a time, in order of arrival.

    Arguments as of `simulate`. Returns: results that are together that of `simulate`, in memory
    that does not grow with the run; `condense` takes them as they come. Their ``present`` is empty.
    Raises InputError if the kernel cannot play the scenario.

    >>> from agents import Cascade
    >>> from sim import Game, Offer
    >>> game = Game.of((0.4, 0.7), (1, 2), (0.1, 0.3), value=5, penalty=1)
    >>> scenario = Scenario(game, Offer(Cascade(1)), tasks=250_000)
    >>> [len(part.tasks["task"]) for part in chunks(scenario)]
    [100000, 100000, 50000]
    """
    choose(scenario, "compiled")
    check("replication", replication, SEED)
    return _chunks(scenario, replication, passes, progress or _silence)


def stream(
    scenario: Scenario,
    *,
    replication: int = 0,
    progress: Callable[[int], None] | None = None,
) -> Summary:
    """Play ``scenario`` on the kernel and keep its summary only.

    Memory does not grow with the tasks, only with how many come while the longest is under way.
    The same bytes as ``condense(scenario, simulate(scenario))`` with any engine.
    Raises InputError if the kernel cannot play the scenario, and for a population: see
    `stream_classes`.
    """
    _refuse_classes(scenario)
    return _summaries(scenario, *_streamed(scenario, replication, progress))[0]


def stream_classes(
    scenario: Scenario,
    *,
    replication: int = 0,
    progress: Callable[[int], None] | None = None,
) -> dict[str, Summary]:
    """The same for a population: a summary per class of users, by name.

    The same bytes as ``condense_classes(scenario, simulate(scenario))`` with any engine.
    """
    summaries = _summaries(scenario, *_streamed(scenario, replication, progress))
    return dict(zip(_class_names(scenario), summaries, strict=True))


def condense(scenario: Scenario, result: Result | Iterable[Result]) -> Summary:
    """The summary of a run that was written down: the bytes of `stream`, whatever the engine.

    ``result``: all of it, or what `chunks` hands on.
    Raises InputError for a population, whose users differ in what a task is worth to them: see
    `condense_classes`.
    """
    _refuse_classes(scenario)
    return _summaries(scenario, *_totals(scenario, result))[0]


def condense_classes(scenario: Scenario, result: Result | Iterable[Result]) -> dict[str, Summary]:
    """The same for a population: the bytes of `stream_classes`."""
    summaries = _summaries(scenario, *_totals(scenario, result))
    return dict(zip(_class_names(scenario), summaries, strict=True))


def _streamed(
    scenario: Scenario, replication: int, progress: Callable[[int], None] | None
) -> tuple[Totals, str, float]:
    """Totals by class, the engine, and its seconds."""
    engine = choose(scenario, "compiled")
    check("replication", replication, SEED)
    from sim.compiled import run

    run.load(scenario)
    start = perf_counter()
    try:
        totals = run.stream(scenario, replication, progress or _silence)
    except scope.RuleError:
        result = simulate(scenario, replication=replication, engine="simpy")
        return _totals(scenario, result)
    return totals, engine, perf_counter() - start


def _totals(scenario: Scenario, run: Result | Iterable[Result]) -> tuple[Totals, str, float]:
    """The same of tasks that are written down."""
    if any(person.verifier for person in scenario.persons):  # what is accepted need not be solved
        rule = next(person.verifier for person in scenario.persons if person.verifier)
        refuse("verifier", rule, "none in a summary: use Result.metrics()")
    totals, engine, seconds = setup.totals(scenario), "", 0.0
    for result in (run,) if isinstance(run, Result) else run:
        _add(scenario, totals, result.tasks)
        engine, seconds = result.engine, seconds + result.seconds
    return totals, engine, seconds


def _add(scenario: Scenario, totals: Totals, tasks: Columns) -> None:
    from sim.compiled import run

    for group, value_of_time in enumerate(setup.stakes(scenario)):
        mine = tasks["group"] == group
        own = {name: column[mine] for name, column in tasks.items()}
        run.total(Totals(*(column[group] for column in totals)), own, value_of_time)


def _summaries(scenario: Scenario, totals: Totals, engine: str, seconds: float) -> list[Summary]:
    """One per class of users."""
    population, penalty = scenario.arrivals, float(scenario.game.penalty)
    values = [float(scenario.game.value)]
    if isinstance(population, Population):
        values = [kind.value for kind in population.classes]
    return [
        Summary(Totals(*(column[k] for column in totals)), value, penalty, engine, seconds)
        for k, value in enumerate(values)
    ]


def _class_names(scenario: Scenario) -> list[str]:
    if not isinstance(scenario.arrivals, Population):
        refuse("arrivals", scenario.arrivals, "a population, whose classes have names")
    return [kind.name for kind in scenario.arrivals.classes]


def _refuse_classes(scenario: Scenario) -> None:
    if isinstance(scenario.arrivals, Population):
        raise InputError("arrivals = a population must be summarised class by class")


def choose(scenario: Scenario, engine: str = "auto", runs: int = 1) -> str:
    """The name of the engine that plays ``scenario``: ``engine`` unless that is 'auto'.

    'auto' takes the fastest, start-up included, that can: the kernel from 100,000 tasks on, or
    from a million where the vectorised engine plays them, too; that one where it can; else SimPy.
    The tasks are those of all the ``runs`` that are to come. The choice does not depend on what has
    been compiled. A rule that cannot be compiled is named by a RuntimeWarning. Raises InputError as
    `simulate` does.

    >>> from agents import Cascade
    >>> from sim import Game, Offer
    >>> game = Game.of((0.4, 0.7), (1, 2), (0.1, 0.3), value=5, penalty=1)
    >>> short = Scenario(game, Offer(Cascade(1), slots=(1, 1)), tasks=500)
    >>> choose(short), choose(short, runs=1000)
    ('simpy', 'compiled')
    """
    if engine not in ENGINES:
        refuse("engine", engine, "one of " + ", ".join(ENGINES))
    can_compile, can_vectorise = scope.covers(scenario), vectorised.covers(scenario)
    for name, can, allowed in (
        ("compiled", can_compile, scope.SCOPE),
        ("vectorised", can_vectorise, vectorised.SCOPE),
    ):
        if engine == name and not can:
            raise InputError(
                f"engine = {name!r} must have {allowed}; use engine = {choose(scenario)!r}"
            )
    if engine == "compiled":
        scope.compile_rules(scenario)
    if engine != "auto":
        return engine
    enough = COMPILED_ALONE_FROM if can_vectorise else COMPILED_FROM
    if can_compile and runs * scenario.tasks >= enough and _compiles(scenario):
        return "compiled"
    return "vectorised" if can_vectorise else "simpy"


def _result(scenario: Scenario, replication: int, engine: str, played: _Played) -> Result:
    value, value_of_time = _stakes(scenario, played.tasks)
    completed = played.tasks["outcome"] == Outcome.COMPLETED
    return Result(
        tasks=played.tasks,
        solved=completed if played.solved is None else played.solved,
        passes=played.passes,
        value=value,
        penalty=float(scenario.game.penalty),
        value_of_time=value_of_time,
        replication=replication,
        engine=engine,
        seconds=played.seconds,
        present=played.present,
    )


def _chunks(scenario: Scenario, replication: int, passes: bool, tell: _Tell) -> Iterator[Result]:
    from sim.compiled import run

    run.load(scenario)
    start, come, served = perf_counter(), 0, 0
    try:
        for tasks, records in run.play(scenario, replication, passes, tell):
            played = _Played(tasks, records, (), perf_counter() - start)
            yield _result(scenario, replication, "compiled", played)
            come, served = come + len(tasks["task"]), served + len(records["task"])
            start = perf_counter()
    except scope.RuleError:  # SimPy says what has failed, and where, or plays the rest
        tasks, records, *_ = whole = _play_simpy(scenario, replication, passes, tell)
        tasks = {name: column[come:] for name, column in tasks.items()}
        records = {name: column[served:] for name, column in records.items()}
        yield _result(scenario, replication, "simpy", _Played(tasks, records, (), whole.seconds))


def _compiles(scenario: Scenario) -> bool:
    """Whether all rules can be compiled; a warning says which cannot."""
    try:
        scope.compile_rules(scenario)
    except InputError as error:
        warn(f"{error}; SimPy plays it", RuntimeWarning, stacklevel=2)
        return False
    return True


def _play_compiled(scenario: Scenario, replication: int, passes: bool, tell: _Tell) -> _Played:
    from sim.compiled import run

    run.load(scenario)
    start = perf_counter()
    (tasks, records), present = run.play_whole(scenario, replication, passes, tell)
    return _Played(tasks, records, present, perf_counter() - start)


def _play_vectorised(scenario: Scenario, replication: int, passes: bool, tell: _Tell) -> _Played:
    draws = Draws(scenario.seed, replication)
    start = perf_counter()
    tasks, records = vectorised.sample(scenario, draws, passes, tell)
    return _Played(tasks, records, (0,) * len(scenario.game.models), perf_counter() - start)


def _play_simpy(scenario: Scenario, replication: int, passes: bool, tell: _Tell) -> _Played:
    draws = Draws(scenario.seed, replication, few=isinstance(scenario.arrivals, Population))
    log = Log(keep_passes=passes)
    start = perf_counter()
    _run_processes(scenario, draws, log, tell)
    seconds = perf_counter() - start
    present = log.present(len(scenario.game.models))
    tasks, solved, records = log.close()
    return _Played(tasks, records, present, seconds, solved)


_PLAY = {"simpy": _play_simpy, "vectorised": _play_vectorised, "compiled": _play_compiled}


def _stakes(scenario: Scenario, tasks: Columns) -> tuple[Numbers, Numbers]:
    """What a solved task and a second are worth, per task if users differ (money)."""
    population = scenario.arrivals
    if not isinstance(population, Population):
        return float(scenario.game.value), scenario.value_of_time
    value = np.array([kind.value for kind in population.classes])
    value_of_time = np.array([kind.value_of_time for kind in population.classes])
    return value[tasks["group"]], value_of_time[tasks["group"]]


def _silence(arrived: int) -> None:
    """Nobody is watching."""


def _run_processes(
    scenario: Scenario, draws: Draws, log: Log, progress: Callable[[int], None]
) -> None:
    env = simpy.Environment()
    world = World(env, scenario, draws, log, progress)
    world.start()
    try:
        env.run(until=None if scenario.horizon == float("inf") else scenario.horizon)
    except Exception as error:
        failure = world.failure or error  # SimPy raises a copy, which does not know where it was
    else:
        return
    raise failure
