"""A JupyterLab server, a Chromium and opened notebooks; where one is missing, these tests skip."""

import contextlib
import importlib.util
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import NamedTuple

import pytest

import parti_edu
from browser.each import IMPORT, place, show
from parti_edu.explore import EXPLORERS
from parti_edu.server import prompt

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SERVER = [
    "--no-browser",
    "--allow-root",
    "--ServerApp.port_retries=0",
    "--IdentityProvider.token=t",
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--expose-app-in-browser",
    # A port that was free when it was chosen may be a page's when the kernel opens it: no kernel then.
    "--KernelManager.transport=ipc",
    # Should these tests be killed, the server ends itself.
    "--ServerApp.shutdown_no_activity_timeout=1200",
    "--MappingKernelManager.cull_idle_timeout=1200",
    "--MappingKernelManager.cull_connected=True",
]
SECONDS = 60  # until something counts as hanging
BAD_LINE = re.compile(r"Traceback|^\[[EC] |ERROR|CRITICAL", flags=re.M)
# A kernel that is ended is interrupted first, and at times has the time to say so: once for each that ended.
ENDED = re.compile("Kernel (?:shutdown|restarted): ")
INTERRUPTED = "[IPKernelApp] ERROR | KeyboardInterrupt caught in kernel."


def why_not():
    """What is missing for a browser test, in words; empty if nothing is."""
    if importlib.util.find_spec("playwright") is None:
        return "playwright is not installed"
    if not os.access(CHROMIUM, os.X_OK):
        return f"there is no {CHROMIUM} (Debian's package: chromium)"
    return ""


class Lab(NamedTuple):
    """A running server: its address, the folder it serves, its log."""

    url: str
    root: Path
    log: Path


@pytest.fixture(scope="package")
def runtime():
    """Where the sockets of kernels lie: a folder of a short name, since a socket's may have 107 letters."""
    with tempfile.TemporaryDirectory() as folder:
        yield folder


