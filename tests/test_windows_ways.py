"""What Windows does otherwise: names of files, the letters of a text, the ends of its lines, paths."""

import ast
import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path, PureWindowsPath
from urllib.parse import unquote

import nbformat
import numpy as np
import pytest

from parti_edu import __main__ as command
from parti_edu import data, load, read, show
from parti_edu.exercises import progress, teaching
from parti_edu.site import hosted

ROOT = Path(__file__).parents[1]
LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SOURCES = [
    ROOT / "conftest.py",
    *(
        path
        for folder in ("parti_edu", "tests", "benchmarks")
        for path in sorted((ROOT / folder).rglob("*.py"))
        if "node_modules" not in path.parts
    ),
]
RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{i}" for port in ("com", "lpt") for i in range(1, 10))}
LONGEST = 120  # of the 260 characters that Windows gives a path; the rest is for the folder above


def crlf(raw):
    """Text with the ends of lines that Windows gives them."""
    return re.sub(rb"(?<!\r)\n", b"\r\n", raw)


# ---- names


def illegal(names):
    """What Windows would refuse of these paths, or take for another of them."""
    found, folded = [], {}
    for name in names:
        parts = name.split("/")
        if (
            re.search(r'[<>:"\\|?*\x00-\x1f]', name)
            or any(part[-1:] in (".", " ") for part in parts)
            or any(part.split(".")[0].rstrip().lower() in RESERVED for part in parts)
            or len(name) > LONGEST
            or folded.setdefault(name.lower(), name) != name
        ):
            found.append(name)
    return found


@pytest.mark.skipif(not (ROOT / ".git").exists() or not shutil.which("git"), reason="this is no checkout")
def test_every_file_of_the_repository_may_have_its_name_on_windows():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, timeout=60)
    names = listed.stdout.decode("utf-8").split("\0")[:-1]
    folders = {parent.as_posix() for name in names for parent in Path(name).parents} - {"."}
    assert len(names) > 200
    assert illegal([*names, *sorted(folders)]) == []


@pytest.mark.parametrize(
    "names",
    [
        *(["a:b"], ["a?"], ['a"b.py'], ["a\\b"], ["a/b."], ["a /b"], ["aux.py"], ["x/NUL"], ["x/Com1.txt"]),
        *(["a" * 121], ["README.md", "Readme.md"], ["a|b"], ["tab\t"]),
    ],
    ids=str,
)
def test_a_name_that_windows_refuses_is_found(names):
    assert illegal(["fine/name.py", *names]) == names[-1:]


# ---- letters: where no encoding is said, Windows reads and writes cp1252

READERS = {"read_text": 0, "write_text": 1}  # name → the place of encoding among the arguments
OTHERS = {"webbrowser", "os", "Image"}  # whose `open` opens no text


