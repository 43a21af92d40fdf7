"""Pin what the kit's packages bring along, on any system: `make lock` writes constraints.txt.

The pins above LINE are set by hand. pip's resolver finds those below it, for the oldest Python that the kit
runs on. What CUDA needs is left to torch, which pins it itself: a build without CUDA has none of it.
"""

import json
import subprocess
import sys
import tempfile
import tomllib
from itertools import chain, product
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
LINE = "# What they bring along, on any system: `make lock` has pip's resolver write what follows anew.\n"
OF_CUDA = ("nvidia-", "cuda-", "triton")
PYTHONS = ("3.11", "3.12", "3.13")
SYSTEMS = [
    {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix", "platform_machine": "x86_64"},
    {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix", "platform_machine": "aarch64"},
    {"sys_platform": "darwin", "platform_system": "Darwin", "os_name": "posix", "platform_machine": "arm64"},
    {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt", "platform_machine": "AMD64"},
]
PLACES = [{**s, "python_version": p, "python_full_version": f"{p}.0"} for p, s in product(PYTHONS, SYSTEMS)]


def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def requirements():
    """What pyproject.toml asks for, all extras included."""
    ours = project()["project"]
    lines = [*ours["dependencies"], *chain(*ours["optional-dependencies"].values())]
    return [Requirement(line) for line in dict.fromkeys(lines)]


def wanted_somewhere(requirement, extras):
    marker = requirement.marker
    cases = product(PLACES, ("", *extras))
    return marker is None or any(marker.evaluate({**place, "extra": extra}) for place, extra in cases)


def closure(requires):
    """The names of all that the kit needs on some system; `requires(name)` are the lines of one package."""
    todo, done = requirements(), set()
    while todo:
        requirement = todo.pop()
        name, extras = canonicalize_name(requirement.name), frozenset(requirement.extras)
        if (name, extras) in done or name.startswith(OF_CUDA):
            continue
        done.add((name, extras))
        todo += [r for r in map(Requirement, requires(name)) if wanted_somewhere(r, extras)]
    return {name for name, _ in done}


def halves():
    """The text of constraints.txt above LINE and below it."""
    return (ROOT / "constraints.txt").read_text(encoding="utf-8").split(LINE)


def pins(text=None):
    """Canonical name → version, of constraints.txt or a part of it."""
    lines = ("".join(halves()) if text is None else text).splitlines()
    pairs = [line.split("==") for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(name): version for name, version in pairs}


def found_by_pip(*arguments):
    """Canonical name → metadata of what pip would install, for the oldest Python."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--quiet"]
        command += ["--report", "-", "--target", folder, "--only-binary", ":all:"]
        command += ["--python-version", f"{PYTHONS[0]}.0", *arguments]
        report = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
    packages = [item["metadata"] for item in json.loads(report)["install"]]
    return {canonicalize_name(package["name"]): package for package in packages}


def lock():
    """Write constraints.txt: the pins set by hand as they are, the others as pip finds them."""
    by_hand = halves()[0]
    with tempfile.TemporaryDirectory() as folder:
        held = Path(folder, "by_hand.txt")
        held.write_text(by_hand, encoding="utf-8")
        found = found_by_pip("--constraint", str(held), *map(str, requirements()))

    def requires(name):
        return found.get(name, {}).get("requires_dist", ())

    while elsewhere := closure(requires) - set(found):  # what only other systems need, Windows most of it
        found |= found_by_pip("--no-deps", "--platform", "win_amd64", *sorted(elsewhere))
    along = sorted(closure(requires) - set(pins(by_hand)))
    lines = [f"{name}=={Version(found[name]['version']).public}\n" for name in along]
    (ROOT / "constraints.txt").write_text(by_hand + LINE + "".join(lines), encoding="utf-8")


if __name__ == "__main__":
    lock()
