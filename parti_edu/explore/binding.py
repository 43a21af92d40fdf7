"""The only file that knows ipywidgets: knobs → state → picture, words and code."""

import asyncio
from contextlib import suppress
from dataclasses import asdict, replace
from functools import lru_cache, partial
from html import escape

import ipywidgets as w

from .svg import STYLE

# What changes in a picture cannot move what stands beside it: the page need not look there.
OWN = "<style>.parti-picture, .parti-picture .widget-html-content{contain:content}</style>"
REST = 0.15  # seconds without a move until a rough picture is replaced by the fine one
AHEAD = 0.01  # seconds without a move until the next one is worked out


def bind(explorer, start):
    """The explorer as a widget, opened at a state; "Reset" returns to it."""
    knobs = {knob.name: _widget(knob, getattr(start, knob.name)) for knob in explorer.knobs}
    picture, words, code = w.HTML(), w.HTML(), w.HTML()
    picture.add_class("parti-picture")

    asked, result = start, lru_cache(maxsize=8)(explorer.result)

    def redraw():
        nonlocal asked
        asked = state = explorer.state(**{name: knob.value for name, knob in knobs.items()})
        rough = explorer.coarse(state)
        draw(state, result(state) if rough is None else rough)
        if rough is not None:
            _at_rest(lambda: asked is state and draw(state, result(state)))

    def move(knob, change):
        redraw()
        onward = _onward(knob.values, change["old"], change["new"])
        if onward is not None:
            with suppress(RuntimeError):  # no kernel that could wait
                asyncio.get_running_loop().call_later(
                    AHEAD, look, asked, replace(asked, **{knob.name: onward})
                )

    def look(state, ahead):
        """While nobody waits, work out where the hand is going; not what would be shown rough first."""
        if asked is state and explorer.coarse(ahead) is None:
            result(ahead)

    def draw(state, found):
        picture.value = explorer.picture(found)
        told = escape(explorer.words(found))
        words.value = f'<div role="status" aria-live="polite" style="line-height:1.5">{told}</div>'
        spell(state)

    def spell(state):
        if under.layout.display != "none":
            code.value = f'<pre style="user-select:all;margin:0">{escape(explorer.code(state))}</pre>'

    def turn(turned):
        under.layout.display = "" if turned["new"] else "none"
        spell(asked)

    def reset(_):
        for name, value in asdict(start).items():
            knobs[name].value = value

    for knob in explorer.knobs:
        knobs[knob.name].observe(partial(move, knob), "value")
    button = w.Button(
        description="Reset", tooltip="Back to where this explorer opened", layout={"width": "6em"}
    )
    button.on_click(reset)

    in_sight = [part for k in explorer.knobs if not k.folded for part in _parts(k, knobs[k.name])]
    folded = [knobs[k.name] for k in explorer.knobs if k.folded]
    row = w.Layout(flex_flow="row wrap", align_items="center")
    told = w.Label("This state as code (a click selects it all):")
    under = w.VBox([w.Box(folded, layout=row), told, code], layout={"display": "none"})
    redraw()
    # A button, since an Accordion's header cannot be reached with the keyboard.
    fold = w.ToggleButton(
        description="More" if folded else "Code", icon="chevron-down", layout={"width": "6em"}
    )
    fold.observe(turn, "value")
    # Once, and not in the picture: a new style sheet makes a page work out the style of all that it holds.
    style = w.HTML(STYLE + OWN, layout={"display": "none"})
    return w.VBox([style, w.Box([*in_sight, button, fold], layout=row), picture, words, under])


def _onward(values, old, new):
    """The value after `new`, seen from `old`; None at the end."""
    i, j = values.index(old), values.index(new)
    k = j + (1 if j > i else -1)
    return values[k] if 0 <= k < len(values) else None


def _at_rest(draw):
    """Draw when no move has come for a while; at once where there is no kernel to move in."""
    try:
        asyncio.get_running_loop().call_later(REST, draw)
    except RuntimeError:
        draw()


def _parts(knob, widget):
    """The widget; for a knob that plays, a button too, and the clock behind it (its own have no names)."""
    if not knob.plays:
        return [widget]
    last, hidden = len(knob.values) - 1, {"display": "none"}
    clock = w.Play(value=widget.index, max=last, interval=80, layout=hidden)
    button = w.Button(description="Play", tooltip=f"Play: {knob.label}", layout={"width": "6em"})
    button.on_click(lambda _: setattr(clock, "playing", not clock.playing))
    clock.observe(lambda now: setattr(button, "description", "Pause" if now["new"] else "Play"), "playing")
    w.link((clock, "value"), (widget, "index"))
    return [widget, button, clock]


def _widget(knob, value):
    kind = w.Dropdown if isinstance(value, str) else w.SelectionSlider
    labels = [(f"{v:g}" if isinstance(v, float) else str(v), v) for v in knob.values]
    letters = len(knob.label) + max(len(label) for label, _ in labels)
    least = f"{max(14, 0.6 * letters + 3):.0f}em" if kind is w.Dropdown else "14em"  # a menu's words whole
    room = w.Layout(flex="1 1 20em", max_width="30em", min_width=least, margin="2px 16px 2px 2px")
    style = {"description_width": "initial"}
    shared = {"description": knob.label, "tooltip": knob.label, "layout": room, "style": style}
    return kind(options=labels, value=value, **shared)
