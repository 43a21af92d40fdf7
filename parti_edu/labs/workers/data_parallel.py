"""The rows are divided, every worker has all parameters: five ways to keep them equal.

Each way is a generator on a worker that yields θ after every round; `train_on_workers` runs it. In all of
them worker w holds the n_w rows of one group (in FedAvg of several) and weighs n_w/n, so that uneven
groups are right. θ, (P,), is float64.
"""

import inspect
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from ... import checks
from ...grouping import Groups
from ...on_torch.models import Model
from ...on_torch.optimizers import of_this_package
from ...schedules import configurations
from .count import Sent, sent_by_tcp
from .launch import device, launch, report


@dataclass(frozen=True)
class Problem:
    """A model, rows, and whose they are.

    Args:
        model: of on_torch.
        data: anything with X (n, d) and y (n,), or a pair (X, y).
        groups: index arrays into the rows, one a worker (in FedAvg one a client).

    Raises:
        ValueError, TypeError: if the rows do not suit the model, or the groups are no rows of the data.
    """

    model: Any
    data: Any = field(repr=False)
    groups: Any

    def __post_init__(self):
        of_this_package("model", self.model, Model)
        object.__setattr__(self, "data", checks.rows(self.data, self.model))
        object.__setattr__(self, "groups", Groups(self.groups))
        n_samples, highest = len(self.data[1]), int(np.concatenate(self.groups).max())
        if highest >= n_samples:
            raise ValueError(f"groups must hold rows in 0..{n_samples - 1} (n_samples), got {highest}")

    def start(self):
        """θ_0, (P,)."""
        return torch.as_tensor(self.model.start(*self.data), dtype=torch.float64, device=device())

    def part(self, g):
        """Group g's rows X (n_g, d) and y (n_g,), and its weight n_g/n, n being the rows of all groups."""
        X, y = (torch.as_tensor(values[self.groups[g]], device=device()) for values in self.data)
        return X, y, len(y) / int(self.groups.sizes.sum())


@dataclass(frozen=True)
class Trained:
    """What came of a training on workers.

    theta: after every round, (R + 1, P), the start first.
    n_bytes: for each worker, what it handed to each operator, {operator: bytes}.
    on_the_wire: for each worker, the bytes that the kernel saw it send; nan where the kernel is not Linux.
    """

    problem: Problem
    theta: np.ndarray = field(repr=False)
    n_bytes: list
    on_the_wire: list

    @property
    def final(self):
        """θ after the last round, (P,)."""
        return self.theta[-1]

    def loss(self, data):
        """The loss on these rows after every round, (R + 1,)."""
        return self._of(self.problem.model.loss, data)

    def accuracy(self, data):
        """The share of these rows that is told right after every round, (R + 1,)."""
        predict = self.problem.model.predict
        return self._of(lambda theta, X, y: (predict(theta, X) == y).double().mean(-1), data)

    def _of(self, function, data):
        X, y = map(torch.as_tensor, checks.rows(data, self.problem.model))
        with torch.no_grad():
            return function(torch.from_numpy(self.theta), X, y).numpy()


def train_on_workers(
    method,
    model,
    data,
    groups,
    *,
    optimizer,
    rounds,
    n_workers=None,
    backend="gloo",
    timeout=60,
    progress=None,
    **settings,
):
    """Train on several processes and return what rank 0 has, the same as all others.

    Args:
        method: central_server, all_reduce_gradients, ddp, merge_every or fedavg.
        model, data, groups: see `Problem`.
        optimizer: of on_torch, its settings numbers.
        rounds: at least 1.
        n_workers: as many as groups; fedavg may have fewer, each of which plays several clients.
        backend, timeout, progress: see `launch`; progress hears each tenth of the rounds.
        settings: of the method, such as local_steps.

    Raises:
        ValueError, TypeError: before anything starts, for an argument that is out of its range, more workers
            than samples among them.
        WorkerFailed: see `launch`.
    """
    problem = Problem(model, data, groups)
    work = method, problem, optimizer, rounds, settings
    n_workers = checked(n_workers, *work)
    told = launch(work_on, n_workers, *work, backend=backend, timeout=timeout, progress=progress)
    theta, n_bytes, on_the_wire = zip(*told, strict=True)
    return Trained(problem, theta[0], list(n_bytes), list(on_the_wire))


def checked(n_workers, method, problem, optimizer, rounds, settings):
    """How many workers, if they can work on that; ValueError or TypeError as for `train_on_workers`."""
    of_this_package("optimizer", optimizer)
    if configurations(optimizer):
        raise ValueError(f"optimizer must have numbers for its settings, got {optimizer!r}")
    checks.count("rounds", rounds)
    n_groups = len(problem.groups)
    n_workers = n_groups if n_workers is None else n_workers
    checks.count("n_workers", n_workers, 1, len(problem.data[1]), "n_samples")
    checks.count("n_workers", n_workers, 1 if method is fedavg else n_groups, n_groups, "groups")
    _check(method, settings)
    return n_workers


def work_on(rank, n_workers, method, problem, optimizer, rounds, settings):
    """On a worker: θ after every round, and its bytes in the program's book and in the kernel's."""
    path, before = [problem.start()], sent_by_tcp()
    with Sent() as sent:
        steps = method(rank, n_workers, problem, optimizer, **settings)
        for k, theta in zip(range(1, rounds + 1), steps, strict=False):
            path.append(theta)
            if k * 10 // rounds > (k - 1) * 10 // rounds:
                report(f"round {k} of {rounds}")
    dist.barrier()  # all has arrived
    return torch.stack(path).cpu().numpy(), dict(sent.n_bytes), sent_by_tcp() - before


