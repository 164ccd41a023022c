"""Errors planted where passes wait and are served."""

from collections.abc import Iterator
from typing import Any

import simpy

from agents.congestion import users
from analysis.validation.planted.planting import Planted
from sim.servers.disciplines import ProcessorSharing, Station
from sim.servers.server import ModelServer, Service
from sim.servers.sharing import SharingServer
from sim.theory.erlang import erlang_b


def _held_slot(server: ModelServer, _: simpy.Event) -> None:
    """Who waits is served only when the next pass comes or another ends, not by the freed slot."""
    server.busy -= 1


def _late(server: ModelServer, seconds: float, priority: int = 0) -> Service:
    """What goes with it: a request first starts those who waited."""
    while server._queue and server.busy < server._slots:
        server.busy += 1
        server._queue.popleft().serve(server._env.now)
    return _request(server, seconds, priority)


_request = ModelServer.request


def _sluggish(discipline: ProcessorSharing, slots: float) -> Station:
    """A shared processor that is a tenth too slow, in both engines."""
    return Station(discipline.cap, (0.0, 1.1, slots))


def _greedy(discipline: ProcessorSharing, env: simpy.Environment, slots: float) -> SharingServer:
    """One that is a tenth too fast, in SimPy."""
    return SharingServer(env, discipline.cap, (0.0, 0.9, slots))


def _few_stay(policy: Any) -> Any:
    """A mixed population whose share of users who stay is a third of the right one."""
    kind, support = _equilibrium(policy)
    if kind != "{0,1} mix":
        return kind, support
    share = support[0][1] / 3
    return kind, ((0.0, share), (1.0, 1 - share))


_equilibrium = users._equilibrium


def planted_in_queues() -> Iterator[Planted]:
    """Each must make the congestion part fail by the named check."""
    eq, server = "equivalence", "sim.servers.server"
    held = (
        (server, "ModelServer._release", _held_slot),
        (server, "ModelServer.request", _late),
    )
    yield Planted("a freed slot is not passed on", held, "H: no equilibrium, queue grows", eq)
    yield Planted("... by SimPy alone", held, "D: all stay", "engines")
    slow = (("sim.servers.disciplines", "ProcessorSharing.numbers", _sluggish),)
    yield Planted("a shared processor is too slow", slow, "M/M/1-PS", eq)
    fast = (("sim.servers.disciplines", "ProcessorSharing.server", _greedy),)
    yield Planted("... too fast, by SimPy alone", fast, "M/M/1-PS", "engines")
    erlang = (("sim.theory.stations", "share_that_waits", erlang_b),)
    yield Planted("Erlang B for C", erlang, "E: all stay", eq)
    few = (("agents.congestion.users", "_equilibrium", _few_stay),)
    yield Planted("a third as many users stay", few, "A: {0,1} mix", "user regret")
