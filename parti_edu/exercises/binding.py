"""The only file here that knows ipywidgets: a prediction as a control, two buttons and what they tell."""

from html import escape

import ipywidgets as w

from ..explore.svg import STYLE


def bind(prediction):
    """The widget of a prediction, opened at what was committed before."""
    value, revealed = prediction.committed()
    control, parts = _control(prediction, value)
    commit = w.Button(description="Commit", tooltip="Keep this prediction", layout={"width": "7em"})
    show = w.Button(description="Reveal", tooltip="Show what is so", layout={"width": "7em"})
    words, picture = w.HTML(), w.HTML()

    def tell(text):
        words.value = f'<div role="status" aria-live="polite" style="line-height:1.5">{escape(text)}</div>'

    def on_commit(_):
        if control() is None:
            return tell("Choose first, then commit.")
        prediction.commit(control())
        show.disabled = False
        tell("Kept. You may change it until you reveal.")

    def on_reveal(_=None):
        text, picture.value = prediction.reveal()
        tell(text)
        if prediction.committed()[1]:
            for part in (commit, show, *parts):
                part.disabled = True

    commit.on_click(on_commit)
    show.on_click(on_reveal)
    show.disabled = value is None
    tell("" if value is None else "Your prediction is kept.")
    if revealed:
        on_reveal()
    question = w.HTML(f"<p>{escape(prediction.question)}</p>")
    style = w.HTML(STYLE, layout={"display": "none"})
    return w.VBox([style, question, *parts, w.HBox([commit, show]), words, picture])


def _control(prediction, value):
    """(a function that reads the value, None before a choice; the widgets to show)."""
    room = {"style": {"description_width": "initial"}, "layout": {"width": "auto", "max_width": "34em"}}
    if prediction.kind == "trend":
        low, high = prediction.between
        step = (high - low) / 20
        values = value or [(low + high) / 2] * len(prediction.labels)
        sliders = [
            w.FloatSlider(v, min=low, max=high, step=step, description=str(label), **room)
            for v, label in zip(values, prediction.labels, strict=True)
        ]
        return lambda: [slider.value for slider in sliders], sliders
    if prediction.kind == "choice":
        one = w.RadioButtons(
            options=list(prediction.choices), value=value, description="Your prediction", **room
        )
    else:
        one = w.FloatText(0.0 if value is None else value, description="Your prediction", **room)
    return lambda: one.value, [one]
