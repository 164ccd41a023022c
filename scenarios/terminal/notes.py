"""What to say of a system where not all the work that comes can be done."""

from typing import TYPE_CHECKING, Any

from analysis.theory.load import has_queues

if TYPE_CHECKING:
    from sim import Scenario

Overrides = tuple[int | None, float | None, float | None]  # route, cascade, abandonment
_UNLOADED = (
    "note: played is the equilibrium without load; "
    "`queuit solve` has that under load (exponential service)"
)


def notes(scenario: "Scenario", answer: dict[str, Any], overrides: Overrides) -> list[str]:
    """What to know beside the numbers of ``answer``, whose policies ``overrides`` replaced."""
    warnings = [] if answer.get("stationary", True) else [_warning(answer)]
    route, cascade, abandon = overrides
    # a cascade is idle from the second model
    chosen = route is None or abandon is None or (route == 1 and cascade is None)
    if has_queues(scenario) and chosen:
        warnings.append(_UNLOADED)
    return [*warnings, *_who_begins(answer)]


def _who_begins(answer: dict[str, Any]) -> list[str]:
    """What is assumed of users who may decline."""
    share = answer.get("participation")
    if share is None:
        return []
    if share == 1.0:
        return ["note: all users begin, as they expect U >= 0 when all do"]
    if share == 0.0:
        return ["note: nobody begins, as even one alone expects U < 0"]
    return [f"note: {share:.6g} of the users begin, drawn task by task: then they expect U = 0"]


def _warning(answer: dict[str, Any]) -> str:
    """What to know about the means of a system that is not stationary."""
    full = " and ".join(
        f"model {i}" for i, load in enumerate(answer["utilisation"], start=1) if load >= 1.0
    )
    seconds = answer["horizon"] or float("inf")
    return (
        f"not stationary: as much work is offered to {full} as can be done, or more;\n"
        f"the means are those of the tasks that left within {seconds:.8g} seconds, and waiting "
        "grows with that time"
    )