@pytest.fixture(scope="package")
def lab(tmp_path_factory, runtime):
    """JupyterLab on a folder of its own, with settings of its own; its kernels run this interpreter."""
    if why_not():
        pytest.skip(why_not())
    home = tmp_path_factory.mktemp("lab")
    root = home / "served"
    root.mkdir()
    # Cells out of sight stay in the page, so that each can be asked what it shows; no question about news
    # stands over a knob.
    for part, setting in {
        "notebook-extension/tracker": {"windowingMode": "none"},
        "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    }.items():
        file = home / "settings" / "@jupyterlab" / f"{part}.jupyterlab-settings"
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps(setting), encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = {
        "JUPYTER_CONFIG_DIR": home / "config",
        "JUPYTER_DATA_DIR": home / "data",
        "JUPYTER_RUNTIME_DIR": runtime,
        "JUPYTERLAB_SETTINGS_DIR": home / "settings",
        "JUPYTERLAB_WORKSPACES_DIR": home / "workspaces",
        "IPYTHONDIR": home / "ipython",
        "PARTI_EDU_HOME": home / "progress",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": Path(parti_edu.__file__).parents[1],
        "OPENBLAS_NUM_THREADS": "1",
    }
    command = [sys.executable, "-m", "jupyterlab", *SERVER, f"--port={port}", f"--ServerApp.root_dir={root}"]
    log = home / "server.log"
    with log.open("w", encoding="utf-8") as out:
        server = subprocess.Popen(
            command,
            env=prompt(os.environ | {name: str(value) for name, value in own.items()}),
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            _wait_for(f"http://127.0.0.1:{port}/api/status?token=t", server, log)
            yield Lab(f"http://127.0.0.1:{port}", root, log)
        finally:
            _end(server)


@pytest.fixture(scope="package")
def browser(lab):
    """Chromium, driven by playwright."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS, timeout=SECONDS * 1000)
        yield opened
        opened.close()


class Notebook:
    """A notebook opened in JupyterLab, in a page of its own."""

    def __init__(self, lab, browser, path, width=1280):
        self.lab, self.errors, self.alone = lab, [], ""
        self.read = lab.log.stat().st_size
        self.page = browser.new_page(viewport={"width": width, "height": 900})
        self.page.set_default_timeout(SECONDS * 1000)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda said: self.errors.append(said.text) if said.type == "error" else None)
        self.page.goto(f"{lab.url}/lab/tree/{path}?token=t&reset")
        self.ready()

    def ready(self):
        """Wait for the cells and a kernel that listens."""
        self.page.wait_for_selector(".jp-NotebookPanel .jp-Cell")
        self.page.wait_for_function(
            "() => jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
        )

    def start(self, command, **settings):
        """Set a command of JupyterLab going."""
        self.page.evaluate(
            "([command, settings]) => { window.ended = ''; jupyterapp.commands.execute(command, settings)"
            ".then(() => window.ended = 'well', error => window.ended = String(error)) }",
            [command, settings],
        )

    def ended(self):
        """Wait until that command has ended."""
        self.page.wait_for_function("() => window.ended")
        assert self.page.evaluate("() => window.ended") == "well"

    def do(self, command, accept=False, **settings):
        """Carry a command out; accept: say yes to its question."""
        self.start(command, **settings)
        if accept:
            self.page.locator(".jp-Dialog .jp-mod-accept").click()
        self.ended()

    def theme(self, name):
        """Change to the Light or the Dark theme."""
        self.do("apputils:change-theme", theme=f"JupyterLab {name}")
        light = "true" if name == "Light" else "false"
        self.page.wait_for_selector(f"body[data-jp-theme-light={light}]", state="attached")
        # Two changes while the splash of the first still fades make JupyterLab remove it twice: a page error.
        self.page.wait_for_selector("#jupyterlab-splash", state="detached")

    def run(self, cell=None):
        """Run one cell, or all."""
        if cell is None:
            return self.do("notebook:run-all-cells")
        self.page.evaluate("i => { jupyterapp.shell.currentWidget.content.activeCellIndex = i }", cell)
        return self.do("notebook:run-cell")

    def outputs(self):
        """The outputs of each cell, as they would be saved."""
        return self.page.evaluate(
            "() => jupyterapp.shell.currentWidget.content.widgets.map(c => c.model.outputs?.toJSON() ?? [])"
        )

    def prints(self, cell):
        """The text that a cell printed."""
        return "".join(o["text"] for o in self.outputs()[cell] if o["output_type"] == "stream")

    def boxes(self):
        """The explorers on the page."""
        return self.page.locator(Shown.BOX).filter(has=self.page.locator("svg.parti"))

    def shown(self, explorer, i=0):
        """The i-th explorer from the top, once it is drawn."""
        found = Shown(self.page, explorer, self.boxes().nth(i))
        found.words.wait_for()
        found.box.locator("svg.parti").first.wait_for()
        return found

    def check(self, harmless=None):
        """No error since the last look, but for one that is known: in page, console or server's log."""
        raw = self.lab.log.read_bytes()
        whole, said = (part.decode("utf-8", "replace") for part in (raw, raw[self.read :]))
        self.read = len(raw)
        assert whole.count(INTERRUPTED) <= len(ENDED.findall(whole)), said
        found, self.errors = self.errors, []
        assert [text for text in found if not (harmless and harmless in text)] == []
        assert not BAD_LINE.search(said.replace(INTERRUPTED, "")), said

    def close(self):
        """End the kernel, then the page: what comes for a page that is gone is an error in the log."""
        self.page.evaluate("() => jupyterapp.shell.currentWidget?.sessionContext?.shutdown()")
        self.page.close()


class Shown:
    """An explorer on a page."""

    BOX = ".jp-OutputArea-output.widget-vbox, .jp-OutputArea-output > .widget-vbox"
    SAME = """([box, words, picture]) => {
        const expected = document.createElement('div');
        expected.innerHTML = picture;
        return box.querySelector('.widget-html-content:has(svg)').innerHTML === expected.innerHTML
            && box.querySelector('[role=status]').textContent === words;
    }"""
    STILL = """async slider => {
        let at, next = slider.getAttribute('aria-valuenow');
        do {
            at = next;
            await new Promise(done => setTimeout(done, 1000));
            next = slider.getAttribute('aria-valuenow');
        } while (next !== at);
        return Number(at);
    }"""

    def __init__(self, page, explorer, box):
        self.page, self.explorer, self.box = page, explorer, box
        self.words = box.get_by_role("status")

    def seen(self):
        """(picture, words) as they are now."""
        return self.box.locator(".widget-html-content:has(svg)").inner_html(), self.words.text_content()

    def labels(self):
        """The labels of its knobs, those behind the fold too."""
        return [text for text in self.box.locator("label.widget-label").all_text_contents() if text]

    def expect(self, **settings):
        """Wait until picture and words are what the pure functions give for these settings."""
        from playwright.sync_api import TimeoutError as TooLong

        result = self.explorer.result(self.explorer.at(**settings))
        words, picture = self.explorer.words(result), self.explorer.picture(result)
        try:
            self.page.wait_for_function(
                self.SAME, arg=[self.box.element_handle(), words, picture], polling=50, timeout=10_000
            )
        except TooLong:
            assert self.words.text_content() == words
            pytest.fail(f"the picture is not that of {settings}")

    def unfold(self):
        """Open the fold, if it is closed, with the keyboard."""
        inside = self.box.locator("pre")
        if not inside.is_visible():
            self.box.locator(".widget-toggle-button").press("Space")
            inside.wait_for()

    def knob(self, knob):
        """The widget of a knob."""
        if knob.folded:
            self.unfold()
        label = self.page.locator("label.widget-label").get_by_text(knob.label, exact=True)
        return self.box.locator(".widget-inline-hbox").filter(has=label)

    def step(self, knob, key):
        """Turn a knob by one value with the keyboard; key: Right or Left."""
        if isinstance(knob.values[0], str):
            # JupyterLab keeps a plain arrow key for itself, so the menu is opened first.
            menu = self.knob(knob).locator("select")
            menu.focus()
            for press in ("Alt+ArrowDown", {"Right": "ArrowDown", "Left": "ArrowUp"}[key], "Enter"):
                self.page.keyboard.press(press)
        else:
            handle = self.knob(knob).get_by_role("slider")
            handle.focus()
            self.page.keyboard.press(f"Arrow{key}")

    def end(self, knob, key):
        """Send a knob to its first or last value: key is Home or End."""
        if isinstance(knob.values[0], str):
            self.knob(knob).locator("select").select_option(knob.values[0 if key == "Home" else -1])
        else:
            self.knob(knob).get_by_role("slider").press(key)

    def click(self, knob, i):
        """Choose a knob's i-th value with the mouse, on the rail or in the menu; returns the value."""
        if isinstance(knob.values[0], str):
            self.knob(knob).locator("select").select_option(knob.values[i])
            return knob.values[i]
        self.page.mouse.click(*self._place(knob, i))
        return self._reached(knob, i)

    def drag(self, knob, i):
        """Drag a slider's handle to the i-th value, in steps; returns the value."""
        end = self._place(knob, i)
        self.knob(knob).get_by_role("slider").hover()
        self.page.mouse.down()
        self.page.mouse.move(*end, steps=8)
        self.page.mouse.up()
        return self._reached(knob, i)

    def stands(self, knob):
        """The value of a slider that a clock moved, once it stands still: the last tick may be under way."""
        at = self.page.evaluate(self.STILL, self.knob(knob).get_by_role("slider").element_handle())
        return knob.values[round(at)]

    def _place(self, knob, i):
        """Where on the page the i-th value of a slider lies, once the slider is at rest."""
        slider = self.knob(knob)
        slider.scroll_into_view_if_needed()
        slider.locator(".noUi-state-tap").wait_for(state="detached")
        rail = slider.locator(".noUi-base").bounding_box()
        along = rail["width"] * i / (len(knob.values) - 1)
        # A pixel within its ends: what lies at the very end is no longer the rail.
        return rail["x"] + min(max(along, 1), rail["width"] - 1), rail["y"] + rail["height"] / 2

    def _reached(self, knob, i):
        """The value of a slider now; a long slider has more values than a mouse can tell apart."""
        at = round(float(self.knob(knob).get_by_role("slider").get_attribute("aria-valuenow")))
        assert abs(at - i) <= 1
        return knob.values[at]


@pytest.fixture(scope="package")
def page(lab, browser):
    """`with page(path) as notebook`: a notebook of the served folder, opened; no error may occur in it."""

    @contextlib.contextmanager
    def opened(path, **settings):
        notebook = Notebook(lab, browser, path, **settings)
        try:
            yield notebook
            notebook.check()
        finally:
            notebook.close()

    return opened


@pytest.fixture(scope="package")
def write(lab):
    """`write(name, cells)`: a notebook of these cells in the served folder; returns its path."""

    def written(name, *cells):
        notebook = {
            "cells": [
                {
                    "cell_type": "code",
                    "execution_count": None,
                    "id": f"cell-{i}",
                    "metadata": {},
                    "outputs": [],
                    "source": source,
                }
                for i, source in enumerate(cells)
            ],
            "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
        (lab.root / f"{name}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
        return f"{name}.ipynb"

    return written


@pytest.fixture(scope="module")
def bench(write, page):
    """One notebook with every explorer's own cell, to show them one at a time."""
    with page(write("bench", IMPORT, *map(show, EXPLORERS))) as notebook:
        notebook.run(0)
        yield notebook


@pytest.fixture
def shown(bench, name):
    """The explorer, alone on the page, as it opens; no error may occur while a test uses it."""
    if bench.alone != name:
        bench.do("notebook:clear-all-cell-outputs")
        bench.run(1 + place(name))
    found = bench.shown(EXPLORERS[name])
    if bench.alone == name:
        found.box.get_by_role("button", name="Reset").click()
    bench.alone = name
    found.expect()
    yield found
    bench.check()


@pytest.fixture(scope="module")
def gallery(write, page):
    """(notebook, explorers by name): every explorer below the other, each fold opened."""
    with page(write("gallery", IMPORT, *map(show, EXPLORERS))) as notebook:
        for cell in range(1 + len(EXPLORERS)):
            notebook.run(cell)
        found = {name: notebook.shown(explorer, i) for i, (name, explorer) in enumerate(EXPLORERS.items())}
        for shown in found.values():
            shown.unfold()
        yield notebook, found


@pytest.fixture(autouse=True)
def _hard_stop():
    """No test may hang: a page that answers no more has no time-out of its own."""

    def stop(*_):
        raise TimeoutError("a browser test took over five minutes")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(300)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def _wait_for(url, server, log):
    end = time.monotonic() + 2 * SECONDS
    while time.monotonic() < end and server.poll() is None:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(url, timeout=2).close()
            return
        time.sleep(0.1)
    raise RuntimeError("JupyterLab did not start:\n" + log.read_text(encoding="utf-8"))


def _end(server):
    """End the server, which ends its kernels; by force if it does not listen."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, how)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(SECONDS)
            return
