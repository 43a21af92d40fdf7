"""Each explorer in JupyterLab: knobs by hand, a busy kernel, a restart, two copies, themes and widths."""

import pytest

from parti_edu.explore import EXPLORERS

IMPORT = "from parti_edu.explore import EXPLORERS"
KNOBS = [(name, knob) for name, explorer in EXPLORERS.items() for knob in explorer.knobs]

each_explorer = pytest.mark.parametrize("name", EXPLORERS)
# What belongs to the widget and its kernel, and not to one explorer: one that is plain, one that plays, one
# that is rough first.
each_kind = pytest.mark.parametrize("name", ["merge", "race", "map"])
each_knob = pytest.mark.parametrize(
    ("name", "knob"), KNOBS, ids=[f"{name}-{knob.name}" for name, knob in KNOBS]
)


def show(name):
    return f'EXPLORERS["{name}"].show()'


@pytest.fixture(scope="module")
def bench(write, page):
    """One notebook with every explorer's own cell; the tests of single moves share it."""
    with page(write("bench", IMPORT, *map(show, EXPLORERS))) as notebook:
        notebook.run(0)
        yield notebook


@pytest.fixture
def shown(bench, name):
    """The explorer, freshly shown, alone on the page; no error may occur while a test uses it."""
    bench.do("notebook:clear-all-cell-outputs")
    bench.run(1 + list(EXPLORERS).index(name))
    found = bench.shown(EXPLORERS[name])
    found.expect()
    yield found
    bench.check()


def start_of(name, knob):
    """Where a knob stands when its explorer opens."""
    return knob.values.index(getattr(EXPLORERS[name].at(), knob.name))


def far(name, knob):
    """The end of a knob's values that is not where it stands at first."""
    return len(knob.values) - 1 if start_of(name, knob) < len(knob.values) - 1 else 0


@each_knob
def test_the_keyboard_turns_a_knob(shown, name, knob):
    i, first = start_of(name, knob), shown.seen()
    j, key, back = (i + 1, "Right", "Left") if i + 1 < len(knob.values) else (i - 1, "Left", "Right")
    shown.step(knob, key)
    shown.expect(**{knob.name: knob.values[j]})
    assert shown.seen() != first
    shown.step(knob, back)
    shown.expect()
    assert shown.seen() == first


