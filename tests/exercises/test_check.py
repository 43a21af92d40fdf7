"""What `check` says to answers that no bank foresees, in words and as HTML."""

import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from parti_edu.exercises import TASKS, outcome, progress
from parti_edu.exercises.task import KINDS, Answer, Mistake, Property, Task, Tasks, quarters

BLEND, REPORTED, MEND = TASKS["03.merged"], TASKS["03.reported"], TASKS["03.step_and_merge"]


def right(start, trial, beta):
    return start + beta * (trial - start)


def told(function, task=BLEND):
    answer = task.check(function)
    return answer.kind, f"{answer.message}\n{answer.details}"


@pytest.mark.parametrize(
    "nothing", [None, ..., lambda start, trial, beta: None, lambda start, trial, beta: ...]
)
def test_nothing_is_not_attempted(nothing):
    assert told(nothing)[0] == "not attempted"


def test_a_stub_that_still_holds_the_fault_is_not_attempted_whatever_its_comments():
    names = {}
    exec("# mine\n" + MEND.stub.replace("start = theta\n", "start = theta  # why?\n\n"), names)
    assert MEND.check(names["step_and_merge"]).kind == "not attempted"


def test_work_without_a_return_is_told_so():
    def silent(start, trial, beta):
        beta * trial + (1 - beta) * start

    kind, text = told(silent)
    assert kind == "wrong"
    assert "gives back nothing (None)" in text
    assert "without a `return`?" in text


def broken(start, trial, beta):
    weights = np.array([beta, 1 - beta, 0])
    return weights * start[:2].repeat(2)[:2]


def test_an_exception_is_told_with_the_line_of_the_students_own_code():
    kind, text = told(broken)
    number = broken.__code__.co_firstlineno + 2
    assert kind == "raised"
    assert "ValueError: operands could not be broadcast together with shapes (3,) (2,)" in text
    assert f"line {number}, in broken: return weights * start[:2].repeat(2)[:2]" in text
    assert "for merged(start=" in text
    assert "Traceback" not in text
    assert "exercises" not in text


def test_the_line_is_that_of_a_helper_and_never_one_of_a_library():
    def helper(a, b):
        return np.linalg.inv(np.stack([a, b, b]))  # raises a few frames deep in NumPy

    kind, text = told(lambda start, trial, beta: helper(start, trial))
    assert kind == "raised"
    assert "in helper: return np.linalg.inv(np.stack([a, b, b]))" in text
    assert "site-packages" not in text


class Unprintable(Exception):
    def __str__(self):
        raise ValueError


def raises(error):
    def function(start, trial, beta):
        raise error

    return function


def endless(start, trial, beta):
    return endless(start, trial, beta)


@pytest.mark.parametrize("function", [raises(Unprintable()), raises(SystemExit(3)), endless, np.linalg.inv])
def test_whatever_is_raised_is_caught(function):
    assert told(function)[0] == "raised"


def test_a_keyboard_interrupt_is_the_students():
    with pytest.raises(KeyboardInterrupt):
        BLEND.check(raises(KeyboardInterrupt()))


def test_other_parameters_are_told_with_the_call():
    kind, text = told(lambda start, trial: start)
    assert kind == "raised"
    assert "merged(start, trial, beta)" in text


class Nasty:
    def __array__(self, dtype=None, copy=None):
        raise RuntimeError


GIVEN = {
    "truth values": (lambda start, trial, beta: start == trial, "holds truth values"),
    "text": (lambda start, trial, beta: "0.5", "holds text"),
    "complex": (lambda start, trial, beta: right(start, trial, beta) + 0j, "holds complex numbers"),
    "objects": (lambda start, trial, beta: {"merged": 1}, "a dict that holds objects"),
    "a function": (lambda start, trial, beta: right, "a function that holds objects"),
    "nasty": (lambda start, trial, beta: Nasty(), "a Nasty that cannot be read"),
    "ragged": (lambda start, trial, beta: [[1.0], [2.0, 3.0]], "a list that cannot be read"),
    "generator": (lambda start, trial, beta: (a for a in start), "a generator that holds objects"),
    "0-d": (lambda start, trial, beta: np.array(0.5), "shape (), and shape (1,) is expected"),
    "axis too many": (
        lambda start, trial, beta: right(start, trial, beta)[None],
        "shape (1, 1), and shape (1,)",
    ),
    "nan": (lambda start, trial, beta: right(start, trial, beta) * np.nan, "holds nan at index [0]"),
    "inf": (lambda start, trial, beta: start / 0, "holds"),
    "float32": (
        lambda start, trial, beta: right(start, trial, beta).astype("f4") * np.float32(1.0000001),
        "float32",
    ),
    "whole": (lambda start, trial, beta: right(start, trial, beta).astype(int), "whole numbers (int64)"),
    "unlike": (lambda start, trial, beta: right(start, trial, beta) + 1, "differ, first at index [0]"),
    "random": (lambda start, trial, beta: np.random.default_rng().random(len(start)), "differ"),
}


