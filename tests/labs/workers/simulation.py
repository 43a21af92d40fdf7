"""What the workers do, in one process: the same numbers without processes.

Models and optimizers may be those of `on_numpy` with arrays, or those of `on_torch` with tensors: only
their names are used. Each simulation gives θ after every round, (R + 1, P), the start first.
"""

import numpy as np

from parti_edu.labs.workers.data_parallel import chosen


def data_parallel(model, data, groups, optimizer, rounds):
    """θ ← step(θ, Σ_w (n_w/n)·∇F_w(θ)): what a central server, an all-reduce and DDP all do.

    F_w is the loss on group w, of n_w rows; n = Σ n_w.

    Args:
        model, data, optimizer: of one engine; data is a pair (X, y).
        groups: a worker's rows each.
        rounds: steps, at least 1.
    """
    theta, parts, weights = _begin(model, data, groups)
    state, path = optimizer.init(theta), [theta]
    for k in range(1, rounds + 1):
        gradient = sum(w * model.gradient(theta, *part) for w, part in zip(weights, parts, strict=True))
        theta, state = optimizer.at(k).step(theta, gradient, state)
        path.append(theta)
    return np.stack([np.asarray(theta) for theta in path])


def merge_every(model, data, groups, optimizer, rounds, local_steps):
    """θ ← Σ_w (n_w/n)·θ_w, where θ_w is θ after local_steps steps on group w.

    Each worker keeps its optimizer's state from round to round.
    Source: Stich 2019, local SGD (arXiv 1805.09767). Arguments as for `data_parallel`.
    """
    theta, parts, weights = _begin(model, data, groups)
    states, path = [optimizer.init(theta) for _ in parts], [theta]
    for k in range(1, rounds + 1):
        trials = []
        for w, part in enumerate(parts):
            trial, states[w] = _local(model, part, optimizer.at(k), theta, states[w], local_steps)
            trials.append(trial)
        theta = sum(w * trial for w, trial in zip(weights, trials, strict=True))
        path.append(theta)
    return np.stack([np.asarray(theta) for theta in path])


def fedavg(model, data, groups, optimizer, rounds, local_steps, share=1.0, seed=0):
    """θ ← Σ_g n_g·θ_g / Σ_g n_g over the clients chosen in this round, each from a fresh optimizer's state.

    Source: McMahan et al. 2017, FedAvg (arXiv 1602.05629). Arguments as for `data_parallel` and `chosen`.
    """
    theta, parts, weights = _begin(model, data, groups)
    path = [theta]
    for k in range(1, rounds + 1):
        method, total, seen = optimizer.at(k), 0 * theta, 0
        for g in chosen(k, len(parts), share, seed):
            trial, _ = _local(model, parts[g], method, theta, method.init(theta), local_steps)
            total, seen = total + weights[g] * trial, seen + weights[g]
        theta = total / seen
        path.append(theta)
    return np.stack([np.asarray(theta) for theta in path])


def _begin(model, data, groups):
    """The start, each group's rows, and each group's share of the rows."""
    X, y = data
    start = model.start(X, y)
    theta = X.new_tensor(start) if hasattr(X, "new_tensor") else start  # beside tensors, a tensor
    sizes = np.array([len(rows) for rows in groups])
    return theta, [(X[rows], y[rows]) for rows in groups], (sizes / sizes.sum()).tolist()


def _local(model, part, optimizer, theta, state, n_steps):
    for _ in range(n_steps):
        theta, state = optimizer.step(theta, model.gradient(theta, *part), state)
    return theta, state
