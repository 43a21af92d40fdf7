"""The browser tests over and over: `python benchmarks/repeats.py 10`. Every run must be green.

Each run is a fresh `pytest` on two workers, with its own server, browser and kernels. A run that is red, or
in which a test was skipped, makes the exit status 1; what it said is printed.
"""

import re
import subprocess
import sys
import time
from pathlib import Path

from measure import report

ROOT = Path(__file__).parent.parent
LIMIT = 3600  # seconds for one run
COMMAND = [
    sys.executable,
    "-m",
    "pytest",
    "-q",
    "-n",
    "2",
    "tests/browser",
    "--tb=short",
    "-p",
    "no:cacheprovider",
]


def run():
    """Counts by outcome, seconds, and the last lines of one run."""
    began = time.perf_counter()
    done = subprocess.run(COMMAND, cwd=ROOT, text=True, capture_output=True, timeout=LIMIT)
    lines = done.stdout.strip().splitlines() or [done.stderr]
    counts = {word: int(n) for n, word in re.findall(r"(\d+) (passed|failed|errors?|skipped)", lines[-1])}
    return counts, time.perf_counter() - began, "\n".join(lines[-60:])


def main(repeats):
    rows = []
    for i in range(1, repeats + 1):
        counts, seconds, said = run()
        green = set(counts) == {"passed"}
        rows.append({"run": i, "green": "yes" if green else "NO", "tests": counts, "s": round(seconds)})
        print(*rows[-1].values(), "" if green else said, flush=True)
    green = sum(row["green"] == "yes" for row in rows)
    report(f"The browser tests, {green} of {repeats} runs green", rows)
    return 0 if green == repeats else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