@each_knob
def test_the_mouse_turns_a_knob(shown, name, knob):
    first = shown.seen()
    clicked = shown.click(knob, far(name, knob))
    shown.expect(**{knob.name: clicked})
    assert shown.seen() != first
    if not isinstance(clicked, str):
        dragged = shown.drag(knob, len(knob.values) // 2)
        shown.expect(**{knob.name: dragged})
        assert dragged != clicked


@pytest.mark.parametrize(("name", "knob"), [(name, knob) for name, knob in KNOBS if knob.plays])
def test_with_the_keyboard_alone_a_knob_plays_pauses_and_plays_to_its_end(shown, name, knob):
    shown.end(knob, "Home")
    shown.expect(**{knob.name: knob.values[0]})
    slider = shown.knob(knob).get_by_role("slider")
    shown.box.get_by_role("button", name="Play").press("Space")
    pause = shown.box.get_by_role("button", name="Pause")
    pause.wait_for()
    shown.page.wait_for_function("s => s.getAttribute('aria-valuenow') >= 3", arg=slider.element_handle())
    pause.press("Space")
    play = shown.box.get_by_role("button", name="Play")
    play.wait_for()
    shown.expect(**{knob.name: shown._reached(knob, round(float(slider.get_attribute("aria-valuenow"))))})
    shown.end(knob, "End")
    shown.step(knob, "Left")
    shown.expect(**{knob.name: knob.values[-2]})
    play.press("Space")  # one tick to the end, where the clock stops by itself
    shown.expect(**{knob.name: knob.values[-1]})
    play.wait_for()


@each_explorer
def test_reset_brings_the_first_picture_back(shown, name):
    first, moved = shown.seen(), {}
    for knob in EXPLORERS[name].knobs:
        moved[knob.name] = shown.click(knob, far(name, knob))
        shown.expect(**moved)
    assert shown.seen() != first
    shown.box.get_by_role("button", name="Reset").click()
    shown.expect()
    assert shown.seen() == first


@each_kind
def test_two_copies_do_not_share_a_state(name, write, page):
    one, other = EXPLORERS[name].knobs[:2]
    with page(write(f"{name}_twice", IMPORT, show(name), show(name))) as notebook:
        notebook.run()
        upper, lower = (notebook.shown(EXPLORERS[name], i) for i in (0, 1))
        above = {one.name: upper.click(one, far(name, one))}
        upper.expect(**above)
        lower.expect()
        below = {other.name: lower.click(other, far(name, other))}
        lower.expect(**below)
        upper.expect(**above)


@each_kind
def test_restart_and_run_all_gives_a_working_explorer(name, write, page):
    knob = EXPLORERS[name].knobs[0]
    with page(write(f"{name}_restart", "import os\nprint(os.getpid())", IMPORT, show(name))) as notebook:
        notebook.run()
        shown, before = notebook.shown(EXPLORERS[name]), notebook.prints(0)
        shown.expect(**{knob.name: shown.click(knob, far(name, knob))})
        notebook.do("notebook:restart-run-all", accept=True)
        shown = notebook.shown(EXPLORERS[name])
        shown.expect()
        assert notebook.prints(0) != before, "a new process"
        shown.expect(**{knob.name: shown.click(knob, far(name, knob))})


@each_kind
def test_a_notebook_opened_again_without_a_run_has_its_cells_and_runs(name, write, page):
    path = write(f"{name}_again", IMPORT, show(name))
    with page(path) as notebook:
        notebook.run()
        notebook.shown(EXPLORERS[name]).expect()
        notebook.do("docmanager:save")
        notebook.check()
        notebook.do("notebook:close-and-shutdown", accept=True)
        notebook.page.wait_for_selector(".jp-NotebookPanel", state="detached")
        notebook.do("docmanager:open", path=path)
        notebook.ready()
        output = notebook.page.locator(".jp-OutputArea-output")
        notebook.page.get_by_text("Loading widget...").wait_for(state="detached")
        # JupyterLab does not save what widgets hold, and says so where the explorer was.
        assert output.all_inner_texts() == ["Error displaying widget: model not found"]
        assert [len(outputs) for outputs in notebook.outputs()] == [0, 1]
        notebook.check(harmless="widget model not found")
        notebook.run()
        shown = notebook.shown(EXPLORERS[name])
        shown.expect()
        knob = EXPLORERS[name].knobs[0]
        shown.expect(**{knob.name: shown.click(knob, far(name, knob))})


COUNTED = """
import dataclasses, pathlib, time
redraws = []
def counted(state):
    redraws.append(state)
    return explorer.result(state)
"""


@each_kind
def test_a_busy_kernel_drops_stale_moves_and_the_last_one_wins(name, write, page, lab):
    explorer, moves = EXPLORERS[name], 15
    knob = max(explorer.knobs, key=lambda knob: len(knob.values) * (not isinstance(knob.values[0], str)))
    i = start_of(name, knob)
    key, last = ("Right", i + moves) if i + moves < len(knob.values) else ("Left", max(i - moves, 0))
    cells = (
        f'{IMPORT}\nexplorer = EXPLORERS["{name}"]{COUNTED}',
        "dataclasses.replace(explorer, result=counted).show()",
        f'print("busy")\nwhile not pathlib.Path("{name}_go").exists():\n    time.sleep(0.05)\nprint("free")',
        "print(len(redraws) - 1)",
    )
    with page(write(f"{name}_busy", *cells)) as notebook:
        for cell in (0, 1):
            notebook.run(cell)
        shown = notebook.shown(explorer)
        handle = shown.knob(knob).get_by_role("slider")
        notebook.page.evaluate("() => { jupyterapp.shell.currentWidget.content.activeCellIndex = 2 }")
        notebook.start("notebook:run-cell")
        notebook.page.get_by_text("busy", exact=True).wait_for()
        handle.focus()
        for _ in range(moves):
            notebook.page.keyboard.press(f"Arrow{key}")
        assert float(handle.get_attribute("aria-valuenow")) == last
        assert notebook.prints(2) == "busy\n"
        (lab.root / f"{name}_go").touch()
        notebook.ended()
        shown.expect(**{knob.name: knob.values[last]})
        notebook.run(3)
        assert 1 <= int(notebook.prints(3)) < moves // 2


LOOK = """
box => {
    const problems = [], room = 1;
    const outside = (a, b) => Math.max(b.left - a.left, a.right - b.right,
                                       b.top - a.top, a.bottom - b.bottom);
    const frame = svg => {                            // a nested svg's own box would be that of its content
        const parent = svg.parentElement.closest('svg');
        if (!parent) return svg.getBoundingClientRect();
        const at = (x, y) => new DOMPoint(x, y).matrixTransform(parent.getScreenCTM());
        const v = name => svg[name].baseVal.value;
        const a = at(v('x'), v('y')), b = at(v('x') + v('width'), v('y') + v('height'));
        return {left: a.x, top: a.y, right: b.x, bottom: b.y};
    };
    const texts = [...box.querySelectorAll('svg text')];
    for (const text of texts)
        for (let svg = text.closest('svg'); svg; svg = svg.parentElement.closest('svg'))
            if (outside(text.getBoundingClientRect(), frame(svg)) > room)
                problems.push(`clipped: ${text.textContent}`);
    for (const [i, a] of texts.entries())
        for (const b of texts.slice(i + 1)) {
            const p = a.getBoundingClientRect(), q = b.getBoundingClientRect();
            if (Math.min(p.right, q.right) - Math.max(p.left, q.left) > room
                && Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top) > room)
                problems.push(`one over the other: ${a.textContent} | ${b.textContent}`);
        }
    for (let part = box; !part.classList.contains('jp-Cell'); part = part.parentElement)
        if (part.scrollWidth > part.clientWidth) problems.push(`too wide: ${part.className}`);
    for (const label of box.querySelectorAll('label.widget-label, .widget-readout, button, [role=status]'))
        if (label.scrollWidth > label.clientWidth) problems.push(`cut: ${label.textContent}`);
    for (const svg of box.querySelectorAll('svg.parti'))
        if (outside(svg.getBoundingClientRect(), box.getBoundingClientRect()) > room)
            problems.push('a picture sticks out');
    return problems;
}
"""

CONTRAST = """
box => {
    const parts = colour => [...colour.match(/[0-9.]+/g).map(Number), 1].slice(0, 4);
    const over = (a, b) => [0, 1, 2].map(i => a[i] * a[3] + b[i] * (1 - a[3])).concat(1);
    const behind = node => {
        const layers = [];
        for (; node; node = node.parentElement) layers.push(parts(getComputedStyle(node).backgroundColor));
        return layers.reduceRight((below, layer) => over(layer, below), [255, 255, 255, 1]);
    };
    const light = colour => colour.slice(0, 3).map(c => c / 255)
        .map(c => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
        .reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0);
    return [...box.querySelectorAll('svg text, [role=status], label.widget-label, pre')]
        .filter(node => node.textContent)
        .map(node => {
            const style = getComputedStyle(node), back = behind(node);
            const ink = over(parts(node.closest('svg') ? style.fill : style.color), back);
            const [a, b] = [light(ink), light(back)].sort((p, q) => q - p);
            return [node.textContent, (a + .05) / (b + .05)];
        });
}
"""


@pytest.fixture(
    params=[(t, w) for t in ("Light", "Dark") for w in (1280, 800)], ids=lambda p: f"{p[0]}-{p[1]}"
)
def look(request, bench):
    """A theme and a width of the page; afterwards it is as before."""
    theme, width = request.param

    def set_to(theme, width):
        bench.page.set_viewport_size({"width": width, "height": 900})
        side = "collapseLeft" if width < 1000 else "expandLeft"
        bench.page.evaluate(f"() => jupyterapp.shell.{side}()")
        bench.theme(theme)

    set_to(theme, width)
    yield request.param
    set_to("Light", 1280)


@each_explorer
def test_nothing_is_clipped_and_all_text_can_be_read(look, shown, name):
    shown.unfold()
    for key, i in (("Home", 0), ("End", -1)):
        for knob in EXPLORERS[name].knobs:
            shown.end(knob, key)
        shown.expect(**{knob.name: knob.values[i] for knob in EXPLORERS[name].knobs})
        assert shown.box.evaluate(LOOK) == []
        contrasts = shown.box.evaluate(CONTRAST)
        assert len(contrasts) > 10
        assert [(text, ratio) for text, ratio in contrasts if ratio < 4.5] == []
