"""What a comparison says, in sentences; what is not shown is not called best, better or worse."""

from analysis.comparison.criteria import OF_CLASSES, Criterion, criterion
from analysis.comparison.outcome import REGRET, SHARE, Comparison
from analysis.comparison.words import amount, listed, quoted, range_of
from analysis.statistics.selection import Interval

COST, UTILITY = criterion("provider_cost"), criterion("user_utility")
_OF_CLASS = OF_CLASSES[0]


def verdict(comparison: Comparison) -> str:
    """The result in one sentence."""
    selection, by = comparison.selection, comparison.criterion
    zone = amount(selection.zone, by)
    if comparison.overloaded:
        return (
            f"No winner: under {quoted(comparison.overloaded)} more work comes than a model can "
            "do. Queues grow as long as the system runs, and no number settles."
        )
    if comparison.measures.short:
        count = comparison.measures.window.count
        return (
            f"No winner: {count:,} tasks are only {count / comparison.measures.relaxation:.2g} "
            "relaxation times of the slowest model, too few to say anything of the long run."
        )
    if comparison.all_idle:
        return "No strategy ever acted: there is nothing to choose."
    if comparison.unknown:
        return (
            f"Cannot decide: under {quoted(comparison.unknown)} the users' equilibrium, not the "
            f"budget, is what is not known: users might gain more than {_allowed(comparison)} by "
            "answering otherwise."
        )
    if len(selection.values) == 1:
        rest = "the others never acted" if comparison.idle else "there is nothing to choose"
        return f"'{selection.best}' is the only strategy: {rest}."
    if selection.decided:
        sure = f"with probability at least {100 * selection.plan.confidence:g}%"
        return (
            f"'{selection.best}' has the best {by.label}: {sure} no other is better by more than "
            f"{zone}."
        )
    return (
        f"Cannot decide: after {selection.plan.budget} replications '{selection.best}' has the "
        f"best {by.label} so far, but {quoted(selection.rivals)} may be better by more than {zone}."
    )


def _allowed(comparison: Comparison) -> str:
    """What users may gain in equilibrium."""
    if comparison.criterion.unit == COST.unit:
        return f"{amount(comparison.regret_allowed(0), COST)}"
    return f"{100 * REGRET * SHARE:g}% of V per task"


def sides(comparison: Comparison) -> list[str]:
    """Who wins and who loses: the cheapest strategy and the one that is best for users, what each
    costs the other side, and what each strategy changes for each class of users. Nothing where
    there is nothing to choose, or no number means anything.
    """
    alone = len(comparison.selection.values) == 1 or comparison.all_idle
    if alone or comparison.overloaded or comparison.measures.short:
        return []
    cheapest, kindest = leader(comparison, COST), leader(comparison, UTILITY)
    less, more = "Users get {} less per task than under", "It costs the provider {} more than"
    return [
        f"Provider: '{cheapest}' {_place(comparison, cheapest, COST, 'is cheapest')}."
        + _price(comparison, cheapest, kindest, UTILITY, less),
        f"Users: '{kindest}' {_place(comparison, kindest, UTILITY, 'is best')}."
        + _price(comparison, kindest, cheapest, COST, more),
        *_changes(comparison),
    ]


def leader(comparison: Comparison, of: Criterion) -> str:
    """The strategy whose least lead over another one, pair by pair, is the largest."""
    names = list(comparison.selection.values)
    if of == comparison.criterion:
        return comparison.selection.best
    column = comparison.columns.index(of.name)

    def least(name: str) -> float:
        pairs = (comparison.selection.estimate(column, name, other) for other in names)
        return min(of.sign * found.mean for found in pairs)

    return max(names, key=least)


def beaten(comparison: Comparison, best: str, of: Criterion) -> list[str]:
    """The strategies that ``best`` is shown to beat, or to equal in every replication."""
    return [n for n in _others(comparison, best) if _lead(comparison, best, n, of).low > 0
            or _lead(comparison, best, n, of) == (0, 0, 0)]  # fmt: skip


def _others(comparison: Comparison, name: str) -> list[str]:
    return [other for other in comparison.selection.values if other != name]


def _lead(comparison: Comparison, name: str, other: str, of: Criterion) -> Interval:
    """By how much ``name`` is better than ``other``."""
    column = comparison.columns.index(of.name)
    return comparison.selection.difference(name, other, column).times(of.sign)


def _place(comparison: Comparison, name: str, of: Criterion, words: str) -> str:
    """What is shown of the one that leads, and its number."""
    at = f"at {range_of(comparison.own(name, of), of)} per task"
    shown = beaten(comparison, name, of)
    doubtful = [n for n in comparison.unsettled if n == name or n not in shown]
    if doubtful:
        return f"leads {at} (not shown: users may not be in equilibrium)"
    rest = [other for other in _others(comparison, name) if other not in shown]
    if rest:
        return f"leads {at} (not shown to be better than {quoted(rest)})"
    ties = [n for n in shown if _lead(comparison, name, n, of) == (0, 0, 0)]
    return f"{words} {at}" + (f", the same as {quoted(ties)}" if ties else "")


