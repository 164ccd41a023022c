"""What a comparison says, in sentences."""

from analysis.comparison.criteria import OF_CLASSES, Criterion, criterion
from analysis.comparison.outcome import REGRET, SHARE, Comparison
from analysis.statistics.selection import Interval

_UTILITY = OF_CLASSES[0]


def verdict(comparison: Comparison) -> str:
    """The result in one sentence."""
    selection, by = comparison.selection, comparison.criterion.label
    zone = f"{selection.zone:.3g}"
    if len(selection.values) == 1:
        return f"'{selection.best}' is the only strategy: there is nothing to choose."
    if comparison.overloaded:
        return (
            f"No winner: under {_list(comparison.overloaded)} more work comes than a model can do. "
            "Queues grow as long as the system runs, and no number settles."
        )
    if comparison.unsettled:
        return (
            f"Cannot decide: under {_list(comparison.unsettled)} the users' equilibrium, not the "
            f"budget, is what is not known: users might gain more than {100 * REGRET:g}% of V by "
            "answering otherwise."
        )
    if selection.decided:
        sure = f"with probability at least {100 * selection.plan.confidence:g}%"
        return (
            f"'{selection.best}' has the best {by}: {sure} no other is better by more than {zone}."
        )
    return (
        f"Cannot decide: after {selection.plan.budget} replications '{selection.best}' has the "
        f"best {by} so far, but {_list(selection.rivals)} may be better by more than {zone}."
    )


def sides(comparison: Comparison) -> list[str]:
    """The cheapest strategy and the one that is best for users, what each costs the other side, and
    who is hurt; nothing where there is nothing to choose, or no number means anything.
    """
    if len(comparison.selection.values) == 1 or comparison.overloaded:
        return []
    cheapest, kindest = (_leader(comparison, name) for name in ("provider_cost", "user_utility"))
    if cheapest == kindest:
        sentences = [f"'{cheapest}' is both cheapest for the provider and best for users."]
    else:
        cost = _gap(comparison, kindest, cheapest, "provider_cost")
        utility = _gap(comparison, cheapest, kindest, "user_utility")
        sentences = [
            f"Cheapest for the provider: '{cheapest}'; to users it is worth {_money(utility)} per "
            f"task, against '{kindest}', which is best for them.",
            f"Best for users: '{kindest}'; it costs the provider {_money(cost)} per task, against "
            f"'{cheapest}'.",
        ]
    return [*sentences, *_hurt(comparison)]


def _leader(comparison: Comparison, name: str) -> str:
    of = criterion(name)
    names = comparison.selection.values
    return max(names, key=lambda strategy: of.sign * comparison.own(strategy, of).mean)


def _gap(comparison: Comparison, strategy: str, other: str, name: str) -> Interval:
    column = comparison.columns.index(name)
    return comparison.selection.difference(strategy, other, column)


def _hurt(comparison: Comparison) -> list[str]:
    """Of each strategy the classes that are shown to be worse off than under the reference."""
    sentences = []
    for strategy in comparison.selection.values:
        losses = {g: comparison.change(strategy, g, _UTILITY) for g in comparison.groups}
        shown = [f"{_users(g)} {_money(x)}" for g, x in losses.items() if x.high < 0]
        if shown:
            sentences.append(
                f"Hurt by '{strategy}', against '{comparison.reference_strategy}': "
                f"{', '.join(shown)} per task."
            )
    return sentences


def _users(group: str) -> str:
    return "all users" if group == "all" else f"{group} users"


def _money(value: Interval) -> str:
    return f"{value.mean:+.3g} $ [{value.low:+.3g}, {value.high:+.3g}]"


def notes(comparison: Comparison) -> list[str]:
    """What else should be known, a sentence each."""
    window, by = comparison.measures.window, comparison.criterion
    sentences = [_zone(comparison, by)] if comparison.reference is not None else []
    if comparison.idle:
        sentences.append(
            f"Never acted in the first {comparison.selection.plan.looks[0]} replications, so not "
            f"ranked: {_list(comparison.idle)}."
        )
    if comparison.ties():
        tied = ", ".join(comparison.ties())
        sentences.append(f"Counted as equal, the same as the best in every replication: {tied}.")
    if shares := comparison.left():
        of = f"{100 * min(shares):.0f}% to {100 * max(shares):.0f}%"
        sentences.append(f"Control variates leave {of} of the variance of the differences.")
    if comparison.overloaded:
        sentences.append(
            "Leave these strategies out, give the models more slots, or ask for a finite day with "
            "--horizon."
        )
    elif comparison.unsettled:
        sentences.append("Longer runs (--tasks) bring users nearer to their equilibrium.")
    elif not comparison.selection.decided:
        sentences.append("A larger budget or indifference zone could decide it.")
    if window.skip:
        sentences.append(
            f"Of each replication {window.count} tasks count, after {window.skip} of warm-up."
        )
    return sentences


def _zone(comparison: Comparison, by: Criterion) -> str:
    share = f"{100 * SHARE:g}% of the {by.label} under {comparison.reference}"
    return f"Indifference zone: {comparison.selection.zone:.3g}, {share}."


def _list(names: tuple[str, ...]) -> str:
    quoted = [f"'{name}'" for name in names]
    return " and ".join([", ".join(quoted[:-1]), quoted[-1]] if quoted[1:] else quoted)
