"""A run that is interrupted leaves the bits of one that is not; a checkpoint that is not right is told so."""

import io
import json
import os
import pickle
import random
import shutil
import signal
import threading
import time
from contextlib import suppress

import numpy as np
import pytest
import torch
from torch.distributed.checkpoint import metadata

from parti_edu.labs.workers import WorkerFailed, Workers, restart
from parti_edu.on_torch import Adam, TwoLayerNet

MODEL, OPTIMIZER, N_WORKERS, LIMIT = TwoLayerNet(4, 2), Adam(0.05), 2, 30
KILLS = 20


def run(folder, rows, rounds=24, model=MODEL, **settings):
    settings = {"batch": 33, "rounds": rounds, "every": 4, "timeout": LIMIT} | settings
    return restart.run_until_done(N_WORKERS, folder, model, rows, OPTIMIZER, **settings)


def contents(folder):
    """Every file below a folder and its bytes."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture(scope="module")
def undisturbed(rows, tmp_path_factory):
    return run(tmp_path_factory.mktemp("undisturbed"), rows)


@pytest.fixture
def begun(rows, tmp_path):
    """A folder with the checkpoints of rounds 4 and 8."""
    run(tmp_path, rows, rounds=8)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["round_000004", "round_000008"]
    return tmp_path


def test_the_run_is_what_one_process_computes(undisturbed, rows):
    """The batches drawn alike, whole; the workers' sums differ by rounding."""
    X, y = torch.as_tensor(rows.X), torch.as_tensor(rows.y)
    theta = torch.as_tensor(MODEL.start(rows.X, rows.y))
    state = OPTIMIZER.init(theta)
    for k in range(1, 25):
        drawn = torch.randperm(len(y), generator=torch.Generator().manual_seed(k))[:33]
        theta, state = OPTIMIZER.step(theta, MODEL.gradient(theta, X[drawn], y[drawn]), state)
    np.testing.assert_allclose(undisturbed, theta, rtol=0, atol=1e-12)


def kill(pid):
    with suppress(ProcessLookupError):  # it has ended just now
        os.kill(pid, signal.SIGKILL)


class Killer:
    """Stands in for `launch`: in its first group it kills one worker, after so many seconds."""

    def __init__(self, draw, longest):
        self.which, self.after, self.launches = draw.randrange(N_WORKERS), draw.uniform(0, longest), 0

    def __call__(self, function, n_workers, *arguments, timeout, progress):
        self.launches += 1
        with Workers(function, n_workers, *arguments, timeout=timeout) as workers:
            if self.launches == 1:
                killer = threading.Timer(self.after, kill, [workers.pids[self.which]])
                killer.daemon = True
                killer.start()
            try:
                return workers.results(progress)
            finally:
                killer.cancel() if self.launches == 1 else None


def test_a_worker_killed_at_any_moment_costs_nothing_but_time(rows, tmp_path, monkeypatch, undisturbed):
    """kill −9 of one worker at 20 random moments, each in a run of its own."""
    began = time.perf_counter()
    run(tmp_path / "timed", rows)
    usual, n_deaths, draw = time.perf_counter() - began, 0, random.Random(0)
    for number in range(5 * KILLS):
        heard: list[str] = []
        killer = Killer(draw, usual)
        monkeypatch.setattr(restart, "launch", killer)
        began = time.perf_counter()
        theta = run(tmp_path / str(number), rows, progress=lambda rank, text, heard=heard: heard.append(text))
        taken = time.perf_counter() - began
        assert taken < LIMIT
        np.testing.assert_array_equal(theta, undisturbed)
        died = any(text.endswith("SIGKILL: the group begins again") for text in heard)
        assert killer.launches == 1 + died
        n_deaths += died
        usual = usual if died else taken  # the moment came too late: this run was not disturbed
        if n_deaths == KILLS:
            break
    assert n_deaths == KILLS


def test_a_checkpoint_is_gone_on_from_not_begun_anew(begun, rows, undisturbed):
    heard = []
    theta = run(begun, rows, progress=lambda rank, text: heard.append((rank, text)))
    np.testing.assert_array_equal(theta, undisturbed)
    assert heard == [(0, f"round {k} is saved") for k in (12, 16, 20, 24)]
    assert sorted(path.name for path in begun.iterdir()) == ["round_000020", "round_000024"]
    heard.clear()
    np.testing.assert_array_equal(run(begun, rows, progress=lambda *words: heard.append(words)), undisturbed)
    assert not heard  # a run that is done has nothing to do
    with pytest.raises(WorkerFailed, match="rounds must be at least 24, got 23"):
        run(begun, rows, rounds=23)


