"""Each explorer and its kernel: two copies, a restart, a notebook opened again, a kernel that is busy.

A notebook, a restart and a closing are shared by all explorers; each is then looked at by itself.
"""

import pytest

from browser.each import IMPORT, each_explorer, far, long_knob, place, show, start_of
from parti_edu.explore import EXPLORERS

PROCESS = "import os\nprint(os.getpid())"
COUNTED = """
import dataclasses, pathlib, time
redraws = []
def counted(name):
    explorer = EXPLORERS[name]
    def result(state):
        redraws.append(state)
        return explorer.result(state)
    return dataclasses.replace(explorer, result=result)
"""
BUSY = 'print("busy")\nwhile not pathlib.Path("{name}_go").exists():\n    time.sleep(0.05)\nprint("free")'
MOVES = 15
GONE = "Error displaying widget: model not found"


def moves_its_first_knob(shown, name):
    """It stands as it opened, and follows the mouse."""
    knob = EXPLORERS[name].knobs[0]
    shown.expect()
    shown.expect(**{knob.name: shown.click(knob, far(name, knob))})


@pytest.fixture(scope="module")
def twice(write, page):
    """A notebook that shows every explorer in two cells."""
    with page(write("twice", IMPORT, *(show(name) for name in EXPLORERS for _ in range(2)))) as notebook:
        notebook.run(0)
        yield notebook


@each_explorer
def test_two_copies_do_not_share_a_state(name, twice):
    one, other = EXPLORERS[name].knobs[:2]
    twice.do("notebook:clear-all-cell-outputs")
    for copy in (0, 1):
        twice.run(1 + 2 * place(name) + copy)
    upper, lower = (twice.shown(EXPLORERS[name], i) for i in (0, 1))
    above = {one.name: upper.click(one, far(name, one))}
    upper.expect(**above)
    lower.expect()
    below = {other.name: lower.click(other, far(name, other))}
    lower.expect(**below)
    upper.expect(**above)
    twice.check()


@pytest.fixture(scope="module")
def restarted(write, page):
    """Every explorer was shown and moved; then the kernel was started anew."""
    with page(write("restarted", PROCESS, IMPORT, *map(show, EXPLORERS))) as notebook:
        for cell in range(2 + len(EXPLORERS)):
            notebook.run(cell)
        for i, (name, explorer) in enumerate(EXPLORERS.items()):
            shown = notebook.shown(explorer, i)
            shown.click(explorer.knobs[0], far(name, explorer.knobs[0]))
        before = notebook.prints(0)
        notebook.do("notebook:restart-kernel", accept=True)
        for cell in (0, 1):
            notebook.run(cell)
        assert notebook.prints(0) != before, "a new process"
        yield notebook


@each_explorer
def test_after_a_restart_a_cell_run_again_gives_a_working_explorer(name, restarted):
    restarted.run(2 + place(name))
    moves_its_first_knob(restarted.shown(EXPLORERS[name], place(name)), name)
    restarted.check()


def test_restart_and_run_all_gives_a_working_explorer(write, page):
    with page(write("restart_and_run_all", PROCESS, IMPORT, show("merge"))) as notebook:
        notebook.run()
        before = notebook.prints(0)
        moves_its_first_knob(notebook.shown(EXPLORERS["merge"]), "merge")
        notebook.do("notebook:restart-run-all", accept=True)
        assert notebook.prints(0) != before, "a new process"
        moves_its_first_knob(notebook.shown(EXPLORERS["merge"]), "merge")


@pytest.fixture(scope="module")
def again(write, page):
    """Every explorer was shown; then the notebook was saved, closed with its kernel, and opened again."""
    path = write("again", IMPORT, *map(show, EXPLORERS))
    with page(path) as notebook:
        for cell in range(1 + len(EXPLORERS)):
            notebook.run(cell)
        for i, explorer in enumerate(EXPLORERS.values()):
            notebook.shown(explorer, i)
        notebook.do("docmanager:save")
        notebook.check()
        notebook.do("notebook:close-and-shutdown", accept=True)
        notebook.page.wait_for_selector(".jp-NotebookPanel", state="detached")
        notebook.do("docmanager:open", path=path)
        notebook.ready()
        notebook.page.get_by_text(GONE).nth(len(EXPLORERS) - 1).wait_for()
        yield notebook


def test_a_notebook_opened_again_says_that_its_explorers_must_be_run(again):
    """JupyterLab does not save what widgets hold, and says so where the explorer was."""
    output = again.page.locator(".jp-OutputArea-output")
    assert output.all_inner_texts() == [GONE] * len(EXPLORERS)
    assert [len(outputs) for outputs in again.outputs()] == [0] + [1] * len(EXPLORERS)
    again.check(harmless="widget model not found")


@each_explorer
def test_in_a_notebook_opened_again_a_cell_run_gives_a_working_explorer(name, again):
    again.do("notebook:clear-all-cell-outputs")
    for cell in (0, 1 + place(name)):
        again.run(cell)
    moves_its_first_knob(again.shown(EXPLORERS[name]), name)
    again.check(harmless="widget model not found")


@pytest.fixture(scope="module")
def busy(write, page):
    """A notebook that can show each explorer counting its redraws, and keep its kernel from answering."""
    cells = [
        cell
        for name in EXPLORERS
        for cell in (f'counted("{name}").show()', BUSY.format(name=name), "print(len(redraws) - 1)")
    ]
    with page(write("busy", IMPORT + COUNTED, *cells)) as notebook:
        yield notebook


@each_explorer
def test_a_busy_kernel_drops_stale_moves_and_the_last_one_wins(name, busy, lab):
    knob, first = long_knob(name), 1 + 3 * place(name)
    i = start_of(name, knob)
    key, room, way = max(("Right", len(knob.values) - 1 - i, 1), ("Left", i, -1), key=lambda side: side[1])
    moves = min(MOVES, room)
    busy.do("notebook:clear-all-cell-outputs")
    for cell in (0, first):
        busy.run(cell)
    shown = busy.shown(EXPLORERS[name])
    handle = shown.knob(knob).get_by_role("slider")
    busy.page.evaluate("i => { jupyterapp.shell.currentWidget.content.activeCellIndex = i }", first + 1)
    busy.start("notebook:run-cell")
    busy.page.get_by_text("busy", exact=True).wait_for()
    handle.focus()
    for _ in range(moves):
        busy.page.keyboard.press(f"Arrow{key}")
    assert float(handle.get_attribute("aria-valuenow")) == i + way * moves
    assert busy.prints(first + 1) == "busy\n"
    assert busy.page.locator("link[rel=icon]").get_attribute("class") == "idle favicon", (
        "see parti_edu/server.py"
    )
    (lab.root / f"{name}_go").touch()
    busy.ended()
    shown.expect(**{knob.name: knob.values[i + way * moves]})
    busy.run(first + 2)
    assert 1 <= int(busy.prints(first + 2)) <= 4, "the move on its way and the last, each with where it leads"
    busy.check()
