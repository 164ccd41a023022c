"""What the results of `queuit solve` mean, for people."""

from collections.abc import Mapping

from analysis.congestion.kinds import WORDS

_MEANINGS = {
    "regime": "signs of V p - t at M1 and at M2",
    "initial": "first model",
    "cascade": "chance that a re-prompt goes to M2",
    "abandonment": "chance of giving up after a failure",
    "user_utility": "value less delay (money per task)",
    "provider_cost": "money per task, penalties included",
    "participation": "share of users who begin",
    "success": "share of tasks solved",
    "delay": "what waiting costs a user (money per task)",
    "service_cost": "cost of its passes (money per task)",
    "misalignment": "what users lose by this routing (money per task)",
    "throttling_gain": "saved by driving users away (money per task)",
    "statement": "what decides it (docs/theory.md)",
    "tie": "whether something else is equally good",
    "cascade_range": "cascades that are equally good",
    "support": "shares of users, by their q",
    "visits": "passes per task at M1 and at M2",
    "loads": "passes per second at M1 and at M2",
    "utilisation": "busy share of M1 and of M2",
    "sojourns": "seconds per pass at M1 and at M2",
    "latencies": "money per pass at M1 and at M2",
    "stable": "whether there is an equilibrium",
    "critical_rate": "tasks per second that end it",
}


def span(ends: tuple[float, float]) -> str:
    """A range, or the one number that it holds.

    >>> span((0.25, 0.5)), span((0.5, 0.5))
    ('0.25 to 0.5', '0.5')
    """
    return " to ".join(dict.fromkeys(f"{end:.10g}" for end in ends))


def with_meanings(shown: Mapping[str, str]) -> list[str]:
    """One line per result: its name, its value, and what it is.

    >>> with_meanings({"success": "0.9"})
    ['success          0.9  share of tasks solved']
    """
    width = max(map(len, shown.values()))
    means = _MEANINGS | {"kind": WORDS.get(shown.get("kind", ""), "")}
    return [f"{name:<16} {text:<{width}}  {means[name]}".rstrip() for name, text in shown.items()]
