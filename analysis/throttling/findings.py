"""What the throttling study found, in words that follow from its numbers."""

from typing import Any

import pandas as pd
from scipy.special import ndtri

from analysis.comparison.outcome import Comparison
from analysis.comparison.verdict import verdict
from analysis.incentive.study import largest_deviation
from analysis.report.finding import Finding, minus
from analysis.statistics.intervals import wilson
from analysis.throttling.models import CHOICES, deviations
from analysis.throttling.protection import CONTROL, EXCEPTION
from analysis.throttling.study import Study

NOISE = 1e-9  # money: what is less is rounding
_CHANCE = 0.05


def findings(study: Study) -> list[Finding]:
    """All of them, in the order of the charts."""
    return [each for part in by_chart(study).values() for each in part]


def by_chart(study: Study) -> dict[str, list[Finding]]:
    """What each chart of the study shows."""
    cases = study.protection.groupby("case", sort=False)
    return {
        "figure5": [_figure_5(study.figure5)],
        "separate": [_separate(f, study.played[name], name) for name, f in study.maps.items()],
        "protection": [_THEOREM, *(_pays(part, str(case)) for case, part in cases)],
        "fronts": [_front(comparison, name) for name, comparison in study.fronts.items()],
        "storms": [_storm(study.storms)],
        "classes": _classes(study.classes),
    }


def headlines(study: Study) -> dict[str, str]:
    """Three sentences that say what was found, by the chart that shows it."""
    cheapest = "; ".join(f"{each.answer} ({each.key})" for each in by_chart(study)["fronts"])
    return {
        "protection": "Slowing users down pays a provider only where an unsolved task costs it "
        "less than a solved one would (P < m): a larger penalty rules it out, with queues too, "
        "unless first passes alone overload M1.",
        "fronts": f"Cheapest for the provider: {cheapest}.",
        "classes": " ".join(_who(part, str(group)) for group, part in _utility(study.classes)),
    }


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


_THEOREM = Finding(
    "Queues, P \u2265 m",
    "queues, P \u2265 m, M1 not overloaded: a delay pays in",
    answer="no game (a theorem)",
    sentence="Once P \u2265 m no added delay lowers the provider's optimal cost, whatever users "
    "want, unless first passes alone overload M1 and k1 \u2264 P < k2: a theorem.",
)
_CASES = {
    CONTROL: ("Queues, P < m", "queues, P < m"),
    EXCEPTION: ("Queues, M1 overloaded", "queues, k1 \u2264 P < k2, M1 overloaded"),
}


def _pays(part: pd.DataFrame, case: str) -> Finding:
    key, where = _CASES[case]
    pays, text = part[part["gain"] > 0], f"{where}: a delay pays in"
    share = _among(len(pays), len(part))
    if pays.empty:
        told = f"No added delay lowers the provider's optimal cost in any of {len(part)} games"
        return Finding(key, text, answer=share, sentence=f"{told} (95% interval: {share}).")
    better, saved = int((pays["user_loss"] < 0).sum()), _percent(pays["share"].mean())
    return Finding(
        key,
        text,
        answer=f"{share}, by {saved}",
        sentence=f"Some added delay lowers the provider's optimal cost in {share} of {len(part)} "
        f"games, there by {saved} on average and {_percent(pays['share'].max())} at most; users "
        f"then gain, too, in {better or 'none'} of these {len(pays)} games.",
    )


def _front(comparison: Comparison, name: str) -> Finding:
    front = [f"'{strategy}'" for strategy in comparison.front]
    off = len(comparison.selection.values) - len(front)
    return Finding(
        name,
        f"{name}: cheapest",
        answer=_answer(comparison),
        sentence=f"{verdict(comparison)} On the Pareto front are {', '.join(front)}; "
        f"{off or 'none'} of the others {'is' if off < 2 else 'are'} shown to be dominated.",
    )


def _answer(comparison: Comparison) -> str:
    if comparison.overloaded:
        return "overload"
    return comparison.selection.best if comparison.decided else "undecided"


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
        shown = row["settled"] and (low > 0 or high < 0)
        effect = ("lose" if high < 0 else "gain") if shown else "may lose or gain"
        name, gap = row["class"], signed(row["difference_mean"])
        told.append(f"{name} users {effect}: {gap} [{signed(low)}, {signed(high)}]")
        short.append(f"{name} {gap}{'*' if shown else ''}")
    return Finding(
        f"Who is hurt by {strategy}",
        f"utility under {strategy}, less {first}",
        answer=", ".join(short),
        sentence=f"{told[0][0].upper()}{', '.join(told)[1:]}.",
    )


def _utility(classes: pd.DataFrame) -> Any:
    """The rows on utility, class by class."""
    return classes[classes["metric"] == "utility"].groupby("class", sort=False)


def _who(part: pd.DataFrame, group: str) -> str:
    """What is shown to hurt a class of users, and what to help it."""
    part = part[part["settled"]]
    lose = part.loc[part["difference_ci_high"] < 0, "strategy"]
    gain = part.loc[part["difference_ci_low"] > 0, "strategy"]
    sides = (("hurt", lose), ("helped", gain))
    told = [f"{word} by {', '.join(names)}" for word, names in sides if len(names)]
    return f"{group.capitalize()} users are {' and '.join(told) or 'shown to be hurt by none'}."


def signed(x: float) -> str:
    """A difference of money with its sign, to a cent; what is less than half of one, to 0.0001.

    >>> signed(0.25), signed(-0.0041), signed(-1e-9)
    ('+0.25', '-0.0041', '0')
    """
    if abs(x) < 5e-5:
        return "0"
    return f"{x:+.2f}" if abs(x) >= 0.005 else f"{x:+.4f}"
