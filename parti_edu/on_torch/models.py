"""Models and surfaces: a loss written in torch, and its gradient by autograd, in one place for all.

As in the reference the parameters are one flat vector θ of shape (P,), or (…, P) for many at once,
and loss and gradient are means over the rows, plus the penalty ½·l2·‖θ‖². θ, X and y are tensors on
one device; `start` and `labels` deal in NumPy arrays, before a run begins.
"""

import copy
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import torch
from torch.nn import functional

from .. import checks


class Model:
    """What every model and surface gives.

    loss(θ, X, y) → (…,); gradient(θ, X, y) → (…, P); predict(θ, X) → (…, n);
    start(X, y, seed) → (P,). X has shape (n, d), y shape (n,).
    """

    needs_data = True
    classifies = False

    counts: ClassVar[dict[str, int]] = {}  # the least value of each count among its settings

    def __post_init__(self):
        for name, low in self.counts.items():
            checks.count(name, getattr(self, name), low)
        checks.number("l2", getattr(self, "l2", 0), 0)

    def start(self, X, y, seed=0):
        """The parameters to start from: zeros, unless the model says otherwise."""
        return np.zeros(X.shape[1])

    def labels(self, y, name="data"):
        """The labels as the model uses them; a classifier raises ValueError unless they are its classes."""
        if not self.classifies:
            return y
        n_classes = getattr(self, "n_classes", 2)
        wrong = y[(y < 0) | (y >= n_classes) | (y != np.floor(y))]
        if len(wrong):
            raise ValueError(f"{name} y must hold classes 0..{n_classes - 1}, got {wrong[0]}")
        return y.astype(int)

    def loss(self, theta, X, y):
        """F(θ) for each parameter vector, (…,), in operations that torch can differentiate."""
        raise NotImplementedError

    def gradient(self, theta, X, y):
        """∇F(θ) by autograd, (…, P).

        Each loss depends on its own row of θ alone, so the gradient of their sum holds them all.
        """
        if not theta.is_floating_point():
            raise TypeError(f"theta must be of a floating dtype, got {theta.dtype}")
        with torch.enable_grad():
            theta = theta.detach().requires_grad_()
            loss = self.loss(theta, X, y)
            return torch.autograd.grad(loss.sum() if loss.ndim else loss, theta)[0]


@dataclass(frozen=True)
class LinearRegression(Model):
    """F(θ) = mean_i ½·(x_iᵀθ − y_i)² + ½·l2·‖θ‖². P = d.

    Args:
        l2: weight of the penalty, at least 0.

    >>> X, y = torch.tensor([[1.0, 2.0]]), torch.tensor([3.0])
    >>> LinearRegression().gradient(torch.zeros(2), X, y)
    tensor([-3., -6.])
    """

    l2: float = 0.0

    def loss(self, theta, X, y):
        return (_outputs(theta, X) - y).square().mean(-1) / 2 + _penalty(self.l2, theta)

    def predict(self, theta, X):
        """The expected value of y, (…, n)."""
        return _outputs(theta, X)


@dataclass(frozen=True)
class LogisticRegression(Model):
    """F(θ) = mean_i [log(1 + e^(z_i)) − y_i·z_i] + ½·l2·‖θ‖², with z_i = x_iᵀθ and y_i in {0, 1}. P = d.

    torch's `softplus` is not used: it gives z itself for z > 20, wrong in the tenth digit.

    Args:
        l2: weight of the penalty, at least 0.
    """

    l2: float = 0.0
    classifies = True

    def labels(self, y, name="data"):
        return super().labels(y, name).astype(float)  # as the loss multiplies them

    def loss(self, theta, X, y):
        z, y = _outputs(theta, X), y if y.dtype == theta.dtype else y.to(theta.dtype)
        entropy = functional.binary_cross_entropy_with_logits
        mean = entropy(z, y) if z.ndim == 1 else entropy(z, y.expand_as(z), reduction="none").mean(-1)
        return mean + _penalty(self.l2, theta)

    def predict(self, theta, X):
        """The likelier class, 0 or 1, (…, n)."""
        return (_outputs(theta, X) > 0).long()