def unsaid(source):
    """(line, call) of whatever opens a text without saying its encoding."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        method = isinstance(node.func, ast.Attribute)
        name = node.func.attr if method else getattr(node.func, "id", "")
        said = {k.arg for k in node.keywords}
        if name in READERS and "encoding" not in said and len(node.args) <= READERS[name]:
            found.append((node.lineno, name))
        if name in ("open", "fdopen", "NamedTemporaryFile", "TemporaryFile") and "encoding" not in said:
            if name == "open" and method and getattr(node.func.value, "id", "") in OTHERS:
                continue
            place = 1 if name == "fdopen" or (name == "open" and not method) else 0
            modes = [k.value for k in node.keywords if k.arg == "mode"] + node.args[place : place + 1]
            mode = getattr(modes[0], "value", "") if modes else "b" if "Temporary" in name else "r"
            if "b" not in str(mode):
                found.append((node.lineno, name))
        if name == "TextIOWrapper" and "encoding" not in said:
            found.append((node.lineno, name))
    return found


def every(finder):
    """File → what this finds in it, for the files in which it finds something."""
    found = {path.relative_to(ROOT).as_posix(): finder(path.read_text(encoding="utf-8")) for path in SOURCES}
    assert len(found) > 150
    return {file: cases for file, cases in found.items() if cases}


def test_every_text_is_opened_with_its_encoding_said():
    assert every(unsaid) == {}


@pytest.mark.parametrize(
    "source",
    [
        *("open(p)", "open(p, 'w')", "open(p, mode='a')", "p.open()", "p.open('w')", "open(p, how)"),
        *("p.read_text()", "p.write_text('x')", "os.fdopen(n, 'w')", "io.TextIOWrapper(f)"),
        *("tempfile.NamedTemporaryFile('w')", "with open(p) as f:\n    pass"),
    ],
)
def test_an_encoding_that_is_not_said_is_found(source):
    assert len(unsaid(source)) == 1


@pytest.mark.parametrize(
    "source",
    [
        *("open(p, 'rb')", "open(p, encoding='utf-8')", "p.open('wb')", "p.read_text('utf-8')"),
        *("p.write_text('x', encoding='utf-8')", "webbrowser.open(u)", "tempfile.NamedTemporaryFile()"),
        *("os.fdopen(n, 'wb')", "p.read_bytes()", "open(p, mode='rb')"),
    ],
)
def test_what_says_its_encoding_or_opens_bytes_is_left_alone(source):
    assert unsaid(source) == []


def test_the_command_line_tells_a_path_that_the_console_cannot_show(tmp_path):
    """A redirected console of Windows takes cp1252."""
    done = subprocess.run(
        [sys.executable, "-m", "parti_edu", "lab", str(tmp_path / "课程 β"), "--copy-only"],
        env=os.environ | {"PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0"},
        capture_output=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr.decode("cp1252")
    assert rb"\u8bfe\u7a0b" in done.stdout
    assert len(list((tmp_path / "课程 β").glob("*.ipynb"))) == len(LESSONS)


# ---- the ends of lines


@pytest.fixture
def tables(tmp_path, monkeypatch):
    """A copy of two data sets and the manifest with the ends of lines of Windows."""
    sound = json.loads((data.FOLDER / "MANIFEST.json").read_bytes())
    for name in ("penguins", "breast_cancer"):
        raw = gzip.decompress((data.FOLDER / sound[name]["file"]).read_bytes())
        assert b"\r\n" not in raw
        packed = gzip.compress(crlf(raw))
        (tmp_path / sound[name]["file"]).write_bytes(packed)
        sound[name]["sha256"] = hashlib.sha256(packed).hexdigest()
    (tmp_path / "MANIFEST.json").write_bytes(crlf(json.dumps(sound, indent=1).encode()))
    return lambda: monkeypatch.setattr(data, "FOLDER", tmp_path)


@pytest.mark.parametrize("name", ["penguins", "breast_cancer"])
def test_a_table_is_the_same_with_the_other_ends_of_lines(tables, name):
    whole, table = load(name), read(name)
    tables()
    other = load(name)
    assert other.about["sha256"] != whole.about["sha256"]
    np.testing.assert_array_equal(other.X, whole.X)
    np.testing.assert_array_equal(other.y, whole.y)
    assert other.class_names == whole.class_names
    for key, values in read(name).items():
        np.testing.assert_array_equal(values, table[key])


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A copy of lessons, plan and pyproject.toml with the ends of lines of Windows."""
    root = tmp_path_factory.mktemp("on Windows ü")
    (root / "notebooks").mkdir()
    for path in [*LESSONS, ROOT / "notebooks" / "teaching.toml", ROOT / "pyproject.toml"]:
        (root / path.relative_to(ROOT)).write_bytes(crlf(path.read_bytes()))
    assert b"\r\n" in (root / "notebooks" / LESSONS[0].name).read_bytes()
    return root


