"""`sim.draws.Draws.words`, compiled: Philox4x64-10 (Salmon, Moraes, Dror, Shaw 2011)."""

from typing import Any

import numpy as np

from sim.compiled.jit import inlined, product


@inlined
def philox(
    seed: Any, replication: Any, task: Any, number: Any, purpose: Any
) -> tuple[float, float, float, float]:
    """The four uniforms of attempt 0."""
    return _words(seed, replication, np.uint64(task), np.uint64(number), purpose, np.uint64(0))


@inlined
def word(seed: Any, replication: Any, task: Any, number: Any, purpose: Any, attempt: Any) -> float:
    """The first uniform of any attempt."""
    u, _, _, _ = _words(
        seed, replication, np.uint64(task), np.uint64(number), purpose, np.uint64(attempt)
    )
    return u


@inlined
def _words(
    key: Any, other: Any, a: Any, b: Any, purpose: Any, d: Any
) -> tuple[float, float, float, float]:
    c = np.uint64(purpose)
    for _ in range(10):
        high_a, low_a = product(np.uint64(0xD2E7470EE14C6C93), a)
        high_c, low_c = product(np.uint64(0xCA5A826395121157), c)
        a, b, c, d = high_c ^ b ^ key, low_c, high_a ^ d ^ other, low_a
        key = key + np.uint64(0x9E3779B97F4A7C15)
        other = other + np.uint64(0xBB67AE8584CAA73B)
    return _uniform(a), _uniform(b), _uniform(c), _uniform(d)


@inlined
def _uniform(word: Any) -> float:
    return np.int64(word >> np.uint64(11)) * 2.0**-53