@pytest.mark.parametrize(("function", "words"), GIVEN.values(), ids=GIVEN)
def test_odd_results_are_told_in_words(function, words):
    kind, text = told(function)
    assert kind == "wrong"
    assert words in text
    assert re.search(r"for      merged\(start=\[.+\], trial=.+, beta=.+\)\nexpected .+\ngot      \S+", text)


def test_the_package_of_exercises_brings_in_nothing_heavy():
    heavy = ("matplotlib", "ipywidgets", "torch")
    code = f"import sys, parti_edu.exercises; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("garbage", ["text", 3, 0.5, [1], {"a": 1}, object(), np.zeros(3), float("nan")])
def test_what_is_no_function_is_told_so(garbage):
    kind, text = told(garbage)
    assert kind == "wrong"
    assert f"got a {type(garbage).__name__}" in text


@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
@pytest.mark.parametrize("value", [0.5, "text", [], [[]], np.zeros((2, 3)), {1}, print, np.nan, [None], True])
def test_garbage_never_crashes_a_checker(task, value):
    answer = task.check(lambda *anything: value)
    assert answer.kind in ("wrong", "known mistake")
    assert answer._repr_html_()
    assert task.check(value if not callable(value) else None).kind in ("wrong", "not attempted")


@pytest.mark.parametrize("cls", [int, dict, print, type])
def test_callables_that_are_not_meant_never_crash_a_checker(cls):
    assert BLEND.check(cls).kind in ("raised", "wrong")


def test_the_smallest_input_that_shows_it_is_told():
    def long_ones(start, trial, beta):
        return right(start, trial, beta) + (len(start) > 3)

    _, text = told(long_ones)
    first = next(case for case in BLEND.cases() if len(case["start"]) > 3)
    assert f"start={outcome.told(first['start'])}," in text


def test_the_first_index_that_differs_is_told():
    def third(states, beta):
        out = REPORTED.answer(states, beta)
        out[2] += 1
        return out

    assert "first at index [2, 0]" in told(third, REPORTED)[1]


def test_changing_an_argument_is_a_fault_of_its_own_and_the_next_input_is_untouched():
    def in_place(start, trial, beta):
        start += beta * (trial - start)
        return start.copy()

    kind, text = told(in_place)
    assert kind == "wrong"
    assert "changes `start`, which it was given, in place" in text
    before = BLEND.cases()
    BLEND.check(in_place)
    for one, other in zip(before, BLEND.cases(), strict=True):
        np.testing.assert_array_equal(one["start"], other["start"])


def test_a_known_fault_in_values_is_told_even_if_an_argument_changes():
    def swapped_in_place(start, trial, beta):
        start *= beta
        start += (1 - beta) * trial
        return start.copy()

    answer = BLEND.check(swapped_in_place)
    assert answer.message == BLEND.mistakes[0].message


def test_a_result_that_shares_memory_is_told_where_it_matters():
    def view(theta, gradient, rate, beta):
        theta.flags.writeable = False
        return theta if not gradient.any() else np.broadcast_to(theta - beta * rate * gradient, theta.shape)

    assert MEND.check(view).right
    task = small(fresh=True)
    assert "uses the memory of `numbers`" in task.check(lambda numbers: numbers).message
    assert task.check(lambda numbers: numbers.copy()).right
    assert small(fresh=False).check(lambda numbers: numbers).right


def same(numbers):
    return numbers.copy()


def small(**changes):
    """A task that asks for its argument back."""
    parts = {
        "lesson": "00",
        "claim": "00.1",
        "minutes": 1,
        "statement": "Give it back.",
        "stub": "def same(numbers):\n    ...\n",
        "inputs": lambda rng, size: {"numbers": quarters(rng, size)},
        "oracle": lambda numbers: [number for number in numbers],  # noqa: C416
        "answer": same,
        "hints": ("Hm?",),
        "mistakes": (),
    }
    return Task(**parts | changes)


