"""The one rule of the game, and the codes of how tasks end.

This file imports nothing: SimPy's process calls the rule, the kernel compiles it, and code that is
compiled is thrown away only when the rule itself changes.
"""

# How a task stands, as plain numbers below those of the models; only COMPLETED is solved. They are
# part of the format and never reused. `sim.records.Outcome` has them as an enum.
COMPLETED, ABANDONED, RENEGED, REFUSED, IN_SYSTEM, BALKED, CANCELLED = 0, -1, -2, -3, -4, -5, -6


def next_state(model: int, solved: bool, q: float, s: float, abandon: float, cascade: float) -> int:
    """The one rule of the game: what follows a pass at ``model``.

    Solved: the task is completed. Failed: with probability ``q`` the user gives up, otherwise
    re-prompts, and with probability ``s`` the provider sends the re-prompt one model up.
    ``abandon`` and ``cascade`` are the uniforms that decide. Returns an outcome (at most 0) or the
    number of the next model.

    >>> next_state(1, False, q=0.1, s=0.25, abandon=0.5, cascade=0.2)
    2
    """
    if solved:
        return COMPLETED
    if abandon < q:
        return ABANDONED
    if cascade < s:
        return model + 1
    return model


def endless(refusals: int, tasks: int) -> bool:
    """Whether so many ``refusals`` of users who come back when they are told to, in a run of
    ``tasks``, would grow without end: they ask for more than the throttle ever lets in.

    >>> endless(200_000, tasks=1000), endless(500_000, tasks=1000)
    (False, True)
    """
    return refusals > 200 * (tasks + 1000)
