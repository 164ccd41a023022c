"""The kernel's events come in order, and its code is compiled anew when a source changes."""

import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sim
from sim.compiled import agenda, jit
from sim.compiled.agenda import NEVER, Agenda
from tests.tools.rules import called

take, give_back, put = map(called, (agenda.take, agenda.give_back, agenda.put))
OVER, REPLACED, PUT = "over", "replaced", "put"
kinds = st.sampled_from(
    (OVER, REPLACED, PUT, PUT, PUT)
)  # what happens to the first event, or a new
times = st.sampled_from((0.0, 5e-324, 1.0, 1.0 + 2.0**-52, 1e300, float("inf")))
steps = st.lists(st.tuples(kinds, times), max_size=80)


@settings(deadline=None)
@given(steps)
def test_the_first_event_is_the_least_of_time_and_sequence(
    chosen: list[tuple[str, float]],
) -> None:
    calendar = Agenda.empty(4)
    expected: list[tuple[float, int]] = []
    for sequence, (kind, time) in enumerate(chosen):
        if kind == PUT:
            if len(expected) == len(calendar.events):
                calendar = calendar.enlarged(4 * len(calendar.events))
            leaf = take(calendar)
        elif expected:
            leaf = int(calendar.winners[1])
            expected.remove(min(expected))
        else:
            continue
        if kind == OVER:
            give_back(calendar, leaf)
        else:
            put(calendar, leaf, time, sequence, 1000 + sequence, 0)
            expected.append((time, sequence))
        event = calendar.events[calendar.winners[1]]
        if expected:
            least, number = min(expected)
            assert (float(event["time"].view(float)), int(event["sequence"])) == (least, number)
            assert event["row"] == 1000 + number
        else:
            assert event["sequence"] == NEVER


def test_code_is_kept_under_a_name_that_changes_with_its_sources(tmp_path: Path) -> None:
    names, source = [], tmp_path / "source.py"
    for text in ("a = 1\n", "a = 2\n", "a = 1\n"):
        source.write_text(text)
        module = ModuleType("source")
        module.__file__ = str(source)

        def compiled(x: float) -> float:
            return x

        names.append(jit.entry(module)(compiled).py_func.__qualname__)
    assert names[0] == names[2] != names[1]


@pytest.mark.slow
def test_a_change_of_the_rule_reaches_compiled_code(tmp_path: Path) -> None:
    shutil.copytree(
        Path(sim.__file__).parent, tmp_path / "sim", ignore=shutil.ignore_patterns("__pycache__")
    )
    program = """
import numpy as np
from sim.compiled import kernel, memory, room
rules = memory.Rules(np.uint64(1), np.uint64(1), 99, 1.0, 1.0, np.nan, 0, 0.0, 1, 1.0)
models = np.ones(2, memory.MODEL)
models["p"] = 0.0  # nobody is satisfied, and everybody gives up
state, output = room.state(models, 1, None, True), room.output(99, False)
kernel.sample(rules, state, np.zeros(99), 0, 0, output)
print(set(output.ends[0].tolist()))
"""

    def outcomes() -> str:
        done = subprocess.run(
            [sys.executable, "-c", program],
            cwd=tmp_path,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()

    assert outcomes() == "{-1}"
    rule = tmp_path / "sim" / "rule.py"
    rule.write_text(rule.read_text().replace("return ABANDONED", "return COMPLETED"))
    assert outcomes() == "{0}"
