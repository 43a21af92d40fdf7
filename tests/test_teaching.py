"""The teacher's side is generated and up to date: plan, paths, sheet; the self-check; the seeds."""

import importlib
import inspect
import json
import re
import shutil
import subprocess
import sys
import unicodedata
from html import unescape
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parti_edu import load, seed_for
from parti_edu.exercises import TASKS, before, self_check, teaching

ROOT = Path(__file__).parents[1]
NOTEBOOKS = ROOT / "notebooks"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
BANNED = r"\b(wrong|incorrect|error|obviously|simply|just|easy|clearly|forgot|bad|stupid)\b"


# The plan


@pytest.mark.parametrize(
    ("name", "text"), [("TEACHING.md", teaching.teaching), ("SHEET.html", teaching.sheet)]
)
def test_what_is_generated_is_up_to_date(name, text):
    there = (NOTEBOOKS / name).read_text(encoding="utf-8")
    assert there == text(), f"notebooks/{name} is stale: run make teaching"


def numbers(line):
    return [int(n) for n in re.findall(r"\d+", line)]


def part(text, title):
    """The lines under a heading, up to the next one."""
    return re.split(r"^##+ ", text, flags=re.M)[
        [*re.findall(r"^##+ (.*)$", text, flags=re.M)].index(title) + 1
    ]


@pytest.mark.parametrize("number", teaching.lessons())
def test_each_lesson_has_its_plan_its_notes_and_its_misconceptions(number):
    notebook = teaching.lessons()[number][1]
    plan = notebook["metadata"]["lesson"]
    title = "".join(notebook["cells"][0]["source"]).splitlines()[0].lstrip("# ")
    text = part(teaching.teaching(), title)
    assert plan["question"] in text
    for objective in plan["objectives"]:
        assert f"- {objective['text']}: claim {objective['claim']}" in text
    rows = {row[0]: row for row in (line.strip("| ").split(" | ") for line in text.splitlines())}
    for name, minutes in plan["minutes"].items():
        assert rows[name][1] == str(minutes)
        assert all(len(words) > 5 for words in rows[name][2:]), f"{name}: what to draw and to ask"
    assert f"**{sum(plan['minutes'].values())}**" in text
    assert "**Short of time?**" in text
    for task in TASKS.values():
        if task.lesson == number:
            line = next(line for line in text.splitlines() if line.startswith(f"- `{task.name}`: "))
            assert all(mistake.belief in line for mistake in task.mistakes)


@pytest.mark.parametrize("hours", [1, 3, 6])
def test_the_minutes_of_a_path_add_up_and_follow_the_lessons(hours):
    plans = {n: notebook["metadata"]["lesson"] for n, (_, notebook) in teaching.lessons().items()}
    text = part(teaching.teaching(), f"{hours} hour{'s' * (hours > 1)}")
    lines = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| 0")]
    taught = 0
    for number, sections, minutes in lines:
        names = dict(re.findall(r"([^;\d]+?) (\d+)(?:; |$)", sections))
        listed = sum(map(int, names.values())) or sum(plans[number]["minutes"].values())
        assert all(plans[number]["minutes"][name] == int(m) for name, m in names.items())
        assert int(minutes) == listed
        taught += listed
    breaks, questions = numbers(re.search(r"breaks \d+, questions \d+", text).group())
    assert taught + breaks + questions == 60 * hours
    assert [number for number, *_ in lines] == sorted(number for number, *_ in lines)


@pytest.fixture
def course(tmp_path):
    """A copy of the lessons and of what is written by hand, to spoil."""
    for path in [*NOTEBOOKS.glob("*.ipynb"), NOTEBOOKS / "teaching.toml"]:
        shutil.copy(path, tmp_path)
    return tmp_path


def change(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert text.count(old) >= 1
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('["00", "the loop",', '["00", "the lop",', "path of 1 h, lesson 00 must name sections of .*the lop"),
        ("hours = 3", "hours = 2", "path of 2 h must leave 0..20 minutes for questions, got -"),
        ("hours = 1", "hours = 2", "path of 2 h must leave 0..20 minutes for questions, got 6"),
        (
            '["what -= does", "two labels',
            '["what += does", "two labels',
            r"lesson 03 must name .*what \+= does",
        ),
        ('["F10", "A5"', '["F99", "A5"', "printed must name claims with a verdict in some lesson, got F99"),
        ('    ["03"],\n', '    ["99"],\n', "path of 6 h must name lessons that are here, got '99'"),
    ],
)
def test_notes_that_disagree_with_the_lessons_are_refused(course, old, new, told):
    change(course / "teaching.toml", old, new)
    with pytest.raises(ValueError, match=told):
        teaching.teaching(course)


def test_a_new_section_of_a_lesson_wants_its_line(course):
    (lesson,) = course.glob("03_*.ipynb")
    notebook = json.loads(lesson.read_text(encoding="utf-8"))
    notebook["metadata"]["lesson"]["minutes"]["an epilogue"] = 1
    lesson.write_text(json.dumps(notebook), encoding="utf-8")
    with pytest.raises(ValueError, match="a line for each section, none for an epilogue"):
        teaching.teaching(course)


