"""The one runner: every cell in every replication, in order, whatever plays it and whenever."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from agents import Cascade, Stationary
from analysis.games.catalogue import REFERENCE
from analysis.runs.jobs import later, processes, run_jobs
from analysis.runs.measure import Row, measure
from sim import Exponential, InputError, Offer, Person, Poisson, Result, Scenario, simulate
from sim.summary import Summary
from tests.tools.scripted import Clock

GAME = REFERENCE["R14"]
PLAIN = Scenario(GAME, Offer(Cascade(1, 0.3)), Person(Stationary(0.1)), tasks=50)
QUEUE = PLAIN.replace(arrivals=Poisson(0.5), slots=(1, 2), service_time=Exponential())
CELLS = {("plain", 1): PLAIN, ("queue", 2): QUEUE}
NAMES = ("name", "number")


def delay(result: Result) -> Row:
    return {"delay": result.metrics()["delay"].mean(), "engine": result.engine}


def test_a_row_per_cell_and_replication_in_their_order() -> None:
    frame = measure(CELLS, delay, 3, names=NAMES)
    assert list(frame) == [*NAMES, "replication", "delay", "engine"]
    assert frame["name"].tolist() == ["plain"] * 3 + ["queue"] * 3
    assert frame["number"].tolist() == [1] * 3 + [2] * 3
    assert frame["replication"].tolist() == [0, 1, 2] * 2
    for row in frame.to_dict("records"):
        run = simulate(CELLS[row["name"], row["number"]], replication=row["replication"])
        assert row["delay"] == run.metrics()["delay"].mean()


@pytest.mark.slow
def test_the_frame_is_the_same_for_any_executor() -> None:
    alone = measure(CELLS, delay, 8, names=NAMES).to_csv()
    for pool in (ThreadPoolExecutor(3), processes(2)):
        with pool as executor:
            assert measure(CELLS, delay, 8, executor, names=NAMES).to_csv() == alone


@pytest.mark.slow
def test_processes_prepare_the_same() -> None:
    alone = measure(CELLS, delay, 6, names=NAMES, prepare=anew).to_csv()
    with processes(2) as executor:
        assert measure(CELLS, delay, 6, executor, names=NAMES, prepare=anew).to_csv() == alone


def anew(scenario: Scenario, replication: int) -> Scenario:
    """Users of another kind in every replication."""
    return scenario.replace(abandonment=Stationary(0.1 * (replication + 1)))


def quitting(scenario: Scenario, result: Result) -> Row:
    rule = scenario.person.abandonment
    assert isinstance(rule, Stationary)
    return {"q": rule.q, "tasks": len(result.tasks["task"])}


def test_what_is_played_may_be_prepared_anew_in_every_replication() -> None:
    frame = measure(CELLS, delay, 3, names=NAMES, prepare=anew, known=quitting)
    assert frame["q"].tolist() == pytest.approx([0.1, 0.2, 0.3] * 2)
    for row in frame.to_dict("records"):
        played = anew(CELLS[row["name"], row["number"]], row["replication"])
        run = simulate(played, replication=row["replication"])
        assert row["delay"] == run.metrics()["delay"].mean()


def test_a_summary_is_of_what_was_prepared() -> None:
    def mean(summary: Summary) -> Mapping[str, Any]:
        return {"delay": summary.means()["delay"]}

    [first] = measure({"q": QUEUE}, mean, 1, summary=True, prepare=anew).to_dict("records")
    exact = simulate(anew(QUEUE, 0)).metrics()["delay"].mean()
    assert first["delay"] == pytest.approx(exact)


def test_threads_prepare_the_same() -> None:
    alone = measure(CELLS, delay, 6, names=NAMES, prepare=anew).to_csv()
    with ThreadPoolExecutor(3) as executor:
        assert measure(CELLS, delay, 6, executor, names=NAMES, prepare=anew).to_csv() == alone


def test_a_range_plays_the_rest() -> None:
    whole = measure(CELLS, delay, 5, names=NAMES)
    rest = measure(CELLS, delay, range(2, 5), names=NAMES)
    assert rest.to_csv(index=False) == whole[whole["replication"] >= 2].to_csv(index=False)


def test_what_is_in_the_store_is_not_played_again_and_what_is_new_is_put_there() -> None:
    store: dict[tuple[Any, int], Row] = {}
    told: list[int] = []
    first = measure(CELLS, delay, 2, store=store, names=NAMES)
    assert set(store) == {(key, r) for key in CELLS for r in (0, 1)}
    store[("plain", 1), 0] = {"delay": -1.0, "engine": "remembered"}
    again = measure(CELLS, delay, 3, tell=told.append, store=store, names=NAMES)
    assert (again["delay"][0], again["engine"][0]) == (-1.0, "remembered")
    assert again["delay"][1] == first["delay"][1]
    assert (told, len(store)) == ([5, 6], 6)  # of six runs four were there


def test_rows_are_stored_as_they_come() -> None:
    """A study that is interrupted goes on where it was."""
    store: dict[tuple[str, int], Row] = {}

    def interrupted(result: Result) -> Row:
        if result.replication == 3:
            raise KeyboardInterrupt
        return delay(result)

    with pytest.raises(KeyboardInterrupt):
        measure({"plain": PLAIN}, interrupted, 5, store=store)
    assert set(store) == {("plain", r) for r in range(3)}
    whole = measure({"plain": PLAIN}, delay, 5, store=store)
    assert whole.equals(measure({"plain": PLAIN}, delay, 5))


def test_the_engine_is_chosen_by_the_tasks_of_all_runs_or_given() -> None:
    long = PLAIN.replace(tasks=60_000, slots=(9, 9))
    assert measure({"long": long}, delay, 1)["engine"].tolist() == ["simpy"]
    assert set(measure({"long": long}, delay, 2)["engine"]) == {"compiled"}
    assert measure({"plain": PLAIN}, delay, 1, engine="simpy")["engine"].tolist() == ["simpy"]
    timed = QUEUE.replace(arrivals=Clock((1.0, 2.0)))
    with pytest.raises(InputError, match="engine = 'compiled'"):
        measure({"timed": timed}, delay, 1, engine="compiled")


def test_passes_are_kept_if_asked_for() -> None:
    def passes(result: Result) -> Row:
        return {"passes": len(result.passes["task"])}

    assert measure({"plain": PLAIN}, passes, 1)["passes"].tolist() == [0]
    made = int(simulate(PLAIN).tasks["passes"].sum())
    assert measure({"plain": PLAIN}, passes, 1, passes=True)["passes"].tolist() == [made]


def test_a_summary_may_be_measured_instead() -> None:
    def mean(summary: Summary) -> Mapping[str, Any]:
        return {"delay": summary.means()["delay"], "n": summary.n}

    [row] = measure({"queue": QUEUE}, mean, 1, summary=True).to_dict("records")
    assert row["n"] == QUEUE.tasks
    assert row["delay"] == pytest.approx(simulate(QUEUE).metrics()["delay"].mean())


@pytest.mark.parametrize("replications", [0, range(3, 3)])
def test_without_replications_it_is_refused(replications: int | range) -> None:
    with pytest.raises(InputError, match="replications = 0"):
        measure(CELLS, delay, replications, names=NAMES)


def test_results_are_kept_with_their_places() -> None:
    kept: dict[int, int] = {}
    with ThreadPoolExecutor(2) as threads:
        run_jobs(abs, [-3, -2, -1], threads, keep=kept.__setitem__)
    assert kept == {0: 3, 1: 2, 2: 1}


def test_progress_goes_on_where_another_part_ended() -> None:
    told: list[int] = []
    later(told.append, 40)(2)
    later(None, 40)(2)
    assert told == [42]
