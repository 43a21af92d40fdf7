"""The data sets are the ones in the manifest, standardised on the training rows, with keys that match."""

import gzip
import hashlib
import json

import numpy as np
import pytest
from sklearn import datasets

from parti_edu import load, read
from parti_edu.data import FOLDER, SETS

MANIFEST = json.loads((FOLDER / "MANIFEST.json").read_text(encoding="utf-8"))
NUMBERS = [name for name, shape in SETS.items() if not shape.text]
TEXTS = [name for name, shape in SETS.items() if shape.text]


def content(path):
    """The SHA-256 of what a file holds, however it was packed."""
    if path.suffix == ".gz":
        return hashlib.sha256(gzip.decompress(path.read_bytes())).hexdigest()
    found = hashlib.sha256()
    with np.load(path, allow_pickle=False) as arrays:
        for name in sorted(arrays):
            found.update(f"{name} {arrays[name].dtype.str} {arrays[name].shape}".encode())
            found.update(np.ascontiguousarray(arrays[name]).tobytes())
    return found.hexdigest()


@pytest.mark.parametrize("name", MANIFEST)
def test_the_file_its_content_and_its_licence_are_those_of_the_manifest(name):
    about = MANIFEST[name]
    raw = (FOLDER / about["file"]).read_bytes()
    assert len(raw) == about["bytes"]
    assert hashlib.sha256(raw).hexdigest() == about["sha256"]
    assert content(FOLDER / about["file"]) == about["content_sha256"]
    assert about["cite"]
    for text in about["licence_texts"]:
        assert (FOLDER / text).stat().st_size > 100


def test_what_has_no_rows_of_one_label_is_read_and_not_loaded():
    assert set(MANIFEST) - set(SETS) == {"senate_votes", "stocks", "watch_motion"}
    assert set(SETS) <= set(MANIFEST)


@pytest.mark.parametrize("name", MANIFEST)
def test_what_is_read_has_the_manifests_shape(name):
    arrays, about = read(name), MANIFEST[name]
    lengths = {array.shape[0] for array in arrays.values()}
    if about["file"].endswith(".gz"):
        assert (lengths, len(arrays)) == ({about["shape"][0]}, about["shape"][1])


def test_what_is_read_fits_together():
    votes, motion = read("senate_votes"), read("watch_motion")
    assert votes["vote"].shape == (len(votes["senator"]), len(votes["date"])) == (102, 645)
    assert set(np.unique(votes["vote"])) == {-1, 0, 1}
    assert motion["x"].shape[1] == motion["start"][-1]
    assert (np.diff(motion["start"]) > 0).all()
    assert len(motion["y"]) == len(motion["subject"]) == len(motion["start"]) - 1


@pytest.mark.parametrize("name", NUMBERS)
def test_shapes_classes_and_keys_fit_together(name):
    data = load(name)
    n, d = data.X.shape
    assert data.X.dtype == np.float64
    assert np.isfinite(data.X).all()
    assert data.y.shape == (n,)
    assert len(data.feature_names) == d
    assert np.array_equal(np.unique(data.y), np.arange(len(data.class_names)))
    for rows in (data, data.train, data.test):
        keys = [*rows.label.values(), *rows.source.values(), *rows.time.values()]
        assert {len(key) for key in keys} == {len(rows)}
    shape = SETS[name]
    assert (tuple(data.label), tuple(data.source), tuple(data.time)) == (
        shape.labels,
        shape.source,
        shape.time,
    )


@pytest.mark.parametrize("name", sorted(set(NUMBERS) - {"fashion_mnist"}))
def test_train_and_test_share_out_the_rows(name):
    data = load(name, test_share=0.25)
    assert len(data.train) + len(data.test) == len(data)
    assert len(data.test) == round(len(data) * 0.25)
    both = np.vstack([data.train.X, data.test.X])
    order, whole = np.lexsort(both.T), np.lexsort(data.X.T)
    assert np.array_equal(both[order], data.X[whole])


@pytest.mark.parametrize("name", TEXTS)
def test_texts_stay_as_they_are_with_their_classes_and_sources(name):
    data, file = load(name), read(name)
    assert np.array_equal(data.X, file["text"])
    assert np.array_equal(np.array(data.class_names)[data.y], file["label"])
    assert (len(data.train), len(data.test)) == (len(data) - round(0.3 * len(data)), round(0.3 * len(data)))
    assert sorted([*data.train.X, *data.test.X]) == sorted(data.X)
    assert all(np.array_equal(data.source[key], file[key]) for key in data.source)


