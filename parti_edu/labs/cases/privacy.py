"""Groups as clients: what a client's update tells, and what clipping and noise take away from it.

A client is present or absent; absent, it hands in the round's start. The privacy that is counted here
is a client's, all of its rows at once, against anybody who sees the merged states of every round.
"""

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ... import checks
from ...schedules import Scheduled

HALVINGS = 50  # of an interval: 1e-15 of it is left


def clipped(update, clip):
    """An update, shortened to the norm C if it is longer: u / max(1, ‖u‖/C).

    Args:
        update: trial − start, (…, P).
        clip: C > 0, a number or a column (…, 1).

    Raises:
        ValueError, TypeError: if clip is out of its range.

    Abadi et al. (2016, CCS).

    >>> clipped(np.array([[3.0, 4.0], [0.3, 0.4]]), clip=1.0).tolist()
    [[0.6, 0.8], [0.3, 0.4]]
    """
    checks.setting("clip", clip, 0, above=True, functions=False)
    return update / np.maximum(1, np.linalg.norm(update, axis=-1, keepdims=True) / clip)


@dataclass(frozen=True)
class clip_and_noise(Scheduled):
    """A merge rule: the mean of the clients' clipped updates, with noise.

        θ_k = start + (Σ_g clip_C(trial_g − start) + σ·C·z_k) / G,   z_k standard normal in P dimensions

    Each of the G clients counts the same, however many rows it has: so one more or less moves the sum
    by at most C, and the noise is σ times that. Each round draws noise of its own. What the seed is made
    of must stay secret where it matters; here it is open, so that runs can be repeated.

    Args:
        clip: C > 0, in units of the parameters; a number or a column (C, 1) of configurations.
        noise: σ ≥ 0, the noise multiplier; likewise.
        seed: whole, at least 0, or a column of such; configurations with one seed get the same noise.

    Raises:
        ValueError, TypeError: if an argument is out of its range.

    McMahan, Ramage, Talwar & Zhang (2018, ICLR), without their sampling of clients.

    >>> rule = clip_and_noise(clip=1.0)
    >>> rule.merge(np.zeros(2), [np.array([3.0, 4.0]), np.zeros(2)], [5, 5], rule.init(None))
    (array([0.3, 0.4]), 2)
    """

    clip: Any
    noise: Any = 0.0
    seed: Any = 0
    ranges = {"noise": (0, np.inf), "seed": (0, np.inf)}

    def __post_init__(self):
        super().__post_init__()
        checks.setting("clip", self.clip, 0, above=True, functions=False)
        if np.asarray(self.seed).dtype.kind not in "iu":
            raise TypeError(f"seed must be whole, got {self.seed!r}")

    def init(self, theta):
        return 1

    def merge(self, start, trials, sizes, memory):
        updates = clipped(np.stack(trials) - start, self.clip)
        noise = self.noise * self.clip * self.drawn(memory, start.shape[-1])
        return start + (updates.sum(0) + noise) / len(trials), memory + 1

    def drawn(self, k, n_parameters):
        """z of round k: (P,), or (C, P) if there are several seeds."""
        seeds, which = np.unique(self.seed, return_inverse=True)
        draws = [np.random.default_rng((int(seed), k)).standard_normal(n_parameters) for seed in seeds]
        return np.stack(draws)[which.ravel()] if np.ndim(self.seed) else draws[0]


# The account: what k rounds of noise σ leave of a client's privacy


def delta_exact(noise, rounds, epsilon):
    """The smallest δ for which k rounds are (ε, δ)-private; exact.

        δ = Φ(μ/2 − ε/μ) − e^ε·Φ(−μ/2 − ε/μ),   μ = √k/σ

    For every set of outcomes: P(it happens with the client) ≤ e^ε·P(it happens without) + δ, and the
    other way round. k draws of noise σ tell as much as one draw of σ/√k. If a client were replaced by
    another, and not left out, the sum would move by up to 2C: then σ counts half.

    Args:
        noise: σ > 0, the noise multiplier. rounds: k ≥ 1, in all of which every client takes part.
        epsilon: ε ≥ 0.

    Raises:
        ValueError, TypeError: if an argument is out of its range.

    Balle & Wang (2018, ICML); for k rounds Dong, Roth & Su (2019, arXiv 1905.02383).

    >>> round(delta_exact(noise=1.0, rounds=1, epsilon=0.0), 4)
    0.3829
    """
    checks.number("epsilon", epsilon, 0)
    return _delta(distance(noise, rounds), epsilon)


def epsilon_exact(noise, rounds, delta):
    """The smallest ε for which k rounds are (ε, δ)-private: exact, `delta_exact` solved for ε.

    It is exact if all clients take part in every round. If each round drew some of them, and kept
    secret whom, their privacy would be better than it says.

    Args:
        noise, rounds: as for `delta_exact`. delta: in (0, 1), well below 1 / number of clients.

    Raises:
        ValueError, TypeError: if an argument is out of its range.

    >>> round(epsilon_exact(noise=4.0, rounds=10, delta=1e-5), 2)
    3.34
    """
    low, high, mu = 0.0, epsilon_zcdp(noise, rounds, delta), distance(noise, rounds)
    for _ in range(HALVINGS):  # high is a bound, so the root lies between
        middle = (low + high) / 2
        low, high = (middle, high) if _delta(mu, middle) > delta else (low, middle)
    return high


