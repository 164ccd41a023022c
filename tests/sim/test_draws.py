from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sim import Draws, InputError, Purpose
from tests.tools.chance import FALSE_ALARM, z_bound
from tests.tools.strategies import seeds

MASK = 2**64 - 1
N = 100_000


def philox(counter: tuple[int, ...], key: tuple[int, int]) -> list[int]:
    """Philox4x64-10 as published (Salmon et al. 2011), slowly."""
    c_0, c_1, c_2, c_3 = counter
    k_0, k_1 = key
    for _ in range(10):
        high_0, low_0 = divmod(0xD2E7470EE14C6C93 * c_0, 2**64)
        high_1, low_1 = divmod(0xCA5A826395121157 * c_2, 2**64)
        c_0, c_1, c_2, c_3 = high_1 ^ c_1 ^ k_0, low_1, high_0 ^ c_3 ^ k_1, low_0
        k_0 = (k_0 + 0x9E3779B97F4A7C15) & MASK
        k_1 = (k_1 + 0xBB67AE8584CAA73B) & MASK
    return [c_0, c_1, c_2, c_3]


def uniforms(words: list[int]) -> tuple[float, ...]:
    return tuple((word >> 11) * 2.0**-53 for word in words)


# Known answers published with the Random123 library: counter and key all 0, and all 1.
ZEROS = [0x16554D9ECA36314C, 0xDB20FE9D672D0FDC, 0xD7E772CEE186176B, 0x7E68B68AEC7BA23B]
ONES = [0x87B092C3013FE90B, 0x438C3C67BE8D0224, 0x9CC7D7C69CD777B6, 0xA09CAEBF594F0BA0]


def test_the_slow_oracle_gives_the_published_answers() -> None:
    assert philox((0, 0, 0, 0), (0, 0)) == ZEROS
    assert philox((MASK,) * 4, (MASK, MASK)) == ONES


def test_the_first_block_is_the_published_one() -> None:
    assert Draws(seed=0).words(task=0, number=0) == uniforms(ZEROS)


@given(
    seeds,
    seeds,
    st.integers(0, 2**64 - 2),
    st.integers(0, 2**64 - 1),
    st.sampled_from(list(Purpose)),
    st.integers(0, 2**64 - 1),
)
def test_words_are_philox_of_task_pass_purpose_and_attempt(
    seed: int, replication: int, task: int, number: int, purpose: Purpose, attempt: int
) -> None:
    draws = Draws(seed, replication)
    expected = uniforms(philox((task, number, purpose, attempt), (seed, replication)))
    assert draws.block(task, 1, number, purpose, attempt).tolist() == [list(expected)]


@given(seeds, st.integers(0, 2**48), st.integers(0, 12))
def test_words_are_rows_of_blocks_across_every_chunk_border(
    seed: int, somewhere: int, number: int
) -> None:
    border = somewhere >> 10 << 10  # chunks have 1024 tasks, or 16
    first = max(border - 3, 0)
    block = Draws(seed).block(first, 300, number).tolist()
    for few in (False, True):
        draws = Draws(seed, few=few)
        assert [list(draws.words(first + i, number)) for i in range(300)] == block


def test_forgotten_chunks_are_drawn_again() -> None:
    draws = Draws(seed=3)
    first = draws.words(0, 1)
    for chunk in range(600):
        draws.words(chunk << 10, 1)
    assert draws.words(0, 1) == first


def test_seeds_replications_purposes_attempts_passes_and_tasks_all_differ() -> None:
    words = {
        tuple(Draws(seed, replication).words(task, number, purpose, attempt))
        for seed, replication, task, number, purpose, attempt in product(
            range(2), range(2), range(2), range(2), list(Purpose), range(2)
        )
    }
    assert len(words) == 2**5 * len(Purpose)


def test_purposes_keep_their_numbers() -> None:
    names = (
        "pass arrival second_normal patience tokens difficulty route back_off join learner verify "
        "choice loyalty escalate admit hold give_up balk return next_task"
    )
    assert [purpose.name.lower() for purpose in Purpose] == names.split()
    assert [purpose.value for purpose in Purpose] == list(range(20))


@pytest.mark.parametrize("bad", [-1, 2**64, 0.5, "1"])
def test_seeds_and_replications_are_checked(bad: int) -> None:
    with pytest.raises(InputError, match=r"^seed = "):
        Draws(bad)
    with pytest.raises(InputError, match=r"^replication = "):
        Draws(0, bad)


PURPOSES = (Purpose.PASS, Purpose.ARRIVAL, Purpose.SECOND_NORMAL)


def test_every_word_is_uniform() -> None:
    """24 Kolmogorov-Smirnov tests; false alarm of the family 1e-6 (`tests.tools.chance`)."""
    samples = [
        Draws(7).block(0, N, number, purpose)[:, word]
        for purpose, number, word in product(PURPOSES, (1, 2), range(4))
    ]
    for sample in samples:
        assert stats.kstest(sample, "uniform").pvalue > FALSE_ALARM / len(samples)


def test_the_uniformity_check_catches_a_five_percent_error_of_the_exponent() -> None:
    # largest gap between u^(1/1.05) and u: 0.018; the statistic is then 5.7 against a bound of 2.9
    bent = Draws(7).block(0, N, 1)[:, 0] ** 1.05
    assert stats.kstest(bent, "uniform").pvalue < FALSE_ALARM / 24


def correlation(x: np.ndarray, y: np.ndarray) -> float:
    """Standard normal, nearly, if ``x`` and ``y`` are independent uniforms."""
    return float(12 * ((x - 0.5) * (y - 0.5)).sum() / len(x) ** 0.5)


def test_words_passes_tasks_and_replications_are_uncorrelated() -> None:
    """13 z tests; false alarm of the family 1e-6. Terms are bounded, so the normal bound holds."""
    words = Draws(7).block(0, N, 1)
    later = Draws(7).block(0, N, 2)
    other = Draws(7, replication=1).block(0, N, 1)
    scores = [correlation(words[:, i], words[:, j]) for i in range(4) for j in range(i)]
    scores += [correlation(words[:, i], later[:, i]) for i in range(4)]
    scores += [correlation(words[:-1, 0], words[1:, 0]), correlation(words[:, 1], other[:, 1])]
    scores += [correlation(words[:, 1], Draws(8).block(0, N, 1)[:, 1])]
    assert np.abs(scores).max() < z_bound(len(scores))


def test_the_correlation_check_catches_a_five_percent_correlation() -> None:
    words = Draws(7).block(0, N, 1)
    leaking = np.where(words[:, 2] < 0.05, words[:, 0], words[:, 1])  # expected score 15.8, sd 1
    assert abs(correlation(words[:, 0], leaking)) > z_bound(13)


@pytest.mark.parametrize("number", [1, 2, 48, 49, 500])
def test_remembered_passes_are_those_of_the_block_and_cannot_be_spoilt(number: int) -> None:
    draws = Draws(5, 2)
    first = draws.passes(300, 40, number)
    assert np.array_equal(first, draws.block(300, 40, number))
    assert np.array_equal(Draws(5, 2).passes(300, 40, number), first)
    assert not np.array_equal(Draws(5, 3).passes(300, 40, number), first)
    if number <= 48:
        with pytest.raises(ValueError, match="read-only"):
            first[0, 0] = 0.5
