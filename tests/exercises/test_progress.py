"""The progress file: whole or not at all, set aside when it cannot be used, never a reason to stop."""

import json
import os
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from parti_edu import claim, claims
from parti_edu.exercises import TASKS, overview, progress, reset

AT_IMPORT = os.environ.get("PARTI_EDU_HOME")
DONE = {
    "version": 1,
    "claims": ["00.1"],
    "tasks": {"03.merged": True},
    "predictions": {"00.jump": [0.5, True]},
}


def test_tests_keep_nothing_in_anyones_home():
    assert AT_IMPORT
    assert not Path(AT_IMPORT).is_relative_to(Path.home() / ".parti_edu")


def test_the_file_lies_in_the_home_unless_the_environment_says_otherwise(monkeypatch, home):
    assert progress.file() == home / "progress.json"
    monkeypatch.delenv("PARTI_EDU_HOME")
    assert progress.file() == Path.home() / ".parti_edu" / "progress.json"


def test_nothing_is_written_before_something_was_done(home):
    progress.load()
    overview()
    assert not home.exists()


def test_what_is_recorded_is_there_again_with_the_claims_seen(home, capsys):
    claim("03.1", True, "it is so")
    progress.record("tasks", "03.merged", True)
    progress.record("predictions", "00.jump", [0.5, True])
    claims.SHOWN.clear()
    claim("00.1", True, "it is so")
    assert progress.load() == DONE | {"claims": ["00.1", "03.1"]}
    assert json.loads((home / "progress.json").read_text(encoding="utf-8")) == DONE | {"claims": ["03.1"]}


def test_a_claim_that_does_not_hold_is_not_seen():
    with pytest.raises(AssertionError):
        claim("03.1", False, "it is so")
    assert progress.load()["claims"] == []


def test_a_write_that_breaks_off_leaves_the_old_file_and_no_scraps(home, capsys, monkeypatch):
    progress.record("tasks", "03.merged", True)
    before = progress.file().read_bytes()

    def full(*_):
        raise OSError("no space left")

    monkeypatch.setattr(progress.os, "replace", full)
    progress.record("tasks", "00.band", True)
    progress.record("tasks", "03.factor", False)
    assert progress.file().read_bytes() == before
    assert [path.name for path in home.iterdir()] == ["progress.json"]
    assert progress.load()["tasks"] == {"03.merged": True, "00.band": True, "03.factor": False}
    assert capsys.readouterr().out.count("until this kernel ends") == 1
    monkeypatch.undo()


def test_what_could_not_be_written_is_written_later(home, capsys):
    home.write_text("a file where the folder should be", encoding="utf-8")
    progress.record("tasks", "03.merged", True)
    assert "could not be written" in capsys.readouterr().out
    home.unlink()
    progress.record("tasks", "00.band", False)
    assert json.loads(progress.file().read_text(encoding="utf-8"))["tasks"] == {
        "03.merged": True,
        "00.band": False,
    }


DAMAGED = {
    "half": json.dumps(DONE)[:40],
    "empty": "",
    "no dict": "[1, 2]",
    "no version": json.dumps({k: v for k, v in DONE.items() if k != "version"}),
    "version is text": json.dumps(DONE | {"version": "1"}),
    "no tasks": json.dumps({k: v for k, v in DONE.items() if k != "tasks"}),
    "tasks are text": json.dumps(DONE | {"tasks": {"03.merged": "yes"}}),
    "claims are numbers": json.dumps(DONE | {"claims": [1]}),
    "claims are text": json.dumps(DONE | {"claims": "00.1"}),
    "predictions are numbers": json.dumps(DONE | {"predictions": {"a": 1}}),
    "deep": "[" * 100_000,
}


@pytest.mark.parametrize("text", [*DAMAGED.values(), b"\xff\xfe\x00"], ids=[*DAMAGED, "no text"])
def test_a_damaged_file_is_set_aside_and_said_so(home, capsys, text):
    home.mkdir()
    data = text if isinstance(text, bytes) else text.encode()
    progress.file().write_bytes(data)
    assert progress.load()["tasks"] == {}
    assert "could not be read; it is kept as progress.aside-1.json" in capsys.readouterr().out
    assert (home / "progress.aside-1.json").read_bytes() == data
    progress.record("tasks", "00.band", True)
    assert progress.load()["tasks"] == {"00.band": True}


def test_half_of_a_letter_in_the_file_stops_nobody(home):
    """JSON can name half of a surrogate pair, and UTF-8 has no bytes for it."""
    home.mkdir()
    progress.file().write_text(json.dumps(DONE | {"claims": ["\ud83d"]}), encoding="utf-8")
    progress.record("tasks", "00.band", True)
    assert progress.load() == DONE | {"claims": ["\ud83d"], "tasks": {"03.merged": True, "00.band": True}}
    assert [path.name for path in home.iterdir()] == ["progress.json"]


