"""The command line: lessons are copied and never overwritten, an explorer is one file."""

import subprocess
import sys

import pytest

from parti_edu.__main__ import main


def test_lessons_are_copied_and_work_is_never_overwritten(tmp_path, capsys):
    assert main(["lab", str(tmp_path / "mine"), "--copy-only"]) == 0
    first = tmp_path / "mine" / "00_start_here.ipynb"
    assert first.is_file()
    first.write_text("my work", encoding="utf-8")
    (tmp_path / "mine" / "01_grouping.ipynb").unlink()
    assert main(["lab", str(tmp_path / "mine"), "--copy-only"]) == 0
    assert first.read_text(encoding="utf-8") == "my work"
    assert (tmp_path / "mine" / "01_grouping.ipynb").is_file()
    assert "1 files copied" in capsys.readouterr().out


def test_a_folder_with_spaces_and_other_letters_will_do(tmp_path):
    folder = tmp_path / "mes leçons 课程"
    assert main(["lab", str(folder), "--copy-only"]) == 0
    assert len(list(folder.glob("*.ipynb"))) >= 9


def test_an_explorer_is_written_as_one_file_and_not_over_another(tmp_path, capsys):
    target = tmp_path / "not there yet" / "r.html"
    assert main(["explore", "readings", "--to", str(target)]) == 0
    text = target.read_text(encoding="utf-8")
    assert text.startswith("<!DOCTYPE html>")
    assert main(["explore", "readings", "--to", str(target)]) == 1
    assert "is there already" in capsys.readouterr().err
    assert main(["explore", "readings", "--to", str(target), "--force"]) == 0


def test_an_unknown_explorer_is_told_with_the_known_ones(capsys):
    assert main(["explore", "merges"]) == 2
    assert "explorer must be one of merge, " in capsys.readouterr().err


@pytest.mark.parametrize("words", [["--help"], ["lab", "--help"], ["explore", "--help"]])
def test_it_runs_as_a_module(words):
    command = [sys.executable, "-m", "parti_edu", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    assert "usage: parti-edu" in done.stdout
