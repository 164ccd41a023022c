"""Texts of throttling strategies: what each means, that none is missing, and what is refused."""

from typing import Any

import pytest

import agents.throttling
from agents import (
    AddedDelay,
    Cap,
    Cascade,
    Downgrade,
    Effort,
    Layers,
    LoadDelay,
    NoThrottle,
    Optimal,
    PeakMeter,
    PerClass,
    Priority,
    QueueLimit,
    RateLimit,
    SlowService,
    Stationary,
    effective,
)
from agents.throttling.texts import STRATEGIES, describe, named, parse
from scenarios.options.stored import policy_classes
from scenarios.simulate import summarise
from sim import Game, InputError, Offer, Person, Scenario, UserClass, expectations, simulate
from sim.scenario import decode, encode
from tests.tools.behaviours import behaviours

GAME = Game.of((0.4, 0.7), (0.2, 0.5), (0.1, 0.3), 2, 0.1)
CLASSES = (UserClass("free", 3, 1.0, 2.0, 1.0), UserClass("paid", 1, 1.0, 2.0, 1.0))
W = 0.5  # money per second

TEXTS: dict[str, Any] = {
    "none": NoThrottle(),
    "added-delay:0.5": AddedDelay((1.0, 1.0)),
    "added-delay:.5/2": AddedDelay((1.0, 4.0)),
    "slow-service:2": SlowService((2, 2)),
    "slow-service:1/3": SlowService((1, 3)),
    "load-delay:0.1": LoadDelay(0.2),
    "queue-limit:20": QueueLimit(20),
    "downgrade:20": Downgrade(20),
    "effort:.5": Effort(0.5),
    "effort:.5/.6": Effort(0.5, 0.6),
    "peak-meter:10/h@9-17.5": PeakMeter(10 / 3600, 9, 17.5),
    "priority:paid": Priority((1,)),
    "rate-limit:10/h": RateLimit(10 / 3600, 10),
    "rate-limit:.5/s": RateLimit(0.5, 1),
    "rate-limit:10/min:burst=3": RateLimit(10 / 60, 3),
    "rate-limit:100/d:wait": RateLimit(100 / 86400, 100, wait=True),
    "rate-limit:10/h:burst=1:wait": RateLimit(10 / 3600, 1, wait=True),
    "cap:160/3h": Cap(160, 3 * 3600),
    "cap:160/3h:fallback": Cap(160, 3 * 3600, fallback=True),
    "cap:5/30s": Cap(5, 30),
    "cap:5/1.5min": Cap(5, 90),
    "cap:50/1d": Cap(50, 86400),
    "optimal": Optimal(GAME, W),
    "rate-limit:10/h+queue-limit:5": Layers((RateLimit(10 / 3600, 10), QueueLimit(5))),
    "free=rate-limit:10/h,paid=cap:160/3h:fallback": PerClass(
        (RateLimit(10 / 3600, 10), Cap(160, 3 * 3600, fallback=True))
    ),
    " paid=cap:5/30s+queue-limit:5 , free=none": PerClass(
        (NoThrottle(), Layers((Cap(5, 30), QueueLimit(5))))
    ),
    "paid=rate-limit:10/min:burst=3": PerClass((NoThrottle(), RateLimit(10 / 60, 3))),
    "free=added-delay:.5": PerClass((AddedDelay((1.0, 1.0)),)),
    " none ": NoThrottle(),
}


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_means_its_strategy(text: str) -> None:
    throttle = parse(text, GAME, W, CLASSES)
    assert throttle == TEXTS[text]
    assert decode(encode(throttle), policy_classes()) == throttle


def test_every_throttle_has_a_text_and_every_text_a_throttle() -> None:
    reached = {type(throttle).__name__ for throttle in TEXTS.values()}
    assert reached == set(behaviours(agents.throttling))
    plain = [text for text in TEXTS if "+" not in text and not named(text)]
    written = {text.strip().partition(":")[0] for text in plain}
    assert written == {each.name for each in STRATEGIES}
    assert len({each.name for each in STRATEGIES}) == len(STRATEGIES)
    *lines, last = describe().splitlines()
    assert last.startswith("CLASS=S,CLASS=S ")
    assert [line.split(":")[0].split()[0] for line in lines] == [each.name for each in STRATEGIES]
    assert all(len(line) < 80 for line in lines)


def test_optimal_is_optimal_under_the_other_layers() -> None:
    layers = parse("effort:.5+optimal+added-delay:.1", GAME, W)
    effort, delay = Effort(0.5), AddedDelay((0.2, 0.2))
    game = effective(GAME, Layers((effort, delay)), W)
    assert game is not None
    assert game.models[1].t == 0.35
    assert layers == Layers((effort, Optimal(game, W), delay))
    unknown = parse("queue-limit:1+optimal", GAME, W)  # the load decides: the game as it is
    assert unknown == Layers((QueueLimit(1), Optimal(GAME, W)))


