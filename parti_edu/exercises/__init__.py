"""Exercises that answer back, predictions that commit, and a student's own progress.

A lesson takes its tasks from its file: `from parti_edu.exercises.lesson_00 import tasks`, then
`tasks.one_round.check(one_round)`, `.hint()`, `.solution()`.
"""

from . import lesson_00, lesson_03
from .predict import predict, reveal
from .progress import overview, reset

TASKS = {task.id: task for lesson in (lesson_00, lesson_03) for task in lesson.tasks}

__all__ = ["TASKS", "overview", "predict", "reset", "reveal"]
