"""Exercises that answer back, predictions that commit, and a student's own progress.

A lesson takes its tasks from its file: `from parti_edu.exercises.lesson_00 import tasks`, then
`tasks.one_round.check(one_round)`, `.hint()`, `.solution()`.
"""

from . import (
    lesson_00,
    lesson_01,
    lesson_02,
    lesson_03,
    lesson_04,
    lesson_05,
    lesson_06,
    lesson_07,
    lesson_08,
    lesson_09,
    lesson_10,
    lesson_11,
    lesson_12,
    lesson_13,
    lesson_14,
)
from .before import self_check
from .predict import predict, reveal
from .progress import overview, reset

LESSONS = (
    lesson_00,
    lesson_01,
    lesson_02,
    lesson_03,
    lesson_04,
    lesson_05,
    lesson_06,
    lesson_07,
    lesson_08,
    lesson_09,
    lesson_10,
    lesson_11,
    lesson_12,
    lesson_13,
    lesson_14,
)
TASKS = {task.id: task for lesson in LESSONS for task in lesson.tasks}

__all__ = ["TASKS", "overview", "predict", "reset", "reveal", "self_check"]
