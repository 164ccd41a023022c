"""Compile the kernel, or load it."""

import numpy as np

from sim.compiled import kernel, memory, room


def compile_all() -> None:
    """Play nothing, with everything."""
    models = np.ones(2, memory.MODEL)
    rules = memory.Rules(np.uint64(0), np.uint64(0), 0, 1.0, 1.0, 1.0, 0, 0.0, 1, 1.0)
    state, output = room.state(models, 64, None, False), room.output(0, False)
    kernel.play(rules, state, output, None, 1)
    kernel.sample(rules, state, np.zeros(0), 0, 0, output)
    kernel.gaps(rules, 0, np.zeros(0))
