"""The package beside an earlier revision of itself: `python benchmarks/against.py REVISION`, with all
explorers that both have, or with those named after it.

Both do the same work in turn, each time in a new process, so that a slow spell hits both:
- importing the reference, over numpy alone;
- 400 rounds on 8 groups of breast_cancer, for two optimizers; a 32 × 32 map of 200 rounds on 16 groups;
- for each of these explorers, its first picture (data and caches included), and a move: its first slider
  to its end, to the other end and back, result (or the rough one), picture and words. A move's figure is the
  mean of this walk, in which no caches were filled but by the first picture.
Quoted: the median of the turns on each side, and the median of their ratios.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from measure import ratio, report

ROOT = Path(__file__).parent.parent
TURNS, LIMIT = 9, 600  # LIMIT: seconds for one process


def seconds(work):
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def move(explorer, state):
    """What a move computes."""
    rough = explorer.coarse(state)
    result = explorer.result(state) if rough is None else rough
    return explorer.picture(result), explorer.words(result)


def walk(explorer):
    """The states of the first slider's way: to its end, to the other end, and back."""
    start = explorer.at()
    knob = next(k for k in explorer.knobs if not k.folded and not isinstance(k.values[0], str))
    i = knob.values.index(getattr(start, knob.name))
    way = [*range(i + 1, len(knob.values)), *reversed(range(len(knob.values) - 1)), *range(1, i + 1)]
    return [explorer.at(**{knob.name: knob.values[j]}) for j in way]


def measure(names):
    """Seconds of each piece of work, in this process and with the package that it finds."""
    import numpy  # noqa: F401

    took = {"importing the reference": seconds(lambda: __import__("parti_edu.on_numpy"))}

    import numpy as np

    from parti_edu import grouping, load, picking
    from parti_edu.explore import EXPLORERS
    from parti_edu.on_numpy import Adam, GradientDescent, LogisticRegression, blend, grid, train

    rows = load("breast_cancer").train

    def run(optimizer, n_groups, rounds, beta=0.5, **settings):
        groups = grouping.stratified(rows.y, n_groups, seed=0)
        settings |= {"optimizer": optimizer, "merge": blend(beta), "rounds": rounds}
        return train(LogisticRegression(0.01), rows, groups, picking.cyclic(groups), **settings)

    for optimizer in (GradientDescent(0.1), Adam(0.1)):
        name = f"400 rounds, {type(optimizer).__name__}"
        took[name] = median(seconds(lambda o=optimizer: run(o, 8, 400)) for _ in range(9))
    beta, lr = grid(beta=np.linspace(0.05, 1, 32), lr=np.geomspace(0.01, 1, 32))
    of_all = {"beta": beta, "record": "last"}
    took["a map of 1,024 runs"] = median(
        seconds(lambda: run(GradientDescent(lr), 16, 200, **of_all)) for _ in range(5)
    )
    for name in [n for n in names or EXPLORERS if n in EXPLORERS]:
        explorer = EXPLORERS[name]
        took[f"{name}: first picture"] = seconds(lambda e=explorer: move(e, e.at()))
        states = walk(explorer)
        took[f"{name}: a move"] = seconds(lambda e=explorer, s=states: [move(e, one) for one in s]) / len(
            states
        )
    return took


def measured_in(folder, names=()):
    """The same, in a new process with the package of a folder."""
    command = [sys.executable, __file__, "--here", *names]
    env = os.environ | {"PYTHONPATH": str(folder)}
    done = subprocess.run(command, env=env, text=True, stdout=subprocess.PIPE, timeout=LIMIT, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def main(revision, *names):
    with tempfile.TemporaryDirectory() as folder:
        archive = subprocess.run(["git", "archive", revision], cwd=ROOT, check=True, capture_output=True)
        subprocess.run(["tar", "-x", "-C", folder], input=archive.stdout, check=True)
        sides = {"before": Path(folder), "now": ROOT}
        first = measured_in(folder, names)  # not counted: it compiles, and tells which explorers there were
        names = [name.removesuffix(": a move") for name in first if name.endswith(": a move")]
        turns = [{side: measured_in(at, names) for side, at in sides.items()} for _ in range(TURNS)]
    rows = []
    for what in first:
        took = {side: [turn[side][what] for turn in turns] for side in sides}
        ms = {f"{side} ms": f"{1e3 * median(took[side]):.3g}" for side in sides}
        rows.append({"what": what, **ms, "now / before": f"{ratio(took, 'now', 'before'):.2f}"})
    report(f"The package beside its revision {revision} (median of {TURNS} turns)", rows)


if __name__ == "__main__":
    if sys.argv[1] == "--here":
        print(json.dumps(measure(sys.argv[2:])))
    else:
        main(*sys.argv[1:])
