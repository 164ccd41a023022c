"""Several throttles, one behind the other."""

from dataclasses import dataclass
from typing import Any

from sim.checks import refuse
from sim.draws import Luck
from sim.game import Game
from sim.policies import WELCOME, Admit, Refuse, Reworking, Throttle, View
from sim.records import Ended, Reply, Task
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
        total = WELCOME
        for i, layer in enumerate(self.layers):
            entry, state[i] = layer.admit(state[i], task, _LayerView(view, i))
            if isinstance(entry, Refuse):
                return entry, state
            if entry is not WELCOME:
                total = _behind(total, entry)
        return total, state

    def hold(self, state: list[Any], reply: Reply, view: View) -> tuple[float, list[Any]]:
        """The sum of all holds."""
        seconds = 0.0
        for i, layer in enumerate(self.layers):
            hold, state[i] = layer.hold(state[i], reply, _LayerView(view, i))
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
        tables = [holds(layer, models) for layer in self.layers]
        total: Row = (0.0,) * models
        for table in tables:
            if table is None:
                return None
            total = tuple(a + b for a, b in zip(total, table, strict=True))
        return total


class _LayerView:
    """What layer ``place`` sees: the system, and luck of its own."""

    def __init__(self, view: View, place: int) -> None:
        self._view = view
        self._place = place

    @property
    def now(self) -> float:
        """Seconds since the start."""
        return self._view.now

    @property
    def luck(self) -> Luck:
        """The random numbers of the question to this layer."""
        return self._view.luck.part(self._place)

    def queued(self, model: int) -> int:
        """Passes that wait at ``model``."""
        return self._view.queued(model)

    def in_service(self, model: int) -> int:
        """Passes that ``model`` is serving."""
        return self._view.in_service(model)


def _behind(outer: Admit, inner: Admit) -> Admit:
    return Admit(
        outer.delay + inner.delay,
        outer.model if inner.model is None else inner.model,
        inner.priority or outer.priority,
    )
