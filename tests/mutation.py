"""`make mutation`: cosmic-ray changes one operator, number or keyword of the reference; a test must notice.

mutants.py breaks the package in ways that we listed; here the list is the tool's. Prints each survivor with
its reason and stores benchmarks/results/mutation.json. It wants the extra `mutation`, and a system with fork.
`python tests/mutation.py merging` tries one file and stores nothing.
"""

import difflib
import json
import os
import re
import signal
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import cosmic_ray.commands
from cosmic_ray.mutating import use_mutation
from cosmic_ray.plugins import get_operator
from cosmic_ray.work_db import use_db
from mutants import AT_ONCE, ROOT, copy_to

sys.path.insert(0, str(ROOT / "benchmarks"))
from measure import RESULTS, machine

FILES = ("optimizers", "merging", "training")
SECONDS = 180  # for the tests of one mutant; unbroken they take about 5

# First the file's own tests, which kill nearly all in half a second; then, for those they pass, the rest.
# The laws and the comparisons with libraries take ten times as long: what they alone would kill survives.
OWN = [f"tests/test_{name}.py" for name in FILES]
REST = {name: ["tests/test_schedules.py", *OWN] for name in FILES}
REST["training"].append("tests/test_bad_input.py")
OPTIONS = ("-x", "-q", "--tb=no", "--no-header", "-o", "addopts=", "-p", "no:cacheprovider")
SLOW_TO_IMPORT = ("numpy", "pytest", "hypothesis.strategies", "ipywidgets", "contourpy", "parti_edu")

# Not worth a try: bits of floats, always a TypeError, and the words that a rule is printed with. cosmic-ray
# leaves texts alone, docstrings too, and no annotation in these files has anything that it changes.
BITS = re.compile(r"core/ReplaceBinaryOperator_(?!Bit)[A-Za-z]+_(Bit[A-Za-z]+|[LR]Shift)")

# Survivors that no test can kill: the line, what it became, and why that is the same program.
EQUIVALENT = {
    # optimizers
    "@cached_property → (nothing)":
        "a method is true, so 1 − 0·(…) times the gradient is taken in vain: the same bits, later",
    'fresh = (1 - self.dampening * ((t > 0) | (self.first == "zero"))) * gradient → '
    'fresh = (1 - self.dampening * ((t != 0) | (self.first == "zero"))) * gradient':
        "t counts from 0 up",
    'fresh = (1 - self.dampening * ((t > 0) | (self.first == "zero"))) * gradient → '
    'fresh = (1 - self.dampening * ((t > 0) | (self.first >= "zero"))) * gradient':
        "first is copy or zero, and copy comes before zero",
    "return theta - self.lr * along, (t + 1, v) → return theta - self.lr * along, (t + 2, v)":
        "t is only asked whether it is above 0",
    "s = state[0] + gradient**2 → s = state[ -1] + gradient**2":
        "the first of one is the last",
    # merging
    "if len(trials) == 1: → if len(trials) <= 1:":
        "a round has at least one trial; of none there is no mean, and both raise",
    "return trials[0] → return trials[ -1]":
        "the first of one is the last",
    # training
    'if state == "reset": → if state >= "reset":':
        "state is keep or reset, and keep comes before reset",
    'columns = [mesh.reshape(-1, 1) for mesh in np.meshgrid(*values, indexing="ij")] → '
    'columns = [mesh.reshape(~1, 1) for mesh in np.meshgrid(*values, indexing="ij")]':
        "NumPy works out a length that is given as any number below 0",
    'columns = [mesh.reshape(-1, 1) for mesh in np.meshgrid(*values, indexing="ij")] → '
    'columns = [mesh.reshape(- 2, 1) for mesh in np.meshgrid(*values, indexing="ij")]':
        "NumPy works out a length that is given as any number below 0",
    "for name, axis in zip(axes, values, strict=True): → for name, axis in zip(axes, values, strict=False):":
        "values is made of axes, one each",
    "return theta, tuple(np.where(mask, n, o) for n, o in zip(new[1], old[1], strict=True)) → "
    "return theta, tuple(np.where(mask, n, o) for n, o in zip(new[1], old[1], strict=False))":
        "new is a step on from old, with a state of the same form",
    "return int(local_steps) if np.ndim(local_steps) == 0 else np.asarray(local_steps, dtype=int) → "
    "return int(local_steps) if np.ndim(local_steps) <= 0 else np.asarray(local_steps, dtype=int)":
        "no number of axes is below 0",
    'checks.count("record", 1 if str(record) == "last" else record) → '
    'checks.count("record", 2 if str(record) == "last" else record)':
        "1 and 2 are both counts, and the number is dropped",
}  # fmt: skip


