"""Whether the work that comes can be done."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim import Result, Scenario, Summary


def has_queues(scenario: "Scenario") -> bool:
    """Whether anybody may have to wait."""
    return any(slots != float("inf") for slots in scenario.offer.slots)


def participation(scenario: "Scenario") -> float:
    """The share of the users who begin, whatever they see."""
    from agents import Joins

    joining = scenario.person.joining
    return joining.probability if isinstance(joining, Joins) else 1.0


def utilisation(scenario: "Scenario") -> tuple[float, ...]:
    """Work offered to each model over what it can do; from 1 on its queue grows without end.

    For policies that are tables: the offered load is arrival rate x mean visits x mean service, of
    the users who begin.
    """
    from sim import visits

    policies: Any = scenario
    route, abandonment, _ = scenario.table.whole()
    passes = visits(scenario.at_work, route.initial, route.escalation, abandonment)
    return busy(scenario, passes, participation(scenario) * policies.arrivals.rate)


def busy(scenario: "Scenario", passes: Sequence[Any], rate: float) -> tuple[float, ...]:
    """Busy share of each model that ``rate`` tasks a second ask for so many ``passes`` each."""
    offer = scenario.offer
    capacity = [
        each.capacity(slots) for each, slots in zip(offer.disciplines, offer.slots, strict=True)
    ]
    return tuple(
        float(rate * visited * mean / most) if most < float("inf") else 0.0
        for visited, mean, most in zip(passes, scenario.service_means(), capacity, strict=True)
    )


def stationary(scenario: "Scenario") -> bool:
    """Whether every model can do the work that comes to it."""
    return max(utilisation(scenario)) < 1.0


def limited(scenario: "Scenario") -> "Scenario":
    """``scenario`` itself if it is stationary, else with a horizon at which tasks still arrive.

    After the last arrival the queues would only drain, and the means say nothing of the load.
    """
    if stationary(scenario):
        return scenario
    policies: Any = scenario
    arrivals_end = scenario.tasks / policies.arrivals.rate
    return scenario.replace(horizon=min(scenario.horizon, arrivals_end))


def load_report(scenario: "Scenario", run: "Result | Summary") -> dict[str, Any]:
    """Stationary or not, the horizon (null: until empty), utilisation and queue growth by model.

    Queue growth in tasks per second: those that the horizon found at the model, over the horizon.
    A summary tells of no such tasks: it must be that of a run until all have left.
    """
    finite = scenario.horizon < float("inf")
    present = getattr(run, "present", (0,) * len(scenario.game.models))
    return {
        "stationary": stationary(scenario),
        "horizon": scenario.horizon if finite else None,
        "utilisation": list(utilisation(scenario)),
        "queue_growth": [count / scenario.horizon for count in present],
    }
