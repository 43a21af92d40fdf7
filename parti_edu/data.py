"""The data sets: real, small, checked against their checksums, with a licence each."""

import csv
import gzip
import hashlib
import json
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np

from . import checks

_HERE = Path(__file__).parent
FOLDER = _HERE / "_data" if (_HERE / "_data").is_dir() else _HERE.parent / "data"


class _Shape(NamedTuple):
    """How the columns of a file are used. The first label is the default one."""

    features: tuple[str, ...]
    labels: tuple[str, ...]
    source: tuple[str, ...] = ()
    time: tuple[str, ...] = ()


_PIXELS = tuple(f"pixel_{row}_{column}" for row in range(8) for column in range(8))
_BODY = ("bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g")
_SKY = ("distance", "temp", "wind_speed", "precip", "visib")

# Columns that are not named stay in the file: arr_delay, which tells the label of flights, is one.
SETS = {
    "penguins": _Shape(_BODY, ("species", "sex"), ("island",), ("year",)),
    "breast_cancer": _Shape((), ("benign",)),
    "digits": _Shape(_PIXELS, ("digit",)),
    "flights": _Shape(("sched_dep_min", *_SKY), ("late",), ("carrier", "origin"), ("date", "month")),
    "seattle_weather": _Shape(
        ("precipitation", "temp_max", "temp_min", "wind"), ("weather",), (), ("date", "year")
    ),
}


class Keys(dict):
    """Arrays (n,) by name; an unknown name raises a ValueError that tells the known ones."""

    def __init__(self, kind, arrays):
        super().__init__(arrays)
        self.kind = kind

    def __missing__(self, name):
        known = ", ".join(map(repr, self)) or "nothing: this data set has none"
        raise ValueError(f"{self.kind} must be one of {known}; got {name!r}")

    def at(self, rows):
        return Keys(self.kind, {name: values[rows] for name, values in self.items()})


@dataclass(frozen=True)
class Rows:
    """Some rows of a data set.

    X: features, (n, d). y: classes 0 … n_classes − 1, (n,).
    label, source, time: what groups can be made of, arrays (n,) by name, such as source["island"].
    """

    X: np.ndarray = field(repr=False)
    y: np.ndarray = field(repr=False)
    label: Keys
    source: Keys
    time: Keys

    def __len__(self):
        return len(self.y)

    def at(self, rows):
        """The rows with these numbers, or where this mask is true."""
        keys = (k.at(rows) for k in (self.label, self.source, self.time))
        return Rows(self.X[rows], self.y[rows], *keys)

    def __repr__(self):
        keys = {k.kind: list(k) for k in (self.label, self.source, self.time)}
        return f"Rows(n={len(self)}, d={self.X.shape[1]}, {keys})"


@dataclass(frozen=True, repr=False)
class Dataset(Rows):
    """All rows, and their split into .train and .test.

    feature_names: (d,). class_names: the label's words for y = 0, 1, ….
    about: source, licence and citation, from MANIFEST.json.
    """

    name: str
    train: Rows
    test: Rows
    feature_names: tuple[str, ...]
    class_names: tuple[str, ...]
    about: dict

    def __repr__(self):
        n, m = len(self.train), len(self.test)
        return f"Dataset({self.name}: {n} + {m} rows, {self.X.shape[1]} features, {self.about['cite']})"


