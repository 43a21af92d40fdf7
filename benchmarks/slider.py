"""(d) A slider in JupyterLab, from the input event to changed pixels, for every explorer, or for merge and
those named: `python benchmarks/slider.py race step`.

How: one notebook page in headless Chromium, windowing off, one slider at a time in sight.
- A step: the time stamp of a real arrow-key event on the first slider in sight → the picture's nodes
  have changed (MutationObserver), their images are decoded, and the next animation frame has been styled,
  laid out and painted ("painted": p50, p95, max). What follows is the browser's compositor, here without a
  graphics card; "next frame" is when the page could begin another frame. Waiting for a frame is in both, up
  to 17 ms each. Each step is waited for until the kernel is idle. 5 steps are not counted, then 60 in four
  turns of 15 that alternate between the pictures, so that a slow spell hits all. They go to and fro, as a
  hand does; explorers remember what they have trained, so "new p95" is of the steps to a value that was not
  met before.
- The server is the one of `make lab`, which answers at once (parti_edu/server.py). The last row is the first
  explorer as a plain `jupyter lab` has it.
- A drag: the mouse holds the handle and makes 55 moves, one value each, to and fro in a second; the page
  makes these events itself, so that their pace does not hang on the driver. Counted: values that the
  handle took, and frames whose picture differs from the one in the frame before, up to the last one. That
  must be the picture of the last value: as the pure functions give it, or as it is drawn anew.
- Memory: 500 steps, made by the page and each waited for; the kernel's resident memory, and the page's
  JavaScript heap after a forced collection. The steps before it have filled the caches.
- "inline interact" is the merge explorer's picture with matplotlib, the same computing, without its words
  and its line of code (inline_merge.py). Not done for it: the 500 steps.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
import psutil
from measure import report
from playwright.sync_api import sync_playwright

from parti_edu.explore import EXPLORERS as ALL
from parti_edu.server import prompt

EXPLORERS = {name: ALL[name] for name in dict.fromkeys(["merge", *sys.argv[1:]])} if sys.argv[1:] else ALL
HERE = Path(__file__).parent
CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
LAB = (
    "--no-browser --allow-root --ServerApp.port_retries=0 --IdentityProvider.token=t --LabApp.news_url=None "
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate --expose-app-in-browser"
)
INLINE = "inline interact"
WARM_UP, TURNS, A_TURN, MOVES, LONG = 5, 4, 15, 55, 500
LIMIT = 900  # seconds for the whole, in case something hangs
PAGE = """
window.bench = {
  async open(cell) {  // the cell's picture and its first slider
    const out = document.querySelectorAll('.jp-NotebookPanel .jp-CodeCell')[cell];
    const shape = out.querySelector('svg.parti, .jp-OutputArea-output img');
    this.box = shape.closest('.widget-html-content') || shape.closest('.widget-output');
    if (!this.box) throw new Error('the picture is not where it is looked for');
    this.handle = [...out.querySelectorAll('.noUi-handle')].find(h => h.offsetParent);
    this.track = this.handle.closest('.noUi-base');
    out.scrollIntoView({block: 'center'});
    this.handle.focus();
    await this.quiet(1000);  // what came into sight is drawn too
  },
  picture() {
    const of = e => e.tagName === 'IMG' ? e.src : e.outerHTML;
    return [...this.box.querySelectorAll('svg.parti, img')].map(of).join('');
  },
  frame() { return new Promise(requestAnimationFrame); },
  after() {  // the rest of a frame: its style, layout and paint; a message is heard when they are done
    return new Promise(done => {
      const {port1, port2} = new MessageChannel();
      port1.onmessage = done;
      port2.postMessage('');
    });
  },
  async quiet(ms = 20) {  // the kernel has been idle for so long, and what it sent is painted
    const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
    await this.frame();
    for (let since = performance.now(); performance.now() - since < ms; await this.frame())
      if (kernel.status !== 'idle') since = performance.now();
  },
  arm() {  // what the next key press leads to
    const before = this.picture();
    let began, stage = 'a new picture';
    addEventListener('keydown', e => { began = e.timeStamp; }, {capture: true, once: true});
    this.step = new Promise((done, fail) => {
      const late = setTimeout(() => fail(new Error(`waited 10 s for ${stage}`)), 10000);
      const follow = async () => {
        stage = 'the images';
        await Promise.all([...this.box.querySelectorAll('img')].map(i => i.decode()));
        stage = 'frames';
        await this.frame();
        await this.after();
        const painted = performance.now() - began;
        await this.frame();
        const next = performance.now() - began;
        stage = 'the kernel';
        await this.quiet();
        clearTimeout(late);
        return [painted, next];
      };
      const watch = new MutationObserver(() => {
        const now = this.picture();
        if (!now || now === before) return;
        watch.disconnect();
        follow().then(done, fail);
      });
      watch.observe(this.box, {childList: true, subtree: true});
    });
  },
  turn() {  // the arrow key for the next step, turning round at the ends
    const [least, now, most] = ['valuemin', 'valuenow', 'valuemax'].map(
      name => Number(this.handle.getAttribute('aria-' + name)));
    if (now === least) this.key = 'ArrowRight';
    if (now === most) this.key = 'ArrowLeft';
    return this.key ||= 'ArrowRight';
  },
  async march(steps) {  // steps without the driver, each waited for
    for (let i = 0; i < steps; i++) {
      this.arm();
      this.handle.dispatchEvent(new KeyboardEvent('keydown', {key: this.turn(), bubbles: true}));
      await this.step;
    }
  },
  async drag(moves, second) {  // by mouse, one value a move: values taken, pictures shown, ms that it took
    const {left, width, top} = this.track.getBoundingClientRect();
    const most = Number(this.handle.getAttribute('aria-valuemax'));
    const start = Number(this.handle.getAttribute('aria-valuenow'));
    const mouse = (kind, target, move) => {
      const place = most - Math.abs((start + move) % (2 * most) - most);
      const at = {clientX: left + width * place / most, clientY: top, buttons: 1, bubbles: true};
      target.dispatchEvent(new MouseEvent(kind, {...at, cancelable: true, view: window}));
    };
    let values = 0, shown = 0, last = this.picture(), going = true;
    const watch = new MutationObserver(() => values++);
    watch.observe(this.handle, {attributeFilter: ['aria-valuenow']});
    const look = () => {
      const now = this.picture();
      const whole = [...this.box.querySelectorAll('img')].every(i => i.complete);
      if (now && whole && now !== last) { shown++; last = now; }
      if (going) requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
    const began = performance.now();
    mouse('mousedown', this.handle, 0);
    for (let i = 1; i <= moves; i++) {
      mouse('mousemove', document.documentElement, i);
      const wait = began + i * second / moves - performance.now();
      await new Promise(done => setTimeout(done, Math.max(0, wait)));
    }
    const ms = performance.now() - began;
    mouse('mouseup', document.documentElement, moves);
    await this.quiet(1000);
    going = false;
    watch.disconnect();
    return [values, shown, ms];
  },
  parsed(text) {  // a picture's string as the page writes it
    const box = document.createElement('div');
    box.innerHTML = text;
    return [...box.querySelectorAll('svg.parti')].map(e => e.outerHTML).join('');
  },
};
"""


class Server(NamedTuple):
    pid: int
    log: Path


def notebook(folder):
    """A notebook with a cell an explorer, and the same picture done inline: names in the cells' order."""
    cells = {
        name: f'from parti_edu.explore import EXPLORERS\nEXPLORERS["{name}"].show()' for name in EXPLORERS
    }
    cells[INLINE] = "import inline_merge\ninline_merge.show()"
    code = [
        {
            "cell_type": "code",
            "id": f"c{i}",
            "metadata": {},
            "execution_count": None,
            "outputs": [],
            "source": s,
        }
        for i, s in enumerate(cells.values())
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    text = json.dumps({"cells": code, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5})
    (folder / "served" / "bench.ipynb").write_text(text, encoding="utf-8")
    return tuple(cells)


@contextmanager
def lab(folder, adapted):
    """JupyterLab, this interpreter as its kernel, and its address; ended with its kernels.

    adapted: from a plain environment to the one that it is started in.
    """
    settings = folder / "settings" / "@jupyterlab" / "notebook-extension"
    settings.mkdir(parents=True)
    (folder / "served").mkdir()
    (settings / "tracker.jupyterlab-settings").write_text('{"windowingMode": "none"}', encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = dict(os.environ, OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")
    env |= {
        "PYTHONPATH": f"{HERE}{os.pathsep}{HERE.parent}",
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
    }
    env |= {"JUPYTER_CONFIG_DIR": str(folder / "config"), "IPYTHONDIR": str(folder / "ipython")}
    env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{env['PATH']}"
    command = [sys.executable, "-m", "jupyterlab", *LAB.split(), f"--port={port}"]
    with (folder / "log").open("w", encoding="utf-8") as log:
        server = subprocess.Popen(
            [*command, f"--ServerApp.root_dir={folder / 'served'}"],
            env=adapted(env),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{address}/api?token=t", timeout=2).close()
                break
            except OSError:
                time.sleep(0.1)
        yield Server(server.pid, folder / "log"), address
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)


@contextmanager
def served(browser, adapted=prompt):
    """A server in this environment, the notebook's page with all cells run, and the cells' names."""
    with tempfile.TemporaryDirectory() as folder, lab(Path(folder), adapted) as (server, address):
        names = notebook(Path(folder))
        page = opened(browser, address, len(names))
        yield server, page, names
        page.close()


def opened(browser, address, n_cells):
    """The notebook's page, all cells run and all pictures there."""
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    page.set_default_timeout(60_000)
    page.goto(f"{address}/lab/tree/bench.ipynb?token=t&reset")
    page.wait_for_function(
        "() => window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
    )
    page.evaluate(PAGE)
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
    page.wait_for_function(
        """n => [...document.querySelectorAll('.jp-NotebookPanel .jp-CodeCell')].filter(
        c => c.querySelector('svg.parti, .jp-OutputArea-output img') && c.querySelector('.noUi-handle')
        ).length === n""",
        arg=n_cells,
    )
    return page


class Slider:
    """The first slider in sight of a cell."""

    def __init__(self, page, cell):
        self.page, self.cell, self.met = page, cell, set()

    def take(self):
        """Bring it in sight and give it the keyboard."""
        self.page.evaluate("cell => bench.open(cell)", self.cell)
        self.met.add(self.place())

    def step(self):
        """One press of an arrow key: ms until the change is painted, until the next frame; is it new?"""
        key = self.page.evaluate("() => { bench.arm(); return bench.turn(); }")
        self.page.keyboard.press(key)
        ms = self.page.evaluate("bench.step")
        new = self.place() not in self.met
        self.met.add(self.place())
        return [*ms, new]

    def drag(self):
        """A second's drag: values taken, pictures shown, ms."""
        return self.page.evaluate("([moves, ms]) => bench.drag(moves, ms)", [MOVES, 1000])

    def place(self):
        """The place of its value among all values."""
        return int(self.page.evaluate("Number(bench.handle.getAttribute('aria-valuenow'))"))

    def picture(self):
        return self.page.evaluate("bench.picture()")


def percentile(ms, share):
    return f"{np.percentile(ms, share):.0f}" if len(ms) else "–"


def first_slider(name):
    """The knob whose slider is the first in sight."""
    explorer = EXPLORERS["merge" if name == INLINE else name]
    return next(k for k in explorer.knobs if not k.folded and not isinstance(k.values[0], str))


def right(slider, name):
    """Whether the picture is the one of the slider's value."""
    picture, place = slider.picture(), slider.place()
    if name == INLINE:  # drawn again: away and back
        while True:
            slider.step()
            if slider.place() == place:
                return slider.picture() == picture
    knob, explorer = first_slider(name), EXPLORERS[name]
    result = explorer.result(explorer.at(**{knob.name: knob.values[place]}))
    return slider.page.evaluate("text => bench.parsed(text)", explorer.picture(result)) == picture


def memory(server, page):
    """Megabytes: the kernel's resident memory, the page's JavaScript heap."""
    (kernel,) = [
        p for p in psutil.Process(server.pid).children(recursive=True) if "ipykernel_launcher" in p.cmdline()
    ]
    chrome = page.context.new_cdp_session(page)
    chrome.send("HeapProfiler.collectGarbage")
    chrome.send("Performance.enable")
    metrics = {m["name"]: m["value"] for m in chrome.send("Performance.getMetrics")["metrics"]}
    chrome.detach()
    return kernel.memory_info().rss / 1e6, metrics["JSHeapUsedSize"] / 1e6


def steps(sliders):
    """60 steps of each slider, (60, 3): ms until painted, until the next frame; 1 for a new value."""
    ms = {name: [] for name in sliders}
    for slider in sliders.values():
        slider.take()
        for _ in range(WARM_UP):
            slider.step()
    for _ in range(TURNS):
        for name, slider in sliders.items():
            slider.take()
            ms[name] += [slider.step() for _ in range(A_TURN)]
    return {name: np.array(taken) for name, taken in ms.items()}


def latency(name, ms):
    """The beginning of a row."""
    row = {"picture": name, "p50": percentile(ms[:, 0], 50), "p95": percentile(ms[:, 0], 95)}
    row |= {"max": percentile(ms[:, 0], 100), "new p95": percentile(ms[ms[:, 2] > 0, 0], 95)}
    return row | {"next frame p50": percentile(ms[:, 1], 50)}


def measure(server, page, names):
    """The table's rows and the ms behind them."""
    sliders = {name: Slider(page, i) for i, name in enumerate(names)}
    ms, rows = steps(sliders), []
    for name, slider in sliders.items():
        slider.take()
        values, shown, taken = slider.drag()
        row = latency(name, ms[name]) | {"drag": f"{shown} of {values} in {taken / 1000:.2f} s"}
        row["last right"] = "yes" if right(slider, name) else "NO"
        row |= {"kernel MB": "–", "page MB": "–"}
        if name != INLINE:
            before = memory(server, page)
            page.evaluate("steps => bench.march(steps)", LONG)
            after = memory(server, page)
            row["kernel MB"], row["page MB"] = (
                f"{b:.1f} → {a:.1f}" for b, a in zip(before, after, strict=True)
            )
        rows.append(row)
    return rows, ms


def stop(*_):
    raise TimeoutError("the benchmark was stopped, or took too long")


def main():
    signal.signal(signal.SIGALRM, stop)
    signal.signal(signal.SIGTERM, stop)
    signal.alarm(LIMIT)
    load = os.getloadavg()[0]
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=CHROMIUM, args=FLAGS.split())
        with served(browser) as (server, page, names):
            rows, ms = measure(server, page, names)
        with served(browser, dict) as (_, page, names):
            held = f"{names[0]}, plain jupyter lab"
            ms |= {held: steps({names[0]: Slider(page, 0)})[names[0]]}
            rows.append(dict.fromkeys(rows[0], "–") | latency(held, ms[held]))
        chromium = browser.version
        browser.close()
    medians = {name: np.median(taken[:, 0]) for name, taken in ms.items()}
    faster = medians[INLINE] / medians["merge"]
    report(
        "Input event → changed pixels in ms (60 steps), moves shown in a drag, memory over 500 steps",
        rows,
        browser=f"Chromium {chromium}, headless",
        load_at_the_start=round(load, 2),
        inline_to_merge_ratio_of_medians=round(faster, 2),
        ms={name: taken.round(1).tolist() for name, taken in ms.items()},
    )
    print(f"\ninline interact takes {faster:.1f} times the merge explorer's median")


if __name__ == "__main__":
    main()