def test_fashion_keeps_its_own_split_and_its_numbers_of_classes():
    data, file = load("fashion_mnist", seed=3), read("fashion_mnist")
    assert np.array_equal(data.train.y, file["y_train"])
    assert np.array_equal(data.test.y, file["y_test"])
    for side in "train", "test":
        pixel = file[f"x_{side}"].reshape(-1, 784)[:, 400]
        assert np.corrcoef(getattr(data, side).X[:, 400], pixel)[0, 1] == pytest.approx(1, abs=1e-12)
    assert data.class_names[9] == "ankle boot"
    assert len(load("fashion_mnist", test_share=0.5, seed=3).test) == 5000


@pytest.mark.parametrize("name", NUMBERS)
def test_features_are_standardised_on_the_training_rows_alone(name):
    data = load(name)
    varies = data.train.X.std(0) > 0
    # means and deviations of n ≤ 6000 numbers of size 1 round to about 1e-13
    np.testing.assert_allclose(data.train.X.mean(0), 0, atol=1e-11)
    np.testing.assert_allclose(data.train.X[:, varies].std(0), 1, atol=1e-11)
    assert (data.X[:, ~varies] == 0).all()
    assert abs(data.test.X.mean(0)).max() > 1e-3  # a mean over all rows would leave both near 0


@pytest.mark.parametrize(
    ("name", "original"), [("breast_cancer", "load_breast_cancer"), ("digits", "load_digits")]
)
def test_values_and_labels_are_those_of_scikit_learn(name, original):
    theirs, ours = getattr(datasets, original)(), load(name)
    assert np.array_equal(ours.y, theirs.target)
    for column in np.flatnonzero(ours.X.std(0) > 0):  # standardising is affine: correlation 1
        assert np.corrcoef(ours.X[:, column], theirs.data[:, column])[0, 1] == pytest.approx(1, abs=1e-12)


def test_the_split_depends_on_the_seed_and_on_nothing_else():
    first, again, other = load("penguins"), load("penguins"), load("penguins", seed=1)
    assert np.array_equal(first.train.X, again.train.X)
    assert not np.array_equal(first.train.y, other.train.y)


def test_features_are_taken_in_the_order_asked_for():
    names = ("body_mass_g", "bill_length_mm")
    data, every = load("penguins", features=names), load("penguins")
    assert data.feature_names == names
    columns = [every.feature_names.index(name) for name in names]
    assert np.array_equal(data.X, every.X[:, columns])


def test_intercept_is_a_column_of_ones_in_front():
    data, plain = load("penguins", intercept=True), load("penguins")
    assert data.feature_names[0] == "intercept"
    assert (data.X[:, 0] == 1).all()
    assert np.array_equal(data.X[:, 1:], plain.X)


def test_another_label_gives_other_classes_and_keeps_both_as_keys():
    data = load("penguins", label="sex")
    assert data.class_names == ("female", "male")
    assert np.array_equal(np.array(data.class_names)[data.y], data.label["sex"])
    assert set(data.label["species"]) == {"Adelie", "Chinstrap", "Gentoo"}


def test_times_are_whole_numbers_that_sort():
    weather, flights = load("seattle_weather").time, load("flights").time
    assert np.array_equal(weather["date"] // 10000, weather["year"])
    assert (np.diff(weather["date"]) > 0).all()  # the file has one row a day
    assert np.array_equal(flights["date"] // 10000, np.full(len(flights["date"]), 2013))
    assert np.array_equal(flights["date"] // 100 % 100, flights["month"])


def test_the_column_that_tells_the_label_of_flights_is_not_a_feature():
    data = load("flights")
    assert not {"arr_delay", "late"} & {*data.feature_names, *data.source, *data.time}


def test_at_takes_numbers_or_a_mask_and_takes_the_keys_along():
    train = load("penguins").train
    mask = train.source["island"] == "Dream"
    for part in (train.at(mask), train.at(np.flatnonzero(mask))):
        assert len(part) == mask.sum()
        assert set(part.source["island"]) == {"Dream"}
        assert np.array_equal(part.X, train.X[mask])


def test_a_data_set_prints_its_sizes_and_its_citation():
    data = load("penguins")
    assert repr(data).startswith(
        f"Dataset(penguins: {len(data.train)} + {len(data.test)} rows, 4 features, Gorman"
    )
    keys = "{'label': ['species', 'sex'], 'source': ['island'], 'time': ['year']}"
    assert repr(data.train) == f"Rows(n={len(data.train)}, d=4, {keys})"
