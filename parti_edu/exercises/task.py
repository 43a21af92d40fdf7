"""A task: what is asked, how an answer is judged, and what a mistake that is known gets told."""

import ast
import dis
import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

from .. import checks
from . import progress
from .outcome import CLOSE, Outcome, call, line_of, near, raised, told

SIZES = (1, 1, 2, 2, 3, 3, 4, 4, 6, 8, 8, 12)  # of the random inputs, from small to large
KINDS = {  # of an answer: the sign before its text, and the colour of its edge
    "right": ("✓", "green"),
    "not attempted": ("○", "ink"),
    "raised": ("!", "purple"),
    "known mistake": ("→", "orange"),
    "wrong": ("→", "orange"),
}
HINTED: dict[str, int] = {}  # task → hints given so far


class Mistake(NamedTuple):
    """A wrong answer that students give.

    belief: the misconception, in words. code: the answer that follows from it. message: what a student
    who hands it in is told: what the code does, and one question that leads on.
    """

    belief: str
    code: Callable
    message: str


class Property(NamedTuple):
    """Something that a right answer does on one chosen input.

    words: what should hold. arguments: name → value. holds: array → bool.
    """

    words: str
    arguments: dict
    holds: Callable


@dataclass(frozen=True, repr=False)
class Answer:
    """What `check` says: one of KINDS, a message, details below it, and perhaps a picture (SVG)."""

    kind: str
    message: str
    details: str = ""
    picture: str = ""

    @property
    def right(self):
        return self.kind == "right"

    def __repr__(self):
        return f"{KINDS[self.kind][0]} {self.message}" + f"\n{self.details}" * bool(self.details)

    def _repr_html_(self):
        from ..explore.svg import STYLE  # here, since it brings in matplotlib

        message, _, details = repr(self).partition("\n")
        details = f"\n<code>{escape(details)}</code>" * bool(details)
        text = f'<div role="status" style="{TEXT}">{escape(message)}{details}</div>'
        edge = f'<div class="{KINDS[self.kind][1]}" style="{EDGE}">{text}</div>'
        return f'{STYLE}<div class="parti" style="font:inherit">{edge}{self.picture}</div>'


TEXT = "white-space:pre-wrap;color:var(--jp-content-font-color1,inherit)"
EDGE = "border-left:4px solid currentColor;padding:.2em .8em"


