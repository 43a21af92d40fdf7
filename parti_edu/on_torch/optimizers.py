"""The four optimizers, as in the reference, on tensors.

`init(theta)` gives the state before the first step, a tuple; `step(theta, gradient, state)` the new θ
and the new state; nothing is changed in place. t counts the steps taken, tensors have θ's shape.

lr is a number, an array (C, 1) or a function of the round; the others are numbers or arrays (C, 1).
`on(theta)` gives the same optimizer with its arrays as tensors beside θ: `train` calls it once, before
the loop, and a step never fetches anything from the host. Defaults and conventions are those of
torch.optim, whose own optimizers take no array for lr.

Every constructor raises ValueError or TypeError if a setting is out of the range it states.
"""

import copy
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import torch

from .. import checks
from ..schedules import Scheduled


def host(value):
    """A tensor as a NumPy array, bfloat16 as float32, which holds it exactly; anything else as it is."""
    if not isinstance(value, torch.Tensor):
        return value
    value = value.detach().cpu()
    return (value.float() if value.dtype == torch.bfloat16 else value).numpy()


def beside(theta, value):
    """An array as a tensor on θ's device and of its dtype, a NumPy number as a plain one; else as it is."""
    if isinstance(value, np.generic | np.ndarray):
        if value.ndim == 0:
            return value.item()
        value = np.require(value, requirements=["C", "W"])  # a copy only of what torch cannot share
        return torch.from_numpy(value).to(theta.device, theta.dtype, non_blocking=True)
    return value


class Placed(Scheduled):
    """Settings that can be put beside θ; tensors are taken for arrays (C, 1), and checked alike."""

    _beside = None  # where `on` put the arrays: a tensor of that device and dtype

    def __post_init__(self):
        for name in self.ranges:
            object.__setattr__(self, name, host(getattr(self, name)))
        super().__post_init__()

    def on(self, theta):
        """The same with its arrays as tensors beside θ, those that a function of the round gives as well."""
        placed = {f.name: beside(theta, getattr(self, f.name)) for f in fields(self)}  # type: ignore[arg-type]
        return self._with(placed | {"_beside": theta.new_empty(0)})

    def at(self, k):
        if not self._functions:
            return self
        now = {name: host(f(k)) for name, f in self._functions.items()}
        for name, value in now.items():
            checks.setting(name, value, *self.ranges[name], functions=False)
        if self._beside is not None:
            now = {name: beside(self._beside, value) for name, value in now.items()}
        return self._with(now)

    def _with(self, values):
        """A copy with these values, which have been checked."""
        other = copy.copy(self)
        vars(other).update(values)
        return other


def of_this_package(name, value, kind=Placed):
    """Models, optimizers and merge rules of the reference look alike, but take no tensors."""
    if not isinstance(value, kind):
        raise TypeError(
            f"{name} must come from parti_edu.on_torch, got {value!r} from {type(value).__module__}"
        )


@dataclass(frozen=True, eq=False)
class GradientDescent(Placed):
    """θ ← θ − lr·g.

    Args:
        lr: learning rate, at least 0.

    >>> GradientDescent(.5).step(torch.tensor([1.0]), torch.tensor([0.5]), ())[0]
    tensor([0.7500])
    """

    lr: Any
    ranges = {"lr": (0, np.inf)}

    def init(self, theta):
        return ()

    def step(self, theta, gradient, state):
        return theta - self.lr * gradient, state


@dataclass(frozen=True, eq=False)
class Momentum(Placed):
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
    _damps = False

    def __post_init__(self):
        super().__post_init__()
        checks.one_of("first", self.first, ("copy", "zero"))
        if self.nesterov and np.any(self.dampening):
            raise ValueError(f"dampening must be 0 with nesterov=True, got {self.dampening!r}")
        object.__setattr__(self, "_damps", bool(np.any(self.dampening)))

    def init(self, theta):
        return 0, torch.zeros_like(theta)

    def step(self, theta, gradient, state):
        t, v = state
        fresh = gradient
        begun = isinstance(t, torch.Tensor) or t > 0  # counts are unlike, a tensor, only after a first step
        if self._damps and (begun or self.first == "zero"):
            fresh = (1 - self.dampening) * gradient
        v = self.momentum * v + fresh
        along = gradient + self.momentum * v if self.nesterov else v
        return theta - self.lr * along, (t + 1, v)


@dataclass(frozen=True, eq=False)
class Adagrad(Placed):
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
        return (torch.zeros_like(theta) + self.initial,)

    def step(self, theta, gradient, state):
        s = state[0] + gradient * gradient
        size = torch.sqrt(s + self.eps) if self.eps_inside else torch.sqrt(s) + self.eps
        return theta - self.lr * gradient / size, (s,)


@dataclass(frozen=True, eq=False)
class Adam(Placed):
    """m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g²; in step t = 1, 2, … without the pull to zero:
    m̂ = m/(1 − β₁ᵗ), v̂ = v/(1 − β₂ᵗ);  θ ← θ − lr·m̂/(√v̂ + eps).

    The first step has length lr in every coordinate: m̂ = g and √v̂ = |g|. Keras puts eps elsewhere.
    Source: Kingma & Ba (arXiv 1412.6980).

    Args:
        lr: learning rate, at least 0.
        beta1, beta2: in [0, 1].
        eps: at least 0; with 0, a coordinate whose gradient has always been 0 gives 0/0.

    >>> adam = Adam(.1); theta = torch.tensor([1.0, 1.0])
    >>> adam.step(theta, torch.tensor([5.0, -0.01]), adam.init(theta))[0]
    tensor([0.9000, 1.1000])
    """

    lr: Any
    beta1: Any = 0.9
    beta2: Any = 0.999
    eps: Any = 1e-8
    ranges = {"lr": (0, np.inf), "beta1": (0, 1), "beta2": (0, 1), "eps": (0, np.inf)}

    def init(self, theta):
        return 0, torch.zeros_like(theta), torch.zeros_like(theta)

    def step(self, theta, gradient, state):
        t, m, v = state
        t = t + 1
        m = torch.lerp(m, gradient, 1 - self.beta1)  # m + (1 − β₁)(g − m), in one call
        v = torch.lerp(v, gradient * gradient, 1 - self.beta2)
        m_hat = m / _correction(self.beta1, t, theta)
        v_hat = v / _correction(self.beta2, t, theta)
        return theta - self.lr * m_hat / (torch.sqrt(v_hat) + self.eps), (t, m, v)


def _correction(beta, t, theta):
    """1 − βᵗ, as a number or, where β or t is a tensor, in θ's dtype."""
    rest = 1 - beta**t
    return rest.to(theta.dtype) if isinstance(rest, torch.Tensor) else rest
