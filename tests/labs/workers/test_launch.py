"""Workers do what they are told, say what goes wrong, and are gone afterwards."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
import worker_functions as f

from parti_edu.labs.workers import WorkerFailed, Workers, device, launch, report

HERE = Path(__file__).parent


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@pytest.mark.parametrize("n_workers", [1, 2, 4])
def test_each_is_told_its_rank_and_the_values_come_back_by_rank(n_workers):
    told = launch(f.ranks, n_workers, "a", [1.5])
    assert told == [(rank, n_workers, ("a", [1.5])) for rank in range(n_workers)]


def test_they_are_a_group():
    assert launch(f.total, 4) == [10.0] * 4


def test_each_is_a_process_of_its_own_with_one_thread():
    settings = launch(f.settings, 2)
    assert [s[:3] for s in settings] == [(1, "1", "gloo")] * 2
    assert len({s[3] for s in settings} | {os.getpid()}) == 3


def test_the_environment_of_the_caller_stays_as_it_was(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    monkeypatch.delenv("GLOO_SOCKET_IFNAME", raising=False)
    assert launch(f.settings, 1)[0][1] == "1"
    assert os.environ["OMP_NUM_THREADS"] == "2"
    assert "GLOO_SOCKET_IFNAME" not in os.environ


def test_progress_comes_while_they_run_in_each_ones_order():
    heard, alive = [], []

    def progress(rank, text):
        heard.append((rank, text))
        alive.append(workers.processes[rank].is_alive())

    with Workers(f.counts, 2, 3) as workers:
        assert workers.results(progress) == [3, 3]
    assert sorted(heard) == [(rank, f"step {i}") for rank in range(2) for i in range(3)]
    assert all(alive)


def test_a_report_outside_a_worker_is_printed(capsys):
    report("half way")
    assert capsys.readouterr().out == "worker 0: half way\n"
    assert device() == torch.device("cpu")


@pytest.mark.parametrize("bad", [0, 1, 3])
def test_the_traceback_of_the_one_that_failed_arrives_and_the_others_are_ended(bad, no_strays):
    begun = time.monotonic()
    with pytest.raises(WorkerFailed, match=f"no such row: {bad}") as caught:
        launch(f.fails, 4, bad)
    assert caught.value.rank == bad
    assert 'in fails\n    raise ValueError(f"no such row' in str(caught.value)
    assert time.monotonic() - begun < 20, "not the time-out of 30 s: at once"
    assert no_strays() == []


def test_one_that_leaves_without_a_word_is_named():
    with pytest.raises(WorkerFailed, match="worker 1 of 2 was ended with exit code 3"):
        launch(f.leaves, 2, 1)


def test_one_that_is_killed_is_named():
    with Workers(f.waits, 2) as workers:
        os.kill(workers.pids[1], signal.SIGKILL)
        with pytest.raises(WorkerFailed, match="worker 1 of 2 was ended by signal SIGKILL") as caught:
            workers.results()
    assert caught.value.rank == 1


def test_late_ones_are_ended_and_say_where_they_were(no_strays):
    begun = time.monotonic()
    with pytest.raises(WorkerFailed, match=r"worker 0 of 2 had not ended after 0\.5 s") as caught:
        launch(f.hangs, 2, timeout=0.5)
    assert "time.sleep(60)" in str(caught.value)
    assert "dist.all_reduce(torch.zeros(1))" in str(caught.value)
    assert time.monotonic() - begun < 15
    assert no_strays() == []


def test_reports_without_end_do_not_put_off_the_end():
    with pytest.raises(WorkerFailed, match=r"had not ended after 0\.5 s"):
        launch(f.chatters, 2, timeout=0.5, progress=lambda rank, text: None)


@pytest.mark.parametrize("error", [KeyboardInterrupt, ZeroDivisionError, SystemExit])
def test_what_is_raised_meanwhile_ends_them(error, no_strays):
    def progress(rank, text):
        raise error

    with pytest.raises(error):
        launch(f.waits, 2, progress=progress)
    assert no_strays() == []


def test_an_interrupt_sent_to_all_is_the_parents_to_handle():
    def progress(rank, text):
        if text == "step 0":
            os.kill(workers.pids[rank], signal.SIGINT)

    with Workers(f.counts, 2, 3) as workers:
        assert workers.results(progress) == [3, 3]


@pytest.mark.parametrize("end", ["sys.exit()", "os.kill(os.getpid(), signal.SIGKILL)"])
def test_they_end_when_their_parent_does(end, tmp_path):
    """The parent runs the script below; its workers would sleep for a minute."""
    script = (
        "import os, pathlib, signal, sys, worker_functions\n"
        "from parti_edu.labs.workers.launch import LOADED, Workers\n"
        "LOADED.remove('torch._dynamo')\n"
        "workers = Workers(worker_functions.waits, 2).__enter__()\n"
        f"pathlib.Path({str(tmp_path / 'pids')!r}).write_text(' '.join(map(str, workers.pids)))\n{end}\n"
    )
    command = [sys.executable, "-c", script]
    subprocess.run(command, cwd=HERE, timeout=90, check=False, stderr=subprocess.DEVNULL)
    pids = (tmp_path / "pids").read_text(encoding="utf-8").split()
    assert len(pids) == 2
    until = time.monotonic() + 10
    while any(Path(f"/proc/{pid}").exists() for pid in pids):
        assert time.monotonic() < until, "they outlive their parent"
        time.sleep(0.02)


def of_a_notebook():
    pass


of_a_notebook.__module__ = "__main__"


@pytest.mark.parametrize(
    ("function", "n_workers", "settings", "error", "words"),
    [
        (f.ranks, 0, {}, ValueError, "n_workers must be at least 1, got 0"),
        (f.ranks, 1.5, {}, TypeError, "n_workers must be a whole number"),
        (f.ranks, 2, {"timeout": 0}, ValueError, "timeout must be in"),
        (f.ranks, 2, {"backend": "glou"}, ValueError, "did you mean 'gloo'"),
        (f.ranks, 2, {"progress": "loud"}, TypeError, "progress must be progress"),
        (f.ranks, 2, {"port": 70000}, ValueError, "port must be in 1..65535"),
        (
            of_a_notebook,
            2,
            {},
            TypeError,
            "of_a_notebook is of this notebook or script: put it into a module",
        ),
        (lambda rank, n_workers: 0, 2, {}, TypeError, "must be written with def"),
        (8888, 2, {}, TypeError, "function must be function"),
        (Path, 2, {}, TypeError, "function must be function"),
    ],
)
def test_a_bad_argument_is_told_before_anything_starts(
    function, n_workers, settings, error, words, no_strays
):
    with pytest.raises(error, match=words):
        launch(function, n_workers, **settings)
    assert no_strays() == []


def test_what_cannot_be_sent_is_told():
    with pytest.raises(TypeError, match=r"^arguments must be .* must be written with def"):
        launch(f.ranks, 2, [lambda: 0])
    with pytest.raises(TypeError, match=r"^arguments must be .* cannot pickle 'generator' object"):
        launch(f.ranks, 2, (i for i in range(2)))
    with pytest.raises(WorkerFailed, match="the returned value must be what can be sent"):
        launch(f.unsendable, 1)


def test_a_port_may_be_given_and_must_be_free(no_strays):
    assert launch(f.total, 2, port=free_port()) == [3.0] * 2
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(ValueError, match=f"port must be one that is free, got {port}: Address already"):
            launch(f.total, 2, port=port)
    assert no_strays() == []


def test_nccl_wants_a_gpu_for_each():
    n_gpus = torch.cuda.device_count()
    with pytest.raises(ValueError, match=f"n_workers must be at most {n_gpus}"):
        launch(f.total, n_gpus + 1, backend="nccl")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device is at hand")
@pytest.mark.gpu
def test_nccl_gives_each_worker_its_gpu():
    n_gpus = torch.cuda.device_count()
    assert launch(f.places, n_gpus, backend="nccl") == [f"cuda:{rank}" for rank in range(n_gpus)]
