"""Several processes that run one function, each a rank of a process group; none of them outlives the call.

A process that has torch in memory already (multiprocessing's forkserver) is copied for each worker, which
takes hundredths of a second; importing torch takes a second or more. The workers find each other through
a store that the parent keeps, on a port of this machine alone.
"""

import io
import multiprocessing
import os
import pickle
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from multiprocessing import connection, forkserver
from types import FunctionType

import torch
import torch.distributed as dist

from ... import checks

LOOPBACK = "lo0" if sys.platform == "darwin" else "lo"
CALM = {"OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": LOOPBACK}
# Imported once for all workers. DDP asks for the compiler, which alone takes more than a second.
LOADED = ["torch._dynamo", "torch.distributed.checkpoint", "parti_edu.labs.workers"]
GRACE = 0.5  # seconds that late workers get to say where they are


class WorkerFailed(RuntimeError):
    """A worker raised an error, was ended, or did not end in time.

    rank: its number. details: its traceback, or what else is known. killed: a signal ended it.
    """

    def __init__(self, rank, details, killed=False):
        super().__init__(f"worker {rank} {details}")
        self.rank, self.details, self.killed = rank, details, killed


def launch(function, n_workers, *arguments, backend="gloo", timeout=30, progress=None, port=None):
    """Call function(rank, n_workers, *arguments) in n_workers processes and return their values by rank.

    Inside it `torch.distributed` is ready to use, torch computes in one thread, `device()` is where tensors
    belong, and `report(text)` reaches `progress` while it runs.

    Args:
        function: from a module that the workers can import, so not one written in a notebook.
        n_workers: at least 1.
        arguments: the same for every worker; copied to each, as are the values on their way back.
        backend: "gloo" (CPU), or "nccl" (one GPU a worker).
        timeout: seconds in which all must end, from when all have begun, above 0; then they are ended.
        progress: progress(rank, text), called here for each report; None to hear none.
        port: where the workers meet, in 1..65535; by default one that is free.

    Raises:
        WorkerFailed: with the traceback of the worker that failed first; the others have been ended.
        ValueError, TypeError: before anything starts, for an argument that is out of its range, a function
            or an argument that cannot be sent, a port in use, fewer GPUs than workers.
    """
    if progress is not None:
        checks.role("progress", progress, "__call__", "progress(rank, text), such as print")
    with Workers(function, n_workers, *arguments, backend=backend, timeout=timeout, port=port) as workers:
        return workers.results(progress)


