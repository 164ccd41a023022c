import re

import pytest

from agents import stackelberg
from analysis.games.catalogue import REFERENCE, VALUE_OF_TIME, named, names, pairs
from sim import InputError


def test_there_are_fourteen_reference_games() -> None:
    assert list(REFERENCE) == [f"R{i}" for i in range(1, 15)]


def test_every_pair_is_a_game_that_can_be_solved() -> None:
    assert len(pairs()) >= 10
    for name, pair in pairs().items():
        assert pair.name == name
        assert stackelberg(pair.game()).success > 0
        assert pair.p[0] < pair.p[1]


def test_a_pair_keeps_what_was_measured_apart_from_what_is_assumed() -> None:
    pair = pairs()["gpt-4.1/o3"]
    game = pair.game(value=3.0, penalty=0.5, value_of_time=0.1)
    assert [m.p for m in game.models] == [118 / 405, 173 / 358]
    assert [m.t for m in game.models] == [pytest.approx(1.139), pytest.approx(6.392)]
    assert [m.c for m in game.models] == [0.02433, 0.03841]
    assert (game.value, game.penalty) == (3.0, 0.5)


def test_every_pair_has_a_source_and_dates() -> None:
    for pair in pairs().values():
        assert pair.source
        assert all(re.fullmatch(r"\d{4}-\d\d-\d\d", date) for date in pair.dates)


def test_every_name_names_a_game_and_its_value_of_time() -> None:
    assert names() == [*REFERENCE, *pairs()]
    assert len(set(names())) == len(names())
    for name in names():
        game, value_of_time = named(name)
        assert game.pair()
        assert value_of_time == (1.0 if name in REFERENCE else VALUE_OF_TIME)


def test_the_seconds_of_a_pair_come_back_from_its_money() -> None:
    for name, pair in pairs().items():
        game, w = named(name)
        assert [m.t / w for m in game.models] == pytest.approx(pair.seconds)


def test_an_unknown_name_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(InputError, match=r"^game = 'R15' must be one of R1, R2, .*gpt-4.1/o3"):
        named("R15")