FORM = "must be of the form"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "must be layers joined by +, each one of none, added-delay, "),
        ("nothing", "must be layers joined by +"),
        ("none+", "must be layers joined by +"),
        ("none:1", f"{FORM} none"),
        ("none:", f"{FORM} none"),
        ("added-delay", f"{FORM} added-delay:D or D1/D2"),
        ("added-delay:", f"{FORM} added-delay:D or D1/D2"),
        ("added-delay:x", f"{FORM} added-delay:D or D1/D2"),
        ("added-delay:nan", f"{FORM} added-delay:D or D1/D2"),
        ("added-delay:1/2/3", f"{FORM} added-delay:D or D1/D2"),
        ("added-delay:-1", "added delay 1 = -2.0 must be a finite number of at least 0"),
        ("added-delay:1e999", "added delay 1 = inf must be a finite number"),
        ("slow-service:.5", "slow service 1 = 0.5 must be a finite number of at least 1"),
        ("load-delay:-.5", "load delay = -1.0 must be"),
        ("queue-limit:0", "queue limit = 0 must be a whole number of at least 1"),
        ("queue-limit:1.5", f"{FORM} queue-limit:N"),
        ("downgrade:many", f"{FORM} downgrade:N"),
        ("effort:0", "effort = 0.0 must be greater than 0 and at most 1"),
        ("effort:.5/", f"{FORM} effort:SHARE or SHARE/P"),
        ("effort:.5/.9", "p of effort = 0.9 must be at most 0.7, the p of full effort"),
        ("peak-meter:10/h", f"{FORM} peak-meter:RATE@FROM-TO"),
        ("peak-meter:10/y@9-17", "unit = 'y' must be one of s, min, h, d"),
        ("peak-meter:1/h@9-25", "end of the peak = 25.0 must be an hour of the day"),
        ("priority:pro", "class = 'pro' must be one of free, paid"),
        ("rate-limit:10", f"{FORM} rate-limit:N/UNIT[:burst=B][:wait]"),
        ("rate-limit:0/h", "rate limit = 0.0 must be a finite number greater than 0"),
        ("rate-limit:1e999/h", "rate limit = inf must be a finite number greater than 0"),
        ("rate-limit:10/h:burst=0", "burst = 0 must be a whole number of at least 1"),
        ("rate-limit:10/h:hurry", f"{FORM} rate-limit:N/UNIT[:burst=B][:wait]"),
        ("cap:160", f"{FORM} cap:N/WINDOW[:fallback]"),
        ("cap:160/3", "window = '3' must be a number with one of s, min, h, d"),
        ("cap:0/3h", "cap = 0 must be a whole number of at least 1"),
        ("cap:1/0h", "window of the cap = 0.0 must be a finite number greater than 0"),
        ("cap:1/3h:refuse", f"{FORM} cap:N/WINDOW[:fallback]"),
        ("optimal:1", f"{FORM} optimal"),
        ("pro=none", "class = 'pro' must be one of free, paid"),
        ("free=none,free=cap:1/1h", "class = 'free' must be named once"),
        ("free=none,cap:1/1h", "class = 'cap:1/1h' must be one of free, paid"),
        ("free=none,", "class = '' must be one of free, paid"),
        ("free=", "must be layers joined by +"),
        ("=none", "must be layers joined by +"),
        ("none,free=none", "must be layers joined by +"),
        ("queue-limit:5+free=none", "must be layers joined by +"),
        ("free=cap:0/3h", "cap = 0 must be a whole number of at least 1"),
        ("free=effort:.5", "must be one that leaves the models as they are: all classes share"),
    ],
)
def test_a_bad_text_is_refused_in_one_line(text: str, reason: str) -> None:
    with pytest.raises(InputError) as error:
        parse(text, GAME, W, CLASSES)
    message = str(error.value)
    assert message.startswith(f"strategy = {text!r}")
    assert reason in message
    assert "\n" not in message


def test_classes_need_a_population() -> None:
    with pytest.raises(InputError, match=r"class = 'paid' must be a class of the population$"):
        parse("priority:paid", GAME)
    with pytest.raises(InputError, match=r"class = 'paid' must be a class of the population$"):
        parse("paid=none", GAME)


def test_simulation_and_theory_stand_side_by_side_where_theory_speaks() -> None:
    for text, known in (("slow-service:1/3+added-delay:.1", True), ("queue-limit:1", False)):
        throttle = parse(text, GAME, W)
        scenario = Scenario(
            GAME,
            Offer(Cascade(1, 0.3), throttle),
            Person(Stationary(0.2)),
            value_of_time=W,
            tasks=100,
        )
        _, exact = summarise(scenario, simulate(scenario))
        if not known:
            assert set(exact.values()) == {None}
            continue
        slow = Game.of((0.4, 0.7), (0.2 + 0.1, 1.5 + 0.1), (0.1, 0.3), 2, 0.1)
        theory = expectations(slow, 1, (0.3,), 0.2)
        assert exact == pytest.approx({name: getattr(theory, name) for name in exact}, rel=1e-12)