class Workers:
    """What `launch` does in two steps, for those who want the process numbers in between.

    `with Workers(function, n_workers, *arguments) as workers:` starts them, `workers.pids` are their process
    numbers by rank, `workers.results(progress)` waits for them. Leaving the block ends those that still run.
    Arguments and errors as for `launch`.
    """

    def __init__(self, function, n_workers, *arguments, backend="gloo", timeout=30, port=None):
        checks.count("n_workers", n_workers)
        checks.one_of("backend", backend, ("gloo", "nccl"))
        checks.number("timeout", timeout, 0, above=True)
        if port is not None:
            checks.count("port", port, 1, 65535)
        n_gpus = torch.cuda.device_count() if backend == "nccl" else n_workers
        if n_gpus < n_workers:
            raise ValueError(f"n_workers must be at most {n_gpus} (GPUs at hand) with nccl, got {n_workers}")
        if isinstance(function, type) or not callable(function):
            raise TypeError(f"function must be function(rank, n_workers, …), got {function!r}")
        self.work = _pack("function", function), _pack("arguments", arguments)
        self.n_workers, self.backend, self.timeout, self.port = n_workers, backend, timeout, port
        self.processes: list = []
        self.lines: list = []  # one connection to each worker

    def __enter__(self):
        context = warm()
        self.store = _store(self.port)
        try:
            for rank in range(self.n_workers):
                here, there = context.Pipe()
                group = rank, self.n_workers, self.backend, self.store.port, self.timeout
                arguments = there, self.work, group
                self.processes.append(context.Process(target=_worker, args=arguments, daemon=True))
                self.lines.append(here)
                self.processes[-1].start()
                there.close()
            self.deadline = time.monotonic() + self.timeout  # from the moment that all have begun
            for line in self.lines:
                with suppress(OSError):  # one that is gone already is told of by `results`
                    line.send(self.deadline)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *error):
        self.stop()

    @property
    def pids(self):
        """Their process numbers, by rank."""
        return [process.pid for process in self.processes]

    def results(self, progress=None):
        """Wait for all; their values by rank."""
        values, waiting = {}, {line: rank for rank, line in enumerate(self.lines)}
        while waiting:
            left = self.deadline - time.monotonic()
            ready = connection.wait(waiting, max(left, 0))
            if left < 0 or not ready:
                raise self._late(waiting, {})
            for line in ready:
                kind, what = _hear(line)
                if kind == "report" and progress is not None:
                    progress(waiting[line], what)
                elif kind == "value":
                    values[waiting.pop(line)] = pickle.loads(what)
                elif kind in ("failed", "gone"):
                    raise self._failed(kind, what, line, waiting)
                elif kind == "late":
                    raise self._late(waiting, {line: what})
        self._end_in_peace()
        return [values[rank] for rank in range(self.n_workers)]

    def stop(self):
        """End the workers that still run, at once."""
        started = [process for process in self.processes if process.pid is not None]
        for process in started:
            process.kill()
        for process in started:
            process.join()
        for line in self.lines:
            line.close()
        self.store = None

    def _end_in_peace(self):
        """A worker leaves the group when all have their values: then nobody waits for it any more."""
        for line in self.lines:
            line.close()
        for process in self.processes:
            process.join(GRACE)

    def _failed(self, kind, what, line, waiting):
        """The first cause: a worker that is gone, rather than one that misses it."""
        if kind == "failed":
            others = [other for other in waiting if other is not line]
            gone = [other for other in others if _is_gone(other)]
            if not gone:
                return WorkerFailed(waiting[line], f"of {self.n_workers} failed:\n{what}")
            line = gone[0]
        process = self.processes[waiting[line]]
        process.join(10 * GRACE)  # its line is closed: it is on its way out
        code = process.exitcode
        killed = bool(code and code < 0)
        end = f"by signal {signal.Signals(-code).name}" if killed else f"with exit code {code}"
        rule = "; a script must launch its workers under if __name__ == '__main__'" * (code == 1)
        return WorkerFailed(waiting[line], f"of {self.n_workers} was ended {end}{rule}", killed)

    def _late(self, waiting, told):
        """Where each of those that have not ended was, as far as they have told by the end of GRACE."""
        until = time.monotonic() + GRACE
        while len(told) < len(waiting) and time.monotonic() < until:
            for line in connection.wait([line for line in waiting if line not in told], GRACE):
                kind, what = _hear(line)
                if kind != "report":
                    told[line] = what if kind == "late" else f"  {kind}\n"
        where = "".join(
            f"worker {rank} was at\n{told.get(line, '  unknown')}" for line, rank in waiting.items()
        )
        first = min(waiting.values())
        return WorkerFailed(first, f"of {self.n_workers} had not ended after {self.timeout:g} s.\n{where}")


def warm():
    """Start the process that workers are copied from, unless it runs; the first launch is then as quick."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        raise RuntimeError("workers are copies of a process, which needs Linux, macOS or WSL")
    context = multiprocessing.get_context("forkserver")
    ours = [name for name in sys.modules if name.startswith(f"{__package__}.")]
    context.set_forkserver_preload(LOADED + ours)  # what the caller has imported of it, workers have too
    before = {name: os.environ.get(name) for name in CALM}
    os.environ.update(CALM)  # read while it imports torch
    try:
        forkserver.ensure_running()
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
    return context


def report(text):
    """In a worker: a line of progress for the caller of `launch`; anywhere else it is printed."""
    if _parent is None:
        rank = dist.get_rank() if dist.is_initialized() else 0
        print(f"worker {rank}: {text}", flush=True)
    else:
        _parent("report", str(text))


def device():
    """Where this worker's tensors belong: its GPU under nccl, else the CPU."""
    nccl = dist.is_initialized() and dist.get_backend() == "nccl"
    return torch.device("cuda", torch.cuda.current_device()) if nccl else torch.device("cpu")


