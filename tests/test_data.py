"""The data sets are the ones in the manifest, standardised on the training rows, with keys that match."""

import gzip
import hashlib
import json

import numpy as np
import pytest
from sklearn import datasets

from parti_edu import load
from parti_edu.data import FOLDER, SETS

MANIFEST = json.loads((FOLDER / "MANIFEST.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", SETS)
def test_the_file_its_content_and_its_licence_are_those_of_the_manifest(name):
    about = MANIFEST[name]
    raw = (FOLDER / about["file"]).read_bytes()
    assert len(raw) == about["bytes"]
    assert hashlib.sha256(raw).hexdigest() == about["sha256"]
    assert hashlib.sha256(gzip.decompress(raw)).hexdigest() == about["content_sha256"]
    assert about["cite"]
    for text in about["licence_texts"]:
        assert (FOLDER / text).stat().st_size > 100


def test_every_set_of_the_manifest_can_be_loaded_and_the_other_way_round():
    assert set(MANIFEST) == set(SETS)


@pytest.mark.parametrize("name", SETS)
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


@pytest.mark.parametrize("name", SETS)
def test_train_and_test_share_out_the_rows(name):
    data = load(name, test_share=0.25)
    assert len(data.train) + len(data.test) == len(data)
    assert len(data.test) == round(len(data) * 0.25)
    both = np.vstack([data.train.X, data.test.X])
    order, whole = np.lexsort(both.T), np.lexsort(data.X.T)
    assert np.array_equal(both[order], data.X[whole])


@pytest.mark.parametrize("name", SETS)
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
