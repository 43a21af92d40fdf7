"""The same training on one machine or several, started by torchrun and told by a file what to do.

On one machine, with two workers:

    export TORCH_DISABLE_SHARE_RDZV_TCP_STORE=1 OMP_NUM_THREADS=1
    torchrun --nproc-per-node 2 -m parti_edu.labs.workers.run --config FILE

On several, the same on each with `--nnodes 2 --rdzv-backend c10d --rdzv-endpoint FIRST:29500`, where FIRST is
one of them, and GLOO_SOCKET_IFNAME set to the network between them. FILE is .toml, or .json of the same form:

    method = "merge_every"          # central_server, all_reduce_gradients, ddp, merge_every or fedavg
    data = "breast_cancer"          # its training rows
    model = {name = "LogisticRegression", l2 = 0.01}
    groups = {name = "random", n_groups = 2, seed = 0}          # or contiguous, stratified, by_label
    optimizer = {name = "GradientDescent", lr = 0.5}
    rounds = 20
    settings = {local_steps = 4}    # of the method
    result = "merged"               # makes merged.npy, θ after every round, and merged.json
    backend = "gloo"                # or "nccl", one GPU a worker; this line and the next may be left out
    timeout = 60                    # seconds that a worker waits for the others
"""

import argparse
import json
import os
import sys
import tomllib
from datetime import timedelta
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist

from ... import checks, grouping, load, on_torch
from . import data_parallel
from .launch import LOOPBACK

METHODS = {method.__name__: method for method in data_parallel.METHODS}
MODELS = ("LinearRegression", "LogisticRegression", "SoftmaxRegression", "TwoLayerNet")
OPTIMIZERS = ("GradientDescent", "Momentum", "Adagrad", "Adam")
GROUPINGS = {
    "random": len,
    "contiguous": len,
    "stratified": lambda rows: rows.y,
    "by_label": lambda rows: rows.y,
}
NEEDED = ("method", "data", "model", "groups", "optimizer", "rounds", "result")
OTHERS = {"settings": {}, "backend": "gloo", "timeout": 60}


def read(file):
    """What the file says, with the others' defaults; ValueError for a name that is unknown or missing."""
    file = Path(file)
    checks.one_of("the ending of --config", file.suffix, (".toml", ".json"))
    text = file.read_text(encoding="utf-8")
    config = tomllib.loads(text) if file.suffix == ".toml" else json.loads(text)
    for name in config:
        checks.one_of(f"each name in {file.name}", name, (*NEEDED, *OTHERS))
    missing = [name for name in NEEDED if name not in config]
    if missing:
        raise ValueError(f"{file.name} must name {', '.join(NEEDED)}, got no {', '.join(missing)}")
    return OTHERS | config


def prepared(config, n_workers):
    """What each of n_workers is to work on, from the names in the file; errors as of `train_on_workers`."""
    rows = load(config["data"]).train
    group, group_settings = named("groups", config, GROUPINGS)
    groups = getattr(grouping, group)(GROUPINGS[group](rows), **group_settings)
    model, optimizer = (
        getattr(on_torch, name)(**settings)
        for name, settings in (named("model", config, MODELS), named("optimizer", config, OPTIMIZERS))
    )
    checks.one_of("method", config["method"], tuple(METHODS))
    problem = data_parallel.Problem(model, rows, groups)
    work = METHODS[config["method"]], problem, optimizer, config["rounds"], config["settings"]
    data_parallel.checked(n_workers, *work)
    return work


def named(kind, config, known):
    """The name in a table of the file, and its other entries."""
    table = dict(config[kind])
    name = table.pop("name", None)
    checks.one_of(f"name of {kind}", name, tuple(known))
    return name, table


def main():
    """Work in the group that torchrun has made; rank 0 writes the result."""
    parser = argparse.ArgumentParser(prog="torchrun -m parti_edu.labs.workers.run")
    parser.add_argument("--config", required=True, metavar="FILE", help=".toml or .json: what to do")
    config = read(parser.parse_args().config)
    if "LOCAL_RANK" not in os.environ:
        parser.error("start it by torchrun, which tells each worker its rank")
    work = prepared(config, int(os.environ["WORLD_SIZE"]))
    if os.environ["WORLD_SIZE"] == os.environ["LOCAL_WORLD_SIZE"]:
        os.environ.setdefault("GLOO_SOCKET_IFNAME", LOOPBACK)  # all on this machine
    torch.set_num_threads(1)
    if config["backend"] == "nccl":
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    dist.init_process_group(config["backend"], timeout=timedelta(seconds=config["timeout"]))
    theta, n_bytes, on_the_wire = data_parallel.work_on(dist.get_rank(), dist.get_world_size(), *work)
    if dist.get_rank() == 0:
        _, problem, *_ = work
        run = data_parallel.Trained(problem, theta, [n_bytes], [on_the_wire])
        write(config, run)
    dist.barrier()
    dist.destroy_process_group()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # gloo's threads may abort in an orderly exit, after all is done


def write(config, run):
    """θ after every round as .npy; as .json what was run, the loss of each round and the bytes of rank 0."""
    np.save(f"{config['result']}.npy", run.theta)
    loss = run.loss(run.problem.data).tolist()
    told = {"config": config, "loss": loss, "bytes of rank 0": run.n_bytes[0]}
    Path(f"{config['result']}.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
