"""A thousand random moves of an explorer's knobs in JupyterLab, for every explorer, or for merge and those
named: `python benchmarks/moves.py race step`.

How: the page of slider.py, each fold opened. A move takes a knob by chance and sends it a key (an arrow, page
up or down, home, end) or, for a menu, another choice. Moves come in bursts of 1 to 10, a few milliseconds
apart; after a burst the page waits until the kernel is idle. At the end the picture must be the one of the
knobs' values, as the pure functions give it. No error may stand in the page, its console or the server's
log; a wrong picture or an error makes the exit status 1. Memory, at the start, half-way and at the end: the
kernel's resident memory, and the page's JavaScript heap after a forced collection. The first moves fill
caches, which are bounded; so flat is from half-way to the end.
"""

import os
import random
import re
import signal
import sys

from measure import report
from playwright.sync_api import sync_playwright
from slider import CHROMIUM, EXPLORERS, FLAGS, INLINE, Slider, memory, served, stop

MOVES, BURST, LIMIT = 1000, 10, 3600
BAD_LINE = re.compile(r"Traceback|^\[[EC] |ERROR|CRITICAL", flags=re.M)
KEYS = ["ArrowLeft", "ArrowRight", "PageUp", "PageDown", "Home", "End"]
PAGE = """
Object.assign(window.bench, {
  controls(cell) {  // its fold opened: the knobs' handles and menus, those in sight first, then the folded
    const out = document.querySelectorAll('.jp-NotebookPanel .jp-CodeCell')[cell];
    const fold = out.querySelector('.widget-toggle-button:not(.mod-active)');
    if (fold) fold.click();
    return [...out.querySelectorAll('.noUi-handle, select')];
  },
  async burst(cell, moves) {  // (knob, key or choice), one after the other; then wait for the kernel
    const all = this.controls(cell);
    for (const [i, key, choice] of moves) {
      const knob = all[i];
      if (knob.tagName === 'SELECT') {
        knob.selectedIndex = Math.floor(choice * knob.options.length);
        knob.dispatchEvent(new Event('change', {bubbles: true}));
      } else knob.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true}));
      await new Promise(done => setTimeout(done, 20 * choice));
    }
    await this.quiet(50);
  },
  places(cell) {
    const at = knob => knob.tagName === 'SELECT' ? knob.selectedIndex : knob.getAttribute('aria-valuenow');
    return this.controls(cell).map(knob => Number(at(knob)));
  },
});
"""


def knobs_of(explorer):
    """In the order of the page."""
    return sorted(explorer.knobs, key=lambda knob: knob.folded)


def right(page, cell, explorer):
    """Whether the picture is that of the knobs' values, once a rough one has become fine."""
    page.evaluate("bench.quiet(1000)")
    places = page.evaluate("cell => bench.places(cell)", cell)
    values = {k.name: k.values[i] for k, i in zip(knobs_of(explorer), places, strict=True)}
    expected = explorer.picture(explorer.result(explorer.at(**values)))
    return page.evaluate("text => bench.parsed(text)", expected) == page.evaluate("bench.picture()")


def row(server, page, cell, name):
    """A thousand moves of an explorer: a line of the table."""
    explorer, chance, made = EXPLORERS[name], random.Random(0), 0
    Slider(page, cell).take()
    used = [memory(server, page)]
    for end in (MOVES // 2, MOVES):
        while made < end:
            n = min(chance.randint(1, BURST), end - made)
            picks = [
                (chance.randrange(len(explorer.knobs)), chance.choice(KEYS), chance.random())
                for _ in range(n)
            ]
            page.evaluate("([cell, moves]) => bench.burst(cell, moves)", [cell, picks])
            made += n
        used.append(memory(server, page))
    kernel, heap = (" → ".join(f"{part:.1f}" for part in one) for one in zip(*used, strict=True))
    shown = "yes" if right(page, cell, explorer) else "NO"
    return {"explorer": name, "moves": made, "last right": shown, "kernel MB": kernel, "page MB": heap}


def main():
    signal.signal(signal.SIGALRM, stop)
    signal.signal(signal.SIGTERM, stop)
    signal.alarm(LIMIT)
    load, errors = os.getloadavg()[0], []
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=CHROMIUM, args=FLAGS.split())
        with served(browser) as (server, page, names):
            page.on("pageerror", lambda error: errors.append(str(error)))
            page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
            page.evaluate(PAGE)
            rows = []
            for cell, name in enumerate(names):
                if name != INLINE:
                    rows.append(row(server, page, cell, name))
                    print(*rows[-1].values(), flush=True)
            errors += BAD_LINE.findall(server.log.read_text(encoding="utf-8"))
        browser.close()
    report(
        f"{MOVES} random moves of each explorer: memory at the start, half-way, at the end",
        rows,
        load_at_the_start=round(load, 2),
        errors=errors,
    )
    print(f"errors: {errors or 'none'}")
    sys.exit(bool(errors) or any(row["last right"] == "NO" for row in rows))


if __name__ == "__main__":
    main()
