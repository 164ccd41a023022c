"""`queuit pairs`: a line per pair, a pair alone, JSON."""

import re

import pytest

from analysis.games.catalogue import pairs
from analysis.theory.stability import stability
from tests.tools.running import queuit, refused


def test_every_pair_has_a_line() -> None:
    ran = queuit("pairs")
    assert ran.code == 0
    assert 8 <= len(pairs()) <= 15
    for pair in pairs().values():
        [line] = [line for line in ran.out.splitlines() if line.startswith(f"{pair.name} ")]
        order = f"{stability(pair).order_changes:.0%}"
        assert re.search(rf" {order} (\+\+|--|-\+|\+-) ", line)
    assert len(ran.out.splitlines()) < 26
    assert queuit("pairs", "--value-of-time", 0.01) == ran
    assert queuit("pairs", "--value-of-time", 0.1).out != ran.out


@pytest.mark.parametrize("name", pairs())
def test_a_pair_alone_has_its_source_and_its_equilibria(name: str) -> None:
    ran, pair = queuit("pairs", "--game", name), pairs()[name]
    for word in (pair.source, *pair.dates, "penalty P", *map(str, pair.solved)):
        assert word in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80
    assert not re.search(r"\d(M[12]|threat|cascade)", ran.out)  # columns that touch
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d", date) for date in pair.dates)
    others = set(pairs()) - {name}
    assert not any(re.search(rf"^{other} ", ran.out, re.MULTILINE) for other in others)


def test_json_holds_every_number() -> None:
    options = ("--value", 3, "--penalty", 0.1, "--value-of-time", 0.02, "--seed", 5)
    found = queuit("pairs", *options, "--json").json
    assert found == [vars(stability(pair, 3.0, 0.1, 0.02, 5)) for pair in pairs().values()]
    [alone] = queuit("pairs", *options, "--json", "--game", "gpt-4.1/o3").json
    assert alone in found


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        ("--game R1", ("game = 'R1'", "one of sonnet", "gpt-4.1/o3")),
        ("--value 0", ("value = 0.0", "greater than 0")),
        ("--penalty -1", ("penalty = -1.0", "at least 0")),
        ("--penalty inf", ("penalty = inf", "finite")),
        ("--seed -1", ("seed = -1", "from 0 to")),
        ("--value 1e308", ("value", "finite")),
    ],
)
def test_bad_input_is_one_line(words: str, parts: tuple[str, ...]) -> None:
    refused(queuit("pairs", *words.split()), *parts)
