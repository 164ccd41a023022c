"""What happens: the game, one task's path, the servers, the engines and their records."""

from sim.arrivals.population import Population, UserClass
from sim.arrivals.streams import Arrivals, Bursts, Poisson
from sim.checks import InputError
from sim.draws import Draws, Purpose
from sim.engine import condense, simulate, stream
from sim.game import Game, Model
from sim.policies import (
    Abandonment,
    Admit,
    Mixture,
    Patience,
    Persistence,
    Refuse,
    Retry,
    Route,
    Routing,
    Throttle,
    View,
)
from sim.records import Outcome, Pass, Task
from sim.results import Result
from sim.rule import next_state
from sim.scenario import Scenario
from sim.servers.disciplines import FCFS, Batching, Discipline, PriorityClasses, ProcessorSharing
from sim.servers.service_times import Deterministic, Exponential, Lognormal, ServiceTime
from sim.summary import Summary, Totals
from sim.theory.markov import Expectations, expectations, visits

__all__ = [
    "FCFS",
    "Abandonment",
    "Admit",
    "Arrivals",
    "Batching",
    "Bursts",
    "Deterministic",
    "Discipline",
    "Draws",
    "Expectations",
    "Exponential",
    "Game",
    "InputError",
    "Lognormal",
    "Mixture",
    "Model",
    "Outcome",
    "Pass",
    "Patience",
    "Persistence",
    "Poisson",
    "Population",
    "PriorityClasses",
    "ProcessorSharing",
    "Purpose",
    "Refuse",
    "Result",
    "Retry",
    "Route",
    "Routing",
    "Scenario",
    "ServiceTime",
    "Summary",
    "Task",
    "Throttle",
    "Totals",
    "UserClass",
    "View",
    "condense",
    "expectations",
    "next_state",
    "simulate",
    "stream",
    "visits",
]