@dataclass(frozen=True, eq=False)
class Task:
    """One exercise: the student writes a function, `check` answers.

    Args:
        lesson: two digits. claim: the id of the objective that it exercises.
        minutes: to plan with, at least 1.
        statement: what is asked, at most 80 words; it stands in the lesson.
        stub: the source of the lesson's cell, one function, which the student completes or mends.
        inputs: (rng, size) → arguments by name, for size 1, 2, …; a larger size is a larger input.
        oracle: a slow and obvious function of these arguments; its word is law.
        answer: the solution, named as the function in the stub.
        hints: from a nudge to nearly all of it.
        mistakes: the bank of wrong answers, tried in order.
        properties: what `inputs` may not show; the first that fails is told as a clue.
        fresh: whether the result must be an array of its own, and no view of an argument.
        plotted: words for the vertical axis of "expected beside yours", for results of shape (n,).

    Raises:
        ValueError: if the function of the stub has another name or other parameters than the solution.
    """

    lesson: str
    claim: str
    minutes: int
    statement: str
    stub: str
    inputs: Callable
    oracle: Callable
    answer: Callable
    hints: tuple[str, ...]
    mistakes: tuple[Mistake, ...]
    properties: tuple[Property, ...] = ()
    fresh: bool = False
    plotted: str = ""

    def __post_init__(self):
        checks.count("minutes", self.minutes)
        written = ast.parse(self.stub).body
        names = [(f.name, [a.arg for a in f.args.args]) for f in written if isinstance(f, ast.FunctionDef)]
        asked = (self.name, list(inspect.signature(self.answer).parameters))
        if names != [asked]:
            raise ValueError(f"stub must define {asked[0]}({', '.join(asked[1])}), got {self.stub!r}")

    def __repr__(self):
        return f"{self.id}: {self.statement}"

    @property
    def name(self):
        return self.answer.__name__

    @property
    def id(self):
        return f"{self.lesson}.{self.name}"

    def cases(self):
        """The inputs that `check` tries, from small to large, the same ones each time."""
        return [self.inputs(np.random.default_rng(seed), size) for seed, size in enumerate(SIZES)]

    def check(self, answer):
        """Judge a function: right, not attempted, raised, a known mistake, or wrong in another way.

        It is called on copies of random inputs and compared with the oracle. A mistake is known if one
        of the bank gives the same outcomes everywhere. Whatever is handed in, nothing is raised, and
        nothing is written down unless it was attempted.

        Args:
            answer: the function itself.

        Returns:
            An Answer.
        """
        result = self._judge(answer)
        if result.kind != "not attempted":
            progress.record("tasks", self.id, result.right)
        return result

    def hint(self):
        """Print the next hint; from the last one on, the last."""
        n = min(HINTED.get(self.id, 0) + 1, len(self.hints))
        HINTED[self.id] = n
        print(f"Hint {n} of {len(self.hints)}: {self.hints[n - 1]}")

    def solution(self):
        """Print the solution, and what it gives on an example."""
        example = self.cases()[0]
        print(self.source() + "\n\n" + _call_in_words(self, example))
        print(f"→ {told(call(self.answer, example).array)}")

    def source(self):
        """The solution as the student could have written it into the stub's cell."""
        return textwrap.dedent(inspect.getsource(self.answer)).rstrip()

    def _judge(self, answer):
        if answer is None or answer is ...:
            return self._not_attempted()
        if not callable(answer):
            found = f"`check` takes the function itself, and got a {type(answer).__name__}."
            return Answer("wrong", f"{found} What happens without the brackets, check({self.name})?")
        if self._is_stub(answer):
            return self._not_attempted()
        cases = self.cases()
        if not _takes(answer, cases[0]):
            asked = f"{self.name}({', '.join(cases[0])})"
            return Answer("raised", f"It is called as {asked}. Which of these does yours not take?")
        given = [call(answer, case) for case in cases]
        target = [call(self.oracle, case) for case in cases]
        known = self._known(given, target)
        if known:
            return Answer("known mistake", known.message, *self._seen(given, target))
        return self._first_fault(given, target) or self._clue(answer) or self._right(given)

    def _not_attempted(self):
        rest = "Change it, run its cell, then this one again."
        return Answer("not attempted", f"Not attempted yet: {self.name} is as we gave it. {rest}")

    def _right(self, given):
        notes, form = [], given[0].form
        if form in ("a list", "a tuple", "a torch tensor"):
            notes.append(f"You gave back {form}; we read it as an array.")
        if any(g.printed for g in given):
            notes.append("What it prints is left out here.")
        return Answer("right", f"Right, on {len(given)} inputs of all sizes.", "\n".join(notes))

    def _is_stub(self, answer):
        """Whether it has the stub's code, or reads nothing and so computes nothing."""
        code = getattr(answer, "__code__", None)
        if code is None:
            return False
        names: dict[str, Any] = {}
        exec(self.stub, names)
        stub = names[self.name].__code__
        parts = ("co_code", "co_names", "co_consts", "co_varnames")
        if all(getattr(code, part) == getattr(stub, part) for part in parts):
            return True
        reads = ("LOAD_FAST", "LOAD_GLOBAL", "LOAD_NAME", "LOAD_DEREF", "RAISE")
        idle = not any(i.opname.startswith(reads) for i in dis.get_instructions(code))
        return idle and call(answer, self.cases()[0]).form == "nothing (None)"

    def _known(self, given, target):
        """The first mistake of the bank with these outcomes everywhere, in-place changes included."""
        twins: list[Mistake] = []  # in-place changes and all
        others: list[Mistake] = []
        for mistake in self.mistakes:
            outcomes = [call(mistake.code, g.arguments) for g in given]
            if all(map(Outcome.like, given, outcomes)):
                same = all(map(self._same_marks, given, outcomes))
                (twins if same else others).append(mistake)
        off = not all(map(Outcome.like, given, target))  # right numbers: only the marks can be amiss
        return next(iter(twins + others * off), None)

    def _same_marks(self, one, other):
        return one.changed == other.changed and (not self.fresh or one.shared == other.shared)

    def _first_fault(self, given, target):
        """What is amiss on the smallest input that shows it; None if all is well."""
        for g in given:
            if g.error:
                where = f"\n{line}" if (line := line_of(g.error)) else ""
                asked = _call_in_words(self, g.arguments)
                return Answer(
                    "raised", "Your code raised an exception.", f"{raised(g.error)}{where}\nfor {asked}"
                )
        changed = next((g for g in given if g.changed), None)
        if changed:
            message = CHANGED.format(changed.changed[0])
            return Answer("wrong", message, _call_in_words(self, changed.arguments))
        if all(map(Outcome.like, given, target)):
            shared = next((g for g in given if self.fresh and g.shared), None)
            return shared and Answer("wrong", SHARED.format(shared.shared[0]))
        g, t = next((g, t) for g, t in zip(given, target, strict=True) if not g.like(t))
        return Answer("wrong", _difference(g, t), *self._seen(given, target))

    def _seen(self, given, target):
        """(expected and got on the smallest input that differs, a picture of a large one)."""
        unlike = [(g, t) for g, t in zip(given, target, strict=True) if not g.like(t)]
        if not unlike:
            return "", ""
        (g, t), (large, wanted) = unlike[0], unlike[-1]
        got = raised(g.error) or (g.form if g.array is None else told(g.array))
        text = f"for      {_call_in_words(self, g.arguments)}\nexpected {told(t.array)}\ngot      {got}"
        return text, _picture(self.plotted, wanted.array, large.array) if self.plotted else ""

    def _clue(self, answer):
        for words, arguments, holds in self.properties:
            value = call(answer, arguments).array
            if value is None or not _true(holds, value):
                asked = _call_in_words(self, arguments)
                return Answer("wrong", f"All random inputs agree, but this should hold: {words}.", asked)
        return None


