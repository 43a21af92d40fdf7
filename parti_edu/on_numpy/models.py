"""Models and surfaces: a loss, and its gradient derived by hand.

The parameters are one flat vector θ of shape (P,), or (…, P) for many at once; every result keeps
the leading axes. A model's loss and gradient are means over the rows, plus the penalty ½·l2·‖θ‖².
There is no hidden intercept: a column of ones in X makes one.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from .. import checks


def sigmoid(z):
    """1 / (1 + e^(−z)), for any z: where e^(−z) overflows to ∞ the quotient is 0, as it should be."""
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-z))


def softplus(z):
    """log(1 + e^z) without overflow: max(z, 0) + log(1 + e^(−|z|))."""
    return np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))


def log_sum_exp(z):
    """log Σ_j e^(z_j) over the last axis, which is kept; the largest z is taken out first."""
    top = z.max(-1, keepdims=True)
    return top + np.log(np.exp(z - top).sum(-1, keepdims=True))


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


@dataclass(frozen=True)
class LinearRegression(Model):
    """F(θ) = mean_i ½·(x_iᵀθ − y_i)² + ½·l2·‖θ‖².

    By the chain rule the derivative of ½r² is r, times that of r = xᵀθ − y, which is x:
    ∇F(θ) = mean_i (x_iᵀθ − y_i)·x_i + l2·θ. P = d.

    Args:
        l2: weight of the penalty, at least 0.
    """

    l2: float = 0.0

    def loss(self, theta, X, y):
        return ((theta @ X.T - y) ** 2).mean(-1) / 2 + _penalty(self.l2, theta)

    def gradient(self, theta, X, y):
        return (theta @ X.T - y) @ X / len(y) + self.l2 * theta

    def predict(self, theta, X):
        """The expected value of y, (…, n)."""
        return theta @ X.T


@dataclass(frozen=True)
class LogisticRegression(Model):
    """F(θ) = mean_i [log(1 + e^(z_i)) − y_i·z_i] + ½·l2·‖θ‖², with z_i = x_iᵀθ and y_i in {0, 1}.

    The derivative of log(1 + e^z) is σ(z) = 1/(1 + e^(−z)), that of −y·z is −y, and dz/dθ = x:
    ∇F(θ) = mean_i (σ(z_i) − y_i)·x_i + l2·θ. P = d.

    Args:
        l2: weight of the penalty, at least 0.
    """

    l2: float = 0.0
    classifies = True

    def loss(self, theta, X, y):
        z = theta @ X.T
        return (softplus(z) - y * z).mean(-1) + _penalty(self.l2, theta)

    def gradient(self, theta, X, y):
        return (sigmoid(theta @ X.T) - y) @ X / len(y) + self.l2 * theta

    def predict(self, theta, X):
        """The likelier class, 0 or 1, (…, n)."""
        return (theta @ X.T > 0).astype(int)


@dataclass(frozen=True)
class SoftmaxRegression(Model):
    """F(θ) = mean_i [log Σ_c e^(z_ic) − z_{i,y_i}] + ½·l2·‖θ‖², with z_i = Wᵀx_i and θ = W laid flat.

    The derivative of log Σ_c e^(z_c) with respect to z_c is the probability p_c, that of −z_y is
    −1 at c = y: ∇_W F = mean_i x_i (p_i − onehot(y_i))ᵀ + l2·W. W has shape (d, n_classes).

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

    def gradient(self, theta, X, y):
        gradient = X.T @ _cross_entropy_slope(self._outputs(theta, X), y)
        return gradient.reshape(theta.shape) + self.l2 * theta

    def predict(self, theta, X):
        """The likeliest class, (…, n)."""
        return self._outputs(theta, X).argmax(-1)


