"""Tests, and lessons under test, keep no progress in anyone's home: kernels inherit this folder."""

import os
import tempfile

FOLDER = tempfile.TemporaryDirectory(prefix="parti_edu-", ignore_cleanup_errors=True)
os.environ["PARTI_EDU_HOME"] = FOLDER.name

# Where most of the time goes: `make test QUICK=1` leaves these out.
SLOW = (
    *(f"notebooks/{n}_" for n in ("06", "09", "10", "11", "12", "13")),
    "tests/notebooks/test_solutions.py",
    "tests/explore/test_every_explorer.py",
    "tests/explore/test_accessibility.py",
    "tests/labs/workers/",
    "tests/labs/efficiency/test_images.py",
    "tests/on_torch/test_the_loop.py",
    "tests/parity/test_twin.py",
)


def pytest_collection_modifyitems(items):
    for item in items:
        if item.nodeid.startswith(SLOW):
            item.add_marker("slow")
