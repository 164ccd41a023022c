"""The tables of docs/theory.md hold the numbers that the code computes."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from agents import CongestedGame, congested_equilibrium, stackelberg
from agents.theorems.responses import s_0, s_high, s_low
from agents.theorems.stackelberg import P_1, P_2, P_3
from agents.theorems.throttling import throttling_gain
from analysis.games.catalogue import REFERENCE
from analysis.theory.misalignment import misalignment
from sim.theory.stations import Station

TEXT = (Path(__file__).parents[2] / "docs" / "theory.md").read_text(encoding="utf-8")
ROWS = {
    cells[0]: cells
    for line in re.findall(r"^\| (R\d+ \|.*) \|$", TEXT, flags=re.MULTILINE)
    for cells in [[cell.strip() for cell in line.split("|")]]
    if len(cells) > 2
}


def half_a_digit(printed: str) -> float:
    """The largest rounding error of a printed decimal, and a little for the arithmetic."""
    return 0.5 * 10.0 ** -len(printed.partition(".")[2]) * (1 + 1e-3)


def shown(printed: str) -> object:
    return pytest.approx(float(printed), abs=half_a_digit(printed) if "." in printed else 1e-12)


def test_every_reference_game_has_a_row() -> None:
    assert list(ROWS) == list(REFERENCE)


@pytest.mark.parametrize("name", REFERENCE)
def test_a_row_of_the_reference_table(name: str) -> None:
    _, regime, *numbers, policy, q, U, J, gap, gain = ROWS[name]
    game = REFERENCE[name]
    columns = [getattr(m, x) for x in "ptc" for m in game.models]
    assert [float(x) for x in numbers] == [*columns, game.value, game.penalty]
    e = stackelberg(game)
    assert regime.startswith(f"`{e.regime}`")
    assert ("A" in regime) == (e.statement == "Theorem A")
    assert float(q) == e.abandonment
    assert e.user_utility == shown(U)
    assert e.provider_cost == shown(J)
    assert misalignment(game) == shown(gap)
    assert throttling_gain(game) == shown(gain)
    ends = {"0": 0.0, "1": 1.0, "s_0": s_0(game), "s_H": s_high(game)}
    match = re.fullmatch(r"\((\d)(?:, (?:\[(\w+), (\w+)\]|([\d.]+)))?\)", policy)
    assert match
    assert int(match[1]) == e.initial
    if match[2]:
        assert e.cascade_range == (ends[match[2]], ends[match[3]])
    elif match[4]:
        assert e.cascade_range == (shown(match[4]), shown(match[4]))
    else:
        assert e.cascade_range is None


def test_the_table_of_thresholds() -> None:
    functions = {"s_0": s_0, "s_L": s_low, "s_H": s_high, "P_1": P_1, "P_2": P_2, "P_3": P_3}
    checked = 0
    for line in re.findall(r"^\| (R\d+.*\| \$s_.*) \|$", TEXT, flags=re.MULTILINE):
        games, values = line.split("|")
        for symbol, printed in re.findall(r"\$(\w+) = ([\d.]+\d)\$", values):
            for name in re.findall(r"R\d+", games):
                assert functions[symbol](REFERENCE[name]) == shown(printed), (symbol, name)
                checked += 1
    assert checked == 2 * 2 + 2 * 2 + 2 * 2 + 3 * 3 + 3


POINTS = [
    [cell.strip() for cell in line.split("|")]
    for line in re.findall(
        r"^\| (\w+(?: `ps`)? \|(?: [\d.]+ \|){11}.*) \|$", TEXT, flags=re.MULTILINE
    )
]


def test_every_reference_point_has_a_row() -> None:
    assert [row[0] for row in POINTS] == ["A", "A `ps`", *"BCDEFGH", "mixed", "flat"]


@pytest.mark.parametrize("row", POINTS, ids=lambda row: row[0])
def test_a_row_of_the_reference_points(row: list[str]) -> None:
    name, policy, kind, printed = row[0], row[12], row[13], row[14]
    p_1, p_2, c_1, c_2, V, P, rate, mu_1, mu_2, n_1, n_2 = map(float, row[1:12])
    discipline = "ps" if "`ps`" in name else "fcfs"
    stations = Station(n_1, mu_1, discipline), Station(n_2, mu_2, discipline)
    game = CongestedGame((p_1, p_2), (c_1, c_2), V, P, rate, stations)
    if name == "D":
        game = replace(game, added_delay=(0.7, 0.4))
    match = re.fullmatch(r"\((\d)(?:, ([\d.]+))?\)", policy)
    assert match
    e = congested_equilibrium(game, int(match[1]), float(match[2] or 0))
    assert (e.kind or "infeasible") == kind
    if kind == "infeasible":
        return
    (q, share), *_ = e.support
    found = {"q": q, "share": share, "U": e.user_utility, "J": e.provider_cost}
    found |= {f"W{i}": W for i, W in enumerate(e.sojourns, start=1)}
    found |= {f"z{i}": z for i, z in enumerate(e.visits, start=1)}
    numbers = [each.split() for each in printed.split(",")]
    assert len(numbers) >= 2
    for symbol, number in numbers:
        assert found[symbol] == shown(number), symbol
