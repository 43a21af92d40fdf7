"""The ledger: every id has one verdict, and the page is that of the lessons as they are."""

import json
import re
from collections import Counter

import nbformat
import pytest

from parti_edu import claims
from parti_edu.labs.errata import ledger

IDS = [f"{kind}{i:02}" for kind, n in (("F", 16), ("C", 14), ("B", 23)) for i in range(1, n + 1)]
ROW = re.compile(
    r"^\| ([FCB]\d\d) \| (A[^|]*) \| (.*) \| (\w+) \| \[(\d\d)\]\((.*)\.ipynb\) \| (.*) \|$", re.M
)


def test_all_53_have_a_statement():
    assert sorted(ledger.STATEMENTS) == sorted(IDS)
    assert set(ledger.VERDICTS) == set(claims.VERDICTS)


def test_each_id_is_claimed_by_one_lesson_once():
    assert Counter(id for id, _ in ledger.claimed()) == Counter(IDS)


def test_the_page_has_each_id_once_with_the_lesson_and_the_verdict_that_claim_it():
    rows = {row[0]: row for row in ROW.findall(ledger.PAGE.read_text(encoding="utf-8"))}
    assert sorted(rows) == sorted(IDS)
    for id, lesson in ledger.claimed():
        assert rows[id][5] == lesson, id
    for path in ledger.lessons():
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        source = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
        for id, verdict in re.findall(r'claim\(\s*"([A-Z]\d\d)".*?verdict="(\w+)"', source, flags=re.S):
            assert rows[id][3] == verdict, id


def test_the_catalogue_names_the_lesson_that_holds_the_verdict():
    where = dict(ledger.claimed())
    for id, erratum in ledger.ERRATA.items():
        assert where[id][:2] == erratum.lesson, id


def entry(id, **changes):
    return ledger.Entry(**{"id": id, "lesson": "05_x", "text": "a | b", "verdict": "holds"} | changes)


@pytest.mark.parametrize(
    ("ids", "told"),
    [
        (IDS[1:], "missing: F01"),
        ([*IDS, "F01"], "doubled: F01"),
        ([*IDS, "F99"], "unknown: F99"),
    ],
)
def test_an_id_that_is_missing_doubled_or_unknown_is_told(ids, told):
    with pytest.raises(ValueError, match=told):
        ledger.page([entry(id) for id in ids])


def test_a_bar_in_a_sentence_does_not_end_its_cell():
    assert "a \\| b" in ledger.page([entry(id) for id in IDS])


def notebook(path, source):
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(book, path)
    return path


def test_what_a_lesson_showed_is_read_from_its_run(tmp_path):
    source = (
        'from parti_edu import claim\nclaim("F01", True, "one", verdict="holds")\nclaim("00.1", True, "own")'
    )
    found = ledger.entries(notebook(tmp_path / "00_x.ipynb", source))
    assert found == [ledger.Entry("F01", "00_x", "one", "holds")]


def test_a_lesson_that_fails_is_told(tmp_path):
    with pytest.raises(RuntimeError, match=r"00_x\.ipynb must run"):
        ledger.entries(notebook(tmp_path / "00_x.ipynb", "assert False"))
