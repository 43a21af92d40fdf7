"""The entry point for torchrun: the same numbers as on workers of a notebook, and as in one process."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import simulation

from parti_edu import grouping
from parti_edu.labs.workers import data_parallel, run, train_on_workers
from parti_edu.on_numpy import GradientDescent, LogisticRegression

LIMIT = 100  # seconds; on an idle machine it takes about four

TOML = """
method = "merge_every"
data = "breast_cancer"
model = {name = "LogisticRegression", l2 = 0.01}
groups = {name = "random", n_groups = 2, seed = 5}
optimizer = {name = "GradientDescent", lr = 0.5}
rounds = 6
settings = {local_steps = 3}
result = "merged"
"""


@pytest.fixture
def config(tmp_path):
    file = tmp_path / "merge.toml"
    file.write_text(TOML, encoding="utf-8")
    return file


def torchrun(folder, *arguments, n_workers=2):
    """Exit code and words of a group on this machine; it is ended at the limit, and leaves nobody behind."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    group = f"--nproc-per-node={n_workers}", "--master-addr=127.0.0.1", f"--master-port={port}"
    module = "-m", "parti_edu.labs.workers.run"
    process = subprocess.Popen(
        [sys.executable, "-m", "torch.distributed.run", *group, *module, *arguments],
        cwd=folder,
        env=os.environ | {"TORCH_DISABLE_SHARE_RDZV_TCP_STORE": "1", "OMP_NUM_THREADS": "1"},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        words, _ = process.communicate(timeout=LIMIT)
        assert not in_session(process.pid)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        for left in in_session(process.pid):
            os.kill(left, signal.SIGKILL)
    return process.returncode, words


def in_session(session):
    """Process numbers of a session. Linux."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, its_session = status.read_text(encoding="utf-8").rsplit(")", 1)[1].split()[:4]
        except OSError:  # gone meanwhile
            continue
        if int(its_session) == session and state != "Z":
            found.append(int(status.parent.name))
    return found


def test_torchrun_gives_what_launch_and_one_process_give(config, rows):
    code, words = torchrun(config.parent, "--config", config.name)
    assert code == 0, words
    found = np.load(config.parent / "merged.npy")
    method, problem, optimizer, rounds, settings = run.prepared(run.read(config), 2)
    assert method is data_parallel.merge_every
    on_workers = train_on_workers(
        method, problem.model, rows, problem.groups, optimizer=optimizer, rounds=rounds, **settings
    )
    np.testing.assert_array_equal(found, on_workers.theta)
    groups = grouping.random(len(rows), 2, seed=5)
    model = LogisticRegression(l2=0.01)
    alone = simulation.merge_every(model, (rows.X, rows.y), groups, GradientDescent(0.5), 6, local_steps=3)
    np.testing.assert_allclose(found, alone, rtol=0, atol=1e-12)
    told = json.loads((config.parent / "merged.json").read_text(encoding="utf-8"))
    assert told["config"]["method"] == "merge_every"
    np.testing.assert_allclose(told["loss"], on_workers.loss(rows), rtol=0, atol=1e-12)
    assert told["bytes of rank 0"] == {"allreduce_": 6 * 30 * 8}


def test_what_the_file_does_not_tell_ends_the_group_with_words(config):
    code, words = torchrun(config.parent, "--config", config.name, n_workers=3)
    assert code != 0
    assert "n_workers must be in 2..2 (groups), got 3" in words


def test_toml_and_json_say_the_same(config):
    said = run.read(config)
    assert (said["backend"], said["timeout"], said["settings"]) == ("gloo", 60, {"local_steps": 3})
    other = config.with_suffix(".json")
    other.write_text(json.dumps(said), encoding="utf-8")
    assert run.read(other) == said


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('result = "merged"', "", r"must name .*, got no result"),
        (
            "rounds",
            "round",
            r"each name in merge.toml must be one of .* got 'round' \(did you mean 'rounds'\?\)",
        ),
        ("merge_every", "merge_evry", r"method must be one of .* \(did you mean 'merge_every'\?\)"),
        ('name = "LogisticRegression", ', "", r"name of model must be one of .*, got None"),
        ("breast_cancer", "brest_cancer", r"did you mean 'breast_cancer'"),
        ("n_groups = 2", "n_groups = 3", r"n_workers must be in 3\.\.3 \(groups\), got 2"),
        ("local_steps = 3", "local_steps = 0", r"local_steps must be at least 1, got 0"),
        ("lr = 0.5", "lr = -1", r"lr must be in \[0, inf\)"),
    ],
)
def test_a_wrong_file_is_told_before_a_group_is_made(config, old, new, words):
    assert TOML.count(old) == 1
    config.write_text(TOML.replace(old, new), encoding="utf-8")
    with pytest.raises((ValueError, TypeError), match=words):
        run.prepared(run.read(config), 2)


@pytest.mark.parametrize("name", [*run.METHODS, *run.MODELS, *run.OPTIMIZERS, *run.GROUPINGS])
def test_every_name_that_a_file_may_hold_is_there(name):
    from parti_edu import on_torch

    assert callable(
        getattr(data_parallel, name, None) or getattr(on_torch, name, None) or getattr(grouping, name)
    )
