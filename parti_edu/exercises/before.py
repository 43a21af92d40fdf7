"""What is needed before lesson 00: nine short questions that answer back, `self_check()`."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from html import escape
from typing import Any, NamedTuple

import numpy as np

from .. import checks
from .task import Answer

CLOSE = 0.01  # a number may be rounded to two digits or so


class Slip(NamedTuple):
    """A wrong answer that students give: the answer, and what is told to those who give it."""

    answer: Any
    message: str


@dataclass(frozen=True)
class Question:
    """One question whose answer is a number, or a shape such as (3, 4).

    Args:
        name: the keyword that takes the answer. asks: the question, in one or two sentences.
        result: works the answer out. slips: known wrong answers.
        lesson: where it is needed first. topic: what to look up, in words.
    """

    name: str
    asks: str
    result: Callable
    slips: tuple[Slip, ...]
    lesson: str
    topic: str

    def check(self, answer):
        """Judge an answer: right, not attempted (None or ...), a known slip, or wrong. Raises nothing.

        Numbers may be text like "9/2" and rounded to a hundredth; shapes tuples or lists; "error"
        where there is no shape.
        """
        if answer is None or answer is ...:
            return Answer("not attempted", "Not attempted yet: put your answer in place of `...`.")
        result = self.result()
        asked = 'a shape, like (3, 4), or "error"' if isinstance(result, tuple) else "one number"
        given = _shape(answer) if isinstance(result, tuple) else _number(answer)
        if given is None:
            return Answer("wrong", f"This asks for {asked}. How would you write yours as that?")
        if _same(given, result):
            return Answer("right", f"Right. Lesson {self.lesson} uses it.")
        for slip in self.slips:
            if _same(given, slip.answer):
                return Answer("known mistake", slip.message)
        return Answer("wrong", f"Another answer is expected. What do you remember of {self.topic}?")


@dataclass(frozen=True, repr=False)
class SelfCheck:
    """The questions, what the answers given to them are told, and what to look up before which lesson."""

    told: tuple[tuple[Question, Answer], ...]

    @property
    def summary(self):
        given = [(q, a) for q, a in self.told if a.kind != "not attempted"]
        again = [q for q, a in given if not a.right]
        words = f"{len(given) - len(again)} right of {len(given)} answered, of {len(self.told)} questions."
        look = "; ".join(f"{q.topic} (lesson {q.lesson})" for q in again)
        return words + f" To look up: {look}." * bool(again)

    def __repr__(self):
        parts = [f"{q.name}: {q.asks}\n  {a!r}" for q, a in self.told]
        return "\n".join([*parts, self.summary])

    def _repr_html_(self):
        items = (f"<li><code>{q.name}</code> {_marked(q.asks)}{a._repr_html_()}</li>" for q, a in self.told)
        return f"<ol>{''.join(items)}</ol><p>{escape(self.summary)}</p>"


def self_check(**answers):
    """Ask what the lessons take for granted, and answer to the answers; nothing of it is kept.

    Args:
        answers: by the names of QUESTIONS, as many as you like; `...` for not yet.

    Returns:
        A SelfCheck, which a notebook shows.

    Raises:
        ValueError: for a name that is none of them.

    >>> print(self_check(length=5).summary)
    1 right of 1 answered, of 9 questions.
    """
    for name in answers:
        checks.one_of("question", name, tuple(q.name for q in QUESTIONS))
    return SelfCheck(tuple((q, q.check(answers.get(q.name))) for q in QUESTIONS))


def _number(answer):
    """The answer as a float; None if it is no finite number."""
    try:
        if isinstance(answer, bool | np.bool_) or np.ndim(answer):
            return None
        value = float(Fraction(answer) if isinstance(answer, str) else answer)
    except (TypeError, ValueError, ArithmeticError):
        return None
    return value if np.isfinite(value) else None


def _shape(answer):
    """The answer as a tuple of whole numbers, or "error"; None if it is neither."""
    if isinstance(answer, str):
        return "error" if answer.strip().lower().endswith("error") else None
    if isinstance(answer, int | np.integer) and not isinstance(answer, bool):
        return (int(answer),)  # (5) is 5 in Python, and (5,) is meant
    whole = isinstance(answer, tuple | list) and all(isinstance(n, int | np.integer) for n in answer)
    return tuple(map(int, answer)) if whole else None


def _same(given, wanted):
    if isinstance(wanted, tuple | str) or isinstance(given, tuple | str):
        return given == wanted
    return abs(given - wanted) <= CLOSE * max(1, abs(wanted))


def _marked(text):
    """Escaped, with `code` marked."""
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if i % 2 else part for i, part in enumerate(parts))


def _second_name():
    a = np.zeros(1)
    b = a
    b += 1
    return float(a[0])


QUESTIONS = (
    Question(
        "derivative",
        "F(θ) = θ² − 4θ. What is its derivative at θ = 5?",
        lambda: 2 * 5 - 4,
        (
            Slip(5**2 - 4 * 5, "You give the value of F at 5. How steep is F there?"),
            Slip(2 * 5, "You give the slope of θ² alone. Which slope does −4θ add?"),
            Slip(5**2 - 4, "You keep θ² as it is. What is the derivative of a square?"),
            Slip(2, "You give the place where F is lowest. How steep is F at θ = 5?"),
            Slip(2 * 5 - 4 * 5, "You keep the θ of −4θ. What is the derivative of a multiple of θ?"),
        ),
        "00",
        "derivatives of powers",
    ),
    Question(
        "chain_rule",
        "F(θ) = ½(3θ − 6)². What is its derivative at θ = 1?",
        lambda: (3 * 1 - 6) * 3,
        (
            Slip(3 * 1 - 6, "You differentiate the square only. How fast does 3θ − 6 change with θ?"),
            Slip(-(3 * 1 - 6) * 3, "Yours has the other sign. Is F rising or falling at θ = 1?"),
            Slip((3 * 1 - 6) ** 2 / 2, "You give the value of F at 1. How steep is F there?"),
            Slip(2 * (3 * 1 - 6) * 3, "Your slope is twice as steep. What does the ½ do to it?"),
            Slip((3 * 1 - 6) * 3 / 2, "Yours halves once too often. What does the 2 of the square meet?"),
            Slip(3, "You give the inner derivative alone. By what is it multiplied?"),
        ),
        "00",
        "the chain rule",
    ),
    Question(
        "mean_of_groups",
        "One group has 1 row, whose value is 2. Another has 3 rows, whose mean is 6. "
        "What is the mean of all four rows?",
        lambda: (1 * 2 + 3 * 6) / 4,
        (
            Slip((2 + 6) / 2, "You take the mean of the two means. Do both stand for as many rows?"),
            Slip(1 * 2 + 3 * 6, "You give the sum of all rows. Over how many rows is it?"),
            Slip((3 * 2 + 1 * 6) / 4, "Your weights are exchanged. Which group has three rows?"),
            Slip((2 + 6) / 4, "You add two means and divide by four rows. How often does 6 count?"),
            Slip(2 + 6, "You add the two means. What does a mean divide by?"),
        ),
        "01",
        "weighted means",
    ),
    Question(
        "variance",
        "What is the variance of 1, 3, 5, 7, dividing by how many they are, as `np.var` does?",
        lambda: np.var([1, 3, 5, 7]),
        (
            Slip(np.var([1, 3, 5, 7], ddof=1), "You divide by one less. What does the question divide by?"),
            Slip(np.std([1, 3, 5, 7]), "You give the standard deviation. Which of the two is a square?"),
            Slip(4 * np.var([1, 3, 5, 7]), "You give the sum of squares. By what is it divided?"),
            Slip(2, "You take the mean of the distances. What is done to each before the mean?"),
            Slip(21, "You take the mean of the squares. From where are distances measured?"),
            Slip(4, "You give the mean. How far from it do the numbers stray?"),
        ),
        "01",
        "variance",
    ),
    Question(
        "variance_of_a_mean",
        "Rows are drawn independently, and the variance of one is 12. What is the variance of the mean "
        "of 4 of them?",
        lambda: 12 / 4,
        (
            Slip(12, "You say that a mean strays as much as one row. Do errors cancel in it?"),
            Slip(12 / 4**0.5, "You divide by the root of 4. Which of variance and deviation falls so?"),
            Slip(12 * 4, "You give the variance of a sum. What does the division by 4 do to a variance?"),
            Slip(12 / 4**2, "You divide by 16. Of how many rows do the variances add up first?"),
        ),
        "01",
        "the variance of a mean",
    ),
    Question(
        "length",
        "How long is the vector (3, −4)?",
        lambda: np.hypot(3, -4),
        (
            Slip(3 + 4, "You add the sizes of its parts. How long is the straight way?"),
            Slip(3 - 4, "You add its parts. Can a length be less than zero?"),
            Slip(3**2 + 4**2, "You give the square of it. What is left to do?"),
            Slip(4, "You give the longer part. What does the other one add?"),
            Slip(2, "You count its numbers, as `len` does. How far is its tip from the origin?"),
        ),
        "01",
        "the length of a vector",
    ),
    Question(
        "product",
        "`X` has shape (6, 2) and `residual` has shape (6,). Which shape has `X.T @ residual`?",
        lambda: (np.ones((6, 2)).T @ np.ones(6)).shape,
        (
            Slip((6,), "You keep the rows. Along which axis does the product add up?"),
            Slip((2, 6), "You give the shape of X.T. What does a product with a vector do to it?"),
            Slip((2, 1), "Yours has two axes. How many has a matrix times an array of one axis, in NumPy?"),
            Slip((1, 2), "Yours has two axes. How many has a matrix times an array of one axis, in NumPy?"),
            Slip((), "You say that one number is left. How many columns of X meet the residual?"),
            Slip("error", "You expect an exception. What shape has X.T, and what does `@` sum over?"),
        ),
        "02",
        "the matrix product",
    ),
    Question(
        "broadcasting",
        "`y` has shape (5, 1) and `prediction` has shape (5,). Which shape has `y - prediction`?",
        lambda: (np.ones((5, 1)) - np.ones(5)).shape,
        (
            Slip((5, 1), "You expect row minus row. From which side does NumPy line shapes up?"),
            Slip((5,), "You expect row minus row. From which side does NumPy line shapes up?"),
            Slip("error", "You expect an exception. What does NumPy do with an axis of length 1?"),
            Slip((1, 5), "You lose the rows of y. What does an axis of length 5 meet there?"),
            Slip((25,), "You count its numbers well. On how many axes do they lie?"),
        ),
        "02",
        "broadcasting in NumPy",
    ),
    Question(
        "names",
        "`a = np.zeros(1)`, then `b = a`, then `b += 1`. What is `a[0]`?",
        _second_name,
        (
            Slip(0, "You read `b = a` as a copy. How many arrays are there?"),
            Slip(2, "You count the change twice. How many arrays are there?"),
        ),
        "03",
        "names and copies in Python",
    ),
)