def test_a_newer_file_is_set_aside_beside_an_older_one(home, capsys):
    home.mkdir()
    (home / "progress.aside-1.json").write_text("old", encoding="utf-8")
    progress.file().write_text(json.dumps({"version": 2, "anything": 1}), encoding="utf-8")
    assert progress.load()["tasks"] == {}
    assert "was written by a newer version; it is kept as progress.aside-2.json" in capsys.readouterr().out
    assert (home / "progress.aside-1.json").read_text(encoding="utf-8") == "old"


def test_a_file_that_cannot_be_set_aside_stops_nobody(home, capsys, monkeypatch):
    home.mkdir()
    progress.file().write_text("{", encoding="utf-8")
    monkeypatch.setattr(progress.os, "replace", lambda *_: (_ for _ in ()).throw(PermissionError("no")))
    assert TASKS["03.merged"].check(TASKS["03.merged"].answer).right
    assert "could not be set aside" in capsys.readouterr().out


def lesson(folder, name, plan):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(json.dumps({"metadata": {"lesson": plan}, "cells": []}), encoding="utf-8")


@pytest.fixture
def lessons(tmp_path):
    """A folder with the plan of lesson 03, a lesson without exercises, and two files that are none."""
    plan = {"minutes": {"a": 7, "b": 5}, "objectives": [{"claim": "03.1"}, {"claim": "F02"}]}
    lesson(tmp_path / "lessons", "03_merging.ipynb", plan)
    lesson(tmp_path / "lessons", "09_workers.ipynb", {"minutes": {"a": 9}, "objectives": [{"claim": "B01"}]})
    lesson(tmp_path / "lessons", "10_mine.ipynb", {"minutes": 3})
    (tmp_path / "lessons" / "11_torn.ipynb").write_text("{", encoding="utf-8")
    return tmp_path / "lessons"


def test_the_overview_counts_objectives_minutes_and_exercises(lessons, capsys):
    claim("03.1", True, "it is so")
    progress.record("tasks", "03.merged", True)
    progress.record("tasks", "03.factor", False)
    lines = repr(overview(lessons)).splitlines()
    assert lines[0].split() == ["lesson", "objectives", "minutes", "exercises"]
    assert re.match(r"00 +0 of 0 +0 +· one_round, · merged_states", lines[1])
    assert [line[:2] for line in lines[1:]] == sorted({"09", *(task.lesson for task in TASKS.values())})
    rows = {line[:2]: line for line in lines}
    assert re.match(r"03 +1 of 2 +12 +✓ merged, ~ factor, · reading_b", rows["03"])
    assert re.match(r"09 +0 of 1 +9 +· factors", rows["09"])


def test_the_overview_writes_down_the_claims_seen(home, lessons, capsys):
    claim("03.1", True, "it is so")
    overview(lessons)
    assert json.loads(progress.file().read_text(encoding="utf-8"))["claims"] == ["03.1"]


def test_the_table_is_a_table_that_says_the_same(lessons):
    table = ET.fromstring(overview(lessons)._repr_html_())
    cells = ["".join(cell.itertext()) for row in table.iter("tr") for cell in row]
    assert " ".join(" ".join(cells).split()) == " ".join(repr(overview(lessons)).split())
    assert {cell.get("scope") for cell in table.iter("th")} == {"col", "row"}


def test_without_lessons_objectives_and_minutes_are_left_out(tmp_path):
    assert repr(overview(tmp_path)).splitlines()[0].split() == ["lesson", "exercises"]


def test_the_lessons_are_found_from_anywhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "objectives" in repr(overview())


def test_reset_asks_first(home, capsys):
    claim("03.1", True, "it is so")
    progress.record("tasks", "03.merged", True)
    progress.record("tasks", "03.factor", False)
    capsys.readouterr()
    reset()
    asked = capsys.readouterr().out
    assert "forgets 1 exercises done, 0 predictions and 1 claims seen" in asked
    assert "reset(sure=True)" in asked
    assert progress.load()["tasks"]
    reset(sure=True)
    assert not progress.file().exists()
    assert progress.load() == {"version": 1, "claims": [], "tasks": {}, "predictions": {}}
    reset(sure=True)


def test_nothing_about_the_student_or_the_clock_is_kept(home):
    TASKS["03.merged"].check(TASKS["03.merged"].answer)
    assert progress.file().read_text(encoding="utf-8") == json.dumps(
        {"claims": [], "tasks": {"03.merged": True}, "predictions": {}, "version": 1}, indent=1
    )
