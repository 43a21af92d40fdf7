"""Storage: parameters, gradients and optimizer state are divided too, and every rank holds 1/W of them.

A layer's parameters are gathered while it computes, forward and backward, and let go afterwards; its
gradients are added up and scattered. Source: Rajbhandari et al. 2020, ZeRO (from memory).
"""

from typing import NamedTuple

import numpy as np
import torch
from torch import nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import DTensor
from torch.nn.functional import cross_entropy

from .launch import device
from .model_parallel import flat, network, placed


class Held(NamedTuple):
    """What one rank holds between two steps, in bytes; θ and the last gradient of all together, (P,)."""

    parameters: int
    state: int
    theta: np.ndarray
    gradient: np.ndarray


def divided(rank, n_workers, widths, X, y, steps, make_optimizer, seed=0):
    """Full-batch steps with the rows and all that is stored divided, by torch's FSDP2.

    FSDP2 takes the plain mean of the ranks' gradients: the loss of rank r is W/n·Σ over its own rows, so
    that uneven shares of the n rows count by their size.

    Args:
        rank, n_workers: given by `launch`.
        others: as for `model_parallel.alone`.

    Returns:
        `Held`.
    """
    net, mesh = network(widths, seed), init_device_mesh(device().type, (n_workers,))
    for layer in net:
        if isinstance(layer, nn.Linear):
            fully_shard(layer, mesh=mesh)
    fully_shard(net, mesh=mesh)
    optimizer = make_optimizer(net.parameters())
    rows, labels = (placed(values).tensor_split(n_workers)[rank] for values in (X, y))
    for _ in range(steps):
        optimizer.zero_grad()
        (cross_entropy(net(rows), labels, reduction="sum") * (n_workers / len(X))).backward()
        optimizer.step()
    state = [t for held in optimizer.state.values() for t in held.values() if isinstance(t, torch.Tensor)]
    return Held(n_bytes(net.parameters()), n_bytes(state), *flat(net))


def n_bytes(tensors):
    """Bytes of the tensors in this process: of a divided one its own part."""
    return sum((t.to_local() if isinstance(t, DTensor) else t).nbytes for t in tensors)