@dataclass(frozen=True)
class SoftmaxRegression(Model):
    """F(θ) = mean_i [log Σ_c e^(z_ic) − z_{i,y_i}] + ½·l2·‖θ‖², with z_i = Wᵀx_i and θ = W laid flat.

    W has shape (d, n_classes).

    Args:
        n_classes: at least 2; labels are 0 … n_classes − 1.
        l2: weight of the penalty, at least 0.
    """

    n_classes: int
    l2: float = 0.0
    counts = {"n_classes": 2}
    classifies = True

    def start(self, X, y, seed=0):
        return np.zeros(X.shape[1] * self.n_classes)

    def _outputs(self, theta, X):
        return X @ theta.reshape(*theta.shape[:-1], X.shape[1], self.n_classes)

    def loss(self, theta, X, y):
        return _cross_entropy(self._outputs(theta, X), y) + _penalty(self.l2, theta)

    def predict(self, theta, X):
        """The likeliest class, (…, n)."""
        return self._outputs(theta, X).argmax(-1)


@dataclass(frozen=True)
class TwoLayerNet(Model):
    """Softmax regression on hidden units: h = tanh(W₁ᵀx + b₁), z = W₂ᵀh + b₂; loss as there.

    θ is W₁ (d, n_hidden), b₁, W₂ (n_hidden, n_classes), b₂ laid flat in this order. Starts with the
    very numbers of the reference: weights uniform in ±√(6/(fan in + fan out)) (Glorot & Bengio 2010).

    Args:
        n_hidden: hidden units, at least 1.
        n_classes: at least 2; labels are 0 … n_classes − 1.
        l2: weight of the penalty, at least 0; it takes in the biases.
    """

    n_hidden: int
    n_classes: int
    l2: float = 0.0
    counts = {"n_hidden": 1, "n_classes": 2}
    classifies = True

    def _shapes(self, d):
        return (d, self.n_hidden), (1, self.n_hidden), (self.n_hidden, self.n_classes), (1, self.n_classes)

    def start(self, X, y, seed=0):
        rng = np.random.default_rng(seed)
        W1, b1, W2, b2 = self._shapes(X.shape[1])
        first, second = (rng.uniform(-1, 1, W) * np.sqrt(6 / sum(W)) for W in (W1, W2))
        return np.concatenate([first.ravel(), np.zeros(b1[1]), second.ravel(), np.zeros(b2[1])])

    def _outputs(self, theta, X):
        shapes = self._shapes(X.shape[1])
        parts = theta.split([rows * columns for rows, columns in shapes], dim=-1)
        W1, b1, W2, b2 = (p.reshape(*theta.shape[:-1], *s) for p, s in zip(parts, shapes, strict=True))
        return torch.tanh(X @ W1 + b1) @ W2 + b2

    def loss(self, theta, X, y):
        return _cross_entropy(self._outputs(theta, X), y) + _penalty(self.l2, theta)

    def predict(self, theta, X):
        """The likeliest class, (…, n)."""
        return self._outputs(theta, X).argmax(-1)


class Surface(Model):
    """A loss that needs no data: F(θ) alone. X and y may be left out and are ignored."""

    needs_data = False
    begins = (0.0, 0.0)

    def start(self, X=None, y=None, seed=0):
        return np.array(self.begins)

    def gradient(self, theta, X=None, y=None):
        return super().gradient(theta, X, y)


@dataclass(frozen=True, eq=False)
class Quadratic(Surface):
    """F(θ) = ½·(θ − c)ᵀA(θ − c) for a symmetric A.

    Args:
        A: curvatures, (P,) for a diagonal A, or a symmetric (P, P).
        centre: c, (P,); zero by default. The start is c + 1.
    """

    A: Any
    centre: Any = 0.0

    def __post_init__(self):
        A = checks.array("A", self.A)
        A = np.diag(A) if A.ndim == 1 else A
        if A.ndim != 2 or not A.size or not np.array_equal(A, A.T):
            raise ValueError(f"A must have shape (P,) or be a symmetric (P, P), got {self.A!r}")
        centre = checks.array("centre", self.centre)
        if centre.shape not in ((), (len(A),)):
            raise ValueError(f"centre must be a number or have shape ({len(A)},), got {centre.shape}")
        object.__setattr__(self, "A", A)
        object.__setattr__(self, "centre", np.broadcast_to(centre, len(A)).copy())
        object.__setattr__(self, "begins", self.centre + 1.0)

    @cached_property
    def _tensors(self):
        return Beside({"A": self.A, "centre": self.centre})

    def loss(self, theta, X=None, y=None):
        held = self._tensors(theta)
        away = theta - held["centre"]
        return (away @ held["A"] * away).sum(-1) / 2


