"""Predictions: the student commits, then looks; the difference is put into words and drawn.

`reveal` is a plain function and needs no widget. What was committed is kept with the progress, so a
cell that is run again shows it.
"""

from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np

from .. import checks
from . import progress


@dataclass(frozen=True)
class Prediction:
    """A question whose answer the student predicts.

    id: lesson and a word, such as "03.beta". question: what to predict.
    result: what is so, or a function without arguments that works it out at the reveal: one of the
        choices, a number, or for a trend one number a label.
    choices: for a choice, its words in order, each with what is told to those who chose it ("" for nothing).
    labels: for a trend, where its values stand. between: (low, high) that a trend's sliders span.
    """

    id: str
    question: str
    result: Any
    choices: dict[str, str] | None = None
    labels: tuple = ()
    between: tuple[float, float] = (0.0, 1.0)

    def __post_init__(self):
        if not isinstance(self.id, str) or not isinstance(self.question, str):
            raise TypeError(f"id and question must be text, got {self.id!r} and {self.question!r}")
        if len(self.between) != 2:
            raise ValueError(f"between must be (low, high), got {self.between!r}")
        checks.number("low end of between", self.between[0], -np.inf)
        checks.number("high end of between", self.between[1], self.between[0], above=True)
        if self.choices is not None and self.labels:
            raise ValueError("a prediction must have choices or labels, got both")

    @property
    def kind(self):
        return "choice" if self.choices is not None else "trend" if self.labels else "number"

    def committed(self):
        """(value, whether it was revealed) as it is kept; (None, False) before."""
        value, revealed = progress.load()["predictions"].get(self.id, (None, False))
        return (value, revealed) if self._fits(value) else (None, False)

    def commit(self, value):
        """Keep a prediction; another one may take its place until the reveal, and none after.

        Raises:
            ValueError: if it is none of the choices, no number, or not one number a label.
        """
        if not self._fits(value):
            asked = {"choice": f"one of {list(self.choices or ())}", "number": "a finite number"}
            rule = asked.get(self.kind, f"{len(self.labels)} finite numbers")
            raise ValueError(f"prediction must be {rule}, got {value!r}")
        if not self.committed()[1]:
            progress.record("predictions", self.id, [_plain(value), False])

    def reveal(self):
        """(words, picture) of prediction and result; before a prediction is committed, a word on that."""
        value, _ = self.committed()
        if value is None:
            return "Commit to a prediction first.", ""
        try:
            result = self.result() if callable(self.result) else self.result
        except NameError as error:
            return f"Run the cell that works it out first: {error}.", ""
        progress.record("predictions", self.id, [value, True])
        words = reveal(value, result, self.labels)
        told = (self.choices or {}).get(value, "") if self.kind == "choice" and value != result else ""
        return f"{words} {told}".rstrip(), overlay(value, result, self.labels)

    def _fits(self, value):
        if self.kind == "choice":
            return isinstance(value, str) and value in (self.choices or {})
        try:
            numbers = np.asarray(value, float)
        except (TypeError, ValueError):
            return False
        return numbers.shape == ((len(self.labels),) if self.labels else ()) and np.isfinite(numbers).all()


def predict(id, question, result, *, choices=None, labels=(), between=(0.0, 1.0)):
    """The widget of a prediction, to stand as a cell's last expression: "Reveal" wakes up at "Commit".

    Args:
        id, question, result, labels, between: as for `Prediction`.
        choices: words in order, or words → what is told to those who chose them.

    Raises:
        ValueError, TypeError: if there are both choices and labels, or between is not (low, high).
    """
    from .binding import bind

    if choices is not None:
        words = _several("choices", choices)
        if not words or not all(isinstance(word, str) for word in words):
            raise TypeError(f"choices must be words, at least one, got {choices!r}")
        choices = choices if isinstance(choices, dict) else dict.fromkeys(words, "")
    labels, between = _several("labels", labels), _several("between", between)
    return bind(Prediction(id, question, result, choices, labels, between))