def load(name, *, label=None, features=None, intercept=False, test_share=0.3, seed=0):
    """Load a data set, its features standardised with mean and deviation of the training rows.

    Rows with a missing value in a feature, the label, a source or a time are left out; a label that is
    not used may still hold "NA" (the sex of some penguins). Columns that are constant on the
    training rows become 0. The times are whole numbers that sort: 2007, or 20130131 for a date.

    Args:
        name: "penguins", "breast_cancer", "digits", "flights" or "seattle_weather".
        label: which column is y; for penguins "species" (default) or "sex".
        features: names of the columns to use, in this order; all by default.
        intercept: put a column of ones in front.
        test_share: of the rows, in (0, 1).
        seed: of the split.

    Raises:
        ValueError, TypeError: for unknown names, or a file whose checksum is not the manifest's.

    >>> load("penguins").train.X.shape
    (239, 4)
    """
    checks.one_of("name", name, tuple(SETS))
    checks.number("test_share", test_share, 0, 1, above=True)
    shape, about = SETS[name], _manifest()[name]
    table = _read(FOLDER / about["file"], about["sha256"], shape)
    label = label or shape.labels[0]
    checks.one_of("label", label, shape.labels)
    offered = shape.features or tuple(c for c in table if c not in shape.labels)
    names = tuple(features or offered)
    for feature in names:
        checks.one_of("features", feature, offered)

    used = [*offered, label, *shape.source, *shape.time]
    present = np.all([~np.isin(table[c], ("", "NA")) for c in used], axis=0)
    table = {c: values[present] for c, values in table.items()}
    X = np.column_stack([table[c].astype(float) for c in names])
    class_names, y = np.unique(table[label], return_inverse=True)

    order = np.random.default_rng(seed).permutation(len(y))
    n_test = round(len(y) * test_share)
    test, train = np.sort(order[:n_test]), np.sort(order[n_test:])
    if not len(test) or not len(train):
        raise ValueError(f"test_share must leave rows on both sides of the split, got {test_share}")
    spread = X[train].std(0)
    X = (X - X[train].mean(0)) / np.where(spread > 0, spread, 1) * (spread > 0)
    if intercept:
        X, names = np.column_stack([np.ones(len(y)), X]), ("intercept", *names)

    columns = {kind: {c: table[c] for c in getattr(shape, kind)} for kind in ("labels", "source")}
    time = {c: table[c].astype(int) for c in shape.time}
    keys = Keys("label", columns["labels"]), Keys("source", columns["source"]), Keys("time", time)
    rows = Rows(X, y, *keys)
    words = tuple(map(str, class_names))
    return Dataset(X, y, *keys, name, rows.at(train), rows.at(test), names, words, about)


def seed_for(name):
    """A seed made of a name, the same on every machine, so that each student has a split of their own.

        seed = the first 4 bytes of SHA-256 of the folded name, read as a whole number

    Capitals, spaces around and between the words, and the several ways in which Unicode writes one
    letter make no difference; accents do. It is no secret: whoever knows the name can work it out.

    Args:
        name: at least one visible character.

    Returns:
        A whole number in 0 … 2³² − 1, which NumPy, PyTorch and scikit-learn take as a seed.

    Raises:
        TypeError: if name is not text. ValueError: if nothing of it can be seen.

    SHA-256: FIPS 180-4 (2015); the folding: Unicode Standard Annex 15, form NFKC.

    >>> seed_for("Ada Lovelace"), seed_for("  ada  LOVELACE ")
    (394233311, 394233311)
    >>> load("penguins", seed=seed_for("Ada Lovelace")).train.X.shape
    (239, 4)
    """
    if not isinstance(name, str):
        raise TypeError(f"name must be text, got {name!r}")
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    seen = "".join(c for c in folded if unicodedata.category(c) not in ("Cf", "Cc") or c.isspace())
    words = " ".join(seen.split())
    if not words:
        raise ValueError(f"name must have at least one visible character, got {name!r}")
    return int.from_bytes(hashlib.sha256(words.encode("utf-8")).digest()[:4], "big")


def _manifest():
    path = FOLDER / "MANIFEST.json"
    if not path.is_file():
        raise ValueError(f"data must be in a folder beside the package, got no {path}")
    return json.loads(path.read_text(encoding="utf-8"))


def _read(path, sha256, shape):
    """The file's columns as arrays of text, its dates as whole numbers that sort."""
    raw = path.read_bytes() if path.is_file() else b""
    found = hashlib.sha256(raw).hexdigest()
    if found != sha256:
        raise ValueError(f"{path.name} must have sha256 {sha256[:12]}…, got {found[:12]}…: restore the file")
    lines = list(csv.reader(gzip.decompress(raw).decode("utf-8").splitlines()))
    header = [*shape.features, *shape.labels] if lines[0][0].isdigit() else lines.pop(0)
    table = {c: np.array(v) for c, v in zip(header, zip(*lines, strict=True), strict=True)}
    if "day" in table:
        dates = zip(table["month"], table["day"], strict=True)
        table["date"] = np.array([f"2013{int(month):02d}{int(day):02d}" for month, day in dates])
    elif "date" in table:
        table["date"] = np.char.replace(table["date"], "/", "")
        table["year"] = np.array([date[:4] for date in table["date"]])
    return table
