"""The rules for lessons: short cells, a plan that adds up, claims for every number, outputs stripped."""

import json
import re
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).parents[2]
LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))
MARK = "NBVAL_CHECK_OUTPUT"
LEDGER = re.compile(r'claim\(\s*"([A-Z]\d\d)"')
OWN = re.compile(r'claim\(\s*"(\d\d\.\d+)"')


def cells(path, kind):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    return [cell for cell in notebook["cells"] if cell["cell_type"] == kind]


def sources(path, kind="code"):
    return ["".join(cell["source"]) for cell in cells(path, kind)]


def lesson(path):
    return json.loads(path.read_text(encoding="utf-8"))["metadata"]["lesson"]


each_lesson = pytest.mark.parametrize("path", LESSONS, ids=lambda p: p.stem)


@each_lesson
def test_code_cells_are_short(path):
    lengths = [len([line for line in source.splitlines() if line.strip()]) for source in sources(path)]
    assert median(lengths) <= 5
    assert max(lengths) <= 15
    assert all(len(line) <= 92 for source in sources(path) for line in source.splitlines())


@each_lesson
def test_prose_cells_are_short(path):
    for prose in sources(path, "markdown"):
        words = [w for w in re.sub(r"\$[^$]*\$", "x", prose).split() if re.search(r"\w", w)]
        assert len(words) <= 80, prose[:60]


@each_lesson
def test_imports_stand_in_one_cell_and_there_are_no_magics(path):
    assert sum(bool(re.search(r"^(import|from) ", source, flags=re.M)) for source in sources(path)) == 1
    for source in sources(path):
        assert not re.search(r"^\s*[%!]", source, flags=re.M), source
        assert not source.rstrip().endswith(";"), source


@each_lesson
def test_nothing_depends_on_the_clock_or_the_network(path):
    for source in sources(path):
        assert not re.search(r"\b(time|datetime|requests|urllib|pickle)\b\s*[.(]", source), source


@each_lesson
def test_outputs_are_stripped_except_those_that_are_checked(path):
    for cell in cells(path, "code"):
        checked = MARK in "".join(cell["source"])
        assert bool(cell["outputs"]) == checked, "".join(cell["source"])
        assert cell["execution_count"] == (1 if checked else None)


@each_lesson
def test_no_state_of_a_widget_is_kept(path):
    assert "widgets" not in json.loads(path.read_text(encoding="utf-8"))["metadata"]


@each_lesson
def test_the_lesson_plan_fits_an_hour_and_every_objective_has_a_claim(path):
    plan = lesson(path)
    assert plan["question"].endswith("?")
    assert plan["needs"]
    assert 0 < sum(plan["minutes"].values()) <= 50
    claims = {c for source in sources(path) for c in LEDGER.findall(source) + OWN.findall(source)}
    assert {objective["claim"] for objective in plan["objectives"]} <= claims


@each_lesson
def test_own_claims_are_numbered_in_order(path):
    number = path.stem[:2]
    found = [c for source in sources(path) for c in OWN.findall(source)]
    assert found == [f"{number}.{i + 1}" for i in range(len(found))]


@each_lesson
def test_slides_start_with_a_slide(path):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    kinds = [cell["metadata"]["slideshow"]["slide_type"] for cell in notebook["cells"]]
    assert kinds[0] == "slide"
    assert set(kinds) <= {"slide", "subslide", "fragment", "skip", "notes"}


@each_lesson
def test_the_lesson_has_its_parts_and_predicts_before_it_tells(path):
    text = "\n".join(sources(path, "markdown"))
    for part in ("**Question.**", "**Predict", "## Three lines", "## Read more"):
        assert part in text, part
    code = sources(path)
    for i, source in enumerate(code):
        if re.match(r"guess = None", source):
            assert any("{guess}" in later for later in code[i + 1 : i + 5]), "a guess that nobody answers"


def test_a_lesson_ends_by_naming_the_next():
    named = [re.findall(r"^Next: `(\w+)`", sources(path, "markdown")[-1], re.M) for path in LESSONS]
    assert named == [[path.stem] for path in LESSONS[1:]] + [[]]


def test_a_ledger_verdict_stands_in_one_place():
    found = [c for path in LESSONS for source in sources(path) for c in LEDGER.findall(source)]
    assert len(found) == len(set(found)), found
