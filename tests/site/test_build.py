"""Pages of lessons: formulas, folds, headings, links; nothing from elsewhere."""

import json
import re

import nbformat
import pytest

pytest.importorskip("latex2mathml")

from parti_edu.site import build


def book(*sources):
    cells = [
        nbformat.v4.new_markdown_cell(text) if kind == "md" else nbformat.v4.new_code_cell(text)
        for kind, text in sources
    ]
    plan = {"minutes": {"a": 5}, "question": "Why <so>?"}
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return nbformat.v4.new_notebook(cells=cells, metadata={"lesson": plan, "kernelspec": spec})


def test_formulas_become_mathml_and_code_stays():
    text = build.mathematics("Let $x_1$ be `$5` and\n\n$$x^2$$\n\nand ```a $b$ c```")
    assert text.count("<math") == 2
    assert 'display="block"' in text
    assert "`$5`" in text
    assert "```a $b$ c```" in text


@pytest.mark.parametrize("path", build.lessons(), ids=lambda p: p.stem)
def test_every_formula_of_every_lesson_can_be_drawn(path):
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "markdown":
            html = build.mathematics(cell.source)
            assert "$" not in re.sub(r"<math.*?</math>|`[^`]*`", "", html, flags=re.S)
            assert "\\" not in "".join(re.findall(r"<m[a-z]+>([^<]*)<", html))


@pytest.mark.parametrize("asks", ["guess = None", "guess, folder = None, 1", 'predict(\n    "00.jump",\n)'])
def test_the_answer_to_a_prediction_is_folded_until_the_next_prose(asks):
    html = build.body(
        book(("md", "**Predict.** Which?"), ("code", asks), ("code", "secret = 1"), ("md", "Next.")),
        "00",
    )
    before, inside, after = re.split(r'<details class="fold">|</details>', html)
    assert "guess" not in before.replace('class="guess"', "").replace("Write your guess", "")
    assert "secret" in inside
    assert "Open the answer" in inside
    assert "Next." in after


def test_an_exercise_shows_a_solution_behind_a_fold():
    html = build.body(book(("code", "tasks.common_digits.check(common_digits)")), "08")
    assert "A solution" in html
    assert "common_digits" in html
    assert "check" not in html


def test_a_mark_for_the_tests_is_not_shown():
    assert "NBVAL" not in build.body(book(("code", "# NBVAL_CHECK_OUTPUT\nx = 1")), "00")


def test_a_heading_is_found_whole():
    html = build.body(book(("md", "# What `-=` does to *a* merge\n\nIt changes x.")), "00")
    (section,) = build.sections(html)
    assert section[1] == "What -= does to a merge"


def test_the_words_of_a_page_are_those_that_are_read():
    picture = '<svg><svg viewBox="0 0 1 1"><path/></svg><text x="1">0</text></svg>'
    assert build.plain(f"{picture}<p>A group&#x27;s share &lt; 1</p>") == "A group's share < 1"


def test_two_lessons_are_built_with_links_search_and_titles(tmp_path, monkeypatch):
    books = {
        "00_a": book(("md", "# 00 · A\n\nOne."), ("md", "## Part\n\nTwo $x$.")),
        "01_b": book(("md", "# 01 · B")),
    }
    monkeypatch.setattr(build, "run", lambda path: books[path.stem])
    build.build(tmp_path, [tmp_path / f"{stem}.ipynb" for stem in books])
    pages = {path.stem: path.read_text(encoding="utf-8") for path in tmp_path.glob("*.html")}
    assert set(pages) == {"index", "00_a", "01_b"}
    assert 'href="01_b.html">01 · B →' in pages["00_a"]
    assert 'href="00_a.html">← 00 · A' in pages["01_b"]
    assert "Why &lt;so&gt;?" in pages["index"]
    sections = json.loads(
        (tmp_path / "search.js").read_text(encoding="utf-8").split("= ", 1)[1].rstrip(";\n")
    )
    assert ["00_a", "00 · A", "Part", "Part", "Part Two ."] in [
        [*row[:4], row[4].replace(" ¶", "").replace("¶", "")] for row in sections
    ]
    for html in pages.values():
        assert not re.findall(r'(?:src|href)="(?:https?:)?//', html)