_parent: Callable | None = None  # in a worker: sends a kind of message and its content to the parent


def _worker(line, work, group):
    """What a worker does from its first moment to its last."""
    global _parent
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupted notebook decides for its workers
    sending = threading.Lock()

    def tell(kind, what):
        with sending:
            line.send((kind, what))

    _parent = tell
    threading.Thread(target=_watch, args=(tell, line.recv()), daemon=True).start()
    try:
        _join(*group)
        function, arguments = map(pickle.loads, work)
        told = "value", _pack("the returned value", function(*group[:2], *arguments))
    except BaseException as error:
        trace = error.__traceback__ and error.__traceback__.tb_next
        told = "failed", "".join(traceback.format_exception(type(error), error, trace))
    tell(*told)
    line.poll(None)  # until the parent hangs up: no other worker shall miss this one
    if dist.is_initialized():
        dist.destroy_process_group()


def _join(rank, n_workers, backend, port, timeout):
    """Enter the process group."""
    os.environ.update(CALM)
    torch.set_num_threads(1)
    limit = timedelta(seconds=timeout)
    if backend == "nccl":
        torch.cuda.set_device(rank)
    store = dist.TCPStore("127.0.0.1", port, timeout=limit)
    dist.init_process_group(backend, store=store, rank=rank, world_size=n_workers, timeout=limit)


def _watch(tell, deadline):
    """End this worker when its parent is gone; when time is up say where it is."""
    parent, main = multiprocessing.parent_process(), threading.main_thread().ident
    assert parent is not None
    assert main is not None
    parent.join(max(0, deadline - time.monotonic()))
    if parent.is_alive():
        stack = traceback.extract_stack(sys._current_frames()[main])
        inside = [i for i, frame in enumerate(stack) if frame.name == "_worker"]
        tell("late", "".join(traceback.format_list(stack[inside[-1] + 1 :])))
        parent.join()
    os._exit(1)


def _hear(line):
    try:
        return line.recv()
    except (EOFError, OSError):
        return "gone", ""


def _is_gone(line):
    """Whether all that is left to hear, within a tenth of a second, is that nobody is there."""
    while line.poll(0.1):
        if _hear(line)[0] == "gone":
            return True
    return False


def _store(port):
    """Where the workers meet: a store that listens on this machine's own address only."""
    try:
        listener = socket.create_server(("127.0.0.1", port or 0))
    except OSError as error:
        raise ValueError(f"port must be one that is free, got {port}: {error.strerror}") from None
    port = listener.getsockname()[1]
    return dist.TCPStore(
        "127.0.0.1", port, is_master=True, wait_for_workers=False, master_listen_fd=listener.detach()
    )


class _Pickler(pickle.Pickler):
    """Refuses what another process could not import."""

    def reducer_override(self, value):
        if isinstance(value, FunctionType | type):
            if value.__module__ == "__main__":
                raise pickle.PicklingError(
                    f"{value.__qualname__} is of this notebook or script: put it into a module (a .py file "
                    "beside it) and import it from there"
                )
            if "<" in value.__qualname__:
                raise pickle.PicklingError(
                    f"{value.__qualname__} must be written with def or class, at the top level of a module"
                )
        return NotImplemented


def _pack(name, value):
    """The value as bytes."""
    packed = io.BytesIO()
    try:
        _Pickler(packed).dump(value)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise TypeError(f"{name} must be what can be sent to another process: {error}") from None
    return packed.getvalue()