def test_a_lesson_without_notes_or_exercises_is_told_from_its_plan(course):
    (lesson,) = course.glob("03_*.ipynb")
    shutil.copy(lesson, course / "42_new.ipynb")
    change(course / "42_new.ipynb", "# 03 · Merging", "# 42 · New")
    text = part(teaching.teaching(course), "42 · New")
    assert "| what -= does | 7 |  |  |" in text
    assert "Short of time" not in text


def test_verdicts_in_the_plan_are_those_of_the_claims():
    text = part(teaching.teaching(), "A word on the articles")
    rows = re.findall(r"\| \*(\w+)\* \| (\d\d) \((\w+)\) \|", text)
    assert len(rows) == len(teaching.notes()["printed"])
    for verdict, number, id in rows:
        cells = teaching.lessons()[number][1]["cells"]
        source = next(s for s in ("".join(c["source"]) for c in cells) if re.search(rf'claim\(\s*"{id}"', s))
        assert f'verdict="{verdict}"' in source
    assert all(f"\n- A{n} " in text for n in range(1, 6))


# The sheet


PUBLIC = ("grouping", "picking", "convergence", "averaging", "history", "schedules")


def package_names():
    """Names that the reference offers: of its modules, and of their functions, arguments and attributes."""
    found = set()
    house = ROOT / "parti_edu"
    for path in [*(house / "on_numpy").glob("[a-z]*.py"), *(house / f"{room}.py" for room in PUBLIC)]:
        module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
        things = {
            k: v for k, v in vars(module).items() if getattr(v, "__module__", "").startswith("parti_edu")
        }
        found |= {path.stem, *things}
        for thing in things.values():
            found |= set(dir(thing)) if isinstance(thing, type) else set()
            methods = [m for _, m in inspect.getmembers(thing, inspect.isfunction)]
            found |= {name for f in (thing, *methods) for name in inspect.signature(f).parameters}
    return found


def names_on(page):
    """The names in the code that a sheet shows."""
    codes = re.findall(r"<code>(.*?)</code>", page)
    return {name for code in codes for name in re.findall(r"\b[A-Za-z]\w+\b", unescape(code))}


def test_every_name_on_the_sheet_is_one_of_the_package():
    shown = names_on(teaching.sheet()) - {"keep", "reset", "run"}
    assert {"theta", "lr", "sample_gradients", "stratified", "hold"} <= shown
    assert shown <= package_names()


def test_a_made_up_name_on_the_sheet_is_found():
    assert names_on("<code>lr</code>, <code>learning_rate</code>") - package_names() == {"learning_rate"}


def test_the_sheet_needs_nothing_from_elsewhere():
    page = teaching.sheet().replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert not re.search(r"https?://|<script|<link|url\(", page)
    assert "<!-- diagram -->" not in page
    assert "<!-- facts -->" not in page


@pytest.mark.skipif(not CHROMIUM, reason="chromium is not installed")
@pytest.mark.parametrize("repeated", [1, 2])
def test_the_sheet_prints_on_one_page(tmp_path, repeated):
    page = teaching.sheet()
    body = page[page.index("<body>") : page.index("</body>")]
    (tmp_path / "sheet.html").write_text(page.replace(body, body * repeated), encoding="utf-8")
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer", "--disable-sync"]
    flags += ["--disable-background-networking", "--no-first-run", f"--user-data-dir={tmp_path / 'profile'}"]
    printed = tmp_path / "sheet.pdf"
    command = [CHROMIUM, *flags, f"--print-to-pdf={printed}", (tmp_path / "sheet.html").as_uri()]
    subprocess.run(command, capture_output=True, timeout=60, check=True)
    assert len(re.findall(rb"/Type\s*/Page\b", printed.read_bytes())) == repeated


# The self-check

QUESTIONS = {question.name: question for question in before.QUESTIONS}
SLIPS = [(q, slip) for q in before.QUESTIONS for slip in q.slips]


def test_the_questions_are_as_many_as_the_plan_says():
    assert len(QUESTIONS) == 9
    assert "nine short questions" in teaching.teaching()


def slope(f, at, h=1e-6):
    return (f(at + h) - f(at - h)) / (2 * h)


def aliased():
    a = np.zeros(1)
    b = a
    b += 1
    return a[0]


def test_the_answers_are_right():
    rng = np.random.default_rng(0)
    means = rng.normal(0, 12**0.5, (20_000, 4)).mean(1)
    by_other_ways = {
        "derivative": slope(lambda t: t**2 - 4 * t, 5),
        "chain_rule": slope(lambda t: 0.5 * (3 * t - 6) ** 2, 1),
        "mean_of_groups": np.mean([2, 5, 6, 7]),
        "variance": sum((x - 4) ** 2 for x in (1, 3, 5, 7)) / 4,
        "length": np.linalg.norm([3, -4]),
        "product": np.einsum("ij,i->j", np.ones((6, 2)), np.ones(6)).shape,
        "broadcasting": np.broadcast_shapes((5, 1), (5,)),
        "names": aliased(),
    }
    assert {*by_other_ways, "variance_of_a_mean"} == set(QUESTIONS)
    for name, answer in by_other_ways.items():
        assert QUESTIONS[name].check(answer).right, name
    assert abs(np.var(means) / QUESTIONS["variance_of_a_mean"].result() - 1) < 0.05


