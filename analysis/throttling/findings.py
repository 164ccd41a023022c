"""What the throttling study found, in words that follow from its numbers."""

from dataclasses import dataclass

import pandas as pd
from scipy.special import ndtri

from analysis.incentive.study import largest_deviation
from analysis.statistics.intervals import wilson
from analysis.throttling.models import CHOICES, deviations
from analysis.throttling.study import Study

NOISE = 1e-9  # money: what is less is rounding
_CHANCE = 0.05


@dataclass(frozen=True)
class Finding:
    """A ``question`` and its ``answer`` for a table, a ``topic`` and a ``sentence`` for the page.

    A * in an answer: the difference is shown, with 95% together with those beside it.
    """

    topic: str
    question: str
    answer: str
    sentence: str


def findings(study: Study) -> list[Finding]:
    """All of them, in the order of the parts."""
    return [
        _figure_5(study),
        *_separate(study),
        *_protection(study),
        *_fronts(study),
        _storm(study),
        *_classes(study),
    ]


def chance(comparisons: int) -> float:
    """The largest of so many |z| exceeds this with a probability of at most 5%."""
    return float(-ndtri(_CHANCE / 2 / max(1, comparisons)))


def _figure_5(study: Study) -> Finding:
    frame = study.figure5
    random = int((frame["standard_error"] > 0).sum())
    largest, limit = largest_deviation(frame), chance(random)
    agree = "agree" if largest <= limit else "do not agree"
    return Finding(
        "Figure 5.",
        "Figure 5, exact and simulated: largest deviation",
        f"{largest:.1f} s.e.",
        f"Exact and simulated gain {agree}: the largest of {random} deviations is "
        f"{largest:.1f} standard errors (chance alone stays below {limit:.1f} with 95%).",
    )


def _separate(study: Study) -> list[Finding]:
    found = []
    for regime, frame in study.maps.items():
        m1, m2, both = (frame[f"gain_{name}"] for name in CHOICES)
        pays, alone = both > NOISE, ((m1 > NOISE) & (both > NOISE))
        same = bool((both - m2).max() < NOISE)
        right = bool((pays == frame["pays"]).all())
        z = deviations(study.played[regime])
        sign = regime.replace("-", "\u2212")
        enough = "as much as both together" if same else "less than both together"
        played = (
            f" {len(z)} gains were also simulated: largest deviation {z.max():.1f} standard errors."
            if len(z)
            else ""
        )
        found.append(
            Finding(
                f"Which model, {sign}.",
                f"{sign}: where throttling pays, M1 alone gains in",
                f"{_percent(_share(alone, pays))} of games",
                f"Some throttle pays in {_percent(pays.mean())} of the plane, "
                f"{'exactly' if right else 'NOT exactly'} where the theorem says. Throttling M2 "
                f"alone gains {enough}; M1 alone gains anything in "
                f"{_percent(_share(alone, pays))} of these games.{played}",
            )
        )
    return found


def _share(part: "pd.Series[bool]", whole: "pd.Series[bool]") -> float:
    return float(part.sum() / max(1, whole.sum()))


def _percent(share: float) -> str:
    """A share in percent: 0% and 100% only if that is exact."""
    text = f"{100 * share:.1f}"
    if (text == "0.0" and share > 0) or (text == "100.0" and share < 1):
        return f"{100 * share:.2g}%" if share < 0.5 else "almost 100%"
    return f"{100 * share:.0f}%" if share in (0, 1) else f"{text}%"


def _among(hits: int, n: int) -> str:
    low, high = wilson(hits, n)
    return f"{_percent(hits / n)} [{100 * low:.1f}, {100 * high:.1f}]"


def _protection(study: Study) -> list[Finding]:
    found = []
    for ratio, part in study.protection.groupby("penalties", sort=False):
        pays = part[part["gain"] > 0]
        n, word = len(part), str(ratio).replace(">=", "\u2265")
        if pays.empty:
            sentence = (
                "No added delay was found to lower the provider's optimal cost "
                f"in any of {n} games (95% interval of the share: {_among(0, n)})."
            )
            answer = _among(0, n)
        else:
            better = int((pays["user_loss"] < 0).sum())
            answer = f"{_among(len(pays), n)}, by {_percent(pays['share'].mean())}"
            sentence = (
                f"Some added delay lowers the provider's optimal cost in "
                f"{_among(len(pays), n)} of {n} games, there by {_percent(pays['share'].mean())} "
                f"on average; users then gain, too, in {better} of these {len(pays)} games."
            )
        question = f"with queues, {word}: some delay lowers the cost in"
        found.append(Finding(f"Queues, {word}.", question, answer, sentence))
    return found


def _fronts(study: Study) -> list[Finding]:
    found = []
    for name, comparison in study.fronts.items():
        front = [f"'{each}'" for each in comparison.front]
        off = len(comparison.selection.values) - len(front)
        found.append(
            Finding(
                f"{name}.",
                f"{name}: cheapest",
                comparison.selection.best if comparison.selection.decided else "undecided",
                f"{comparison.verdict()} On the Pareto front are {', '.join(front)}; "
                f"{off or 'none'} of the others {'is' if off < 2 else 'are'} shown to be "
                "dominated.",
            )
        )
    return found


def _storm(study: Study) -> Finding:
    frame = study.storms
    load = frame["load"].max()
    at = frame[frame["load"] == load].set_index(["users", "metric"])
    users = list(dict.fromkeys(frame["users"]))
    prompts = {each: at.loc[(each, "prompts")] for each in users}
    success = {each: at.loc[(each, "success"), "mean"] for each in users}
    told = "; ".join(
        f"{each}: {row['mean']:.1f} [{row['ci_low']:.1f}, {row['ci_high']:.1f}] prompts per task, "
        f"{100 * success[each]:.0f}% solved"
        for each, row in prompts.items()
    )
    return Finding(
        "Retry storms.",
        f"prompts per task at load {load:g}: " + " / ".join(_SHORT.get(u, u) for u in users),
        " / ".join(f"{row['mean']:.1f}" for row in prompts.values()),
        f"What refused users do, at load {load:g}: {told}.",
    )


_SHORT = {"ask again every second": "nag"}


def _classes(study: Study) -> list[Finding]:
    frame = study.classes[study.classes["metric"] == "utility"]
    found = []
    first = frame["strategy"].iloc[0]
    for strategy, part in frame[frame["strategy"] != first].groupby("strategy", sort=False):
        told, short = [], []
        for row in part.to_dict("records"):
            low, high = row["difference_ci_low"], row["difference_ci_high"]
            effect = "hurt" if high < 0 else "better off" if low > 0 else "not shown to be either"
            name, gap = row["class"], row["difference"]
            told.append(f"{name} users are {effect} ({gap:+.2f} [{low:+.2f}, {high:+.2f}])")
            short.append(f"{name} {gap:+.2f}{'*' if low > 0 or high < 0 else ''}")
        found.append(
            Finding(
                f"Who is hurt by {strategy}.",
                f"utility under {strategy}, less {first}",
                ", ".join(short),
                f"{told[0][0].upper()}{', '.join(told)[1:]}.",
            )
        )
    return found