def _price(comparison: Comparison, name: str, other: str, of: Criterion, words: str) -> str:
    """What one side's favourite costs the other side, whose favourite is ``other``."""
    if name == other:
        return ""
    loss = _lead(comparison, other, name, of)
    if loss.low <= 0:
        return f" A difference from '{other}' in {of.label} is not shown: {range_of(loss, of)}."
    return f" {words.format(range_of(loss, of))} '{other}'."


def _changes(comparison: Comparison) -> list[str]:
    """What each strategy is shown to change for each class, against the reference."""
    reference = comparison.reference_strategy
    sentences, unchanged = [], []
    for strategy in _others(comparison, reference):
        if strategy in comparison.unsettled:
            continue
        found = {g: comparison.change(strategy, g, _OF_CLASS) for g in comparison.groups}
        hurt = [_share(g, x.times(-1)) for g, x in found.items() if x.high < 0]
        helped = [_share(g, x) for g, x in found.items() if x.low > 0]
        parts = [f"{verb} {listed(of)}" for verb, of in (("costs", hurt), ("gives", helped)) if of]
        if parts:
            sentences.append(f"'{strategy}' {' and '.join(parts)} per task, against '{reference}'.")
        same = [users(g) for g, x in found.items() if x.low <= 0 <= x.high]
        if same:
            who = f" ({listed(same)})" if parts else ""
            unchanged.append(f"'{strategy}'{who}")
    if unchanged:
        sentences.append(f"Not shown to change users' utility: {listed(unchanged)}.")
    return sentences


def _share(group: str, value: Interval) -> str:
    return f"{users(group)} {range_of(value, _OF_CLASS)}"


def users(group: str) -> str:
    """A class of users in words."""
    return "users" if group == "all" else f"{group} users"


def notes(comparison: Comparison) -> list[str]:
    """What else should be known, a sentence each."""
    by = comparison.criterion
    zoned = comparison.reference is not None and not comparison.overloaded
    sentences = [_zone(comparison, by)] if zoned else []
    if comparison.idle:
        sentences.append(
            f"Never acted in the first {comparison.selection.plan.looks[0]} replications, so not "
            f"ranked: {quoted(comparison.idle)}."
        )
    if comparison.ties() and not comparison.overloaded:
        tied = quoted(comparison.ties())
        sentences.append(f"Counted as equal, the same as the best in every replication: {tied}.")
    if comparison.unsettled and not comparison.overloaded:
        sentences.append(
            f"Users under {quoted(comparison.unsettled)} are not shown to be in equilibrium: what "
            "is said of it holds for users as they are."
        )
    sentences += _found(comparison)
    if (shares := comparison.left()) and min(shares) < 0.95 and not comparison.overloaded:
        told = [f"{100 * min(1, share):.0f}%" for share in (min(shares), max(shares))]
        of = " to ".join(dict.fromkeys(told))
        sentences.append(f"Control variates leave {of} of the variance of the differences.")
    if comparison.overloaded:
        sentences.append(
            "Leave these strategies out, give the models more slots, or ask for a finite day with "
            "--horizon."
        )
    elif comparison.measures.short:
        sentences.append("Ask for longer runs (--tasks), or for a finite day with --horizon.")
    elif comparison.unknown:
        sentences.append("Longer runs (--tasks) bring users nearer to their equilibrium.")
    elif not comparison.selection.decided:
        sentences.append("A larger budget or indifference zone could decide it.")
    return [*sentences, counted(comparison)]


def _found(comparison: Comparison) -> list[str]:
    """How near users are whose response was found by simulation."""
    names = [n for n in comparison.selection.values if n not in comparison.unsettled]
    found = tuple(n for n in names if not comparison.known(n))
    if not found or comparison.measures.reaction is None:
        return []
    most = max(comparison.regret(name).high for name in found)
    return [
        f"Users' responses under {quoted(found)} were found by simulation: by answering otherwise "
        f"they would gain at most {100 * most:.2g}% of V."
    ]


def counted(comparison: Comparison) -> str:
    """Which tasks of a replication count."""
    window = comparison.measures.window
    if window.until < float("inf"):
        return f"Each replication is a day of {window.until:,g} s that begins with an empty system."
    after = f", after {window.skip:,} of warm-up" if window.skip else ""
    return f"Of each replication {window.count:,} tasks count{after}."


def _zone(comparison: Comparison, by: Criterion) -> str:
    share = f"{100 * SHARE:g}% of the {by.label} under {comparison.reference}"
    return f"Indifference zone: {amount(comparison.selection.zone, by)}, {share}."
