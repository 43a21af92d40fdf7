"""Copies for hosted notebooks: a cell that does nothing where the package is, links that lead to a lesson."""

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from packaging.requirements import Requirement

from parti_edu.site import hosted

ROOT = Path(__file__).parents[2]
LESSONS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    to = tmp_path_factory.mktemp("a b") / "hosted"
    assert hosted.main(["ada/parti_edu", "--to", str(to)]) == 0
    return to


@pytest.fixture(scope="module")
def cell(folder):
    """The source of the set-up cell."""
    return "".join(read(folder / LESSONS[0].name)["cells"][0]["source"])


@pytest.fixture
def calls(monkeypatch):
    """What the cell would have run: nothing is started."""
    commands = []

    def run(command, **settings):
        assert settings == {"check": True}
        commands.append(command)

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(subprocess, "Popen", None)
    monkeypatch.setenv("PARTI_EDU_STATIC", "before")  # so that it is put back
    monkeypatch.delenv("PARTI_EDU_STATIC")
    return commands


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def test_the_set_up_does_nothing_where_the_package_is(cell, calls):
    exec(cell, {})
    assert calls == []
    assert "PARTI_EDU_STATIC" not in os.environ


def test_the_set_up_installs_the_package_and_what_is_missing_where_it_is_not(cell, calls, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    exec(cell, {})
    pip = [sys.executable, "-m", "pip", "install", "--quiet"]
    package, needed = calls
    assert package == [*pip, "--no-deps", "parti-edu @ git+https://github.com/ada/parti_edu@main"]
    assert needed[: len(pip)] == pip
    assert {Requirement(line).name for line in needed[len(pip) :]} >= {"numpy", "torch", "optuna"}
    assert os.environ["PARTI_EDU_STATIC"] == "1"


def test_what_is_installed_has_no_upper_bound_and_no_pin():
    """So pip never puts an older version in the place of the one that is there."""
    for line in hosted.needed():
        assert {part.operator for part in Requirement(line).specifier} == {">="}
    assert not {Requirement(line).name for line in hosted.needed()} & hosted.NOT_ON_COLAB


def test_what_is_installed_is_all_that_a_lesson_imports():
    known = {Requirement(line).name for line in hosted.needed()}
    imported = set()
    for path in LESSONS:
        for cell in read(path)["cells"]:
            if cell["cell_type"] == "code":
                imported |= set(re.findall(r"^(?:from|import) (\w+)", "".join(cell["source"]), flags=re.M))
    names = {"sklearn": "scikit-learn", "PIL": "pillow"}
    others = {names.get(name, name) for name in imported - sys.stdlib_module_names - {"parti_edu"}}
    assert {"numpy", "torch", "optuna", "scikit-learn"} <= others
    assert others <= known | {"IPython"}


def test_a_copy_is_the_lesson_with_one_cell_on_top(folder):
    assert sorted(path.name for path in folder.glob("*.ipynb")) == [path.name for path in LESSONS]
    for path in LESSONS:
        copy = read(folder / path.name)
        first = copy["cells"].pop(0)
        assert copy == read(path)
        assert first["outputs"] == []
        assert first["id"] not in {cell["id"] for cell in copy["cells"]}


def test_the_copies_are_notebooks(folder):
    nbformat = pytest.importorskip("nbformat")
    nbformat.validate(nbformat.read(folder / LESSONS[0].name, as_version=4))


def test_each_lesson_has_a_link_to_binder_and_one_to_colab(folder):
    found = re.findall(r"\]\((\S+?)\)", (folder / "LINKS.md").read_text(encoding="utf-8"))
    assert len(found) == 2 * len(LESSONS)
    for path, live, copy in zip(LESSONS, found[::2], found[1::2], strict=True):
        binder, colab = urlsplit(live), urlsplit(copy)
        assert (binder.scheme, binder.netloc, binder.path) == (
            "https",
            "mybinder.org",
            "/v2/gh/ada/parti_edu/HEAD",
        )
        assert parse_qs(binder.query) == {"labpath": [f"notebooks/{path.name}"]}
        assert (ROOT / parse_qs(binder.query)["labpath"][0]).is_file()
        assert (colab.scheme, colab.netloc, colab.query) == ("https", "colab.research.google.com", "")
        assert colab.path == f"/github/ada/parti_edu/blob/main/hosted/{path.name}"


@pytest.mark.parametrize("name", ["a/b", "Ada-L/parti_edu", "x1/a.b-c_D", "a-b-c/.github"])
def test_names_of_repositories_are_taken(tmp_path, name):
    hosted.write(tmp_path, name)
    assert f"/gh/{name}/HEAD" in (tmp_path / "LINKS.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "name",
    [
        *("", "parti_edu", "a/b/c", "/b", "a/", "a/.", "a/..", "a/b.git", "a b/c", "a/b c", "a/b\n"),
        *("-a/b", "a-/b", "a--b/c", "a_b/c", "a" * 40 + "/b", "a/b;ls", 'a/b"', "a/b'", "a/b@main", "ä/b"),
        *("https://github.com/a/b", "git@github.com:a/b"),
    ],
)
def test_what_names_no_repository_is_refused_in_a_line(tmp_path, capsys, name):
    assert hosted.main(["--to", str(tmp_path / "h"), "--", name]) == 2
    told = capsys.readouterr().err
    assert told == f"REPOSITORY must be owner/name as on GitHub, such as ada/parti_edu, got {name!r}\n"
    assert not (tmp_path / "h").exists()


@pytest.mark.parametrize("branch", ["", "a b", "-x", "../x;", "a\n"])
def test_what_names_no_branch_is_refused(tmp_path, branch):
    with pytest.raises(ValueError, match="branch must be the name of a branch, such as main, got"):
        hosted.write(tmp_path / "h", "a/b", branch)