def flip(file):
    """Change one bit in the middle of a file."""
    held = bytearray(file.read_bytes())
    held[len(held) // 2] ^= 1
    file.write_bytes(held)


def cut(file):
    file.write_bytes(file.read_bytes()[:-10])


DAMAGES = {
    "a bit of a tensor": lambda path: flip(path / "__0_0.distcp"),
    "a tensor file cut off": lambda path: cut(path / "__1_0.distcp"),
    "a tensor file lost": lambda path: (path / "__0_0.distcp").unlink(),
    "no table of contents": lambda path: (path / ".metadata").unlink(),
    "a bit of the table": lambda path: flip(path / ".metadata"),
    "checksums cut off": lambda path: cut(path / "about.json"),
    "no checksums": lambda path: (path / "about.json").unlink(),
    "checksums of another shape": lambda path: (path / "about.json").write_text("[1]", encoding="utf-8"),
    "checksums without the table": lambda path: (
        (path / ".metadata").unlink(),
        (path / "about.json").write_text('{"run": {}, "files": {}}', encoding="utf-8"),
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_checkpoint_is_passed_over_and_the_one_before_is_used(begun, damage):
    words = json.loads((begun / "round_000004" / "about.json").read_text(encoding="utf-8"))["run"]
    DAMAGES[damage](begun / "round_000008")
    path, damages = restart.newest(begun, words)
    assert path.name == "round_000004"
    assert [str(found).split(" (")[0] for found in damages] == ["round_000008 is not whole"]


def test_a_run_goes_on_past_a_damaged_checkpoint_and_replaces_it(begun, rows, undisturbed):
    DAMAGES["a bit of a tensor"](begun / "round_000008")
    shutil.copytree(begun / "round_000008", begun / "round_000099")  # damaged, so it does not count
    (begun / ".round_000013").mkdir()  # as a worker leaves it that dies while it writes
    (begun / ".round_000013" / "__0_0.distcp").write_bytes(b"half of it")
    heard = []
    theta = run(begun, rows, progress=lambda rank, text: heard.append(text))
    wrong = "is not whole (__0_0.distcp: not the bytes that were written); it is passed over"
    assert heard[:3] == [f"round_000099 {wrong}", f"round_000008 {wrong}", "round 8 is saved"]
    np.testing.assert_array_equal(theta, undisturbed)
    assert sorted(path.name for path in begun.iterdir()) == ["round_000020", "round_000024"]


def test_without_a_whole_checkpoint_nothing_starts_and_nothing_is_lost(begun, rows):
    for path in begun.iterdir():
        cut(path / ".metadata")
    before = contents(begun)
    with pytest.raises(restart.Damaged, match=r"a whole checkpoint or none at all, got: .*8 is .*4 is"):
        run(begun, rows)
    assert contents(begun) == before


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (
            {"model": TwoLayerNet(5, 2)},
            r"model must be that of round_000008 in folder, TwoLayerNet\(n_hidden=4",
        ),
        ({"batch": 34}, "batch must be that of round_000008 in folder, 33, got 34"),
    ],
    ids=["model", "batch"],
)
def test_a_checkpoint_of_another_run_is_an_error_and_stays(begun, rows, settings, words):
    before = contents(begun)
    with pytest.raises(ValueError, match=words):
        run(begun, rows, **settings)
    with pytest.raises(ValueError, match="data must be that of round_000008"):
        run(
            begun,
            (rows.X * 2, rows.y),
        )
    assert contents(begun) == before


class Evil:
    """What unpickles into a call."""

    def __init__(self, file):
        self.file = file

    def __reduce__(self):
        return os.mkdir, (str(self.file),)


def test_a_table_of_contents_that_would_run_something_is_refused(begun, rows, tmp_path):
    """With checksums that fit, as who wrote the table could write them too."""
    newest, trap = begun / "round_000008", tmp_path / "trap"
    (newest / ".metadata").write_bytes(pickle.dumps(Evil(trap)))
    told = json.loads((newest / "about.json").read_text(encoding="utf-8"))
    told["files"][".metadata"] = restart.checksum(newest / ".metadata")
    (newest / "about.json").write_text(json.dumps(told), encoding="utf-8")
    theta = torch.as_tensor(MODEL.start(rows.X, rows.y))
    with pytest.raises(restart.Damaged, match=r"must list tensors, got the name posix\.mkdir"):
        restart.load(newest, theta, OPTIMIZER.init(theta))
    assert not trap.exists()


class Part:
    """What unpickles into a part of something: so the first Pythons 3.11 write a member of an Enum."""

    def __init__(self, *words):
        self.words = words

    def __reduce__(self):
        return getattr, self.words


def test_a_table_may_ask_for_a_member_of_an_enum_in_either_way_and_for_no_other_part():
    def read(value):
        return restart.Unpickler(io.BytesIO(pickle.dumps(value))).load()

    layout = metadata._MEM_FORMAT_ENCODING.TORCH_CONTIGUOUS_FORMAT
    assert read(layout) is read(Part(type(layout), layout.name)) is layout
    for what, name in ((type(layout), "__class__"), (metadata.Metadata, "__init__"), ("text", "format")):
        with pytest.raises(restart.Damaged, match="must list tensors, got a part of"):
            read(Part(what, name))


def test_an_error_of_a_worker_is_not_tried_again(rows, tmp_path):
    heard = []
    with pytest.raises(WorkerFailed, match=r"batch must be in 2\.\.398 \(rows\), got 1"):
        run(tmp_path, rows, batch=1, progress=lambda *words: heard.append(words))
    assert not heard


def test_a_group_that_dies_each_time_is_given_up(rows, tmp_path, monkeypatch):
    monkeypatch.setattr(restart, "train", suicide)
    heard = []
    with pytest.raises(WorkerFailed, match="worker 1 of 2 was ended by signal SIGKILL"):
        run(tmp_path, rows, again=2, progress=lambda rank, text: heard.append(text))
    assert heard == ["of 2 was ended by signal SIGKILL: the group begins again"] * 2


def suicide(rank, n_workers, *arguments):
    if rank == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    torch.distributed.barrier()
