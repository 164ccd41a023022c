"""Everything that a script needs, by one name: ``import queuit as q``.

What `sim` and `agents` hand on (scenarios and their engines, every behaviour), and `compare`,
`estimate`, `named`, `pairs`, `Plan`, `replicate` and `utilisation` of `analysis`; `solve` is
`stackelberg`, `games` are the reference games, `read_strategy` makes a throttle of a text. Nothing
is written here, and nothing is imported before it is asked for.

>>> import queuit as q
>>> f"{q.solve(q.games['R14']).cascade:.4f}"
'0.3086'
>>> q.read_strategy("rate-limit:3/min", q.games["R14"])
RateLimit(rate=0.05, burst=3, wait=False)
"""

from importlib import import_module
from typing import TYPE_CHECKING

_WHOLE = ("sim", "agents")  # all that they hand on
_PARTS = {
    "Plan": "analysis.statistics.selection:Plan",
    "compare": "analysis.comparison.study:compare",
    "estimate": "analysis.statistics.intervals:estimate",
    "games": "analysis.games.catalogue:REFERENCE",
    "named": "analysis.games.catalogue:named",
    "pairs": "analysis.games.catalogue:pairs",
    "read_strategy": "agents.throttling.texts:parse",
    "replicate": "analysis.runs.replications:replicate",
    "solve": "agents.theorems.stackelberg:stackelberg",
    "utilisation": "analysis.theory.load:utilisation",
}

if TYPE_CHECKING:  # the same for mypy and editors
    from agents import *
    from agents.abandonment import *
    from agents.patience import *
    from agents.routing import *
    from agents.theorems.stackelberg import stackelberg
    from agents.throttling import *
    from agents.throttling.texts import parse
    from analysis.comparison.study import compare as compare
    from analysis.games.catalogue import REFERENCE
    from analysis.games.catalogue import named as named
    from analysis.games.catalogue import pairs as pairs
    from analysis.runs.replications import replicate as replicate
    from analysis.statistics.intervals import estimate as estimate
    from analysis.statistics.selection import Plan as Plan
    from analysis.theory.load import utilisation as utilisation
    from sim import *

    games, read_strategy, solve = REFERENCE, parse, stackelberg

else:

    def __getattr__(name: str) -> object:
        """What is called ``name``, imported now (PEP 562)."""
        if name in _PARTS:
            module, _, attribute = _PARTS[name].partition(":")
            return getattr(import_module(module), attribute)
        if name == "__all__":
            return __dir__()
        for package in () if name.startswith("_") else map(import_module, _WHOLE):
            if name in package.__all__:
                return getattr(package, name)
        raise AttributeError(f"module 'queuit' has no {name!r}; dir(queuit) lists what it has")

    def __dir__() -> list[str]:
        names = {name for package in _WHOLE for name in import_module(package).__all__}
        return sorted(names | set(_PARTS))
