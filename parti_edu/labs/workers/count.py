"""What is sent: bytes given to each operator, what they come to on the network, and how long that takes.

Two books, kept apart: `Sent` adds up the tensors that operators of torch.distributed are given, in the
program; `sent_by_tcp` asks the kernel how many bytes this process's connections have carried.
"""

import math
import os
import socket
import struct
import sys
import time
from collections import Counter

import torch
import torch.distributed as dist
from torch.utils._python_dispatch import TorchDispatchMode

from .launch import device

OPERATORS = ("c10d", "_c10d_functional")  # the name spaces of what sends and receives

NOTHING = ("barrier", "monitored_barrier_", "wait_tensor")  # operators that carry no numbers

FACTORS = {
    "allreduce_": lambda W: 2 * (W - 1) / W,  # around the ring twice, but for one part
    "all_reduce": lambda W: 2 * (W - 1) / W,
    "broadcast_": lambda W: (W - 1) / W,  # W − 1 receive it; shared among W
    "gather_": lambda W: (W - 1) / W,
    "scatter_": lambda W: (W - 1) / W,
    "allgather_": lambda W: W - 1,  # each part goes to all others
    "_allgather_base_": lambda W: W - 1,
    "all_gather_into_tensor": lambda W: W - 1,
    "reduce_scatter_": lambda W: (W - 1) / W,
    "_reduce_scatter_base_": lambda W: (W - 1) / W,
    "reduce_scatter_tensor": lambda W: (W - 1) / W,
    "send": lambda W: 1,
    "recv_": lambda W: 0,
}


class Sent(TorchDispatchMode):
    """`with Sent() as sent:` counts, in this worker, the bytes that each operator is given.

    sent.n_bytes: {operator: bytes of its input tensors}. sent.calls: {operator: how often}.
    An output buffer is not counted, nor is what carries no numbers, such as a barrier.
    """

    def __init__(self):
        super().__init__()
        self.n_bytes: Counter = Counter()
        self.calls: Counter = Counter()

    def __torch_dispatch__(self, operator, types, args=(), kwargs=None):
        name = operator._schema.name.split("::")[1]
        if operator.namespace in OPERATORS and name not in NOTHING:
            named = zip(operator._schema.arguments, args, strict=False)
            given = [value for argument, value in named if not argument.name.startswith("output")]
            self.n_bytes[name] += sum(t.numel() * t.element_size() for t in _tensors(given))
            self.calls[name] += 1
        return operator(*args, **kwargs or {})


def on_the_wire(n_bytes, n_workers):
    """Bytes that one worker sends, from what its operators were given: Σ factor(W)·bytes.

    A ring all-reduce has the factor 2·(W − 1)/W; a broadcast and a gather, in which one side is a single
    worker, (W − 1)/W on average over the workers; an all-gather W − 1 of each one's part; a reduce-scatter
    (W − 1)/W. gloo makes its reduce-scatter of an all-reduce, and so sends twice that.

    Args:
        n_bytes: {operator: bytes}, such as Sent().n_bytes.
        n_workers: W, at least 1.

    Raises:
        ValueError: for an operator that is not in FACTORS.

    >>> on_the_wire({"allreduce_": 1000}, 4)
    1500.0
    """
    unknown = sorted(set(n_bytes) - set(FACTORS))
    if unknown:
        raise ValueError(f"n_bytes must be of operators in FACTORS, got {unknown}")
    return sum(FACTORS[name](n_workers) * size for name, size in n_bytes.items())


def sent_by_tcp():
    """Bytes that the TCP connections of this process have sent so far, by the kernel's own count.

    These are `tcpi_bytes_sent − tcpi_bytes_retrans` (linux/tcp.h) of every socket that is open; nan where
    the kernel is not Linux. On a busy machine some bytes are sent twice even to itself.
    """
    if sys.platform != "linux":
        return math.nan
    total = 0
    for name in os.listdir("/proc/self/fd"):
        try:
            if not os.readlink(f"/proc/self/fd/{name}").startswith("socket:"):
                continue
            with socket.socket(fileno=os.dup(int(name))) as line:
                if line.type == socket.SOCK_STREAM and line.family in (socket.AF_INET, socket.AF_INET6):
                    info = line.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 216)
                    sent, again = struct.unpack_from("QQ", info, 200)
                    total += sent - again
        except OSError:  # closed meanwhile
            continue
    return total


def time_all_reduce(rank, n_workers, sizes, repeats=5):
    """For `launch`: seconds of an all-reduce of each size, the median of the repeats.

    Args:
        sizes: bytes each, at least 4.
        repeats: at least 1, after one that is not counted.

    Returns:
        Rows (n_workers, n_bytes, seconds), as `timing.calibrate` takes them.
    """
    rows = []
    for size in sizes:
        vector = torch.zeros(size // 4, device=device())
        seconds = []
        for _ in range(repeats + 1):
            dist.barrier()
            begun = time.perf_counter()
            dist.all_reduce(vector)
            vector.sum().item()  # until it is there
            seconds.append(time.perf_counter() - begun)
        rows.append((n_workers, vector.numel() * 4, sorted(seconds[1:])[repeats // 2]))
    return rows


def _tensors(values):
    """The tensors in nested lists."""
    for value in values:
        if isinstance(value, torch.Tensor):
            yield value
        elif isinstance(value, list | tuple):
            yield from _tensors(value)
