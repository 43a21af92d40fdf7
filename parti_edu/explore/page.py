"""An explorer without Python: its pure functions sampled on a grid, as HTML whose knobs move alone."""

import base64
import gzip
import json
from dataclasses import asdict
from html import escape
from itertools import product
from math import prod

from .svg import STYLE

MOST = 160  # states in a table
LOOK = (
    "<style>.parti-page .knobs{display:flex;flex-wrap:wrap;gap:8px 24px;align-items:center}"
    ".parti-page label{display:flex;gap:8px;align-items:center}.parti-page input{width:16em}"
    ".parti-page output{min-width:4em}.parti-page .note{opacity:.8;font-size:.9em}"
    ".reveal .parti-page{font-size:15px}.reveal .parti-page p{margin:.3em 0}</style>"
)
MOVE = """
(async () => {
  // Some notebooks run a script elsewhere than where it stands.
  const next = document.querySelector('.parti-page:not([data-begun])');
  const box = document.currentScript?.closest('.parti-page') ?? next;
  box.dataset.begun = '';
  const [picture, words, packed] = ['.picture', '.words', '.packed'].map(part => box.querySelector(part));
  const knobs = [...box.querySelectorAll('input, select')];
  const bytes = Uint8Array.from(atob(packed.textContent), letter => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  const states = JSON.parse(await new Response(stream).text());
  const place = knob => knob.selectedIndex ?? Number(knob.value);
  const draw = () => {
    let at = 0;
    for (const knob of knobs) {
      const values = JSON.parse(knob.dataset.values);
      at = at * values.length + place(knob);
      const shown = knob.parentElement.querySelector('output');
      if (shown) {
        shown.value = values[place(knob)];
        knob.setAttribute('aria-valuetext', shown.value);
      }
    }
    picture.innerHTML = states[at][0];
    words.textContent = states[at][1];
  };
  for (const knob of knobs) {
    knob.disabled = false;
    knob.addEventListener('input', draw);
  }
  box.dataset.ready = states.length;
})();
"""


def grid(explorer, start):
    """The knobs that move without Python and the values that each may take: the first two in sight.

    The values are thinned, the longest row first, until the table has at most MOST states; both ends and
    the one that the explorer opens at stay.
    """
    knobs = [knob for knob in explorer.knobs if not knob.folded][:2]
    rows = [list(knob.values) for knob in knobs]
    here = [getattr(start, knob.name) for knob in knobs]
    step = 1
    while prod(map(len, rows)) > MOST:
        step += 1
        most = max(len(row) for row in rows)
        for i, (knob, row) in enumerate(zip(knobs, rows, strict=True)):
            if len(row) == most:
                last = len(knob.values) - 1
                rows[i] = [v for j, v in enumerate(knob.values) if j % step == 0 or j == last or v == here[i]]
    return list(zip(knobs, map(tuple, rows), strict=True))


def states(explorer, start):
    """The states of the table, the last knob fastest."""
    knobs, rows = zip(*grid(explorer, start), strict=True)
    names, settings = [knob.name for knob in knobs], asdict(start)
    return [explorer.at(**settings | dict(zip(names, values, strict=True))) for values in product(*rows)]


def table(explorer, start):
    """(picture, words) of each state of the table, as the live explorer gives them."""
    results = map(explorer.result, states(explorer, start))
    return [(explorer.picture(result), explorer.words(result)) for result in results]


def part(explorer, start):
    """The explorer as a piece of an HTML page that needs nothing beside it, opened at a state."""
    pairs, knobs = table(explorer, start), grid(explorer, start)
    picture, words = pairs[states(explorer, start).index(start)]
    packed = gzip.compress(json.dumps(pairs, ensure_ascii=False).encode("utf-8"), mtime=0)
    controls = "".join(_control(knob, values, getattr(start, knob.name)) for knob, values in knobs)
    return (
        f'<div class="parti-page" data-explorer="{explorer.name}">{STYLE}{LOOK}'
        f'<div class="knobs">{controls}</div><div class="picture">{picture}</div>'
        f'<p class="words" role="status" aria-live="polite">{escape(words)}</p>'
        f'<p class="note">{escape(_note(explorer, start, knobs))}</p>'
        f'<script type="text/plain" class="packed">{base64.b64encode(packed).decode()}</script>'
        f"<script>{MOVE}</script></div>"
    )


def alone(explorer, start):
    """The explorer as a whole page, for a teacher's slides or a memory stick."""
    title = escape(f"parti_edu · {explorer.name}")
    look = (
        ":root{color-scheme:light dark}body{margin:1.5em auto;max-width:980px;padding:0 1em;"
        "font:16px/1.5 system-ui,sans-serif;background:var(--jp-layout-color0)}"
        "[data-jp-theme-light=false]{--jp-layout-color0:#111;color:#eee}"
    )
    dark = (
        "matchMedia('(prefers-color-scheme: dark)').matches && (document.body.dataset.jpThemeLight = false)"
    )
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">'
        f"<style>{look}</style></head><body><script>{dark}</script><main><h1>{title}</h1>"
        f"{part(explorer, start)}</main></body></html>\n"
    )


def _control(knob, values, value):
    shown, at = [_told(v) for v in values], values.index(value)
    data = escape(json.dumps(shown, ensure_ascii=False))
    label = escape(knob.label)
    if isinstance(value, str):
        options = "".join(f"<option{' selected' * (v == value)}>{escape(v)}</option>" for v in values)
        return f'<label>{label}<select data-values="{data}" disabled>{options}</select></label>'
    return (
        f'<label>{label}<input type="range" min="0" max="{len(values) - 1}" value="{at}" '
        f'aria-valuetext="{shown[at]}" data-values="{data}" disabled><output>{shown[at]}</output></label>'
    )


def _note(explorer, start, knobs):
    """Which knobs move here, how finely, and where the others stand."""
    parts = []
    for knob, values in knobs:
        whole = len(values) == len(knob.values)
        parts.append(knob.label if whole else f"{knob.label} ({len(values)} of {len(knob.values)} values)")
    moving = {knob.name for knob, _ in knobs}
    rest = [f"{k.label} = {_told(getattr(start, k.name))}" for k in explorer.knobs if k.name not in moving]
    told = f"A table of what Python computed: here {' and '.join(parts)} can be moved"
    return told + (f"; {', '.join(rest)}." if rest else ".")


def _told(value):
    return f"{value:g}" if isinstance(value, float) else str(value)