def test_a_property_is_asked_when_all_random_inputs_agree():
    empty = Property("nothing stays nothing", {"numbers": np.zeros(0)}, lambda a: a.shape == (0,))
    task = small(properties=(empty,))
    assert task.check(same).right
    answer = task.check(lambda numbers: numbers + 0 if len(numbers) else 0.0)
    assert answer.kind == "wrong"
    assert "nothing stays nothing" in answer.message
    assert "same(numbers=[])" in answer.details
    assert task.check(lambda numbers: numbers + 0 if len(numbers) else 1 / 0).kind == "wrong"


def test_of_two_mistakes_that_coincide_the_first_is_told():
    def zero(numbers):
        return 0 * numbers

    one, other = Mistake("a", zero, "You a?"), Mistake("b", zero, "You b?")
    assert small(mistakes=(one, other)).check(zero).message == "You a?"


def test_a_mistake_that_raises_is_known_by_its_exception():
    def stack(numbers):
        return np.concatenate([numbers, [[1.0]]])

    task = small(mistakes=(Mistake("axes do not matter", stack, "You join unlike axes. Which?"),))
    assert task.check(lambda numbers: np.concatenate([numbers, [[2.0]]])).kind == "known mistake"
    assert task.check(lambda numbers: numbers + np.zeros((2, 3, len(numbers) + 1))).kind == "raised"


def test_what_is_printed_is_kept_off_the_page_and_said_so(capsys):
    def chatty(start, trial, beta):
        print("hello")
        return right(start, trial, beta)

    answer = BLEND.check(chatty)
    assert capsys.readouterr().out == ""
    assert answer.right
    assert answer.details == "What it prints is left out here."


@pytest.mark.parametrize(
    "stub", ["def other(numbers):\n    ...\n", "def same(n):\n    ...\n", "same = None\n"]
)
def test_a_stub_of_another_function_raises(stub):
    with pytest.raises(ValueError, match=r"^stub must define same\(numbers\), got "):
        small(stub=stub)


def test_minutes_must_be_a_count():
    with pytest.raises(ValueError, match="minutes must be at least 1, got 0"):
        small(minutes=0)


def test_tasks_are_attributes_in_order():
    tasks = Tasks(small())
    assert [task.name for task in tasks] == ["same"]
    assert tasks.same.check(same).right
    assert repr(tasks) == "00.same: Give it back."


ANSWERS = [
    *(Answer(kind, "Say <this> & that?") for kind in KINDS),
    Answer("wrong", "Say this?", "for x\nexpected 1 < 2"),
]


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda a: a.kind)
def test_html_says_what_the_text_says_in_a_live_region(answer):
    html = answer._repr_html_()
    page = ET.fromstring(f"<div>{html}</div>")
    (status,) = [e for e in page.iter() if e.get("role") == "status"]
    assert "".join(status.itertext()) == repr(answer)
    assert repr(answer)[0] == KINDS[answer.kind][0]
    assert f'class="{KINDS[answer.kind][1]}"' in html


def test_no_two_kinds_are_told_apart_by_colour_alone():
    texts = {told(f)[1][:12] for f in (None, right, broken, lambda start, trial, beta: start)}
    assert len(texts) == 4
    looks = {}
    for sign, colour in KINDS.values():
        looks.setdefault(sign, set()).add(colour)
    assert all(len(colours) == 1 for colours in looks.values())


def test_a_picture_lays_expected_beside_yours():
    task = TASKS["03.reading_b"]
    answer = task.check(task.mistakes[0].code)
    picture = ET.fromstring(answer.picture)
    assert picture.get("role") == "img"
    assert "expected ends at" in picture.get("aria-label")
    lines = [p for p in picture.iter() if p.get("class") in ("blue", "orange") and p.get("stroke-width")]
    assert {p.get("stroke-dasharray") for p in lines} == {"", "6 4"}
    assert answer.picture in answer._repr_html_()
    assert task.check(lambda *anything: 1.0).picture == ""


def test_tried_and_done_are_kept_and_done_stays():
    BLEND.check(lambda start, trial, beta: start)
    assert progress.load()["tasks"] == {"03.merged": False}
    BLEND.check(right)
    BLEND.check(lambda start, trial, beta: start)
    assert progress.load()["tasks"] == {"03.merged": True}
