"""Each lesson that holds an explorer, run whole in JupyterLab."""

import json
import shutil
from pathlib import Path

import pytest

from parti_edu.explore import EXPLORERS

from .conftest import Shown

FOLDER = Path(__file__).parents[2] / "notebooks"


def shows(path):
    """The names of the explorers that a lesson shows, in order."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    places = {code.find(f"{name}_explorer.show("): name for name in EXPLORERS}
    return [places[at] for at in sorted(places) if at >= 0]


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
        notebook.run()
        kinds = {output["output_type"] for cell in notebook.outputs() for output in cell}
        streams = {output.get("name", "stdout") for cell in notebook.outputs() for output in cell}
        assert "error" not in kinds
        assert streams == {"stdout"}
        for i, expected in enumerate(LESSONS[name]):
            assert notebook.shown(EXPLORERS[expected], i).labels() == [
                knob.label for knob in EXPLORERS[expected].knobs
            ]
        assert notebook.page.locator(Shown.BOX).count() == len(LESSONS[name])
