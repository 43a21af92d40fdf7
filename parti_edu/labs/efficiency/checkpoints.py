"""Checkpoints: what was learned, written down and read back bit for bit; a file that would run is refused."""

import pickle
import re
import warnings
from pathlib import Path

import torch


def save(path, state):
    """Write a state to a file.

    Args:
        path: of the file. state: what `load` can read: tensors, numbers, text, and lists, tuples and
            dicts of them, such as a net's or an optimizer's state_dict.

    Raises:
        ValueError: if the state holds something else, which `load` would refuse; nothing is written then.
    """
    path = Path(path)
    part = path.with_name(path.name + ".part")
    try:
        torch.save(state, part)
        load(part)
        part.replace(path)  # whole or not at all: a run that dies while it writes leaves the old file
    finally:
        part.unlink(missing_ok=True)


def load(path):
    """Read a state as `save` wrote it, onto the processor.

    A checkpoint may come from anyone, and Python's pickle runs what a file tells it to. With
    weights_only=True torch reads tensors and plain values, and calls nothing that the file names.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it holds more than tensors and plain values, or is no checkpoint.
    """
    try:
        with warnings.catch_warnings():  # what is odd about a file is told by the error
            warnings.simplefilter("ignore", UserWarning)
            return torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, EOFError, RuntimeError) as error:
        # torch's own words advise to read it with weights_only=False
        asked = re.search(r"GLOBAL (\S+)", str(error))
        reason = f"it asks for {asked[1]}" if asked else "it cannot be read"
        name = Path(path).name
        raise ValueError(f"{name} must hold tensors and plain values alone; refused: {reason}") from None
