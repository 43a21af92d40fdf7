"""The pages without Python, opened from a folder with no network: they render, search, and every knob moves.

Two lessons are built here. SITE=folder takes pages that are there already, such as those of `make site`.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from browser.test_axe import AXE
from parti_edu.explore import EXPLORERS
from parti_edu.explore.page import part

ROOT = Path(__file__).parents[2]
BUILT = os.environ.get("SITE", "")
LESSONS = [path.stem for path in sorted(Path(BUILT).glob("[01]*.html"))] if BUILT else ["00", "03"]
LIMIT = 240  # seconds to build two lessons
LARGEST = {"page": 3e6, "site": 25e6}  # bytes
FAULTS = """async () => {
    const {violations} = await axe.run(document, {resultTypes: ['violations'], preload: false});
    return violations.filter(v => ['serious', 'critical'].includes(v.impact))
        .flatMap(v => v.nodes.map(n => [v.id, n.html.slice(0, 200)]));
}"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    if BUILT:
        return Path(BUILT).resolve()
    to = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "parti_edu.site.build", "--to", str(to), *LESSONS]
    env = os.environ | {"PARTI_EDU_HOME": str(to / "home")}
    subprocess.run(command, check=True, timeout=LIMIT, env=env, capture_output=True)
    return to


@pytest.fixture
def opened(browser, folder):
    """path → the page, opened from the folder without a network; it may say nothing and ask for nothing."""
    told, asked = [], []
    contexts = []

    def open_(path, theme="light", width=1280):
        context = browser.new_context(
            offline=True, color_scheme=theme, viewport={"width": width, "height": 900}
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("console", lambda message: told.append(message.text))
        page.on("pageerror", lambda error: told.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.resolve().as_uri())
        return page

    yield open_
    for context in contexts:
        context.close()
    assert told == []
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []


def pages(folder):
    return sorted(path for path in folder.glob("*.html"))


def ready(page):
    """Open every fold, and wait until every explorer of the page has unpacked its table."""
    page.evaluate("document.querySelectorAll('details').forEach(fold => fold.open = true)")
    page.wait_for_function(
        "() => [...document.querySelectorAll('.parti-page')].every(box => box.dataset.ready)"
    )
    return page.locator(".parti-page").all()


def test_pages_are_small(folder):
    sizes = [path.stat().st_size for path in folder.iterdir() if path.is_file()]
    assert max(sizes) <= LARGEST["page"]
    assert sum(sizes) <= LARGEST["site"]


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 800)])
def test_every_page_renders_and_fits(folder, opened, theme, width):
    for path in pages(folder):
        page = opened(path, theme, width)
        ready(page)
        assert page.locator("h1").first.is_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        for text in "VBox(children", "$$", "Traceback":
            assert text not in page.locator("main").inner_text(), path.name
        assert page.locator("merror").count() == 0
        box = page.locator("main math").first
        assert path.stem == "index" or box.bounding_box()["height"] > 5


def test_every_knob_moves_picture_and_words_by_keyboard(folder, opened):
    for path in pages(folder):
        page = opened(path)
        for box in ready(page):
            for knob in box.locator("input, select").all():
                before = [box.locator(part).inner_html() for part in (".picture", ".words")]
                knob.focus()
                slider = knob.get_attribute("type") == "range"
                at_end = knob.input_value() == knob.get_attribute("max")
                page.keyboard.press(("ArrowLeft" if at_end else "ArrowRight") if slider else "ArrowDown")
                after = [box.locator(part).inner_html() for part in (".picture", ".words")]
                if after == before:  # two values may look the same: the far end does not
                    page.keyboard.press("Home")
                    after = [box.locator(part).inner_html() for part in (".picture", ".words")]
                assert after != before, f"{path.name}: {knob.get_attribute('data-values')}"


