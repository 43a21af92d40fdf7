"""Restart: a checkpoint every few rounds; when a worker dies, the group goes on from the last whole one.

What a round needs is θ, the optimizer's state and the round's number: the batch is drawn from the number.
So a run that was ended and begun again leaves the very bits of one that was not.
"""

import hashlib
import json
import pickle
import shutil
import warnings
from enum import EnumType
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
import torch.distributed.checkpoint as dcp

from ... import checks
from .launch import WorkerFailed, device, launch, report

ABOUT, TABLE = "about.json", ".metadata"  # ours, and torch's table of contents, which it writes last


class Damaged(ValueError):
    """A checkpoint that is not whole."""


def run_until_done(
    n_workers, folder, model, data, optimizer, *, batch, rounds, every=10, again=3, progress=None, timeout=30
):
    """`train` by a group of workers, which is launched again when one of them dies.

    Args:
        n_workers: at least 1.
        folder: of the checkpoints; made if it is not there.
        model, optimizer: from parti_edu.on_torch.
        data: rows with X and y, or a pair (X, y).
        batch, rounds, every: as for `train`.
        again: how many times to launch again at most, at least 0.
        progress, timeout: of each `launch`.

    Returns:
        θ after the last round, (P,).

    Raises:
        WorkerFailed: if a worker raises an error or is late, or one dies for the last time allowed.
        ValueError: if the folder holds checkpoints of another run, or (Damaged) none that is whole.
    """
    checks.count("again", again, 0)
    X, y = checks.rows(data, model)
    newest(folder, about(model, X, y, optimizer, batch))
    for left in reversed(range(again + 1)):
        try:
            arguments = folder, model, X, y, optimizer, batch, rounds, every
            return launch(train, n_workers, *arguments, timeout=timeout, progress=progress)[0]
        except WorkerFailed as failed:
            if not failed.killed or not left:
                raise
            if progress is not None:
                progress(failed.rank, f"{failed.details}: the group begins again")


def train(rank, n_workers, folder, model, X, y, optimizer, batch, rounds, every=10):
    """Data-parallel steps on drawn batches, on from the newest whole checkpoint of the folder.

    In round k all ranks draw the same n rows from a generator seeded with k and rank r takes every W-th of
    them, n_r: g = Σ_r n_r/n·∇F(θ; rows of r), one all-reduce; then each takes the same step.

    Args:
        rank, n_workers: given by `launch`.
        folder: of the checkpoints, the same for all ranks; for several machines a shared one.
        model, optimizer: from parti_edu.on_torch.
        X, y: rows (N, d) and labels (N,) as the model uses them, NumPy arrays.
        batch: rows a round, in n_workers..N.
        rounds: in all, at least 1, and at least that of the newest checkpoint.
        every: rounds between two checkpoints, at least 1; there is one after the last round as well.

    Returns:
        θ, (P,), on every rank.
    """
    checks.count("batch", batch, n_workers, len(X), "rows")
    checks.count("every", every)
    words = about(model, X, y, optimizer, batch)
    theta = torch.as_tensor(model.start(X, y), device=device())
    k, theta, state = resume(folder, words, theta, optimizer.init(theta))
    checks.count("rounds", rounds, max(k, 1))
    X, y = torch.as_tensor(X, device=device()), torch.as_tensor(y, device=device())
    while k < rounds:
        k += 1
        drawn = torch.randperm(len(X), generator=torch.Generator().manual_seed(k))[:batch]
        mine = drawn[rank::n_workers].to(device())
        gradient = model.gradient(theta, X[mine], y[mine]) * (len(mine) / batch)
        dist.all_reduce(gradient)
        theta, state = optimizer.at(k).step(theta, gradient, state)
        if k % every == 0 or k == rounds:
            save(folder, words, k, theta, state)
    return theta.cpu().numpy()


def about(model, X, y, optimizer, batch):
    """What must be the same for a run to go on: model, optimizer, batch, and the data by their checksum."""
    data = hashlib.sha256(np.ascontiguousarray(X).tobytes() + np.ascontiguousarray(y).tobytes())
    return {"model": repr(model), "optimizer": repr(optimizer), "batch": batch, "data": data.hexdigest()}


def save(folder, words, k, theta, state, keep=2):
    """Write the checkpoint of round k, all ranks together, and keep the newest few.

    It gets its name only when it is whole: until then it lies under another, which `resume` does not read.
    """
    path, unfinished = (Path(folder, f"{dot}round_{k:06}") for dot in ("", "."))
    dcp.save(tensors(k, theta, state), checkpoint_id=unfinished)
    if dist.get_rank() == 0:
        files = {file.name: checksum(file) for file in sorted(unfinished.iterdir())}
        (unfinished / ABOUT).write_text(
            json.dumps({"run": words, "files": files}, indent=1), encoding="utf-8"
        )
        for other in newest_first(folder):
            if other.name >= path.name:  # it was passed over, being damaged
                shutil.rmtree(other)
        unfinished.rename(path)
        for old in newest_first(folder)[keep:]:
            shutil.rmtree(old)
        report(f"round {k} is saved")