def epsilon_zcdp(noise, rounds, delta):
    """A simple bound on ε: ρ + 2·√(ρ·ln(1/δ)), with ρ = k/(2σ²) that add up round by round.

    Args and errors as for `epsilon_exact`. Bun & Steinke (2016, arXiv 1605.02065).

    >>> round(epsilon_zcdp(noise=4.0, rounds=10, delta=1e-5), 2)
    4.11
    """
    _check_delta(delta)
    rho = distance(noise, rounds) ** 2 / 2
    return rho + 2 * math.sqrt(rho * math.log(1 / delta))


def epsilon_added_up(noise, rounds, delta):
    """The plainest bound on ε: k times the exact ε of one round at δ/k; ε and δ both add up.

    Args and errors as for `epsilon_exact`. Dwork et al. (2006, EUROCRYPT; from memory).

    >>> round(epsilon_added_up(noise=4.0, rounds=10, delta=1e-5), 1)
    10.6
    """
    checks.count("rounds", rounds)
    _check_delta(delta)
    return rounds * epsilon_exact(noise, 1, delta / rounds)


def distance(noise, rounds):
    """μ = √k/σ: how far apart, in deviations, present and absent are to the best of attackers."""
    checks.number("noise", noise, 0, above=True)
    checks.count("rounds", rounds)
    return math.sqrt(rounds) / noise


def best_guess(noise, rounds):
    """How often the best attacker at most tells a present client from an absent one: Φ(μ/2), ½ by coin.

    It knows all other updates, the client's own, and every merged state; present and absent are as
    likely beforehand. Arguments and errors as for `delta_exact`, whose δ at ε = 0 is twice its lead over ½.

    Dong, Roth & Su (2019, arXiv 1905.02383).

    >>> round(best_guess(noise=1.0, rounds=1), 3)
    0.691
    """
    return math.exp(_log_normal(distance(noise, rounds) / 2))


# Two attacks


class Leak(NamedTuple):
    """What an update tells: the client's row (d,), its column of ones included, and its label."""

    row: np.ndarray
    label: int


def recovered_row(update, n_outputs=1, ones=0):
    """The row of a client that has one row, from its update alone: a division.

    Each step of a logistic or softmax model is −α·x·s, where s (one number an output) is the
    slope of the loss in the outputs; so is any sum of them. In the column of ones x is 1, and what stands
    there is −α·s itself: x = update / update[ones]. The label's output is pulled up, and
    by as much as all others together are pulled down.

    Args:
        update: trial − start, (P,) with P = d·n_outputs, of a model without penalty, or from θ = 0 in
            one step; any number of steps on one row.
        n_outputs: 1 for logistic regression, the number of classes for softmax regression.
        ones: the feature that is 1 in every row.

    Raises:
        ValueError: if the update has another shape, or is 0 in the column of ones.

    Geiping et al. (2020, NeurIPS).

    >>> recovered_row(np.array([0.5, 1.0, -2.0]))
    Leak(row=array([ 1.,  2., -4.]), label=1)
    """
    checks.count("n_outputs", n_outputs)
    update = checks.array("update", update, 1)
    if len(update) % n_outputs:
        raise ValueError(f"update must have d·{n_outputs} numbers (n_outputs), got {len(update)}")
    table = update.reshape(-1, n_outputs)
    checks.count("ones", ones, 0, len(table) - 1, "features")
    pull = table[ones]
    largest = abs(pull).argmax()
    if pull[largest] == 0:
        raise ValueError(f"update must move the weight of feature {ones} (ones), got {pull}")
    return Leak(table[:, largest] / pull[largest], int(largest if n_outputs > 1 else pull[0] > 0))


def taken_for_present(merged, start, trials, clip, client):
    """Whether the best attacker takes the client for present, after one round.

    It takes the other clients' clipped updates away from the sum and asks whether what is left, the
    client's own and noise or noise alone, reaches more than half the client's way.

    Args:
        merged: the merged state, (…, P), as `clip_and_noise` made it.
        start, trials, clip: what it was made of, with the trial that the client would hand in.
        client: its number.

    Returns:
        Truth values, (…).

    Raises:
        ValueError: if there is no such client.
    """
    checks.count("client", client, 0, len(trials) - 1, "number of clients")
    updates = clipped(np.stack(trials) - start, clip)
    own = updates[client]
    left = (merged - start) * len(trials) - (updates.sum(0) - own)
    return (left * own).sum(-1) > (own * own).sum(-1) / 2


def _delta(mu, epsilon):
    far = math.exp(epsilon + _log_normal(-mu / 2 - epsilon / mu))
    return max(0.0, math.exp(_log_normal(mu / 2 - epsilon / mu)) - far)


def _check_delta(delta):
    checks.number("delta", delta, 0, 1, above=True)
    if delta == 1:
        raise ValueError("delta must be below 1, got 1")


def _log_normal(z):
    """log Φ(z), the standard normal distribution function; far below, by the tail's expansion."""
    if z > -30:
        return math.log(math.erfc(-z / math.sqrt(2)) / 2)
    return -z * z / 2 - math.log(-z * math.sqrt(2 * math.pi)) + math.log1p(-1 / z**2 + 3 / z**4)