def central_server(rank, n_workers, problem, optimizer):
    """Rank 0 sends θ to all, gathers ∇F_w(θ), and steps along Σ_w (n_w/n)·∇F_w(θ). It alone has a state."""
    X, y, _ = problem.part(rank)
    weights = [problem.part(w)[2] for w in range(n_workers)]
    theta = problem.start()
    state = optimizer.init(theta)
    received = [torch.empty_like(theta) for _ in range(n_workers)] if rank == 0 else None
    for k in count(1):
        gradient = problem.model.gradient(theta, X, y)
        dist.gather(gradient, received)
        if received is not None:
            mean = sum(weight * each for weight, each in zip(weights, received, strict=True))
            theta, state = optimizer.at(k).step(theta, mean, state)
        theta = theta.clone()
        dist.broadcast(theta, 0)
        yield theta


def all_reduce_gradients(rank, n_workers, problem, optimizer):
    """All add up (n_w/n)·∇F_w(θ), in a ring, and take the same step. No server."""
    X, y, weight = problem.part(rank)
    theta = problem.start()
    state = optimizer.init(theta)
    for k in count(1):
        gradient = weight * problem.model.gradient(theta, X, y)
        dist.all_reduce(gradient)
        theta, state = optimizer.at(k).step(theta, gradient, state)
        yield theta


class Loss(nn.Module):
    """A model's loss F(θ; X, y) as a module whose one parameter is θ."""

    def __init__(self, model, theta):
        super().__init__()
        self.model, self.theta = model, nn.Parameter(theta.clone())

    def forward(self, X, y):
        return self.model.loss(self.theta, X, y)


def ddp(rank, n_workers, problem, optimizer):
    """torch's DistributedDataParallel, which averages over workers: the loss times (n_w/n)·W sets that right.

    Source: Li et al. 2020, PyTorch Distributed (from memory).
    """
    X, y, weight = problem.part(rank)
    module = DistributedDataParallel(Loss(problem.model, problem.start()))
    theta = module.module.theta
    state = optimizer.init(theta.detach())
    for k in count(1):
        theta.grad = None
        (module(X, y) * weight * n_workers).backward()
        with torch.no_grad():
            stepped, state = optimizer.at(k).step(theta, theta.grad, state)
            theta.copy_(stepped)
        yield stepped.detach()


def merge_every(rank, n_workers, problem, optimizer, local_steps):
    """local_steps steps on the worker's own rows, then θ ← Σ_w (n_w/n)·θ_w. Each keeps its optimizer's state.

    Source: Stich 2019, local SGD (arXiv 1805.09767).
    """
    X, y, weight = problem.part(rank)
    theta = problem.start()
    state = optimizer.init(theta)
    for k in count(1):
        for _ in range(local_steps):
            theta, state = optimizer.at(k).step(theta, problem.model.gradient(theta, X, y), state)
        theta = weight * theta
        dist.all_reduce(theta)
        yield theta


def fedavg(rank, n_workers, problem, optimizer, local_steps, share=1.0, seed=0):
    """A share of the clients does local_steps steps each, from a fresh state; θ ← Σ_g n_g·θ_g / Σ_g n_g.

    Worker w plays the clients w, w + W, w + 2W, …, each a group.
    Source: McMahan et al. 2017, FedAvg (arXiv 1602.05629).
    """
    n_clients = len(problem.groups)
    parts = {g: problem.part(g) for g in range(rank, n_clients, n_workers)}
    theta = problem.start()
    for k in count(1):
        clients = chosen(k, n_clients, share, seed)
        method, seen = optimizer.at(k), int(problem.groups.sizes[clients].sum())
        total = torch.zeros_like(theta)
        for X, y, _ in (parts[g] for g in clients if g in parts):
            trial, state = theta, method.init(theta)
            for _ in range(local_steps):
                trial, state = method.step(trial, problem.model.gradient(trial, X, y), state)
            total += len(y) / seen * trial
        dist.all_reduce(total)
        theta = total
        yield theta


def chosen(k, n_clients, share, seed=0):
    """The clients of round k: a share of all, at least one, drawn without putting back; sorted.

    Args:
        share: of the clients, in (0, 1].

    >>> chosen(1, 10, .3).tolist() == chosen(1, 10, .3).tolist(), len(chosen(1, 10, .3))
    (True, 3)
    """
    n_chosen = max(1, round(share * n_clients))
    return np.sort(np.random.default_rng([seed, k]).choice(n_clients, n_chosen, replace=False))


def _check(method, settings):
    if method not in METHODS:
        raise ValueError(f"method must be one of {', '.join(m.__name__ for m in METHODS)}, got {method!r}")
    names = list(inspect.signature(method).parameters.values())[4:]
    missing = [p.name for p in names if p.default is p.empty and p.name not in settings]
    unknown = sorted(settings.keys() - {p.name for p in names})
    if missing or unknown:
        known = ", ".join(p.name for p in names) or "none"
        raise TypeError(
            f"settings of {method.__name__} must be {known}; missing {missing}, unknown {unknown}"
        )
    if "local_steps" in settings:
        checks.count("local_steps", settings["local_steps"])
    if "share" in settings:
        checks.number("share", settings["share"], 0, 1, above=True)


METHODS = (central_server, all_reduce_gradients, ddp, merge_every, fedavg)
