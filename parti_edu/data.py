"""The data sets: real, small, checked against their checksums, with a licence each."""

import csv
import gzip
import hashlib
import io
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
    text: str = ""  # the column that stands for all features
    words: tuple[str, ...] = ()  # for the label's values, where they are numbers
    n_test: int = 0  # rows at the end that the set itself calls its test rows


_PIXELS = tuple(f"pixel_{row}_{column}" for row in range(8) for column in range(8))
_IMAGE = tuple(f"pixel_{row}_{column}" for row in range(28) for column in range(28))
_GARMENTS = (
    *("T-shirt/top", "trouser", "pullover", "dress", "coat"),
    *("sandal", "shirt", "sneaker", "bag", "ankle boot"),
)
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
    "fashion_mnist": _Shape(_IMAGE, ("garment",), words=_GARMENTS, n_test=2000),
    "tweets": _Shape((), ("label",), text="text"),
    "review_sentences": _Shape((), ("label",), ("source",), text="text"),
}


class Keys(dict):
    """Arrays (n,) by name; an unknown name raises a ValueError that tells the known and the nearest."""

    def __init__(self, kind, arrays):
        super().__init__(arrays)
        self.kind = kind

    def __missing__(self, name):
        if not self:
            raise ValueError(f"{self.kind} must be one of nothing: this data set has none; got {name!r}")
        checks.one_of(self.kind, name, tuple(self))

    def at(self, rows):
        return Keys(self.kind, {name: values[rows] for name, values in self.items()})


