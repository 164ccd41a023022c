from hypothesis import given
from hypothesis import strategies as st

from sim import Outcome, next_state
from tests.tools.strategies import probabilities

models = st.integers(1, 9)
uniforms = st.floats(0, 1, exclude_max=True)


@given(models, probabilities, probabilities, uniforms, uniforms)
def test_a_solved_task_is_completed(m: int, q: float, s: float, a: float, c: float) -> None:
    assert next_state(m, True, q, s, a, c) == Outcome.COMPLETED


@given(models, probabilities, probabilities, uniforms, uniforms)
def test_a_failed_one_is_abandoned_re_prompted_or_cascaded(
    m: int, q: float, s: float, a: float, c: float
) -> None:
    after = next_state(m, False, q, s, a, c)
    assert after == (Outcome.ABANDONED if a < q else m + 1 if c < s else m)


@given(models, probabilities, uniforms, uniforms)
def test_probabilities_of_0_and_1_are_certain(m: int, other: float, a: float, c: float) -> None:
    assert next_state(m, False, 1.0, other, a, c) == Outcome.ABANDONED
    assert next_state(m, False, 0.0, 1.0, a, c) == m + 1
    assert next_state(m, False, 0.0, 0.0, a, c) == m


def test_outcomes_lie_below_every_model_and_are_what_the_event_loop_writes() -> None:
    from sim import rule

    assert max(Outcome) == Outcome.COMPLETED == rule.COMPLETED == 0
    assert {kind.name: int(kind) for kind in Outcome} == {
        name: code for name, code in vars(rule).items() if name.isupper()
    }
    assert min(Outcome) == rule.CANCELLED  # the tables of totals end with it