@dataclass(frozen=True)
class TwoLayerNet(Model):
    """Softmax regression on hidden units: h = tanh(W₁ᵀx + b₁), z = W₂ᵀh + b₂; loss as there.

    Backwards from s = (p − onehot(y))/n, the slope of the loss in z: ∇W₂ = hᵀs, ∇b₂ = Σ_i s_i; the
    slope in h is s·W₂ᵀ, times tanh′ = 1 − h² gives that in W₁ᵀx + b₁, call it u: ∇W₁ = xᵀu,
    ∇b₁ = Σ_i u_i. θ is W₁ (d, n_hidden), b₁, W₂ (n_hidden, n_classes), b₂ laid flat in this order.

    Starts with weights uniform in ±√(6/(fan in + fan out)) (Glorot & Bengio 2010) and zero biases.

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

    def _forward(self, theta, X):
        shapes = self._shapes(X.shape[1])
        ends = np.cumsum([rows * columns for rows, columns in shapes])[:-1]
        parts = np.split(theta, ends, axis=-1)
        W1, b1, W2, b2 = (p.reshape(*theta.shape[:-1], *s) for p, s in zip(parts, shapes, strict=True))
        hidden = np.tanh(X @ W1 + b1)
        return hidden, W2, hidden @ W2 + b2

    def loss(self, theta, X, y):
        return _cross_entropy(self._forward(theta, X)[-1], y) + _penalty(self.l2, theta)

    def gradient(self, theta, X, y):
        hidden, W2, outputs = self._forward(theta, X)
        slope = _cross_entropy_slope(outputs, y)
        back = slope @ W2.swapaxes(-1, -2) * (1 - hidden**2)
        parts = X.T @ back, back.sum(-2), hidden.swapaxes(-1, -2) @ slope, slope.sum(-2)
        flat = [part.reshape(*theta.shape[:-1], -1) for part in parts]
        return np.concatenate(flat, axis=-1) + self.l2 * theta

    def predict(self, theta, X):
        """The likeliest class, (…, n)."""
        return self._forward(theta, X)[-1].argmax(-1)


class Surface(Model):
    """A loss that needs no data: F(θ) alone. X and y may be left out and are ignored."""

    needs_data = False
    begins = (0.0, 0.0)

    def start(self, X=None, y=None, seed=0):
        return np.array(self.begins)


@dataclass(frozen=True, eq=False)
class Quadratic(Surface):
    """F(θ) = ½·(θ − c)ᵀA(θ − c), so ∇F(θ) = A(θ − c) for a symmetric A.

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
        object.__setattr__(self, "centre", np.broadcast_to(centre, len(A)))
        object.__setattr__(self, "begins", self.centre + 1.0)

    def loss(self, theta, X=None, y=None):
        away = theta - self.centre
        return (away @ self.A * away).sum(-1) / 2

    def gradient(self, theta, X=None, y=None):
        return (theta - self.centre) @ self.A


@dataclass(frozen=True)
class Rosenbrock(Surface):
    """F(x, y) = (1 − x)² + b·(y − x²)², a curved valley with its minimum 0 at (1, 1).

    ∂F/∂x = −2(1 − x) − 4b·x·(y − x²), ∂F/∂y = 2b·(y − x²) (Rosenbrock 1960). Starts at (−1.2, 1).

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

    def gradient(self, theta, X=None, y=None):
        x, y = theta[..., 0], theta[..., 1]
        wall = 2 * self.b * (y - x**2)
        return np.stack([-2 * (1 - x) - 2 * x * wall, wall], axis=-1)


@dataclass(frozen=True)
class Saddle(Surface):
    """F(x, y) = ½·(x² − y²) + ¼·y⁴: flat at (0, 0), which is no minimum; those are at (0, ±1).

    ∂F/∂x = x, ∂F/∂y = y³ − y. Starts at (1, 0.001), a little beside the ridge.
    """

    begins = (1.0, 1e-3)

    def loss(self, theta, X=None, y=None):
        x, y = theta[..., 0], theta[..., 1]
        return (x**2 - y**2) / 2 + y**4 / 4

    def gradient(self, theta, X=None, y=None):
        x, y = theta[..., 0], theta[..., 1]
        return np.stack([x, y**3 - y], axis=-1)


def _penalty(l2, theta):
    return l2 / 2 * (theta**2).sum(-1)


def _cross_entropy(outputs, y):
    of_label = outputs[..., np.arange(len(y)), y]
    return (log_sum_exp(outputs)[..., 0] - of_label).mean(-1)


def _cross_entropy_slope(outputs, y):
    """Derivative of the mean cross-entropy in the outputs: (p − onehot(y))/n, (…, n, n_classes)."""
    p = np.exp(outputs - log_sum_exp(outputs))
    p[..., np.arange(len(y)), y] -= 1
    return p / len(y)