@dataclass(frozen=True)
class Rows:
    """Some rows of a data set.

    X: features, (n, d), or texts, (n,). y: classes 0 … n_classes − 1, (n,).
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
        d = self.X.shape[1] if self.X.ndim > 1 else "texts"
        return f"Rows(n={len(self)}, d={d}, {keys})"


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
        what = f"{self.X.shape[1]} features" if self.X.ndim > 1 else "texts"
        return f"Dataset({self.name}: {n} + {m} rows, {what}, {self.about['cite']})"


def load(name, *, label=None, features=None, intercept=False, test_share=None, seed=0):
    """Load a data set, its features standardised with mean and deviation of the training rows.

    Rows with a missing value in a feature, the label, a source or a time are left out; a label that is
    not used may still hold "NA" (the sex of some penguins). Columns that are constant on the
    training rows become 0. The times are whole numbers that sort: 2007, or 20130131 for a date.

    Args:
        name: "penguins", "breast_cancer", "digits", "flights", "seattle_weather" or "fashion_mnist"; "tweets"
            and "review_sentences" have texts for X, which stay as they are. What has no rows of one label
            each is read by `read`.
        label: which column is y; for penguins "species" (default) or "sex".
        features: names of the columns to use, in this order; all by default.
        intercept: put a column of ones in front.
        test_share: of the rows, in (0, 1); by default 0.3, or the split that the set comes with
            (fashion_mnist: 8,000 + 2,000).
        seed: of the split, a whole number ≥ 0.

    Raises:
        ValueError, TypeError: for unknown names, or a file whose checksum is not the manifest's.

    >>> load("penguins").train.X.shape
    (239, 4)
    """
    checks.one_of("name", name, tuple(SETS))
    checks.one_of("intercept", intercept, (True, False))
    checks.count("seed", seed, 0)
    if test_share is not None:
        checks.number("test_share", test_share, 0, 1, above=True)
    if features is not None and (not isinstance(features, list | tuple) or not features):
        raise TypeError(f"features must be a list of names, got {features!r}")
    shape, about = SETS[name], _manifest()[name]
    if shape.text and (features or intercept):
        raise ValueError(f"features and intercept must be left out for texts, got {features or intercept}")
    table = _columns(read(name), shape)
    label = shape.labels[0] if label is None else label
    checks.one_of("label", label, shape.labels)
    offered = shape.features or tuple(c for c in table if c not in shape.labels)
    names = (shape.text,) if shape.text else tuple(features or offered)
    for feature in names:
        checks.one_of("features", feature, offered)

    used = [*(names if shape.text else offered), label, *shape.source, *shape.time]
    present = np.all([~np.isin(table[c], ("", "NA")) for c in used if table[c].dtype.kind == "U"], axis=0)
    table = {c: values[present] for c, values in table.items()} if not np.all(present) else table
    values, y = np.unique(table[label], return_inverse=True)
    train, test = _split(len(y), shape.n_test if test_share is None else 0, test_share or 0.3, seed)
    if not len(test) or not len(train):
        raise ValueError(f"test_share must leave rows on both sides of the split, got {test_share}")
    X = table[shape.text] if shape.text else _standardised([table[c] for c in names], train)
    if intercept:
        X, names = np.column_stack([np.ones(len(y)), X]), ("intercept", *names)

    keys = (
        Keys("label", {c: table[c] for c in shape.labels}),
        Keys("source", {c: table[c] for c in shape.source}),
        Keys("time", {c: table[c].astype(int) for c in shape.time}),
    )
    rows = Rows(X, y, *keys)
    words = shape.words or tuple(map(str, values))
    return Dataset(X, y, *keys, name, rows.at(train), rows.at(test), names, words, about)


def read(name):
    """A data set as it lies in its file: arrays by name, verified, nothing left out or changed.

    Tables give a column of text each; the others are

        fashion_mnist: x_train, x_test (n, 28, 28) in 0 … 255, y_train, y_test (n,) in 0 … 9
        senate_votes: vote (102 senators, 645 roll calls), 1 yea, 0 nay, −1 neither; senator, state, party
            (102,); date, question (645,)
        watch_motion: x (6 channels, samples at 50 Hz), in thousandths; start (141,): series i lies at
            start[i] … start[i + 1]; y, subject, side (140,); y_names, x_names

    Args:
        name: of any data set in MANIFEST.json: those of `load`, and "senate_votes", "stocks", "watch_motion".

    Raises:
        ValueError: for an unknown name, a file whose checksum is not the manifest's, or one that cannot be
            read for all that. Nothing is unpickled.

    >>> read("senate_votes")["vote"].shape
    (102, 645)
    """
    manifest = _manifest()
    checks.one_of("name", name, tuple(manifest))
    about = manifest[name]
    path = FOLDER / about["file"]
    raw = path.read_bytes() if path.is_file() else b""
    found = hashlib.sha256(raw).hexdigest()
    if found != about["sha256"]:
        wanted = about["sha256"][:12]
        raise ValueError(f"{path.name} must have sha256 {wanted}…, got {found[:12]}…: restore the file")
    try:
        return _arrays(raw) if path.suffix == ".npz" else _table(name, raw)
    except Exception as error:  # whatever zip, gzip, csv or NumPy make of bytes that are not theirs
        raise ValueError(f"{path.name} must be a whole {path.suffix} file, got {error!r}") from error


def _arrays(raw):
    with np.load(io.BytesIO(raw), allow_pickle=False) as arrays:
        return dict(arrays)


def _table(name, raw):
    lines = list(csv.reader(io.StringIO(gzip.decompress(raw).decode("utf-8"), newline="")))
    headless = name in SETS and lines[0][0].isdigit()
    header = [*SETS[name].features, *SETS[name].labels] if headless else lines.pop(0)
    return {c: np.array(v) for c, v in zip(header, zip(*lines, strict=True), strict=True)}


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
    seen = "".join(c for c in folded if unicodedata.category(c) not in ("Cf", "Cc", "Cs") or c.isspace())
    words = " ".join(seen.split())
    if not words:
        raise ValueError(f"name must have at least one visible character, got {name!r}")
    return int.from_bytes(hashlib.sha256(words.encode("utf-8")).digest()[:4], "big")


def _manifest():
    path = FOLDER / "MANIFEST.json"
    if not path.is_file():
        raise ValueError(f"data must be in a folder beside the package, got no {path}")
    try:
        return json.loads(path.read_bytes())
    except ValueError as error:
        raise ValueError(f"{path.name} must be JSON, got {error}: restore the file") from None


def _columns(table, shape):
    """Columns of equal length by name, dates as whole numbers that sort."""
    if shape.features == _IMAGE:
        pixels = np.concatenate([table["x_train"], table["x_test"]]).reshape(-1, len(_IMAGE))
        garment = np.concatenate([table["y_train"], table["y_test"]])
        return dict(zip(_IMAGE, pixels.T, strict=True)) | {"garment": garment}
    if "day" in table:
        dates = zip(table["month"], table["day"], strict=True)
        table["date"] = np.array([f"2013{int(month):02d}{int(day):02d}" for month, day in dates])
    elif "date" in table:
        table["date"] = np.char.replace(table["date"], "/", "")
        table["year"] = np.array([date[:4] for date in table["date"]])
    return table


def _split(n_rows, n_test, test_share, seed):
    """Row numbers of train and test: the last n_test where the set has a split of its own."""
    if n_test:
        return np.split(np.arange(n_rows), [n_rows - n_test])
    order = np.random.default_rng(seed).permutation(n_rows)
    n_test = round(n_rows * test_share)
    return np.sort(order[n_test:]), np.sort(order[:n_test])


def _standardised(columns, train):
    """Features (n, d), mean 0 and deviation 1 on the training rows; a column that is constant there is 0."""
    X = np.column_stack([column.astype(float) for column in columns])
    spread = X[train].std(0)
    return (X - X[train].mean(0)) / np.where(spread > 0, spread, 1) * (spread > 0)
