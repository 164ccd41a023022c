"""A router that looks at the queues against those that do not, by the event simulation."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pandas as pd

from agents import CongestedGame, ShortestQueue, Stationary
from analysis.congestion_cases import scenario_of
from analysis.congestion_errors import RUNS
from analysis.queue_case import EMPTY, TAIL
from sim.engine import simulate
from sim.queueing import Station

LOADS = (0.3, 0.5, 0.7, 0.9)  # share of M1's capacity that arrivals ask for
POLICIES = {"M1 only": (1, 0.0), "cascade .5": (1, 0.5), "M2 only": (2, 0.0)}
ROUTERS = (*POLICIES, "queue-aware")
_NETWORK = CongestedGame((0.4, 0.6), (0.1, 0.5), 8, 1, 0.5, (Station(2, 1.0), Station(3, 0.5)))

Job = tuple[Callable[..., Any], tuple[Any, ...]]


def jobs(tasks: int, seed: int) -> list[Job]:
    """Every run of every router at every load."""
    return [
        (router_run, (load, router, run, tasks, seed))
        for load in LOADS
        for router in ROUTERS
        for run in range(RUNS)
    ]


def router_run(load: float, router: str, run: int, tasks: int, seed: int) -> list[dict[str, Any]]:
    """Mean seconds and cost of a task in one run; users stay until their task is solved."""
    rate = load * _NETWORK.p[0] * _NETWORK.stations[0].capacity
    game = replace(_NETWORK, arrival_rate=rate)
    scenario = scenario_of(game, *POLICIES.get(router, (1, 0.0)), Stationary(0.0))
    if router == "queue-aware":
        work = tuple(1 / (s.rate * p) for s, p in zip(game.stations, game.p, strict=True))
        slots = tuple(station.slots for station in game.stations)
        scenario = replace(scenario, routing=ShortestQueue(work, slots))
    whole = replace(scenario, tasks=EMPTY + tasks + TAIL, seed=seed)
    metrics = simulate(whole, replication=run, engine="simpy").metrics()
    delay, cost = (
        float(metrics[name][EMPTY : EMPTY + tasks].mean()) for name in ("delay", "provider_cost")
    )
    return [{"load": load, "router": router, "delay": delay, "cost": cost}]


def router_means(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Means and standard errors over runs."""
    groups = pd.DataFrame(rows).groupby(["load", "router"], sort=False)
    mean, error = groups.mean(), groups.sem(ddof=1)
    error.columns = [f"{name}_error" for name in error.columns]
    return pd.concat([mean, error], axis=1).reset_index()
