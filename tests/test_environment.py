"""What the kit stands on: lesson 00 says what is there, every package is pinned, and none of them warns."""

import json
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import lock
import pytest
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

import parti_edu
from parti_edu import environment

HOUSE = Path(parti_edu.__file__).parent


def test_it_names_each_package_with_its_version(capsys):
    environment.environment()
    told = capsys.readouterr().out
    for package in environment.NEEDED:
        assert f"{package} " in told or f"{package}:" in told


def test_a_missing_package_comes_with_its_use_and_the_line_that_installs_it(capsys, monkeypatch):
    def version(package):
        if package == "torch":
            raise PackageNotFoundError
        return "9.9"

    monkeypatch.setattr(environment, "version", version)
    environment.environment()
    told = capsys.readouterr().out
    assert "torch: missing, needed for lessons 07 and later" in told
    assert "pip install -c constraints.txt torch" in told
    assert "numpy 9.9: here" in told


def test_the_twin_is_on_torch():
    pytest.importorskip("torch", reason="torch is not installed: pip install -c constraints.txt torch")
    assert environment.twin().__name__ == "parti_edu.on_torch"


def test_without_torch_the_twin_is_none_and_says_how_to_get_it(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "parti_edu.on_torch", raising=False)
    monkeypatch.delattr("parti_edu.on_torch", raising=False)
    assert environment.twin() is None
    assert "skipped: parti_edu.on_torch needs torch: pip install" in capsys.readouterr().out


def installed(name):
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None


def brought_along(name):
    found = installed(name)
    return (found and found.requires) or ()


def licence(metadata):
    """A package's licence in its own words: an expression, else its classifiers, else free text."""
    classifiers = [line for line in metadata.get_all("Classifier", []) if line.startswith("License ::")]
    named = ", ".join(line.split(" :: ")[-1] for line in classifiers)
    return metadata["License-Expression"] or named or metadata["License"]


def stands_on():
    """Canonical name → version, licence, reason, loss: the last table of parti_edu/README.md."""
    lines = (HOUSE / "README.md").read_text(encoding="utf-8").split("## What it stands on")[1].splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    return {canonicalize_name(name): rest for name, *rest in rows[2:]}


def from_npm(file):
    return json.loads((lock.ROOT / "tests" / "browser" / file).read_text(encoding="utf-8"))


def test_the_table_has_a_row_for_each_package_that_is_asked_for_and_no_other():
    asked = {canonicalize_name(requirement.name) for requirement in lock.requirements()}
    versions = {name: version for name, version in lock.pins().items() if name in asked}
    versions |= dict(line.split("==") for line in lock.project()["build-system"]["requires"])
    versions |= from_npm("package.json")["devDependencies"]
    versions["chromium"] = "Debian's"
    assert {name: row[0] for name, row in stands_on().items()} == versions
    assert all(len(row) == 4 and all(row) for row in stands_on().values())


@pytest.mark.parametrize("name", sorted(stands_on()))
def test_the_table_states_the_licence_that_the_package_states(name):
    if f"node_modules/{name}" in (locked := from_npm("package-lock.json")["packages"]):
        stated = locked[f"node_modules/{name}"]["license"]
    elif found := installed(name):
        stated = licence(found.metadata)
    else:
        pytest.skip(f"{name} is not installed here, or not a Python package")
    assert stands_on()[name][1] == stated


def test_every_package_that_the_kit_needs_is_pinned_and_here_in_that_version():
    needed, pins = lock.closure(brought_along), lock.pins()
    assert {"tornado", "pywinpty", "appnope"} <= needed  # of Linux, of Windows, of macOS
    assert needed <= set(pins), f"not pinned: {sorted(needed - set(pins))}; run make lock"
    here = {name: Version(installed(name).version).public for name in needed if installed(name)}
    assert here == {name: pins[name] for name in here}


def test_no_pin_needs_a_build_or_a_newer_python():
    pins = lock.pins()
    assert all(version == Version(version).public for version in pins.values())
    assert not [name for name in pins if name.startswith(lock.OF_CUDA)]
    for name in filter(installed, pins):
        wants = SpecifierSet(installed(name).metadata["Requires-Python"] or "")
        refused = [python for python in lock.PYTHONS if not wants.contains(f"{python}.0")]
        assert not refused, f"{name} {pins[name]} wants Python {wants}"


def test_the_pins_above_are_those_that_are_asked_for_and_those_below_are_needed():
    by_hand, along = map(lock.pins, lock.halves())
    assert set(by_hand) == {canonicalize_name(requirement.name) for requirement in lock.requirements()}
    assert not set(by_hand) & set(along)
    assert {name for name in along if installed(name)} <= lock.closure(brought_along)


QUIET = """
import importlib, pathlib, pkgutil
import parti_edu
for path in pathlib.Path(parti_edu.__file__).parent.rglob("*.py"):
    compile(path.read_text("utf-8"), path, "exec")  # import would take what was compiled before
for module in pkgutil.walk_packages(parti_edu.__path__, "parti_edu."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
        print(module.name)
"""


def test_no_module_warns_when_it_is_compiled_and_imported():
    pytest.importorskip("torch", reason="torch is not installed: pip install -c constraints.txt torch")
    command = [sys.executable, "-W", "error", "-c", QUIET]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.split()) > 90
