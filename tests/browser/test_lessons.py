"""Each lesson that holds an explorer, run whole in JupyterLab."""

import json
import re
import shutil
from pathlib import Path

import pytest

from parti_edu.explore import EXPLORERS

FOLDER = Path(__file__).parents[2] / "notebooks"


def shows(path):
    """The names of the explorers that a lesson shows, in order."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    return re.findall(r"(\w+)_explorer\.show\(", code)


SECONDS = 240  # until a lesson counts as hanging: no bound, since a shared machine has slow days
LESSONS = {path.stem: shows(path) for path in sorted(FOLDER.glob("*.ipynb"))}


@pytest.fixture(scope="module")
def lessons(lab):
    """The lessons, copied with their folder to where the server finds them."""
    shutil.copytree(FOLDER, lab.root / FOLDER.name, ignore=shutil.ignore_patterns(".*"))
    return FOLDER.name


def test_lessons_00_and_03_are_among_them():
    assert LESSONS["00_start_here"]
    assert LESSONS["03_merging"]


@pytest.mark.parametrize("name", [name for name, explorers in LESSONS.items() if explorers])
def test_a_lesson_runs_whole_and_shows_its_explorers(name, lessons, page):
    with page(f"{lessons}/{name}.ipynb") as notebook:
        notebook.page.set_default_timeout(SECONDS * 1000)
        notebook.run()
        outputs = [output for cell in notebook.outputs() for output in cell]
        assert "error" not in {output["output_type"] for output in outputs}
        said = [output["text"] for output in outputs if output.get("name") == "stderr"]
        assert [text for text in said if "the run diverged" not in text] == []
        for i, expected in enumerate(LESSONS[name]):
            assert notebook.shown(EXPLORERS[expected], i).labels() == [
                knob.label for knob in EXPLORERS[expected].knobs
            ]
        assert notebook.boxes().count() == len(LESSONS[name])
