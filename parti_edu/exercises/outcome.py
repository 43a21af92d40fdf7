"""What comes of calling a function on copies of its arguments, and how to say it in words."""

import contextlib
import copy
import io
import linecache
import sysconfig
import traceback
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

CLOSE = 1e-9  # of the largest number in sight: sums in another order differ by 1e-15 or so
LIBRARIES = (
    Path(__file__).parents[1],
    *(Path(sysconfig.get_path(name)) for name in ("stdlib", "purelib", "platlib")),
)
DTYPES = {"b": "truth values", "c": "complex numbers", "U": "text", "S": "text", "O": "objects, not numbers"}


@dataclass(frozen=True, eq=False)
class Outcome:
    """One call.

    arguments: name → value, as they were before. array: what came back, read as numbers; None if it
    cannot be. form: what came back, in words. error: what was raised. changed: the arguments that the
    call changed in place. shared: those whose memory the result uses. printed: whether it printed.
    """

    arguments: dict
    array: Any = None
    form: str = ""
    error: BaseException | None = None
    changed: tuple = ()
    shared: tuple = ()
    printed: bool = False

    def like(self, other):
        """The same numbers in the same shape, or the same exception with the same words."""
        if self.error or other.error:
            return raised(self.error) == raised(other.error)
        if self.array is None or other.array is None:
            return self.array is other.array and self.form == other.form
        return near(self.array, other.array)


def call(function, arguments):
    """The Outcome of calling a function on copies of the arguments; what it prints is kept off the page."""
    given, page = copy.deepcopy(arguments), io.StringIO()
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"), contextlib.redirect_stdout(page):
            warnings.simplefilter("ignore")
            value = function(*given.values())
    except (Exception, SystemExit) as error:
        return Outcome(arguments, error=error, printed=bool(page.getvalue()))
    array, form = read(value)
    changed = tuple(name for name in given if not _equal(arguments[name], given[name]))
    shared = tuple(name for name, v in given.items() if array is not None and _share(array, v))
    return Outcome(arguments, array, form, None, changed, shared, bool(page.getvalue()))


def read(value):
    """(array of numbers or None, what it is in words) of anything a function may give back."""
    if value is None or value is ...:
        return None, "nothing (None)"
    form = f"a {type(value).__name__}"
    try:
        if hasattr(value, "detach"):
            value, form = value.detach().cpu(), "a torch tensor"
        array = np.asarray(value)
    except Exception:
        return None, f"{form} that cannot be read as an array of numbers"
    if array.dtype.kind not in "iuf":
        return None, f"{form} that holds {DTYPES.get(array.dtype.kind, f'values of dtype {array.dtype}')}"
    return array, form


def near(one, other, tolerance=CLOSE):
    """Whether two arrays have one shape and the same numbers; NaN is near NaN, ∞ near ∞."""
    if one.shape != other.shape:
        return False
    finite = np.abs(other[np.isfinite(other)], dtype=float)
    return np.allclose(one, other, tolerance, tolerance * max(1, finite.max(initial=0)), equal_nan=True)


def raised(error):
    """ "ValueError: what it says", "" for no error."""
    return "".join(traceback.format_exception_only(error)).strip() if error else ""


def line_of(error):
    """The line of the student's own code that an exception came from, in words; "" if there is none."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename != __file__]
    own = [f for f in frames if not any(Path(f.filename).is_relative_to(where) for where in LIBRARIES)]
    if not own:
        return ""
    text = linecache.getline(own[-1].filename, own[-1].lineno or 0).strip()
    return f"line {own[-1].lineno}, in {own[-1].name}" + f": {text}" * bool(text)


def told(value):
    """A value as short text: six digits, long arrays cut in the middle."""
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(told, value))}]"
    if isinstance(value, np.ndarray) and value.ndim:
        short: Any = {"float_kind": "{:.4g}".format}
        return " ".join(np.array2string(value, separator=", ", threshold=24, formatter=short).split())
    return f"{value:.6g}" if isinstance(value, float | np.floating | np.ndarray) else str(value)


def _equal(before, after):
    if isinstance(before, tuple | list):
        return len(before) == len(after) and all(map(_equal, before, after))
    return np.array_equal(before, after)


def _share(array, argument):
    parts = argument if isinstance(argument, tuple | list) else [argument]
    return any(isinstance(part, np.ndarray) and np.may_share_memory(array, part) for part in parts)
