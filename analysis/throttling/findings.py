"""What the throttling study found, in words that follow from its numbers."""

import pandas as pd
from scipy.special import ndtri

from analysis.comparison.outcome import Comparison
from analysis.incentive.study import largest_deviation
from analysis.report.finding import Finding, minus
from analysis.statistics.intervals import wilson
from analysis.throttling.models import CHOICES, deviations
from analysis.throttling.study import Study

NOISE = 1e-9  # money: what is less is rounding
_CHANCE = 0.05


def findings(study: Study) -> list[Finding]:
    """All of them, in the order of the parts."""
    ratios = study.protection.groupby("penalties", sort=False)
    return [
        _figure_5(study.figure5),
        *(_separate(frame, study.played[name], name) for name, frame in study.maps.items()),
        *(_protection(part, str(ratio)) for ratio, part in ratios),
        *(_front(comparison, name) for name, comparison in study.fronts.items()),
        _storm(study.storms),
        *_classes(study.classes),
    ]


def chance(comparisons: int) -> float:
    """The largest of so many |z| exceeds this with a probability of at most 5%."""
    return float(-ndtri(_CHANCE / 2 / max(1, comparisons)))


def _figure_5(frame: pd.DataFrame) -> Finding:
    random = int((frame["standard_error"] > 0).sum())
    largest, limit = largest_deviation(frame), chance(random)
    agree = "agree" if largest <= limit else "do not agree"
    return Finding(
        "Figure 5",
        "Figure 5, exact and simulated: largest deviation",
        answer=f"{largest:.1f} s.e.",
        sentence=f"Exact and simulated gain {agree}: the largest of {random} deviations is "
        f"{largest:.1f} standard errors (chance alone stays below {limit:.1f} with 95%).",
    )


def _separate(frame: pd.DataFrame, played: pd.DataFrame, regime: str) -> Finding:
    m1, m2, both = (frame[f"gain_{name}"] for name in CHOICES)
    pays, alone = both > NOISE, ((m1 > NOISE) & (both > NOISE))
    share = _percent(float(alone.sum() / max(1, pays.sum())))
    right = "exactly" if (pays == frame["pays"]).all() else "NOT exactly"
    enough = "as much as" if (both - m2).max() < NOISE else "less than"
    z = deviations(played)
    simulated = (
        f" {len(z)} gains were also simulated: largest deviation {z.max():.1f} standard errors."
        if len(z)
        else ""
    )
    return Finding(
        f"Which model, {minus(regime)}",
        f"{minus(regime)}: where throttling pays, M1 alone gains in",
        answer=f"{share} of games",
        sentence=f"Some throttle pays in {_percent(pays.mean())} of the plane, {right} where the "
        f"theorem says. Throttling M2 alone gains {enough} both together; M1 alone gains anything "
        f"in {share} of these games.{simulated}",
    )


def _percent(share: float) -> str:
    """A share in percent: 0% and 100% only if that is exact."""
    text = f"{100 * share:.1f}"
    if (text == "0.0" and share > 0) or (text == "100.0" and share < 1):
        return f"{100 * share:.2g}%" if share < 0.5 else "almost 100%"
    return f"{100 * share:.0f}%" if share in (0, 1) else f"{text}%"


def _among(hits: int, n: int) -> str:
    low, high = wilson(hits, n)
    return f"{_percent(hits / n)} [{100 * low:.1f}, {100 * high:.1f}]"


def _protection(part: pd.DataFrame, ratio: str) -> Finding:
    pays, n = part[part["gain"] > 0], len(part)
    share, word = _among(len(pays), n), ratio.replace(">=", "\u2265")
    if pays.empty:
        sentence = (
            "No added delay was found to lower the provider's optimal cost "
            f"in any of {n} games (95% interval of the share: {share})."
        )
        answer = share
    else:
        better, saved = int((pays["user_loss"] < 0).sum()), _percent(pays["share"].mean())
        answer = f"{share}, by {saved}"
        sentence = (
            f"Some added delay lowers the provider's optimal cost in {share} of {n} games, there "
            f"by {saved} on average; users then gain, too, in {better} of these {len(pays)} games."
        )
    text = f"with queues, {word}: some delay lowers the cost in"
    return Finding(f"Queues, {word}", text, answer=answer, sentence=sentence)


def _front(comparison: Comparison, name: str) -> Finding:
    front = [f"'{strategy}'" for strategy in comparison.front]
    off = len(comparison.selection.values) - len(front)
    return Finding(
        name,
        f"{name}: cheapest",
        answer=comparison.selection.best if comparison.selection.decided else "undecided",
        sentence=f"{comparison.verdict()} On the Pareto front are {', '.join(front)}; "
        f"{off or 'none'} of the others {'is' if off < 2 else 'are'} shown to be dominated.",
    )


def _storm(frame: pd.DataFrame) -> Finding:
    load = frame["load"].max()
    at = frame[frame["load"] == load].set_index(["users", "metric"])
    users = list(dict.fromkeys(frame["users"]))
    prompts = {who: at.loc[(who, "prompts")] for who in users}
    success = {who: at.loc[(who, "success"), "mean"] for who in users}
    told = "; ".join(
        f"{who}: {row['mean']:.1f} [{row['ci_low']:.1f}, {row['ci_high']:.1f}] prompts per task, "
        f"{100 * success[who]:.0f}% solved"
        for who, row in prompts.items()
    )
    return Finding(
        "Retry storms",
        f"prompts per task at load {load:g}: " + " / ".join(_SHORT.get(u, u) for u in users),
        answer=" / ".join(f"{row['mean']:.1f}" for row in prompts.values()),
        sentence=f"What refused users do, at load {load:g}: {told}.",
    )


_SHORT = {"ask again every second": "nag"}


def _classes(classes: pd.DataFrame) -> list[Finding]:
    frame = classes[classes["metric"] == "utility"]
    first = frame["strategy"].iloc[0]
    others = frame[frame["strategy"] != first].groupby("strategy", sort=False)
    return [_hurt(part, str(strategy), first) for strategy, part in others]


def _hurt(part: pd.DataFrame, strategy: str, first: str) -> Finding:
    """A * in the answer: the difference is shown, with 95% together with those beside it."""
    told, short = [], []
    for row in part.to_dict("records"):
        low, high = row["difference_ci_low"], row["difference_ci_high"]
        effect = "hurt" if high < 0 else "better off" if low > 0 else "not shown to be either"
        name, gap = row["class"], row["difference"]
        told.append(f"{name} users are {effect} ({gap:+.2f} [{low:+.2f}, {high:+.2f}])")
        short.append(f"{name} {gap:+.2f}{'*' if low > 0 or high < 0 else ''}")
    return Finding(
        f"Who is hurt by {strategy}",
        f"utility under {strategy}, less {first}",
        answer=", ".join(short),
        sentence=f"{told[0][0].upper()}{', '.join(told)[1:]}.",
    )
