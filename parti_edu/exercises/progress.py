"""What a student has done, kept in one small file on this machine.

Nothing leaves the machine: the file holds claims seen, exercises tried and done, and predictions, no
name and no time. It is `progress.json` in the folder that PARTI_EDU_HOME names, `~/.parti_edu` otherwise.
Nothing is written before something was done. Whatever becomes of the file, nothing here raises.
"""

import json
import os
import tempfile
from html import escape
from pathlib import Path

from .. import claims

VERSION = 1
UNSAVED: dict = {}  # what could not be written, kept until this kernel ends


def file():
    """Where progress is kept."""
    return Path(os.environ.get("PARTI_EDU_HOME") or Path.home() / ".parti_edu") / "progress.json"


def record(part, key, value):
    """Note one thing, and the claims seen so far. part: "tasks" (True, done, stays so) or "predictions"."""
    state = load()
    if part == "tasks":
        value = value or state[part].get(key, False)
    state[part][key] = value
    _save(state)


def load():
    """What is known: {"claims": ids, "tasks": id → done, "predictions": id → [value, revealed]}."""
    state = UNSAVED or _read() or {"claims": [], "tasks": {}, "predictions": {}}
    return state | {"version": VERSION, "claims": sorted({*state["claims"], *claims.SHOWN})}


def reset(sure=False):
    """Forget everything; asks first.

    Args:
        sure: True to do it.
    """
    state = load()
    if not sure:
        counts = f"{sum(state['tasks'].values())} exercises done, {len(state['predictions'])} predictions"
        print(f"This forgets {counts} and {len(state['claims'])} claims seen. To do it: reset(sure=True)")
        return
    UNSAVED.clear()
    claims.SHOWN.clear()
    try:
        file().unlink(missing_ok=True)
        print("Progress starts afresh.")
    except OSError as error:
        print(f"{file()} could not be removed: {error}")


class Overview:
    """A table, a line a lesson; shown as HTML in a notebook, as text elsewhere."""

    def __init__(self, head, lines):
        self.head, self.lines = head, lines

    def __repr__(self):
        rows = [self.head, *self.lines]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        told = [map(str.ljust, row, widths) for row in rows]
        return "\n".join("  ".join(cells).rstrip() for cells in told)

    def _repr_html_(self):
        head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in self.head)
        body = "".join(
            f'<tr><th scope="row">{escape(first)}</th>{"".join(f"<td>{escape(c)}</td>" for c in rest)}</tr>'
            for first, *rest in self.lines
        )
        return (
            f"<table><caption>Progress</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        )


def overview(lessons=None):
    """Objectives reached, exercises done and minutes planned, lesson by lesson; ✓ done, ~ tried, · not yet.

    An objective is reached when the claim that stands for it was seen to hold. What was seen in this
    kernel is written down.

    Args:
        lessons: the folder of the notebooks; looked for here and beside the package by default. Where
            there is none, objectives and minutes are left out.
    """
    from . import TASKS

    state = load()
    if state["claims"]:
        _save(state)
    plans = _plans(lessons)
    head = ["lesson", *["objectives", "minutes"][: 2 * bool(plans)], "exercises"]
    lines = []
    for lesson in sorted({*plans, *(task.lesson for task in TASKS.values())}):
        line = [lesson]
        if plans:
            plan = plans.get(lesson, {"objectives": [], "minutes": {}})
            reached = sum(objective["claim"] in state["claims"] for objective in plan["objectives"])
            line += [f"{reached} of {len(plan['objectives'])}", str(sum(plan["minutes"].values()))]
        signs = {True: "✓", False: "~", None: "·"}
        done = [f"{signs[state['tasks'].get(t.id)]} {t.name}" for t in TASKS.values() if t.lesson == lesson]
        lines.append([*line, ", ".join(done)])
    return Overview(head, lines)


def _plans(folder):
    """Lesson → its plan, of the first folder that holds lessons."""
    likely = [Path(), Path("notebooks"), Path(__file__).parents[2] / "notebooks"]
    for place in [Path(folder)] if folder else likely:
        plans = {}
        for path in sorted(place.glob("[0-9][0-9]_*.ipynb")):
            try:
                plan = json.loads(path.read_text(encoding="utf-8"))["metadata"]["lesson"]
                [o["claim"] for o in plan["objectives"]], sum(plan["minutes"].values())
            except (OSError, ValueError, LookupError, TypeError, AttributeError):
                continue  # a student's own notebook, or a lesson that is being written
            plans[path.stem[:2]] = plan
        if plans:
            return plans
    return {}


def _read():
    """The file's content; None if there is none. A file that cannot be used is set aside and said so."""
    try:
        text = file().read_bytes()
    except OSError:
        return None
    try:
        state = json.loads(text)
        if state["version"] > VERSION:
            return _set_aside("was written by a newer version")
        sound = _sound(state)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        sound = False
    return state if sound else _set_aside("could not be read")


def _sound(state):
    """Whether the content is what `load` promises."""
    predictions = state["predictions"].values()
    return (
        isinstance(state["claims"], list)
        and all(isinstance(claim, str) for claim in state["claims"])
        and all(isinstance(done, bool) for done in state["tasks"].values())
        and all(isinstance(p, list) and len(p) == 2 and isinstance(p[1], bool) for p in predictions)
    )


def _set_aside(why):
    n = 1
    while (aside := file().with_name(f"progress.aside-{n}.json")).exists():
        n += 1
    try:
        os.replace(file(), aside)
        print(f"{file()} {why}; it is kept as {aside.name}, and progress starts afresh.")
    except OSError as error:
        print(f"{file()} {why}, and could not be set aside: {error}")


def _save(state):
    """Write to a file beside it, then put it in place: a reader finds the old or the new, never half."""
    path, written = file(), None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as new:
            written = new.name
            json.dump(state, new, indent=1)
        os.replace(written, path)
        UNSAVED.clear()
    except OSError as error:
        if not UNSAVED:
            print(f"Progress is kept until this kernel ends; {path} could not be written: {error}")
        UNSAVED.update(state)
        if written:
            Path(written).unlink(missing_ok=True)
