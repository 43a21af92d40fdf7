"""Functions that the tests run on workers: a worker imports them from here."""

import os
import time

import torch
import torch.distributed as dist
from torch.distributed.algorithms.model_averaging.averagers import PeriodicModelAverager

from parti_edu.labs.workers import Sent, device, report
from parti_edu.labs.workers.count import sent_by_tcp
from parti_edu.labs.workers.data_parallel import Loss


def ranks(rank, n_workers, *arguments):
    """What each worker is told."""
    return rank, n_workers, arguments


def total(rank, n_workers):
    """1 + … + n_workers by an all-reduce."""
    mine = torch.tensor([rank + 1.0])
    dist.all_reduce(mine)
    return mine.item()


def settings(rank, n_workers):
    return torch.get_num_threads(), os.environ["OMP_NUM_THREADS"], dist.get_backend(), os.getpid()


def counts(rank, n_workers, n):
    """Reports 0 … n−1."""
    for i in range(n):
        report(f"step {i}")
    return n


def fails(rank, n_workers, bad):
    """Rank `bad` raises while the others wait for it."""
    if rank == bad:
        raise ValueError(f"no such row: {rank}")
    dist.all_reduce(torch.zeros(1))


def leaves(rank, n_workers, bad):
    """Rank `bad` is gone without a word."""
    if rank == bad:
        os._exit(3)
    dist.all_reduce(torch.zeros(1))


def hangs(rank, n_workers):
    """Rank 0 never comes to the meeting."""
    if rank == 0:
        time.sleep(60)
    dist.all_reduce(torch.zeros(1))


def chatters(rank, n_workers):
    """Reports without end."""
    while True:
        report("still here")
        time.sleep(0.01)


def unsendable(rank, n_workers):
    return lambda: 0


def waits(rank, n_workers):
    """Reports its process number, then sleeps."""
    report(os.getpid())
    time.sleep(60)


def vectors(rank, n_workers, operator, n, repeats=5):
    """An operator on vectors of n numbers: bytes in the program's book, and in the kernel's."""
    mine, all_of_them = torch.zeros(n), torch.zeros(n_workers * n)
    parts = list(all_of_them.split(n))
    calls = {
        "all_reduce": lambda: dist.all_reduce(mine),
        "broadcast": lambda: dist.broadcast(mine, 0),
        "gather": lambda: dist.gather(mine, parts if rank == 0 else None),
        "scatter": lambda: dist.scatter(mine, parts if rank == 0 else None),
        "all_gather": lambda: dist.all_gather(parts, mine),
        "reduce_scatter": lambda: dist.reduce_scatter(mine, parts),
        "send": lambda: [dist.recv, dist.send][rank](mine, 1 - rank) if rank < 2 else None,
    }
    dist.barrier()
    before = sent_by_tcp()
    with Sent() as sent:
        for _ in range(repeats):
            calls[operator]()
        (mine + 1).sum()  # nothing to send
        dist.barrier()
    return dict(sent.n_bytes), sum(sent.calls.values()), sent_by_tcp() - before


def periodic_averager(rank, n_workers, problem, lr, momentum, local_steps, rounds):
    """Torch's own local SGD: SGD on the worker's rows, and PeriodicModelAverager. θ after every round."""
    X, y, _ = problem.part(rank)
    module = Loss(problem.model, problem.start())
    optimizer = torch.optim.SGD(module.parameters(), lr, momentum)
    averager = PeriodicModelAverager(local_steps, warmup_steps=local_steps - 1)  # after steps E, 2E, …
    path = [problem.start()]
    for step in range(1, local_steps * rounds + 1):
        optimizer.zero_grad()
        module(X, y).backward()
        optimizer.step()
        averager.average_parameters(module.parameters())
        if step % local_steps == 0:
            path.append(module.theta.detach().clone())
    return torch.stack(path).numpy()


def plain_ddp(rank, n_workers, problem, lr, rounds):
    """DDP as its manual has it: the mean loss of the worker's rows, however many they are. The last θ."""
    X, y, _ = problem.part(rank)
    module = torch.nn.parallel.DistributedDataParallel(Loss(problem.model, problem.start()))
    optimizer = torch.optim.SGD(module.parameters(), lr)
    for _ in range(rounds):
        optimizer.zero_grad()
        module(X, y).backward()
        optimizer.step()
    return module.module.theta.detach().numpy()


def places(rank, n_workers):
    """Where its tensors belong, after a sum over all of them there."""
    total = torch.ones(1, device=device())
    dist.all_reduce(total)
    assert total.item() == n_workers
    return str(total.device)