def test_lessons_are_the_same_with_the_other_ends_of_lines(house):
    assert teaching.lessons(house / "notebooks") == teaching.lessons()
    assert teaching.notes(house / "notebooks") == teaching.notes()
    assert progress._plans(house / "notebooks") == progress._plans(ROOT / "notebooks") != {}
    for path in LESSONS[:3]:
        other = nbformat.read(house / "notebooks" / path.name, as_version=4)
        assert other == nbformat.read(path, as_version=4)


def test_hosted_copies_are_the_same_bytes(house, tmp_path, monkeypatch):
    hosted.write(tmp_path / "here", "a/b")
    monkeypatch.setattr(hosted, "ROOT", house)
    hosted.write(tmp_path / "there", "a/b")
    for path in (tmp_path / "here").iterdir():
        there = (tmp_path / "there" / path.name).read_bytes()
        assert there == path.read_bytes().replace(b"/here/", b"/there/").replace(b" here`", b" there`")
        assert b"\r" not in there


def test_lessons_are_copied_as_they_are(house, tmp_path, monkeypatch):
    monkeypatch.setattr(command, "NOTEBOOKS", house / "notebooks")
    command.copy(tmp_path / "mine")
    for path in (house / "notebooks").iterdir():
        assert (tmp_path / "mine" / path.name).read_bytes() == path.read_bytes()


def test_progress_is_the_same_with_the_other_ends_of_lines(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PARTI_EDU_HOME", str(tmp_path / "Müller β"))
    progress.record("tasks", "00.课程", True)
    progress.record("predictions", "00.jump", ["größer", False])
    before = progress.load()
    progress.file().write_bytes(crlf(progress.file().read_bytes()))
    assert progress.load() == before
    assert before["predictions"]["00.jump"] == ["größer", False]
    assert capsys.readouterr().out == ""


def test_source_is_shown_the_same_with_the_other_ends_of_lines(tmp_path, monkeypatch):
    text = b'def f(x):\n    """One.\n\n    Two.\n    """\n\n    return x\n'
    for name, raw in {"lf_lines": text, "crlf_lines": crlf(text)}.items():
        (tmp_path / f"{name}.py").write_bytes(raw)
    monkeypatch.syspath_prepend(tmp_path)
    import crlf_lines
    import lf_lines

    assert show.source(crlf_lines.f).data == show.source(lf_lines.f).data == "def f(x):\n    return x"


# ---- paths


def bare(source):
    """Lines that make text of a relative path with the slashes of the system that it runs on."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", "") == "str"
        and any(isinstance(n, ast.Attribute) and n.attr == "relative_to" for n in ast.walk(node))
    ]


def test_a_relative_path_becomes_text_with_forward_slashes():
    assert every(bare) == {}


def test_a_path_that_becomes_text_as_the_system_writes_it_is_found():
    assert bare("x = 1\nstr(path.relative_to(here))") == [2]
    assert bare("path.relative_to(here).as_posix()") == []


def test_a_folder_of_windows_gives_its_last_name_to_the_links():
    folder = PureWindowsPath(r"C:\Users\Jörg Müller\hosted copies")
    told = hosted.links(["00_start_here"], "a/b", "main", folder)
    assert "/a/b/blob/main/hosted%20copies/00_start_here.ipynb)" in told
    assert "\\" not in told


@pytest.mark.parametrize("folder", ["with spaces", "Grüße", "课程 β", "a&b (1)", "100% #1"])
def test_folders_of_any_letters_will_do(tmp_path, folder, capsys):
    here = tmp_path / folder
    assert command.main(["lab", str(here), "--copy-only"]) == 0
    assert command.main(["explore", "readings", "--to", str(here / "readings β.html")]) == 0
    assert (here / "readings β.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert hosted.main(["a/b", "--to", str(here / folder)]) == 0
    told = (here / folder / "LINKS.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\((https://colab\S+?ipynb)\)", told)
    assert len(links) == len(LESSONS)
    assert all(unquote(link).split("/")[-2] == folder and link.isascii() for link in links)
