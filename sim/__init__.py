"""What happens: the game, one task's path, the servers, the engines and their records."""

from sim.arrivals.population import Population, UserClass
from sim.arrivals.streams import Arrival, Arrivals, Bursts, Poisson
from sim.checks import InputError
from sim.draws import Draws, Luck, Purpose
from sim.engine import chunks, condense, condense_classes, simulate, stream, stream_classes
from sim.game import Game, Model
from sim.person import Mixture, Person
from sim.policies import (
    Abandonment,
    Admit,
    Choice,
    Joining,
    Limits,
    Loyalty,
    Memory,
    Patience,
    Persistence,
    Refuse,
    Route,
    Routing,
    Throttle,
    Verifier,
    View,
    Work,
)
from sim.records import Ended, Outcome, Refused, Reply, Task
from sim.results import Result
from sim.rule import next_state
from sim.scalars import ADMIT, REFUSE, Scalar
from sim.scenario import Offer, Scenario
from sim.servers.disciplines import FCFS, Batching, Discipline, PriorityClasses, ProcessorSharing
from sim.servers.service_times import Deterministic, Exponential, Lognormal, ServiceTime
from sim.summary import Summary, Totals
from sim.theory.markov import Expectations, expectations, visits

__all__ = [
    "ADMIT",
    "FCFS",
    "REFUSE",
    "Abandonment",
    "Admit",
    "Arrival",
    "Arrivals",
    "Batching",
    "Bursts",
    "Choice",
    "Deterministic",
    "Discipline",
    "Draws",
    "Ended",
    "Expectations",
    "Exponential",
    "Game",
    "InputError",
    "Joining",
    "Limits",
    "Lognormal",
    "Loyalty",
    "Luck",
    "Memory",
    "Mixture",
    "Model",
    "Offer",
    "Outcome",
    "Patience",
    "Persistence",
    "Person",
    "Poisson",
    "Population",
    "PriorityClasses",
    "ProcessorSharing",
    "Purpose",
    "Refuse",
    "Refused",
    "Reply",
    "Result",
    "Route",
    "Routing",
    "Scalar",
    "Scenario",
    "ServiceTime",
    "Summary",
    "Task",
    "Throttle",
    "Totals",
    "UserClass",
    "Verifier",
    "View",
    "Work",
    "chunks",
    "condense",
    "condense_classes",
    "expectations",
    "next_state",
    "simulate",
    "stream",
    "stream_classes",
    "visits",
]
