"""The top level: three lists of packages agree, the README prints what it says, `make lab` serves."""

import contextlib
import io
import os
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

import lock
import pytest
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
CONDA_NAMES = {"torch": "pytorch", "playwright": "playwright-python"}
NOT_IN_CONDA = {"optax", "pytorch_optimizer", "cosmic-ray"}  # extras of tests alone


def test_every_requirement_is_pinned_within_its_range():
    pins = lock.pins()
    for requirement in lock.requirements():
        name = canonicalize_name(requirement.name)
        assert name in pins, f"{name} is not in constraints.txt"
        assert requirement.specifier.contains(pins[name]), requirement


def test_conda_asks_for_the_same_packages_in_the_same_ranges():
    lines = re.findall(
        r"^  - ([a-z0-9-]+)(\S*)$", (ROOT / "environment.yml").read_text(encoding="utf-8"), flags=re.M
    )
    conda = {name: spec for name, spec in lines if name not in ("pip", "conda-forge")}
    ours = {
        CONDA_NAMES.get(r.name, r.name): str(r.specifier)
        for r in lock.requirements()
        if r.name not in NOT_IN_CONDA
    }
    python = conda.pop("python")
    assert re.fullmatch(r"=3\.\d+", python)  # repo2docker reads no other form
    assert SpecifierSet(lock.project()["project"]["requires-python"]).contains(python[1:])
    assert conda == ours


def test_the_environment_check_of_lesson_00_asks_for_nothing_else():
    from parti_edu.environment import NEEDED

    assert set(NEEDED) <= {requirement.name for requirement in lock.requirements()}


def test_the_readme_prints_what_it_says():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    code, printed = re.search(r"```python\n(.*?)```\s*```text\n(.*?)```", text, flags=re.S).groups()
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(code, {})
    assert out.getvalue() == printed


def test_the_readme_lists_the_lessons_that_are_here():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    here = set(re.findall(r"^\| `(\d\d_\w+)` \|", text, flags=re.M))
    assert here == {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")}


def test_what_is_left_out_as_slow_is_there(request):
    slow = request.config.pluginmanager.getplugin(str(ROOT / "conftest.py")).SLOW
    here = [
        p.relative_to(ROOT).as_posix()
        for folder in ("tests", "notebooks")
        for p in (ROOT / folder).rglob("*.*")
    ]
    assert [prefix for prefix in slow if not any(path.startswith(prefix) for path in here)] == []


@pytest.mark.skipif(os.name != "posix" or not shutil.which("make"), reason="make is not installed")
def test_make_lab_serves_the_first_lesson():
    if not (ROOT / ".venv").is_dir():
        pytest.skip("there is no .venv: make lab has not been set up here")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    args = "--no-browser --allow-root --ServerApp.port_retries=0 --IdentityProvider.token=t"
    args += " --LabApp.news_url=None"
    installed = next((ROOT / ".venv").glob(".ready-*")).name.split("-")
    wants = {"LIGHT": "" if "torch" in installed else "1"}
    wants["EXTRAS"] = "oracles" if "oracles" in installed else ""
    settings = [f"{k}={v}" for k, v in {"PORT": port, "ARGS": args, **wants}.items()]
    lab = subprocess.Popen(["make", "lab", *settings], cwd=ROOT, start_new_session=True)
    try:
        page = fetch(
            f"http://127.0.0.1:{port}/api/contents/notebooks/00_start_here.ipynb?token=t", seconds=60
        )
        assert b"Start here" in page
    finally:
        os.killpg(lab.pid, signal.SIGTERM)
        lab.wait(timeout=30)


def fetch(url, seconds):
    """The page, as soon as it is served."""
    end = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return answer.read()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.3)
