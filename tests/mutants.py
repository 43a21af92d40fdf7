"""`make mutants`: break a copy of the package as listed in mutants_list.py; each must turn its test red.

`python tests/mutants.py WORD` tries only the mutants whose file, text or test contains WORD.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from mutants_list import MUTANTS

ROOT = Path(__file__).resolve().parent.parent
PARTS = ("parti_edu", "tests", "data", "notebooks", "pyproject.toml", "README.md")
AT_ONCE = 2
SECONDS = 120  # for one test; the slowest of them takes a few


def copy_to(folder):
    """A copy of the repository that Python imports the package from."""
    leave_out = shutil.ignore_patterns("__pycache__", ".*")
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, folder / part, ignore=leave_out)
        elif (ROOT / part).is_file():
            shutil.copy(ROOT / part, folder / part)
    code, words = run(folder, "-c", "import parti_edu; print(parti_edu.__file__)")
    if code != 0 or not Path(words).is_relative_to(folder.resolve()):
        sys.exit(f"the package must be imported from the copy {folder}, got {words}")
    return folder


def run(folder, *arguments):
    """Exit code and last line of Python in the copy; code None if it took too long."""
    # no .pyc files: one made from the sound file a moment earlier would pass for the broken one
    here = {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=folder,
        env=os.environ | here,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        words, _ = process.communicate(timeout=SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return None, f"stopped after {SECONDS} s"
    return process.returncode, (words.strip().splitlines() or ["no output"])[-1]


def outcome(folder, test):
    """ "passed" or "failed", or what else came of it: an error, nothing collected, all skipped."""
    options = ["-q", "-x", "--tb=no", "--no-header", "-o", "addopts="]  # without plugins that take a second
    options += [part for plugin in ("cacheprovider", "nbval", "xdist") for part in ("-p", f"no:{plugin}")]
    code, words = run(folder, "-m", "pytest", *options, test)
    counted = dict(map(reversed, re.findall(r"(\d+) (passed|failed|error|skipped)", words)))
    if code == 0 and "passed" in counted:
        return "passed"
    if code == 1 and "failed" in counted:
        return "failed"
    return f"exit code {code}: {words}"


def outcome_broken(folder, mutant):
    """The outcome of the mutant's test while the mutant is in the copy."""
    file = folder / mutant.file
    sound = file.read_text(encoding="utf-8")
    if sound.count(mutant.old) != 1 or mutant.old == mutant.new:
        return f"its old text stands there {sound.count(mutant.old)} times, and must once"
    try:
        file.write_text(sound.replace(mutant.old, mutant.new), encoding="utf-8")
        return outcome(folder, mutant.test)
    finally:
        file.write_text(sound, encoding="utf-8")


def main(word=""):
    mutants = [m for m in MUTANTS if any(word in text for text in m)]
    tests = list(dict.fromkeys(m.test for m in mutants))
    with tempfile.TemporaryDirectory() as top, ThreadPoolExecutor(AT_ONCE) as pool:
        free = SimpleQueue()
        for i in range(AT_ONCE):
            (Path(top) / str(i)).mkdir()
            free.put(copy_to(Path(top) / str(i)))

        def in_a_copy(function, what):
            folder = free.get()
            try:
                return function(folder, what)
            finally:
                free.put(folder)

        sound = dict(zip(tests, pool.map(lambda test: in_a_copy(outcome, test), tests), strict=True))
        killed = 0
        found = pool.map(lambda mutant: in_a_copy(outcome_broken, mutant), mutants)
        for mutant, broken in zip(mutants, found, strict=True):
            if sound[mutant.test] != "passed":
                broken = f"unbroken, its test does not pass: {sound[mutant.test]}"
            killed += broken == "failed"
            verdict = "killed  " if broken == "failed" else "SURVIVED"
            print(f"{verdict} {mutant.file}: {mutant.old.strip()!r} → {mutant.new.strip()!r}", flush=True)
            if broken != "failed":
                print(f"         {mutant.test}: {broken}", flush=True)
    print(f"{killed} killed, {len(mutants) - killed} survived")
    return 0 if mutants and killed == len(mutants) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
