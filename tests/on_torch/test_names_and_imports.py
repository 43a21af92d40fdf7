"""The twin has what the reference has: the same names in the same order, taking the same arguments."""

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

from parti_edu import on_numpy

pytest.importorskip("torch", reason="torch is not installed: pip install -e '.[torch]'")
from parti_edu import on_torch

FILES = ("models", "optimizers", "merging", "training")
ONLY_HERE = {"from_module"}
IN_TORCH = {"sigmoid", "softplus", "log_sum_exp"}  # torch has these itself
MORE_ARGUMENTS = {"train": ["device", "dtype"]}


def defined(kit, file):
    """Public classes and functions of a file, in the order in which they stand there."""
    path = Path(kit.__file__).parent / f"{file}.py"
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kinds = (ast.ClassDef, ast.FunctionDef)
    return [node.name for node in tree.body if isinstance(node, kinds) and node.name[0] != "_"]


def arguments(thing):
    """Name, kind and default of each argument; a default that is a function or a class counts by its name."""
    found = inspect.signature(thing).parameters.values()
    return [(p.name, p.kind, getattr(p.default, "__name__", p.default)) for p in found]


def methods(kind):
    return {n: m for n, m in inspect.getmembers(kind, inspect.isfunction) if n[0] != "_"}


PAIRS = [(file, name) for file in FILES for name in defined(on_numpy, file) if name not in IN_TORCH]


def test_the_package_hands_on_the_same_names():
    assert [name for name in on_torch.__all__ if name not in ONLY_HERE] == on_numpy.__all__
    assert set(on_torch.__all__) >= ONLY_HERE
    assert all(hasattr(on_torch, name) for name in on_torch.__all__)


@pytest.mark.parametrize("file", FILES)
def test_each_file_has_the_names_of_its_twin_in_the_same_order(file):
    ours = [name for name in defined(on_numpy, file) if name not in IN_TORCH]
    theirs = defined(on_torch, file)
    missing = [name for name in ours if name not in theirs]
    assert not missing, f"on_torch/{file}.py lacks {', '.join(missing)}"
    assert [name for name in theirs if name in ours] == ours


@pytest.mark.parametrize(("file", "name"), PAIRS)
def test_each_takes_the_same_arguments(file, name):
    ours, theirs = (getattr(getattr(kit, file), name) for kit in (on_numpy, on_torch))
    more = MORE_ARGUMENTS.get(name, [])
    found = arguments(theirs)
    assert [a for a in found if a[0] not in more] == arguments(ours)
    assert [a[0] for a in found if a[0] in more] == more
    if inspect.isclass(ours):
        for method, function in methods(ours).items():
            assert hasattr(theirs, method), f"{name} of the twin has no {method}"
            assert arguments(getattr(theirs, method)) == arguments(function), method


def python(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout.strip(), done.stderr.strip()


def test_without_torch_the_package_works_and_the_twin_says_how_to_get_it():
    code, words, told = python(
        "import sys; sys.modules['torch'] = None\n"
        "from parti_edu import load\n"
        "from parti_edu.on_numpy import GradientDescent, LogisticRegression, train\n"
        "rows, model = load('breast_cancer').train, LogisticRegression()\n"
        "print(len(train(model, rows, optimizer=GradientDescent(.1), rounds=2).theta))\n"
        "try:\n    import parti_edu.on_torch\n"
        "except ImportError as error:\n    print(error)"
    )
    assert (code, told) == (0, "")
    assert words == "3\nparti_edu.on_torch needs torch: pip install -c constraints.txt torch"


def test_importing_the_twin_starts_nothing_else():
    heavy = ("ipywidgets", "matplotlib", "sklearn", "optax")
    code, words, _ = python(
        f"import sys, parti_edu.on_torch; print([m for m in {heavy} if m in sys.modules])"
    )
    assert (code, words) == (0, "[]")
