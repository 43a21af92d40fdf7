"""The four optimizers, from the simplest to the most elaborate.

`init(theta)` gives the state before the first step, a tuple; `step(theta, gradient, state)` the new θ
and the new state; nothing is changed in place. t counts the steps taken, arrays have θ's shape.

lr is a number, an array (C, 1) or a function of the round; the others are numbers or arrays (C, 1).
Defaults and conventions are those of torch.optim.

Every constructor raises ValueError or TypeError if a setting is out of the range it states.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from .. import checks
from ..schedules import Scheduled


@dataclass(frozen=True, eq=False)
class GradientDescent(Scheduled):
    """θ ← θ − lr·g.

    Batch, stochastic and mini-batch gradient descent are this step on groups of all rows, of one
    row, and of a few (Cauchy 1847; Robbins & Monro 1951; from memory).

    Args:
        lr: learning rate, at least 0.

    >>> GradientDescent(.5).step(np.array([1.0]), np.array([0.5]), ())[0]
    array([0.75])
    """

    lr: Any
    ranges = {"lr": (0, np.inf)}

    def init(self, theta):
        return ()

    def step(self, theta, gradient, state):
        return theta - self.lr * gradient, state


@dataclass(frozen=True, eq=False)
class Momentum(Scheduled):
    """v ← momentum·v + (1 − dampening)·g;  θ ← θ − lr·v, or with nesterov θ ← θ − lr·(g + momentum·v).

    torch copies the first gradient into v (v₁ = g₁, dampening skipped); optax starts from v₀ = 0.
    first="copy" is the former, first="zero" the latter; they differ only if dampening > 0.
    Source: Polyak 1964 (from memory).

    Args:
        lr: learning rate, at least 0.
        momentum: in [0, 1].
        dampening: in [0, 1].
        nesterov: look ahead along v; needs dampening 0.
        first: "copy" or "zero".
    """

    lr: Any
    momentum: Any = 0.9
    dampening: Any = 0.0
    nesterov: bool = False
    first: str = "copy"
    ranges = {"lr": (0, np.inf), "momentum": (0, 1), "dampening": (0, 1)}

    def __post_init__(self):
        super().__post_init__()
        checks.one_of("first", self.first, ("copy", "zero"))
        if self.nesterov and np.any(self.dampening):
            raise ValueError(f"dampening must be 0 with nesterov=True, got {self.dampening!r}")

    @cached_property
    def _damps(self):
        return bool(np.any(self.dampening))

    def init(self, theta):
        return 0, np.zeros_like(theta)

    def step(self, theta, gradient, state):
        t, v = state
        fresh = gradient
        if self._damps:
            fresh = (1 - self.dampening * ((t > 0) | (self.first == "zero"))) * gradient
        v = self.momentum * v + fresh
        along = gradient + self.momentum * v if self.nesterov else v
        return theta - self.lr * along, (t + 1, v)


@dataclass(frozen=True, eq=False)
class Adagrad(Scheduled):
    """s ← s + g²;  θ ← θ − lr·g/(√s + eps): each coordinate slows down by what it has seen.

    torch: s₀ = 0 and eps = 1e-10 outside the root. optax: initial=0.1, eps=1e-7, eps_inside=True.
    Source: Duchi, Hazan & Singer 2011 (JMLR; from memory).

    Args:
        lr: learning rate, at least 0.
        eps: at least 0; with 0, a coordinate whose gradient has always been 0 gives 0/0.
        initial: s₀, at least 0.
        eps_inside: divide by √(s + eps) instead.
    """

    lr: Any
    eps: Any = 1e-10
    initial: Any = 0.0
    eps_inside: bool = False
    ranges = {"lr": (0, np.inf), "eps": (0, np.inf), "initial": (0, np.inf)}

    def init(self, theta):
        return (np.zeros_like(theta) + self.initial,)

    def step(self, theta, gradient, state):
        s = state[0] + gradient**2
        size = np.sqrt(s + self.eps) if self.eps_inside else np.sqrt(s) + self.eps
        return theta - self.lr * gradient / size, (s,)


@dataclass(frozen=True, eq=False)
class Adam(Scheduled):
    """m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g²; in step t = 1, 2, … without the pull to zero:
    m̂ = m/(1 − β₁ᵗ), v̂ = v/(1 − β₂ᵗ);  θ ← θ − lr·m̂/(√v̂ + eps).

    The first step has length lr in every coordinate: m̂ = g and √v̂ = |g|. Keras puts eps elsewhere.
    Source: Kingma & Ba (arXiv 1412.6980).

    Args:
        lr: learning rate, at least 0.
        beta1, beta2: in [0, 1].
        eps: at least 0; with 0, a coordinate whose gradient has always been 0 gives 0/0.

    >>> adam = Adam(.1); theta = np.array([1.0, 1.0])
    >>> adam.step(theta, np.array([5.0, -0.01]), adam.init(theta))[0].round(6)
    array([0.9, 1.1])
    """

    lr: Any
    beta1: Any = 0.9
    beta2: Any = 0.999
    eps: Any = 1e-8
    ranges = {"lr": (0, np.inf), "beta1": (0, 1), "beta2": (0, 1), "eps": (0, np.inf)}

    def init(self, theta):
        return 0, np.zeros_like(theta), np.zeros_like(theta)

    def step(self, theta, gradient, state):
        t, m, v = state
        t = t + 1
        m = self.beta1 * m + (1 - self.beta1) * gradient
        v = self.beta2 * v + (1 - self.beta2) * gradient**2
        m_hat = m / (1 - self.beta1**t)
        v_hat = v / (1 - self.beta2**t)
        return theta - self.lr * m_hat / (np.sqrt(v_hat) + self.eps), (t, m, v)
