"""Several optimizations at once: T independent tasks of one model, each with rows of its own.

Task t is θ_t ← θ_t − lr·∇F(θ_t; X_t, y_t), and no other task enters it: gradients of several tasks add up
only where they share parameters. Four ways to the same θ, (T, P), from rows X (T, n, d) and y (T, n).
"""

import torch

from ...on_torch.models import LogisticRegression
from .launch import launch


def descend(gradient, theta, X, y, lr, steps):
    """Plain gradient steps from θ; the gradient is a function of θ, X and y."""
    for _ in range(steps):
        theta = theta - lr * gradient(theta, X, y)
    return theta


def one_after_another(model, theta, X, y, lr, steps):
    """A loop over the tasks.

    Args:
        model: from parti_edu.on_torch.
        theta, X, y: starts (T, P), rows (T, n, d), labels (T, n).
        lr: learning rate, at least 0.
        steps: how many, at least 0.

    Returns:
        θ of every task, (T, P).
    """
    return torch.stack([descend(model.gradient, *task, lr, steps) for task in zip(theta, X, y, strict=True)])


def over_processes(n_workers, model, theta, X, y, lr, steps, **options):
    """The tasks dealt out to workers, each with its own loop; nothing is sent until the end.

    Args:
        n_workers: at least 1, at most T.
        options: of `launch`.
        others: as for `one_after_another`.
    """
    return torch.cat(launch(share, n_workers, model, theta, X, y, lr, steps, **options))


def share(rank, n_workers, model, theta, X, y, lr, steps):
    """The loop over the tasks of one rank."""
    theta, X, y = (values.tensor_split(n_workers)[rank] for values in (theta, X, y))
    return one_after_another(model, theta, X, y, lr, steps)


def with_vmap(model, theta, X, y, lr, steps):
    """The gradient of one task, which torch.func maps over all; arguments as for `one_after_another`."""
    return descend(torch.func.vmap(torch.func.grad(model.loss)), theta, X, y, lr, steps)


def batched(model, theta, X, y, lr, steps):
    """The tasks as a leading axis of every array, and the gradient by hand: two products for all of them.

    Of `LogisticRegression` alone: ∇F_t = X_tᵀ(σ(X_tθ_t) − y_t)/n + l2·θ_t. Arguments as for
    `one_after_another`; TypeError for another model.
    """
    if not isinstance(model, LogisticRegression):
        raise TypeError(f"model must be a LogisticRegression of parti_edu.on_torch, got {model!r}")

    def gradient(theta, X, y):
        z = torch.einsum("tnd,td->tn", X, theta)
        return torch.einsum("tnd,tn->td", X, torch.sigmoid(z) - y) / X.shape[1] + model.l2 * theta

    return descend(gradient, theta, X, y, lr, steps)
