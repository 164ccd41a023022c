"""Several throttles, one behind the other."""

from dataclasses import dataclass
from typing import Any

from sim.checks import refuse, speaks_for
from sim.draws import Luck, part_of
from sim.game import Game
from sim.policies import WELCOME, Admit, Refuse, Reworking, Throttle, View
from sim.records import Ended, Reply, Task
from sim.scalars import Gates, Scalar, gates
from sim.tables import Row, holds


@dataclass(frozen=True)
class Layers:
    """A prompt passes ``layers`` from the first, the outermost, to the last.

    The first refusal wins, and the layers behind it are not asked: order matters. A token that an
    outer rate limit took is gone although an inner layer refuses; put last what should count
    admitted prompts only. All layers are asked when the prompt comes, for the model that it asks
    for; delays and holds add up; of several other models, or priorities, the innermost counts. The
    innermost layer changes the work first.

    >>> from agents.throttling import AddedDelay, NoThrottle
    >>> Layers((NoThrottle(), AddedDelay((1.0, 2.0)), AddedDelay((0.0, 0.5)))).table(2)
    (1.0, 2.5)
    """

    layers: tuple[Throttle, ...]

    def __post_init__(self) -> None:
        if not self.layers:
            refuse("layers", self.layers, "at least one throttle")

    def init(self) -> list[Any]:
        """The states of the layers."""
        layers: tuple[Any, ...] = self.layers
        return [layer.init() if hasattr(layer, "init") else None for layer in layers]

    def admit(self, state: list[Any], task: Task, view: View) -> tuple[Admit | Refuse, list[Any]]:
        """If every layer does."""
        return self.behind(WELCOME, state, task, view)

    def behind(
        self, before: Admit, state: list[Any], task: Task, view: View
    ) -> tuple[Admit | Refuse, list[Any]]:
        """The same of a prompt that was let in ``before``, and both together."""
        total, seen = before, _LayerView(view)
        for i, layer in enumerate(self.layers):
            seen.place = i
            entry, state[i] = behind(layer, total, state[i], task, seen)
            if isinstance(entry, Refuse):
                return entry, state
            total = entry
        return total, state

    def hold(self, state: list[Any], reply: Reply, view: View) -> tuple[float, list[Any]]:
        """The sum of all holds."""
        seconds, seen = 0.0, _LayerView(view)
        for i, layer in enumerate(self.layers):
            seen.place = i
            hold, state[i] = layer.hold(state[i], reply, seen)
            seconds += hold
        return seconds, state

    def learn(self, state: list[Any], event: Reply | Ended) -> list[Any]:
        """What each layer that learns makes of it."""
        for i, layer in enumerate(self.layers):
            learn: Any = getattr(layer, "learn", None)
            if learn is not None:
                state[i] = learn(state[i], event)
        return state

    def work(self, game: Game) -> Game:
        """The models as they work under all layers; InputError if a layer does not fit them."""
        for layer in reversed(self.layers):
            holds(layer, len(game.models))
            if isinstance(layer, Reworking):
                game = layer.work(game)
        return game

    def table(self, models: int) -> Row | None:
        """The sum of the layers' tables; None unless all have one."""
        whole = self.scalars(models)
        return None if whole is None or whole.rules else whole.hold

    def scalars(self, models: int) -> Gates | None:
        """The rules of all layers, and the sum of their holds; None if a layer has neither."""
        rules: list[tuple[Scalar, int, int]] = []
        total: Row = (0.0,) * models
        for place, layer in enumerate(self.layers, start=1):
            inner = gates(layer, models)
            if inner is None:
                return None
            rules += ((rule, part_of(place, part), group) for rule, part, group in inner.rules)
            total = tuple(a + b for a, b in zip(total, inner.hold, strict=True))
        return Gates(tuple(rules), total)


class _LayerView:
    """What layer ``place`` sees: the system, and luck of its own."""

    def __init__(self, view: View) -> None:
        self._view = view
        self.place = 0
        self.now = view.now
        self.queued = view.queued
        self.in_service = view.in_service

    @property
    def luck(self) -> Luck:
        """The random numbers of the question to this layer."""
        return self._view.luck.part(self.place)


def behind(
    throttle: Any, before: Admit, state: Any, task: Task, view: View
) -> tuple[Admit | Refuse, Any]:
    """What ``throttle`` says of a prompt that was let in ``before``, and both together.

    In floating point order matters: delays are added up from the outermost on, however throttles
    are nested, as the kernel does, which asks their rules in turn.
    """
    if speaks_for(throttle, "behind", "admit"):
        together: tuple[Admit | Refuse, Any] = throttle.behind(before, state, task, view)
        return together
    entry, state = throttle.admit(state, task, view)
    if isinstance(entry, Refuse):
        return entry, state
    return before if entry is WELCOME else _both(before, entry), state


def _both(outer: Admit, inner: Admit) -> Admit:
    return Admit(
        outer.delay + inner.delay,
        outer.model if inner.model is None else inner.model,
        inner.priority or outer.priority,
    )
