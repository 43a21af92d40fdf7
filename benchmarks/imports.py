"""(c) What `import parti_edu` costs over `import numpy`, each in a fresh interpreter, timed inside it."""

import statistics
import subprocess
import sys

from measure import report

CLOCK = "import time; began = time.perf_counter(); import {}; print(time.perf_counter() - began)"


def fresh(module):
    """Seconds that the import takes in a new interpreter."""
    command = [sys.executable, "-c", CLOCK.format(module)]
    done = subprocess.run(command, check=True, timeout=60, capture_output=True, text=True)
    return float(done.stdout)


modules = ("numpy", "parti_edu", "parti_edu.on_numpy")
for module in modules:
    fresh(module)  # a first time, so that all files are in memory
rounds = [[fresh(module) for module in modules] for _ in range(15)]
table = []
for module, seconds in zip(modules, zip(*rounds, strict=True), strict=True):
    over = statistics.median(s - r[0] for s, r in zip(seconds, rounds, strict=True))
    table.append({"import": module, "s": f"{statistics.median(seconds):.3f}", "over numpy": f"{over:.3f}"})
report("Import time (median of 15, in turn)", table)
