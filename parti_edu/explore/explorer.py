"""What an explorer is: a state with knobs, and pure functions state → result → picture, words, code."""

import os
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

from .. import checks


class Knob(NamedTuple):
    """One setting that a hand can turn.

    name: the field of the state. label: its words. values: all that it can take, in order; numbers make
    a slider, words a menu. folded: out of sight until the fold is opened. plays: a button walks its
    slider through the values.
    """

    name: str
    label: str
    values: tuple
    folded: bool = False
    plays: bool = False


@dataclass(frozen=True)
class Explorer:
    """A live picture of a small experiment.

    state: a frozen dataclass, one field a knob, with defaults.
    result: state → what was computed. picture: result → SVG. words: result → what the picture shows, for
    the eye and for a screen reader. code: state → lines of Python that compute the same.
    coarse: state → a rough result to show while the knobs move, or None where `result` is quick enough.
    """

    name: str
    state: type
    knobs: tuple[Knob, ...]
    result: Callable[[Any], Any]
    picture: Callable[[Any], str]
    words: Callable[[Any], str]
    code: Callable[[Any], str]
    coarse: Callable[[Any], Any] = lambda state: None

    def at(self, **settings):
        """The state with these settings; the others have their defaults.

        Raises:
            ValueError: if a setting is unknown or none of its knob's values.
        """
        known = {knob.name: knob.values for knob in self.knobs}
        for name, value in settings.items():
            checks.one_of("setting", name, tuple(known))
            checks.one_of(name, value, known[name])
        return self.state(**settings)

    def show(self, **settings):
        """The widget, to stand as a cell's last expression, opened at these settings.

        Where PARTI_EDU_STATIC is set, a piece of HTML that moves without Python: for pages and slides.
        """
        if os.environ.get("PARTI_EDU_STATIC"):
            from IPython.display import HTML

            from .page import part

            return HTML(part(self, self.at(**settings)))
        from .binding import bind

        return bind(self, self.at(**settings))

    def __post_init__(self):
        names = [f.name for f in fields(self.state)]
        if names != [knob.name for knob in self.knobs]:
            raise ValueError(f"knobs must be the fields of the state, {names}, got {self.knobs!r}")
