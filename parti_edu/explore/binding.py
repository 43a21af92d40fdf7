"""The only file that knows ipywidgets: knobs → state → picture, words and code."""

from dataclasses import asdict
from html import escape

import ipywidgets as w

from .svg import STYLE


def bind(explorer, start):
    """The explorer as a widget, opened at a state; "Reset" returns to it."""
    knobs = {knob.name: _widget(knob, getattr(start, knob.name)) for knob in explorer.knobs}
    picture, words, code = w.HTML(), w.HTML(), w.HTML()

    def redraw(_=None):
        state = explorer.state(**{name: knob.value for name, knob in knobs.items()})
        result = explorer.result(state)
        picture.value = explorer.picture(result)
        told = escape(explorer.words(result))
        words.value = f'<div role="status" aria-live="polite" style="line-height:1.5">{told}</div>'
        code.value = f'<pre style="user-select:all;margin:0">{escape(explorer.code(state))}</pre>'

    def reset(_):
        for name, value in asdict(start).items():
            knobs[name].value = value

    for knob in knobs.values():
        knob.observe(redraw, "value")
    button = w.Button(
        description="Reset", tooltip="Back to where this explorer opened", layout={"width": "6em"}
    )
    button.on_click(reset)
    redraw()

    in_sight = [knobs[k.name] for k in explorer.knobs if not k.folded]
    folded = [knobs[k.name] for k in explorer.knobs if k.folded]
    row = w.Layout(flex_flow="row wrap", align_items="center")
    told = w.Label("This state as code (a click selects it all):")
    under = w.VBox([w.Box(folded, layout=row), told, code], layout={"display": "none"})
    # A button, since an Accordion's header cannot be reached with the keyboard.
    fold = w.ToggleButton(
        description="More" if folded else "Code", icon="chevron-down", layout={"width": "6em"}
    )
    fold.observe(lambda turned: setattr(under.layout, "display", "" if turned["new"] else "none"), "value")
    # Once, and not in the picture: a new style sheet makes a page work out the style of all that it holds.
    style = w.HTML(STYLE, layout={"display": "none"})
    return w.VBox([style, w.Box([*in_sight, button, fold], layout=row), picture, words, under])


def _widget(knob, value):
    kind = w.Dropdown if isinstance(value, str) else w.SelectionSlider
    labels = [(f"{v:g}" if isinstance(v, float) else str(v), v) for v in knob.values]
    room = w.Layout(flex="1 1 20em", max_width="30em", min_width="14em", margin="2px 16px 2px 2px")
    style = {"description_width": "initial"}
    shared = {"description": knob.label, "tooltip": knob.label, "layout": room, "style": style}
    return kind(options=labels, value=value, **shared)
