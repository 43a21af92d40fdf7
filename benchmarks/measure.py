"""What the benchmarks share: timing in turn, a table, and a result file that names the machine."""

import json
import os
import platform
import statistics
import sys
import time
from pathlib import Path

import numpy as np

RESULTS = Path(__file__).parent / "results"


def in_turn(contenders, repeats, warm_up=1):
    """Seconds of each contender, measured in turn so that a slow spell hits all of them: name → list."""
    seconds = {name: [] for name in contenders}
    for repeat in range(warm_up + repeats):
        for name, run in contenders.items():
            began = time.perf_counter()
            run()
            if repeat >= warm_up:
                seconds[name].append(time.perf_counter() - began)
    return seconds


def ratio(seconds, name, base):
    """Median over the repeats of name's seconds to base's."""
    return statistics.median(a / b for a, b in zip(seconds[name], seconds[base], strict=True))


def machine():
    """The machine and the libraries, in words that hold no name and no path of it.

    A shared machine has fast and slow days: the yardstick tells how long plain Python took on this one.
    """
    words = {"python": platform.python_version(), "numpy": np.__version__, "cores": os.cpu_count()}
    cpu = Path("/proc/cpuinfo")
    if cpu.is_file():
        lines = (line.split(":", 1) for line in cpu.read_text(encoding="utf-8").splitlines() if ":" in line)
        words["processor"] = next((v.strip() for k, v in lines if k.strip() == "model name"), "unknown")
        words["load before"] = round(os.getloadavg()[0], 2)
    words["system"], words["blas threads"] = (
        platform.system(),
        os.environ.get("OPENBLAS_NUM_THREADS", "default"),
    )
    words["yardstick: two million additions, ms"] = round(1e3 * min(_additions() for _ in range(5)))
    return words


def _additions():
    began = time.perf_counter()
    total = 0
    for i in range(2_000_000):
        total += i
    return time.perf_counter() - began


def report(title, rows, **facts):
    """Print the rows, dicts of one shape, as a table, and store them with the machine's description."""
    print(f"\n{title}")
    widths = {c: max(len(c), *(len(str(row[c])) for row in rows)) for c in rows[0]}
    print("  ".join(f"{c:<{w}}" for c, w in widths.items()))
    for row in rows:
        print("  ".join(f"{row[c]!s:<{w}}" for c, w in widths.items()))
    name = Path(sys.argv[0]).stem
    RESULTS.mkdir(exist_ok=True)
    result = {
        "title": title,
        "command": " ".join([f"python benchmarks/{name}.py", *sys.argv[1:]]),
        "machine": machine(),
        **facts,
        "rows": rows,
    }
    (RESULTS / f"{name}.json").write_text(
        json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )
