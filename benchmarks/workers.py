"""(f) The same work on 1, 2 and 4 workers: how much sooner it is done, and when it is not.

Fashion-MNIST in float64, the same rows and steps for any number of workers; seconds from when all have begun
until all have ended, what they set up first included and the launch not; the median of the repeats, in turn.
More workers than cores cannot be faster: the result says how many there are.
`python benchmarks/workers.py quick` tries a small form and stores nothing.
"""

import statistics
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import measure
import numpy as np
import torch
import torch.distributed as dist

from parti_edu import grouping, load
from parti_edu.labs.workers import data_parallel, launch, model_parallel, tasks
from parti_edu.on_torch import GradientDescent, LogisticRegression, TwoLayerNet

QUICK = "quick" in sys.argv
N_ROWS, ROUNDS, LOCAL_STEPS, REPEATS = (400, 2, 2, 1) if QUICK else (4000, 4, 8, 3)
N_TASKS, TASK_STEPS = (8, 5) if QUICK else (64, 300)
WIDTHS = (784, 128, 128, 128, 10)
WORKERS = (1, 2, 4)


def timed(rank, n_workers, function, *arguments):
    """Seconds from when all have begun until all have ended."""
    dist.barrier()
    began = time.perf_counter()
    function(rank, n_workers, *arguments)
    dist.barrier()
    return time.perf_counter() - began


def works():
    """Name → (function, arguments for so many workers)."""
    rows = load("fashion_mnist").train.at(np.arange(N_ROWS))
    optimizer, model = GradientDescent(0.1), TwoLayerNet(32, 10)

    def data_parallel_work(n_workers, method, rounds, settings):
        problem = data_parallel.Problem(model, rows, grouping.random(N_ROWS, n_workers))
        return data_parallel.checked(n_workers, method, problem, optimizer, rounds, settings)[1]

    layers = WIDTHS, rows.X, rows.y.astype(int), 10, partial(torch.optim.SGD, lr=0.1)
    every, n_steps = {"local_steps": LOCAL_STEPS}, ROUNDS * LOCAL_STEPS
    merge, ddp = data_parallel.merge_every, data_parallel.ddp
    return {
        f"merge every {LOCAL_STEPS} steps": (
            data_parallel.work_on,
            lambda W: data_parallel_work(W, merge, ROUNDS, every),
        ),
        "DDP, each step": (data_parallel.work_on, lambda W: data_parallel_work(W, ddp, n_steps, {})),
        "pipeline, 8 micro-batches": (model_parallel.pipeline, lambda W: (*layers, 8)),
        "tensor parallel": (model_parallel.tensor_parallel, lambda W: layers),
        f"{N_TASKS} tasks": (tasks.share, lambda W: many_tasks()),
    }


def many_tasks():
    """Logistic regressions of 40 rows and 20 features each."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((N_TASKS, 40, 20))
    y = (X[..., 0] + rng.standard_normal((N_TASKS, 40)) > 0).astype(float)
    return LogisticRegression(0.01), *map(torch.as_tensor, (np.zeros((N_TASKS, 20)), X, y)), 0.1, TASK_STEPS


def nothing(rank, n_workers):
    """What a launch costs by itself."""


def on_workers():
    """A row for each work and number of workers."""
    import workers  # this file by its name: workers cannot import a function of a script that is run

    seconds = {(name, W): [] for name in works() for W in WORKERS}
    for repeat in range(REPEATS + 1):
        for name, (function, arguments) in works().items():
            for W in WORKERS:
                taken = max(launch(workers.timed, W, function, *arguments(W), timeout=300))
                seconds[name, W] += [taken] * (repeat > 0)
    starts = {W: measure.in_turn({"": lambda W=W: launch(workers.nothing, W)}, REPEATS)[""] for W in WORKERS}
    table = [
        row(name, W, taken, measure.ratio(seconds, (name, 1), (name, W)))
        for (name, W), taken in seconds.items()
    ]
    return table + [row("a launch of nothing", W, taken) for W, taken in starts.items()]


def in_one_process():
    """The tasks in one process, three ways."""
    work = many_tasks()
    ways = {
        "one task after another": tasks.one_after_another,
        "vmap": tasks.with_vmap,
        "batched": tasks.batched,
    }
    seconds = measure.in_turn({name: partial(way, *work) for name, way in ways.items()}, REPEATS)
    first = next(iter(ways))
    return [
        row(f"{N_TASKS} tasks, {name}", 1, seconds[name], measure.ratio(seconds, first, name))
        for name in ways
    ]


def row(work, n_workers, seconds, speed_up=None):
    taken = statistics.median(seconds)
    return {
        "work": work,
        "workers": n_workers,
        "s": f"{taken:.4f}",
        "speed-up": f"{speed_up:.2f}" if speed_up else "–",
    }


if __name__ == "__main__":
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as nowhere:
        if QUICK:
            measure.RESULTS = Path(nowhere)
        measure.report(
            f"Workers: the same work on 1, 2 and 4 (median of {REPEATS})",
            on_workers() + in_one_process(),
            n_rows=N_ROWS,
            n_steps=ROUNDS * LOCAL_STEPS,
            torch=torch.__version__,
        )