CHANGED = "Your function changes `{}`, which it was given, in place. Who else may still need it?"
SHARED = (
    "Your result uses the memory of `{}`: change one, and the other changes. Can it be an array of its own?"
)


class Tasks(SimpleNamespace):
    """The tasks of a lesson, as attributes: `tasks.one_round.check(one_round)`."""

    def __init__(self, *tasks):
        super().__init__(**{task.name: task for task in tasks})

    def __iter__(self):
        return iter(vars(self).values())

    def __repr__(self):
        return "\n".join(map(repr, self))


def quarters(rng, *shape):
    """Random multiples of ¼ in [−2, 2]: easy to read, exact in floating point."""
    numbers = rng.integers(-8, 9, shape) / 4
    return numbers if shape else float(numbers)


def _call_in_words(task, arguments):
    return f"{task.name}({', '.join(f'{name}={told(value)}' for name, value in arguments.items())})"


def _takes(function, arguments):
    try:
        inspect.signature(function).bind(*arguments.values())
    except TypeError:
        return False
    except ValueError:  # a function without a signature, written in C
        return True
    return True


def _true(holds, value):
    try:
        return bool(holds(value))
    except (ValueError, TypeError, LookupError):  # of a shape that the property does not reckon with
        return False


def _difference(given, target):
    """How a result differs from what is expected: its kind first, then shape, then numbers."""
    got, wanted = given.array, target.array
    if got is None:
        path = " Is there a way through it without a `return`?" * given.form.startswith("nothing")
        return f"Your function gives back {given.form}; a number or an array is expected.{path}"
    if got.shape != wanted.shape:
        return f"Your result has shape {got.shape}, and shape {wanted.shape} is expected. Which axis is it?"
    if not np.isfinite(got).all() and np.isfinite(wanted).all():
        where = tuple(map(int, np.argwhere(~np.isfinite(got))[0]))
        place = f" at index {list(where)}" * bool(where)
        return f"Your result holds {got[where]}{place}. What was divided by zero, or grew without bound?"
    if got.dtype in (np.float32, np.float16) and near(got, wanted, 1e-2 if got.itemsize == 2 else 1e-5):
        return f"Right to the precision of {got.dtype}. Where did the digits of float64 go?"
    if got.dtype.kind in "iu" and near(got, np.trunc(wanted)):
        return f"Your result holds whole numbers ({got.dtype}). Where were the fractions cut off?"
    scale = CLOSE * max(1, np.abs(wanted[np.isfinite(wanted)], dtype=float).max(initial=0))
    index = np.argwhere(~np.isclose(got, wanted, CLOSE, scale, equal_nan=True))[0].tolist()
    return f"Some numbers differ{f', first at index {index}' if index else ''}. Can you do this one by hand?"


def _picture(label, wanted, got):
    """Expected and got over their index, as an SVG; "" where they cannot lie on one pair of axes."""
    if got is None or got.shape != wanted.shape or got.ndim != 1 or len(got) < 3:
        return ""
    from ..explore.svg import Plot

    both = np.concatenate([wanted, got[np.isfinite(got)]])
    room = 0.05 * np.ptp(both) or 1.0
    ends = float(both.min() - room), float(both.max() + room)
    plot, x = Plot(label, "index", label, (0, len(got) - 1), ends), np.arange(len(got))
    plot.line(x, wanted, "blue")
    plot.line(x, got, "orange", dash="6 4")
    plot.legend(("expected", "blue", ""), ("yours", "orange", "6 4"))
    return plot.svg(f"{label}: expected ends at {told(wanted[-1])}, yours at {told(got[-1])}")
