"""axe-core on what an explorer shows, in both themes: no serious fault beyond those listed with a reason."""

import json
from pathlib import Path

import pytest

from parti_edu.explore import EXPLORERS

AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
# Faults of ipywidgets' own markup: (rule, CSS selector that every faulty node matches) → reason.
LISTED = {
    ("aria-input-field-name", ".noUi-handle"): "ipywidgets names a slider beside its handle, not on it",
}
RUN = """async box => {
    const {violations} = await axe.run(box, {resultTypes: ['violations']});
    return violations.filter(v => ['serious', 'critical'].includes(v.impact)).flatMap(v => v.nodes.map(n => ({
        rule: v.id, why: n.failureSummary, html: n.html.slice(0, 300),
        matches: SELECTORS.filter(s => document.querySelector(n.target.at(-1)).matches(s)),
    })));
}""".replace("SELECTORS", json.dumps([selector for _, selector in LISTED]))

pytestmark = pytest.mark.skipif(not AXE.is_file(), reason="axe-core is missing: run npm ci in tests/browser")


@pytest.fixture(scope="module")
def cells(gallery):
    """The gallery, with axe-core in its page."""
    notebook, found = gallery
    notebook.page.evaluate(AXE.read_text(encoding="utf-8"))
    return notebook, found


def faults(shown):
    """The serious and critical faults of an explorer's nodes, without the listed ones; and those."""
    found = shown.page.evaluate(RUN, shown.box.element_handle())
    listed = {(f["rule"], s) for f in found for s in f["matches"]} & set(LISTED)
    return [f for f in found if not {(f["rule"], s) for s in f["matches"]} & set(LISTED)], listed


@pytest.mark.parametrize("theme", ["Light", "Dark"])
@pytest.mark.parametrize("name", EXPLORERS)
def test_no_serious_fault(cells, theme, name):
    notebook, found = cells
    notebook.theme(theme)
    left, listed = faults(found[name])
    assert not left, json.dumps(left, indent=1)
    assert listed == set(LISTED), "a listed fault is gone: take it off the list"


def test_axe_finds_a_fault_where_one_is(cells):
    _, found = cells
    shown = next(iter(found.values()))
    shown.box.evaluate("box => box.insertAdjacentHTML('beforeend', '<button id=bare></button>')")
    left, _ = faults(shown)
    shown.box.evaluate("() => document.querySelector('#bare').remove()")
    assert [f["rule"] for f in left] == ["button-name"]
