"""Maps over whole planes of games, exact and simulated: the data of the paper's Figures 3 to 5.

All of them share p = (.1, .3). Without queues a task's path depends on (p; i, s, q) alone, so that
every policy is played once and the games of a map only price its visits: U = V S - L and J = C +
P (1 - S) of docs/theory.md, section 2, with sample means for S and for the visits. All policies are
played with the same seed: common random numbers, which the errors of differences account for.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from agents.abandonment.stationary import Stationary
from agents.routing.cascade import Cascade
from agents.theorems.policy import Policy
from agents.theorems.responses import best_response
from agents.theorems.stackelberg import stackelberg
from agents.theorems.throttling import throttling_gain
from agents.theorems.ties import close
from agents.throttling.none import NoThrottle
from analysis.games.planes import DIFFERENCE, PENALTY, PLANES, XI, Array, Kind, P, Plane
from analysis.theory.misalignment import misalignment
from sim.engine import simulate
from sim.game import Game
from sim.person import Person
from sim.scenario import Offer, Scenario

FIXED_CASCADE = 0.25  # of Figure 3
TIE_ERRORS = 4.0  # simulated utilities closer than this many standard errors may be a tie
_VALUE = 11.0  # of Figure 3: the least whole V for which every xi of the map leaves t > 0
_S_GRID = np.linspace(0, 1, 11)
_Q_GRID, _Q_FINE = np.linspace(0, 1, 11), np.linspace(0, 1, 41)
_PART = 4096  # tasks at once where moments are taken


@dataclass(frozen=True)
class ResponseMap:
    """Figure 3: the user's q*(1, .25) over net values (docs/theory.md, section 3).

    ``xi_1``, ``xi_2`` cell centres, shape (cells,), money; ``q`` shape (cells, cells), [row: xi_2,
    column: xi_1].
    """

    xi_1: Array
    xi_2: Array
    q: Array


@dataclass(frozen=True)
class PolicyMap:
    """Figures 4 and 5: what an optimum looks like over k_1 - k_2 and P.

    ``difference`` k_1 - k_2 and ``penalty`` P: cell centres, shape (cells,), money. The others have
    shape (cells, cells), [row: P, column: k_1 - k_2]: ``kind`` of `Kind`; ``cascade`` s and
    ``abandonment`` q (probabilities); money: ``gap`` Delta_U (section 5), ``gain`` of full
    throttling, signed, and the user's ``loss`` by it, with latencies that just suffice, t_i = V p_i
    (section 6); standard errors of the three, 0 where exact.
    """

    plane: Plane
    difference: Array
    penalty: Array
    kind: Array
    cascade: Array
    abandonment: Array
    gap: Array
    gain: Array
    loss: Array
    gap_error: Array
    gain_error: Array
    loss_error: Array


@dataclass(frozen=True)
class Maps:
    """Figure 3 and the three planes of Figures 4 and 5, in the order of `PLANES`.

    ``tasks`` that each policy was simulated with; 0 for exact maps.
    """

    response: ResponseMap
    policies: tuple[PolicyMap, ...]
    tasks: int = 0


@dataclass(frozen=True)
class Plays:
    """What the same ``tasks`` tasks did under each of K policies.

    ``rows`` (K, 3): i, s, q. ``means`` (K, 3): visits to M1, visits to M2, success, per task.
    ``covariance`` (K, 3, K, 3) of these means.
    """

    rows: Array
    means: Array
    covariance: Array
    tasks: int

    def group(self, initial: int, cascade: float) -> Array:
        """Indices of the plays of one policy, by increasing q."""
        return np.flatnonzero((self.rows[:, 0] == initial) & (self.rows[:, 1] == cascade))

    def error(self, a: Any, prices_a: Any, b: Any, prices_b: Any) -> Array:
        """Standard error of means[a] . prices_a - means[b] . prices_b; prices have shape (..., 3).

        The difference is paired: of a play with itself at equal prices it is 0.
        """
        c, x, y = self.covariance, np.asarray(prices_a, float), np.asarray(prices_b, float)
        a, b = np.asarray(a), np.asarray(b)
        blocks = ((c[a, :, a], x, x, 1), (c[b, :, b], y, y, 1), (c[a, :, b], x, y, -2))
        variance = sum(k * np.einsum("...i,...ij,...j", u, m, v) for m, u, v, k in blocks)
        return np.asarray(np.sqrt(np.maximum(np.asarray(variance), 0.0)))


def centres(limits: tuple[float, float], cells: int) -> Array:
    """Centres of ``cells`` equal cells between the limits, shape (cells,)."""
    low, high = limits
    return low + (high - low) * ((np.arange(cells) + 0.5) / cells)


def response_game(xi_1: Any, xi_2: Any) -> Game:
    """A game with the given net values (money); c and P do not matter to the user."""
    t = (_VALUE * P[0] - xi_1, _VALUE * P[1] - xi_2)
    return Game.of(P, t, (1.0, 1.0), _VALUE, 1.0)


def exact_maps(cells: int) -> Maps:
    """All maps from the theorems."""
    return Maps(exact_responses(cells), tuple(exact_policies(plane, cells) for plane in PLANES))


def exact_responses(cells: int) -> ResponseMap:
    """Figure 3 by Theorems 1 and 2."""
    xi = centres(XI, cells)
    return ResponseMap(xi, xi, best_response(response_game(xi, xi[:, None]), 1, FIXED_CASCADE).q)


def exact_policies(plane: Plane, cells: int) -> PolicyMap:
    """The map of one plane by Theorems 3, 4, 5 and A; throttled users have utility 0."""
    x, penalty = centres(DIFFERENCE, cells), centres(PENALTY, cells)
    game = plane.game(x, penalty[:, None])
    best = stackelberg(game)
    zero = np.zeros(game.shape)
    return PolicyMap(
        plane,
        x,
        penalty,
        kinds(plane, best.initial, best.cascade, best.abandonment),
        best.cascade,
        best.abandonment,
        gap=misalignment(game, best),
        gain=throttling_gain(game, best),
        loss=best.user_utility,
        gap_error=zero,
        gain_error=zero,
        loss_error=zero,
    )


def kinds(plane: Plane, initial: Any, cascade: Any, abandonment: Any) -> Array:
    """The `Kind` of policies with their responses, elementwise."""
    one, s, q = np.asarray(initial) == 1, np.asarray(cascade), np.asarray(abandonment)
    threshold = plane.threshold
    at_threshold = np.zeros(s.shape, bool) if threshold is None else close(s, threshold)
    cases = {
        Kind.M1_LEAVE: one & (q == 1),
        Kind.M1_STAY: one & (q == 0) & (s == 0),
        Kind.CASCADE_STAY: one & (q == 0) & at_threshold,
        Kind.M2_STAY: ~one & (q == 0),
        Kind.M2_LEAVE: ~one & (q == 1),
    }
    return np.select(list(cases.values()), [int(kind) for kind in cases], int(Kind.OTHER))


def candidates(plane: Plane) -> list[tuple[int, float]]:
    """The policies (i, s) of the simulated argmin: M2, M1 with a grid of s, and the threshold."""
    threshold = plane.threshold
    cascades = [*_S_GRID.tolist(), *([] if threshold is None else [threshold])]
    return [(1, s) for s in sorted(cascades)] + [(2, 0.0)]


def rows() -> list[Policy]:
    """Everything that must be played for all maps: each policy with a grid of q."""
    policies = sorted({policy for plane in PLANES for policy in candidates(plane)})
    coarse = [Policy(i, s, q) for i, s in policies for q in _Q_GRID.tolist()]
    return coarse + [Policy(1, FIXED_CASCADE, q) for q in _Q_FINE.tolist()]


def _silence(done: int) -> None:
    """Nobody is watching."""


def play(
    policies: Sequence[Policy],
    tasks: int,
    seed: int,
    progress: Callable[[int], None] = _silence,
    p: tuple[float, float] = P,
) -> Plays:
    """Play every policy with the same ``tasks`` tasks; ``progress`` is told how many are done."""
    # c = (1, 2) makes the service cost of a task v_1 + 2 v_2 and so tells the visits apart
    probe = Game.of(p, (1.0, 1.0), (1.0, 2.0), 1.0, 1.0)
    seen = np.empty((len(policies), 3, tasks), np.int16)
    for k, (initial, cascade, q) in enumerate(policies):
        offer = Offer(Cascade(initial, cascade), NoThrottle())
        scenario = Scenario(probe, offer, Person(Stationary(q)), tasks=tasks, seed=seed)
        m = simulate(scenario, engine="compiled").metrics()
        second = m["service_cost"] - m["passes"]
        seen[k] = m["passes"] - second, second, m["success"]
        progress(k + 1)
    return _moments(np.array(policies, float), seen.reshape(-1, tasks))


def _moments(policies: Array, seen: Array) -> Plays:
    size, tasks = seen.shape
    sums, squares = np.zeros(size), np.zeros((size, size))
    for first in range(0, tasks, _PART):
        part = seen[:, first : first + _PART].astype(np.float64)
        sums += part.sum(1)
        squares += part @ part.T  # whole numbers: exact in any order
    means = sums / tasks
    covariance = (squares / tasks - np.outer(means, means)) / (tasks - 1)
    k = len(policies)
    return Plays(policies, means.reshape(k, 3), covariance.reshape(k, 3, k, 3), tasks)


def simulated_maps(
    cells: int, tasks: int, seed: int, progress: Callable[[int], None] = _silence
) -> Maps:
    """All maps from simulation; at s_0, s_low and under full throttling ties go the provider's way.

    The policies are the argmin of simulated J over `candidates`, the responses the argmax of
    simulated U over a grid of q; no formula for either enters, only the values of s_0 and s_low.
    """
    plays = play(rows(), tasks, seed, progress)
    policies = tuple(simulated_policies(plane, plays, cells) for plane in PLANES)
    return Maps(simulated_responses(plays, cells), policies, tasks)


def simulated_responses(plays: Plays, cells: int) -> ResponseMap:
    """Figure 3: the q of a grid with the largest simulated U."""
    xi = centres(XI, cells)
    one, two = (_VALUE * p - x for p, x in zip(P, (xi, xi[:, None]), strict=True))
    group = plays.group(1, FIXED_CASCADE)
    v_1, v_2, success = plays.means[group].T
    utility = _VALUE * success - one[..., None] * v_1 - two[..., None] * v_2
    return ResponseMap(xi, xi, plays.rows[group, 2][utility.argmax(-1)])


def simulated_policies(plane: Plane, plays: Plays, cells: int) -> PolicyMap:
    """The map of one plane from simulated utilities and costs."""
    x, penalty = centres(DIFFERENCE, cells), centres(PENALTY, cells)
    game = plane.game(x, penalty[:, None])
    prices = (game.models[0].c, game.models[1].c, -game.penalty)  # of visits and success, per cell
    stakes = np.stack([np.broadcast_to(price, game.shape) for price in prices], -1)
    wants = np.array([-plane.t[0], -plane.t[1], plane.value])
    throttled = np.array([-plane.value * P[0], -plane.value * P[1], plane.value])
    normal = _answers(plane, plays, wants, (plays.rows[:, 1] == plane.threshold, 0.0))
    leaving = _answers(plane, plays, throttled, (np.full(len(plays.rows), True), 1.0))
    chosen = _cheapest(plays, normal, stakes)
    least = _cheapest(plays, leaving, stakes)
    best = normal[(plays.means[normal] @ wants).argmax()]
    saved = plays.means[chosen] - plays.means[least]
    initial, s, q = plays.rows[chosen].transpose(2, 0, 1)
    return PolicyMap(
        plane,
        x,
        penalty,
        kinds(plane, initial, s, q),
        s,
        q,
        gap=(plays.means[best] - plays.means[chosen]) @ wants,
        gain=np.asarray((saved * stakes).sum(-1)),
        loss=plays.means[chosen] @ wants - plays.means[least] @ throttled,
        gap_error=plays.error(best, wants, chosen, wants),
        gain_error=plays.error(chosen, stakes, least, stakes),
        loss_error=plays.error(chosen, wants, least, throttled),
    )


def _answers(plane: Plane, plays: Plays, wants: Array, tie: tuple[Array, float]) -> Array:
    """Index of the users' answer to each candidate policy: the argmax of simulated utility.

    ``tie``: plays whose policy makes users indifferent, and the q that the provider prefers there;
    it is taken only if the simulated utilities do not contradict it.
    """
    indifferent, preferred = tie
    answers = []
    for policy in candidates(plane):
        group = plays.group(*policy)
        best = group[(plays.means[group] @ wants).argmax()]
        for k in group[indifferent[group] & (plays.rows[group, 2] == preferred)]:
            lead = (plays.means[best] - plays.means[k]) @ wants
            if lead <= TIE_ERRORS * plays.error(best, wants, k, wants):
                best = k
        answers.append(best)
    return np.array(answers)


def _cheapest(plays: Plays, answers: Array, stakes: Array) -> Array:
    """Index of the candidate with the least simulated J, per cell; the first among equals."""
    return np.asarray(answers[(stakes @ plays.means[answers].T).argmin(-1)])