def test_what_a_knob_shows_is_the_live_explorers_picture(folder, opened):
    """From the end of both knobs of the first explorer of each page."""
    for path in pages(folder):
        page = opened(path)
        for box in ready(page)[:1]:
            explorer = EXPLORERS[box.get_attribute("data-explorer")]
            here = {}
            for knob, control in zip(explorer.knobs, box.locator("input, select").all(), strict=False):
                shown = json.loads(control.get_attribute("data-values"))
                control.focus()
                page.keyboard.press("End")
                here[knob.name] = knob.values[-1]
                told = knob.values[-1]
                assert shown[-1] == (f"{told:g}" if isinstance(told, float) else str(told))
            if path.stem[:2] == "00":  # opened at its defaults
                result = explorer.result(explorer.at(**here))
                assert box.locator(".words").text_content() == explorer.words(result)
                same = """([box, text]) => {
                    const parsed = document.createElement('div');
                    parsed.innerHTML = text;
                    return box.querySelector('.picture').innerHTML === parsed.innerHTML;
                }"""
                assert page.evaluate(same, [box.element_handle(), explorer.picture(result)])


def test_the_search_finds_a_section_and_leads_there(folder, opened):
    page = opened(folder / "index.html")
    page.get_by_label("Search").fill("blackboard fractions")
    first = page.locator("#found a").first
    first.wait_for()
    first.click()
    page.wait_for_url("**/00_start_here.html*")


def test_the_theme_turns_and_is_kept(folder, opened):
    page = opened(folder / "index.html")
    colour = "getComputedStyle(document.body).backgroundColor"
    before = page.evaluate(colour)
    page.get_by_role("button", name="Dark").click()
    assert page.evaluate(colour) != before
    assert page.get_by_role("button", name="Light").is_visible()


@pytest.mark.skipif(os.name != "posix" or not shutil.which("make"), reason="make is not installed")
def test_a_deck_carries_an_explorer_that_the_keyboard_moves(browser, tmp_path):
    """By `make slides`, shown without reveal.js: what that adds is told by no test here."""
    slide = {"slideshow": {"slide_type": "slide"}}
    source = "from parti_edu.explore import merge_explorer\n\nmerge_explorer.show()"
    cell = nbformat.v4.new_code_cell(source, metadata=slide)
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    book = nbformat.v4.new_notebook(cells=[cell], metadata={"kernelspec": kernel})
    nbformat.write(book, tmp_path / "one.ipynb")
    (tmp_path / "ready").touch()
    settings = {"VENV": sys.prefix, "ready": tmp_path / "ready", "SLIDES": tmp_path / "decks"}
    settings["LESSONS"] = tmp_path / "one.ipynb"
    command = ["make", "slides", *(f"{name}={value}" for name, value in settings.items())]
    subprocess.run(command, cwd=ROOT, check=True, timeout=100, capture_output=True)
    page = browser.new_context(offline=True).new_page()
    page.goto((tmp_path / "decks" / "one.slides.html").as_uri(), wait_until="domcontentloaded")
    (box,) = ready(page)
    for knob in box.locator("input[type=range]").all():
        before = box.locator(".picture").inner_html()
        knob.focus()
        page.keyboard.press("ArrowRight")
        assert box.locator(".picture").inner_html() != before
    page.context.close()


def test_explorers_move_where_a_notebook_runs_their_scripts_elsewhere(browser):
    """As jQuery does: a script that is put into the head, and not where it stands."""
    explorer = EXPLORERS["readings"]
    page = browser.new_context(offline=True).new_page()
    page.set_content("<main></main>")
    html = part(explorer, explorer.at())
    for _ in range(2):
        page.evaluate(
            """html => {
                const held = document.createElement('div');
                held.innerHTML = html;
                const script = document.createElement('script');
                script.textContent = held.querySelector('script:not([type])').textContent;
                document.querySelector('main').append(held);
                document.head.append(script);
            }""",
            html,
        )
    for box in ready(page):
        before = box.locator(".words").inner_text()
        box.locator("input").first.focus()
        page.keyboard.press("ArrowLeft")
        assert box.locator(".words").inner_text() != before
    page.context.close()


@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is missing: run npm ci in tests/browser")
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_has_a_serious_fault(folder, opened, theme):
    for path in pages(folder):
        page = opened(path, theme)
        ready(page)
        page.evaluate(AXE.read_text(encoding="utf-8"))
        assert page.evaluate(FAULTS) == [], path.name
