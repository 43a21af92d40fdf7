"""Model parallel: the parameters are divided, every rank sees all rows, and what is sent is activations.

A network is cut between its layers (`pipeline`, by hand) or inside them (`tensor_parallel`, torch's own).
Both take the steps of `alone`, up to rounding.
"""

from itertools import pairwise

import numpy as np
import torch
import torch._dynamo  # torch.optim does so when it is first used; here it is once for all workers
import torch.distributed as dist
from torch import nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.tensor import DTensor
from torch.distributed.tensor.parallel import (
    ColwiseParallel,
    ParallelStyle,
    RowwiseParallel,
    parallelize_module,
)
from torch.nn.functional import cross_entropy

from ... import checks
from .launch import device


def network(widths, seed=0):
    """Linear layers with tanh between them: h ← tanh(Wh + b), the last without tanh; float64.

    Args:
        widths: features, hidden units of each layer, classes: two whole numbers ≥ 1 or more.
        seed: of the start. Ranks that give the same get the same; torch's own seed stays as it is.
    """
    layers: list[nn.Module] = []
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for width, next_width in pairwise(widths):
            layers += [nn.Linear(width, next_width, dtype=torch.float64), nn.Tanh()]
    return nn.Sequential(*layers[:-1]).to(device())


def alone(widths, X, y, steps, make_optimizer, seed=0):
    """Full-batch steps on the mean cross-entropy in one process: what every division must equal.

    Args:
        widths, seed: of the `network`.
        X, y: rows (n, d) and their classes (n,), NumPy arrays.
        steps: how many, at least 1.
        make_optimizer: parameters → a torch optimizer, such as `partial(torch.optim.SGD, lr=0.1)`.

    Returns:
        θ after the last step and the gradient that it took, (P,) each.
    """
    return descend(network(widths, seed), X, y, steps, make_optimizer)


def tensor_parallel(rank, n_workers, widths, X, y, steps, make_optimizer, seed=0):
    """Layers cut inside, in torch's one line: by the units of one layer, by the inputs of the next.

    For h = tanh(W₁x + b₁) and z = W₂h + b₂, rank r holds the units U_r: these rows of W₁ and b₁, these
    columns of W₂. It computes h[U_r] by itself; z = Σ_r W₂[:, U_r]·h[U_r] + b₂ is an all-reduce.
    Source: Shoeybi et al. 2019, Megatron-LM (from memory).

    Args:
        rank, n_workers: given by `launch`.
        widths: of an even number of layers; the units of the first, third, … must be multiples of n_workers.
        others: as for `alone`.

    Returns:
        θ and the last gradient, whole, on every rank.
    """
    n_layers = len(widths) - 1
    if n_layers % 2 or any(units % n_workers for units in widths[1::2]):
        rule = f"an even number of layers, every other with a multiple of {n_workers} (n_workers) units"
        raise ValueError(f"widths must be of {rule}, got {widths}")
    net, mesh = network(widths, seed), init_device_mesh(device().type, (n_workers,))
    plan: dict[str, ParallelStyle] = {
        f"{2 * i}": (ColwiseParallel, RowwiseParallel)[i % 2]() for i in range(n_layers)
    }
    parallelize_module(net, mesh, plan)
    return descend(net, X, y, steps, make_optimizer)


def pipeline(rank, n_workers, widths, X, y, steps, make_optimizer, n_micro=4, seed=0):
    """A stage of layers a rank: activations are sent on, their gradients are sent back.

    h_r = stage_r(h_{r−1}), h_{−1} = X, and F = Σ_i F_i, where F_i is micro-batch i's part in the mean over
    all rows. Rank r gets ∂F_i/∂h_r from rank r + 1 and sends ∂F_i/∂h_{r−1} to rank r − 1. If all stages take
    the same time, each rank waits for (W − 1)/(n_micro + W − 1) of it.
    Source: Huang et al. 2019, GPipe (from memory).

    Args:
        rank, n_workers: given by `launch`; not more workers than layers.
        n_micro: micro-batches a step, in 1..n.
        others: as for `alone`.

    Returns:
        Its own part of θ and of the last gradient: those of all ranks in a row are what `alone` returns.
    """
    checks.count("n_micro", n_micro, 1, len(X), "rows")
    stage = stages(network(widths, seed), n_workers)[rank]
    optimizer = make_optimizer(stage.parameters())
    first, last = rank == 0, rank == n_workers - 1
    micro_batches = [*zip(*(placed(values).tensor_split(n_micro) for values in (X, y)), strict=True)]
    for _ in range(steps):
        optimizer.zero_grad()
        kept = []
        for rows, labels in micro_batches:
            h = rows if first else received(rank - 1, (len(rows), stage[0].in_features)).requires_grad_()
            out = stage(h)
            if last:
                out = cross_entropy(out, labels, reduction="sum") / len(X)
            else:
                dist.send(out.detach(), rank + 1)
            kept.append((h, out))
        for h, out in kept:
            out.backward(None if last else received(rank + 1, out.shape))
            if not first:
                dist.send(h.grad, rank - 1)
        optimizer.step()
    return flat(stage)


def stages(net, n_stages):
    """The network cut between its layers, into parts of as many layers each as can be."""
    linear = [i for i, layer in enumerate(net) if isinstance(layer, nn.Linear)]
    checks.count("n_workers", n_stages, 1, len(linear), "layers")
    starts = [int(part[0]) for part in np.array_split(linear, n_stages)]
    return [net[begin:end] for begin, end in pairwise([*starts, len(net)])]


def received(rank, shape):
    """What that rank sends next, of this shape."""
    tensor = torch.empty(shape, dtype=torch.float64, device=device())
    dist.recv(tensor, rank)
    return tensor


def descend(net, X, y, steps, make_optimizer):
    """The steps on all rows; θ and the last gradient, (P,) each."""
    X, y, optimizer = placed(X), placed(y), make_optimizer(net.parameters())
    for _ in range(steps):
        optimizer.zero_grad()
        cross_entropy(net(X), y).backward()
        optimizer.step()
    return flat(net)


def flat(net):
    """Its parameters, and their gradients, in a row, (P,) each; what is divided is gathered first."""
    parameters = list(net.parameters())
    return row(parameters), row([p.grad for p in parameters])


def row(tensors):
    whole = [t.full_tensor() if isinstance(t, DTensor) else t for t in tensors]
    return torch.cat([t.detach().flatten() for t in whole]).cpu().numpy()


def placed(values):
    return torch.as_tensor(values, device=device())
