"""One warm process to copy workers from; after each test none of the copies may be alive."""

import signal
import time
from multiprocessing import active_children, forkserver
from pathlib import Path

import pytest

pytest.importorskip("torch")

from parti_edu.labs.workers import warm

# A shell's background job ignores Ctrl-C, and so would all that it starts: nothing could be seen of what
# workers do about it.
signal.signal(signal.SIGINT, signal.default_int_handler)


def workers_alive():
    """Process numbers of the copies that live, whether or not multiprocessing remembers them. Linux."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            pid, rest = status.read_text(encoding="utf-8").split(" ", 1)
        except OSError:  # gone meanwhile
            continue
        state, parent = rest.rsplit(")", 1)[1].split()[:2]
        if int(parent) == forkserver._forkserver._forkserver_pid and state != "Z":
            found.append(int(pid))
    return found + [child.pid for child in active_children()]


@pytest.fixture(scope="session", autouse=True)
def _warm():
    warm()


@pytest.fixture(autouse=True)
def no_strays():
    """Nobody is left when a test ends; gives the function that lists who is."""
    yield workers_alive
    until = time.monotonic() + 1
    while workers_alive() and time.monotonic() < until:
        time.sleep(0.01)
    assert not workers_alive()
