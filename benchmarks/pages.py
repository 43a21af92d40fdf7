"""(f) A knob on a page without Python: `make site`, then `python benchmarks/pages.py site`.

Every range of every page is moved 60 times by its own event, to and fro. "drawn": the new picture is in the
page, styled and laid out. "painted": the animation frame that shows it is done; waiting for it is included,
up to 17 ms. p50 and p95 over the steps, in ms; and the size of each page.
"""

import sys
from pathlib import Path

import numpy as np
from measure import report
from playwright.sync_api import sync_playwright

CHROMIUM = "/usr/bin/chromium"
FLAGS = "--headless --no-sandbox --disable-gpu --disable-background-networking"
STEPS = 60
MOVE = """async ([at, steps]) => {
  const box = document.querySelectorAll('.parti-page')[at], knob = box.querySelector('input[type=range]');
  if (!knob) return null;
  box.scrollIntoView({block: 'center'});
  const frame = () => new Promise(requestAnimationFrame);
  const after = () => new Promise(done => {
    const {port1, port2} = new MessageChannel();
    port1.onmessage = done;
    port2.postMessage('');
  });
  for (let i = 0; i < 60; i++) await frame();
  let up = true, ms = [];
  for (let i = 0; i < steps + 5; i++) {
    if (knob.value === knob.max) up = false;
    if (knob.value === knob.min) up = true;
    const began = performance.now();
    up ? knob.stepUp() : knob.stepDown();
    knob.dispatchEvent(new Event('input', {bubbles: true}));
    box.getBoundingClientRect();
    const drawn = performance.now() - began;
    await frame();
    await after();
    if (i >= 5) ms.push([drawn, performance.now() - began]);
    await frame();
  }
  return ms;
}"""


def main():
    folder, rows = Path(sys.argv[1] if len(sys.argv) > 1 else "site").resolve(), []
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=CHROMIUM, args=FLAGS.split())
        page = browser.new_context(offline=True, viewport={"width": 1280, "height": 900}).new_page()
        for path in sorted(folder.glob("*.html")):
            page.goto(path.as_uri())
            page.wait_for_function(
                "() => [...document.querySelectorAll('.parti-page')].every(box => box.dataset.ready)"
            )
            for at, box in enumerate(page.locator(".parti-page").all()):
                ms = page.evaluate(MOVE, [at, STEPS])
                if ms is None:  # menus alone
                    continue
                drawn, painted = np.percentile(ms, [50, 95], axis=0).T
                row = {"page": path.stem, "explorer": box.get_attribute("data-explorer")}
                row |= {"drawn p50": f"{drawn[0]:.1f}", "drawn p95": f"{drawn[1]:.1f}"}
                row |= {"painted p50": f"{painted[0]:.1f}", "painted p95": f"{painted[1]:.1f}"}
                rows.append(row | {"page MB": f"{path.stat().st_size / 1e6:.2f}"})
        chromium = browser.version
        browser.close()
    size = sum(file.stat().st_size for file in folder.iterdir() if file.is_file()) / 1e6
    report(
        "A knob on a page without Python, ms (60 steps)",
        rows,
        browser=f"Chromium {chromium}, headless, from a file, without a network",
        site_megabytes=round(size, 2),
    )


if __name__ == "__main__":
    main()
