"""How long a pass is served, in the kernel."""

from typing import Any

import numpy as np

from sim.compiled.jit import apart, inlined
from sim.compiled.memory import EXPONENTIAL, LOGNORMAL, Rules
from sim.compiled.philox import philox
from sim.draws import Purpose
from sim.servers import service_times

_exponential = inlined(service_times.exponential)
_lognormal = inlined(service_times.lognormal)
_SECOND_NORMAL = int(Purpose.SECOND_NORMAL)


@inlined
def seconds_of(rules: Rules, models: Any, task: int, row: Any, u: float) -> float:
    """Seconds of service of the pass of a row, by its word ``u``."""
    seconds = models[np.uint32(row.model)].mean
    if rules.kind == EXPONENTIAL:
        seconds = _exponential(seconds, u)
    elif rules.kind == LOGNORMAL:
        seconds = _lognormal_seconds(rules, seconds, task, row.number, u)
    return seconds


@apart
def _lognormal_seconds(rules: Rules, mean: float, task: int, number: int, u: float) -> float:
    second, _, _, _ = philox(rules.seed, rules.replication, task, number, _SECOND_NORMAL)
    return _lognormal(mean, u, second, rules.variance)
