"""Exercises that answer back, predictions that commit, and a student's own progress.

A lesson takes its tasks from its file: `from parti_edu.exercises.lesson_00 import tasks`, then
`tasks.one_round.check(one_round)`, `.hint()`, `.solution()`.
"""

from importlib import import_module

from .before import self_check
from .predict import predict, reveal
from .progress import overview, reset

LESSONS = tuple(import_module(f".lesson_{number:02}", __name__) for number in range(15))
TASKS = {task.id: task for lesson in LESSONS for task in lesson.tasks}

__all__ = ["TASKS", "overview", "predict", "reset", "reveal", "self_check"]