def mutations(names, session):
    """What cosmic-ray would change in these files, less what is not worth a try."""
    os.chdir(ROOT)
    with use_db(session) as base:
        cosmic_ray.commands.init([Path(f"parti_edu/on_numpy/{name}.py") for name in names], base, {})
        found = [mutation for item in base.work_items for mutation in item.mutations]
    return [m for m in found if not BITS.match(m.operator_name) and m.definition_name != "__repr__"]


def enter(folder):
    """Make this process one that tests the copy: it imports all but the reference, and writes no .pyc."""
    ours = {str(ROOT), str(ROOT / "tests"), str(ROOT / "benchmarks")}
    sys.path[:] = [str(folder), *(p for p in sys.path if p not in ours)]
    os.chdir(folder)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    for name in SLOW_TO_IMPORT:
        import_module(name)
    if not Path(sys.modules["parti_edu"].__file__).is_relative_to(folder):
        sys.exit(f"the package must be imported from the copy {folder}")
    if exit_code(*REST["training"]) != 0:  # this also leaves .pyc files of the tests, which stay as they are
        sys.exit("the tests must pass while nothing is broken")
    for file in folder.glob("parti_edu/on_numpy/__pycache__/*"):
        file.unlink()  # one made from the sound file would pass for the broken one
    sys.dont_write_bytecode = True


def exit_code(*tests):
    """Of pytest on these tests, in a process of its own; None if the time ran out."""
    child = os.fork()
    if not child:
        code = 99
        try:
            signal.alarm(SECONDS)
            for stream in (1, 2):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
            code = int(import_module("pytest").main([*OPTIONS, *tests]))
        finally:
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return None if code == -signal.SIGALRM else code


def outcome(name):
    """What the tests of the file say now: "killed", "timed out" or "survived"."""
    for tests in ([f"tests/test_{name}.py"], REST[name]):
        code = exit_code(*tests)
        if code != 0:
            return "timed out" if code is None else "killed"
    return "survived"


def share(folder, some):
    """Each of these mutations in turn, in the copy: (file, outcome, "the line → what it became")."""
    enter(folder)
    found = []
    for mutation in some:
        name, operator = mutation.module_path.stem, get_operator(mutation.operator_name)()
        with use_mutation(mutation.module_path, operator, mutation.occurrence) as (old, new):
            lines = list(difflib.unified_diff(old.splitlines(), new.splitlines(), n=0, lineterm=""))[2:]
            was, became = ([line[1:] for line in lines if line[0] == sign] for sign in "-+")
            change = f"{' '.join(was).strip()} → {' '.join(became).strip() or '(nothing)'}"
            found.append((name, outcome(name), change))
        if found[-1][1] != "killed":
            print(*found[-1], f"({mutation.operator_name})", flush=True)
    return found


def main(names=FILES):
    began, before = time.perf_counter(), machine()
    with tempfile.TemporaryDirectory() as top, ProcessPoolExecutor(AT_ONCE) as pool:
        folders = [Path(top).resolve() / str(i) for i in range(AT_ONCE)]
        for folder in folders:
            folder.mkdir()
            copy_to(folder)
        todo = mutations(names, f"{top}/session.sqlite")
        shares = pool.map(share, folders, [todo[i::AT_ONCE] for i in range(AT_ONCE)])
        found = sorted(row for rows in shares for row in rows)
    rows, survivors = [], []
    for name in names:
        of = Counter(what for file, what, _ in found if file == name)
        left = [change for file, what, change in found if (file, what) == (name, "survived")]
        row = {"file": f"parti_edu/on_numpy/{name}.py", "mutants": of.total()}
        row |= {what: of[what] for what in ("killed", "timed out", "survived")}
        rows.append(row | {"of these equivalent": sum(change in EQUIVALENT for change in left)})
        survivors += [{"file": name, "change": c, "reason": EQUIVALENT.get(c, "none yet")} for c in left]
        print(rows[-1])
    total, noticed, equivalent = (
        sum(row[word] for row in rows for word in words)
        for words in (["mutants"], ["killed", "timed out"], ["of these equivalent"])
    )
    facts = {"score": round(noticed / total, 4)}
    facts |= {"score without the equivalent": round(noticed / (total - equivalent), 4)}
    facts |= {"minutes": round((time.perf_counter() - began) / 60, 1)}
    print(*(f"{s['file']}: {s['change']}\n    {s['reason']}" for s in survivors), facts, sep="\n")
    if names == FILES:
        result = {"title": "A mutation tool over the NumPy reference", "command": "python tests/mutation.py"}
        result |= {"tool": f"cosmic-ray {version('cosmic-ray')}", "at once": AT_ONCE, "machine": before}
        result |= {
            "tests": ["tests/test_<file>.py, then", *REST],
            **facts,
            "rows": rows,
            "survivors": survivors,
        }
        (RESULTS / "mutation.json").write_text(
            json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
        )
    return 1 if noticed + equivalent < total else 0


if __name__ == "__main__":
    sys.exit(main(tuple(sys.argv[1:]) or FILES))