def reveal(prediction, result, labels=()):
    """The difference between a prediction and the result, in words.

    Args:
        prediction, result: two words of a choice, two numbers, or two sequences with a number a label.
        labels: for a trend, where the values stand.

    Raises:
        ValueError, TypeError: if a prediction is no number where the result is one, or unlike it in shape.

    >>> reveal("wider", "narrower")
    'You said “wider”; it is “narrower”. What made you expect the other?'
    >>> reveal(0.5, 0.9)
    'You said 0.5; it is 0.9. Yours is too low by 0.4.'
    >>> reveal([3, 2, 1], [3, 1, 2], labels=(1, 8, 64))
    'You sketched a fall; it falls to 8, then rises. Farthest apart at 8: you 2, it is 1.'
    """
    if isinstance(result, str):
        if prediction == result:
            return f"You said “{prediction}”, and so it is."
        return f"You said “{prediction}”; it is “{result}”. What made you expect the other?"
    yours, theirs = checks.array("prediction", prediction), np.asarray(result, float)
    if yours.shape != theirs.shape:
        raise ValueError(f"prediction must have the result's shape, {theirs.shape}, got {yours.shape}")
    if theirs.ndim == 0:
        return _of_numbers(float(yours), float(theirs))
    labels = tuple(labels) or tuple(range(len(theirs)))
    if len(labels) != len(theirs):
        raise ValueError(f"labels must be {len(theirs)}, one a value, got {len(labels)}")
    same = _course(yours) == _course(theirs)
    words = f"You sketched {_named(yours)}; " + ("so it is." if same else f"it {_told(theirs, labels)}.")
    worst = int(np.abs(yours - theirs).argmax())
    if np.allclose(yours, theirs):
        return f"{words} Every value agrees."
    return f"{words} Farthest apart at {labels[worst]}: you {yours[worst]:g}, it is {theirs[worst]:.4g}."


def overlay(prediction, result, labels=()):
    """Prediction and result in one picture, an SVG; "" for a choice, or where the result is not finite."""
    if isinstance(result, str) or not np.isfinite(result).all():
        return ""
    from ..explore.svg import Plot

    yours, theirs = np.atleast_1d(prediction).astype(float), np.atleast_1d(result).astype(float)
    both = np.concatenate([yours, theirs, [0.0]])
    room = 0.08 * np.ptp(both) or 1.0
    ends = float(both.min() - room), float(both.max() + room)
    plot = Plot("", "", "value", (-0.5, len(yours) - 0.5), ends, x_ticks=(-9,))  # out of sight: words instead
    x = np.arange(len(yours))
    for across, label in zip(x, labels, strict=False):
        plot.words(across, ends[0], str(label), anchor="middle", dx=0, dy=-6)
    for values, colour, dash, shape in (
        (yours, "orange", "6 4", "diamond"),
        (theirs, "blue", "", "circle"),
    ):
        plot.line(x, values, colour, dash=dash)
        for across, value in zip(x, values, strict=True):
            plot.mark(across, value, shape, colour)
    plot.legend(("you said", "orange", "6 4", "diamond"), ("it is", "blue", "", "circle"))
    return plot.svg(reveal(prediction, result, labels))


def _several(name, values):
    """The values as a tuple; a text is one value and not its letters."""
    if isinstance(values, str) or not np.iterable(values):
        raise TypeError(f"{name} must be several values, got {values!r}")
    return tuple(values)


def _of_numbers(prediction, result):
    if np.isclose(prediction, result, rtol=1e-6):
        return f"You said {prediction:g}, and so it is."
    side = "low" if prediction < result else "high"
    words = (
        f"You said {prediction:g}; it is {result:.4g}. Yours is too {side} by {abs(result - prediction):.4g}"
    )
    if prediction * result > 0:
        ratio = max(prediction / result, result / prediction)
        words += f", a factor of {ratio:.2g}" if ratio >= 2 else ""
        words += ": close" if ratio <= 1.1 else ""
    return words + "."


def _signs(values):
    """Of each step 1 for up, −1 for down, 0 for level: within 1 % of the range of all values."""
    steps = np.diff(values)
    return np.where(np.abs(steps) <= 0.01 * np.ptp(values), 0, np.sign(steps)).astype(int).tolist()


def _course(values):
    """The turns of a curve: the signs of its steps, without repeats."""
    return tuple(sign for sign, _ in groupby(_signs(values)))


def _named(values):
    names = {(): "one point", (0,): "a level line", (1,): "a rise", (-1,): "a fall"}
    names |= {(-1, 1): "a valley", (1, -1): "a hill"}
    return names.get(_course(values), "a curve that turns")


def _told(values, labels):
    verbs, signs = {1: "rises", -1: "falls", 0: "stays level"}, _signs(values)
    turns = [i for i in range(1, len(signs)) if signs[i] != signs[i - 1]]
    parts = [f"{verbs[signs[i - 1]]} to {labels[i]}" for i in turns]
    return ", then ".join([*parts, verbs[signs[-1]]])


def _plain(value):
    """The value as JSON holds it."""
    return value if isinstance(value, str) else np.asarray(value, float).tolist()