@pytest.mark.parametrize(
    ("question", "slip"), SLIPS, ids=[f"{q.name}-{slip.answer!s:.6}" for q, slip in SLIPS]
)
def test_a_slip_gets_its_own_message(question, slip):
    given = "ValueError" if slip.answer == "error" else slip.answer
    answer = question.check(given)
    assert (answer.kind, answer.message) == ("known mistake", slip.message)
    assert 8 <= len(slip.message.split()) <= 40
    assert slip.message.count("?") == 1
    assert slip.message.endswith("?")
    assert re.search(r"\b[Yy]ou(rs?)?\b", slip.message)
    assert not re.search(BANNED, slip.message, flags=re.IGNORECASE)


GARBAGE = ["", "two", "1/0", float("nan"), True, {}, object(), np.ones(1), (1.5,), [[]], print, 10**400, 1j]


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
def test_other_answers_are_told_apart_and_nothing_is_raised(question):
    for nothing in (None, ...):
        assert question.check(nothing).kind == "not attempted"
    for garbage in GARBAGE:
        assert question.check(garbage).kind == "wrong", garbage
    other = (7, 7) if isinstance(question.result(), tuple) else -77.5
    assert question.topic in question.check(other).message


@pytest.mark.parametrize("answer", ["-9", "-18/2", -9.04, np.float32(-9), np.int64(-9), np.array(-9.0)])
def test_a_number_may_be_written_in_several_ways(answer):
    assert QUESTIONS["chain_rule"].check(answer).right


def test_the_summary_counts_and_says_what_to_look_up():
    told = self_check(derivative=6, chain_rule=-3, broadcasting=[5, 5], names=...)
    assert told.summary == "2 right of 3 answered, of 9 questions. To look up: the chain rule (lesson 00)."
    assert "How fast does 3θ − 6 change with θ?" in repr(told)
    page = told._repr_html_()
    assert page.count("<li>") == page.count('role="status"') == len(QUESTIONS)
    assert "<code>y - prediction</code>" in page


def test_an_unknown_question_is_told_the_nearest():
    with pytest.raises(ValueError, match=r"question must be one of .*did you mean 'variance'"):
        self_check(varience=5)


def test_the_self_check_is_not_a_record(tmp_path, monkeypatch):
    monkeypatch.setenv("PARTI_EDU_HOME", str(tmp_path / "home"))
    self_check(derivative=6, chain_rule=-3)
    assert not (tmp_path / "home").exists()


# The seeds

KNOWN = [394233311, 2854383874, 659732614]


def test_a_seed_is_the_same_on_every_machine():
    assert [seed_for(name) for name in ("Ada Lovelace", "李明", "Zoë")] == KNOWN
    code = "from parti_edu import seed_for; print(seed_for('Ada Lovelace'))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) == KNOWN[0]


@pytest.mark.parametrize(
    "other",
    [
        "ada lovelace",
        "ADA LOVELACE",
        " Ada \t Lovelace\n",
        "Ada\u00a0Lovelace",
        "Ａｄａ Lovelace",
        "Ada\u200b Lovelace",
    ],
)
def test_ways_of_writing_one_name_make_no_difference(other):
    assert seed_for(other) == seed_for("Ada Lovelace")


@given(st.text(st.characters(categories=("L", "M", "Nd", "Zs")), min_size=1).filter(str.strip))
def test_composed_and_decomposed_letters_are_one_name(name):
    seed = seed_for(name)
    assert 0 <= seed < 2**32
    assert {seed_for(unicodedata.normalize(form, name)) for form in ("NFC", "NFD", "NFKC", "NFKD")} == {seed}


def test_other_names_have_other_seeds_and_other_splits():
    names = [f"student {n}" for n in range(500)] + ["Zoe", "Zoë", "Ada", "Ad a"]
    assert len({seed_for(name) for name in names}) == len(names)
    one, other, again = (load("penguins", seed=seed_for(name)).train.y for name in ("Ada", "Zoë", "ADA"))
    assert (one == again).all()
    assert (one != other).any()


@pytest.mark.parametrize(
    ("name", "kind", "told"),
    [
        (7, TypeError, "name must be text, got 7"),
        (None, TypeError, "name must be text"),
        (" \n", ValueError, "name must have at least one visible character"),
        ("\u200b", ValueError, "name must have at least one visible character"),
    ],
)
def test_what_is_no_name_is_refused(name, kind, told):
    with pytest.raises(kind, match=told):
        seed_for(name)