@dataclass(frozen=True)
class Rosenbrock(Surface):
    """F(x, y) = (1 − x)² + b·(y − x²)², a curved valley with its minimum 0 at (1, 1).

    Starts at (−1.2, 1) (Rosenbrock 1960).

    Args:
        b: steepness of the walls, above 0.
    """

    b: float = 100.0
    begins = (-1.2, 1.0)

    def __post_init__(self):
        checks.number("b", self.b, 0, above=True)

    def loss(self, theta, X=None, y=None):
        x, y = theta[..., 0], theta[..., 1]
        return (1 - x) ** 2 + self.b * (y - x**2) ** 2


@dataclass(frozen=True)
class Saddle(Surface):
    """F(x, y) = ½·(x² − y²) + ¼·y⁴: flat at (0, 0), which is no minimum; those are at (0, ±1).

    Starts at (1, 0.001), a little beside the ridge.
    """

    begins = (1.0, 1e-3)

    def loss(self, theta, X=None, y=None):
        x, y = theta[..., 0], theta[..., 1]
        return (x**2 - y**2) / 2 + y**4 / 4


def from_module(module, loss, *, classifies=False, l2=0.0):
    """Any `nn.Module` as a model on a flat θ: its trainable parameters, laid out in `parameters()` order.

    F(θ) = loss(module with θ in place (X), y) + ½·l2·‖θ‖². A shared weight is in θ once; what has
    requires_grad False, and every buffer, stays as it is. The module is copied and never changed.
    Several configurations go through `torch.vmap` together; an LSTM or GRU, which it does not take, is
    called for each. The start is the module's own parameters, so `seed` is not used: seed torch before
    you make the module.

    Args:
        module: takes X (n, d) and gives outputs, (n,) or (n, n_classes); no random layers, no
            running statistics (call `module.eval()`).
        loss: loss(outputs, y) → one number, a mean over the rows, such as `nn.functional.cross_entropy`.
        classifies: y holds classes 0, 1, …, and `predict` gives the largest output's number; otherwise
            `predict` gives the outputs.
        l2: weight of the penalty, at least 0.

    Raises:
        ValueError, TypeError: for a module without trainable parameters, with parameters on two
            devices or of two dtypes, or one that would draw at random or change its own buffers.

    >>> line = torch.nn.Sequential(torch.nn.Linear(2, 1), torch.nn.Flatten(0))
    >>> from_module(line, torch.nn.functional.mse_loss)
    from_module(Sequential of 3 parameters)
    """
    if not isinstance(module, torch.nn.Module):
        raise TypeError(f"module must be a torch.nn.Module, got {module!r}")
    checks.role("loss", loss, "__call__", "a function of outputs and y, such as cross_entropy")
    checks.number("l2", l2, 0)
    _check(module)
    return ModuleModel(copy.deepcopy(module), loss, bool(classifies), l2)