def resume(folder, words, theta, state):
    """Round, θ and optimizer state from the newest whole checkpoint; those given, in round 0, without any."""
    path, damages = newest(folder, words)
    if dist.get_rank() == 0:
        for damage in damages:
            report(f"{damage}; it is passed over")
        for unfinished in Path(folder).glob(".round_*"):
            shutil.rmtree(unfinished)
    return load(path, theta, state) if path else (0, theta, state)


def newest(folder, words):
    """The newest whole checkpoint, None where there are no checkpoints; and what is wrong with newer ones."""
    damages: list[Damaged] = []
    for path in newest_first(folder):
        try:
            check(path, words)
            return path, damages
        except Damaged as damage:
            damages.append(damage)
    if damages:
        raise Damaged(
            f"folder must hold a whole checkpoint or none at all, got: {'; '.join(map(str, damages))}"
        )
    return None, damages


def newest_first(folder):
    return sorted(Path(folder).glob("round_*"), reverse=True)


def check(path, words):
    """Raise Damaged unless its files are those that were written, ValueError if they are of another run."""
    try:
        told = json.loads((path / ABOUT).read_text(encoding="utf-8"))
        run, files = dict(told["run"]), dict(told["files"])
        wrong = [name for name in sorted({TABLE, *files}) if checksum(path / name) != files.get(name)]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Damaged(f"{path.name} is not whole ({type(error).__name__}: {error})") from None
    if wrong:
        raise Damaged(f"{path.name} is not whole ({', '.join(wrong)}: not the bytes that were written)")
    for name, value in words.items():
        if run.get(name) != value:
            raise ValueError(f"{name} must be that of {path.name} in folder, {run.get(name)}, got {value}")


def checksum(file):
    return hashlib.sha256(file.read_bytes()).hexdigest()


def tensors(k, theta, state):
    """All that a checkpoint holds, as tensors by name."""
    return {"round": torch.tensor(k), "theta": theta} | {
        f"state {i}": torch.as_tensor(part) for i, part in enumerate(state)
    }


def load(path, theta, state):
    """Round, θ and state as they were saved; theta and state say what they look like."""
    held = tensors(0, torch.empty_like(theta), [torch.empty_like(torch.as_tensor(part)) for part in state])
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "torch.distributed is disabled")  # each rank reads by itself
        try:
            dcp.load(held, storage_reader=Reader(path), no_dist=True)
        except dcp.CheckpointException as error:
            causes = "; ".join(str(cause) for cause, _ in error.failures.values())
            raise Damaged(f"{path.name} cannot be read ({causes})") from error
    k, theta, *parts = held.values()
    restored = [part.item() if isinstance(old, int) else part for part, old in zip(parts, state, strict=True)]
    return k.item(), theta, tuple(restored)


class Reader(dcp.FileSystemReader):
    """Reads checkpoints of tensors, whose table of contents is a pickle; see `Unpickler`."""

    def read_metadata(self, *_args, **_kwargs):
        with Path(self.path, TABLE).open("rb") as file:
            table = Unpickler(file).load()
        table.storage_meta.load_id = self.load_id
        return table


class Unpickler(pickle.Unpickler):
    """A pickle can call whatever it can name; this one can name the parts of a table of tensors."""

    parts = {
        "torch.distributed.checkpoint.metadata": "Metadata TensorStorageMetadata TensorProperties "
        "ChunkStorageMetadata MetadataIndex StorageMeta _MEM_FORMAT_ENCODING",
        "torch.distributed.checkpoint.filesystem": "_StorageInfo",
        "torch.serialization": "_get_layout",
        "torch": "Size float64 float32 int64",
        "pathlib": "PosixPath",
        "pathlib._local": "PosixPath",
    }

    def find_class(self, module, name):
        if (module, name) == ("builtins", "getattr"):  # so the first 3.11 write an Enum's member
            return member
        if name not in self.parts.get(module, "").split():
            raise Damaged(f"a checkpoint's {TABLE} must list tensors, got the name {module}.{name}")
        return super().find_class(module, name)


def member(kind, name):
    """A member of an Enum by its name; nothing else has parts that a table may ask for."""
    if not isinstance(kind, EnumType) or name not in kind.__members__:
        raise Damaged(f"a checkpoint's {TABLE} must list tensors, got a part of {kind!r}")
    return kind[name]