class ModuleModel(Model):
    """A model made by `from_module`."""

    def __init__(self, module, loss_of, classifies, l2):
        self.module, self.loss_of, self.classifies, self.l2 = module, loss_of, classifies, l2
        moving = {name: p.detach() for name, p in module.named_parameters() if p.requires_grad}
        fixed = {name: p.detach() for name, p in module.named_parameters() if not p.requires_grad}
        self.shapes = {name: p.shape for name, p in moving.items()}
        self.first = np.concatenate([p.double().cpu().numpy().ravel() for p in moving.values()])
        self.fixed = Beside(fixed | dict(module.named_buffers()))
        self.together = not any(isinstance(part, torch.nn.RNNBase) for part in module.modules())

    def __repr__(self):
        return f"from_module({type(self.module).__name__} of {len(self.first)} parameters)"

    def start(self, X, y, seed=0):
        """The module's own parameters; seed is not used."""
        return self.first.copy()

    def labels(self, y, name="data"):
        wrong = y[(y < 0) | (y != np.floor(y))] if self.classifies else y[:0]
        if len(wrong):
            raise ValueError(f"{name} y must hold classes 0, 1, …, got {wrong[0]}")
        return y.astype(int) if self.classifies else y

    def loss(self, theta, X, y):
        def one(theta):
            value = self.loss_of(self._outputs(theta, X), y)
            if value.ndim:
                raise ValueError(f"loss must give one number, the mean over the rows, got {value.shape}")
            return value

        return self._each(one, theta) + _penalty(self.l2, theta)

    def predict(self, theta, X):
        """The likeliest class, or the outputs themselves, (…, n)."""
        outputs = self._each(lambda theta: self._outputs(theta, X), theta)
        return outputs.argmax(-1) if self.classifies else outputs

    def _each(self, function, theta):
        """The function of each parameter vector: (…, P) → (…, what it gives)."""
        if theta.ndim == 1:
            return function(theta)
        rows = theta.reshape(-1, theta.shape[-1])
        flat = torch.vmap(function)(rows) if self.together else torch.stack([*map(function, rows)])
        return flat.reshape(*theta.shape[:-1], *flat.shape[1:])

    def _outputs(self, theta, X):
        parts = theta.split([shape.numel() for shape in self.shapes.values()])
        named = {name: part.view(self.shapes[name]) for name, part in zip(self.shapes, parts, strict=True)}
        return torch.func.functional_call(self.module, (named, self.fixed(theta)), (X,))


class Beside:
    """Arrays and tensors by name, copied once to each device and dtype that a θ comes with."""

    def __init__(self, held):
        self.held, self.copies = held, {}

    def __call__(self, theta):
        key = theta.device, theta.dtype
        if key not in self.copies:
            tensors = {name: torch.as_tensor(value) for name, value in self.held.items()}
            self.copies[key] = {
                name: t.to(theta.device, theta.dtype if t.is_floating_point() else t.dtype)
                for name, t in tensors.items()
            }
        return self.copies[key]


def _outputs(theta, X):
    """x_iᵀθ for every row, (…, n)."""
    return torch.mv(X, theta) if theta.ndim == 1 else theta @ X.T


def _penalty(l2, theta):
    return l2 / 2 * torch.linalg.vecdot(theta, theta) if l2 else 0


def _cross_entropy(outputs, y):
    of_label = outputs.gather(-1, y.expand(outputs.shape[:-1])[..., None])[..., 0]
    return (outputs.logsumexp(-1) - of_label).mean(-1)


def _check(module):
    parameters = list(module.parameters())
    if any(isinstance(p, torch.nn.parameter.UninitializedParameter) for p in parameters):
        raise ValueError("module must know the shapes of its parameters: call it once on some rows first")
    if not any(p.requires_grad for p in parameters):
        raise ValueError(
            f"module must have parameters with requires_grad, got {len(parameters)}, none of them so"
        )
    for what in ("device", "dtype"):
        found = sorted({str(getattr(p, what)) for p in parameters})
        if len(found) > 1:
            raise ValueError(f"module must have parameters of one {what}, got {' and '.join(found)}")
    if not parameters[0].is_floating_point() or parameters[0].is_meta:
        raise ValueError(f"module must have floating parameters with values, got {parameters[0].dtype}")
    for part in module.modules():
        name = type(part).__name__
        if part.training and getattr(part, "track_running_stats", False):
            raise ValueError(
                f"module must not change its buffers: {name} in training mode keeps running statistics; "
                "call module.eval() first"
            )
        rate = getattr(part, "p", 0) if "Dropout" in name else getattr(part, "dropout", 0)
        if part.training and isinstance(rate, int | float) and rate > 0:
            raise ValueError(f"module must not draw at random: {name} drops {rate}; call module.eval() first")
