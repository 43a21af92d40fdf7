"""Metrics equal scikit-learn's, also where a class is never predicted or never occurs."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as theirs

from parti_edu import metrics

PAIRS = st.integers(1, 60).flatmap(
    lambda n: st.tuples(*[st.lists(st.integers(0, 4), min_size=n, max_size=n)] * 2)
)


@given(PAIRS)
def test_every_metric_is_scikit_learns(pair):
    y, predicted = map(np.array, pair)
    labels = np.arange(5)
    np.testing.assert_array_equal(
        metrics.confusion(y, predicted, 5), theirs.confusion_matrix(y, predicted, labels=labels)
    )
    assert metrics.accuracy(y, predicted) == pytest.approx(theirs.accuracy_score(y, predicted), abs=1e-15)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = theirs.precision_recall_fscore_support(y, predicted, labels=labels, zero_division=0)
    for ours, sklearns in zip(metrics.scores(y, predicted, 5), expected, strict=True):
        np.testing.assert_allclose(ours, sklearns, atol=1e-15)
    assert metrics.macro_f1(y, predicted, 5) == pytest.approx(expected[2].mean(), abs=1e-15)


@pytest.mark.parametrize(
    ("y", "predicted", "told"),
    [
        ([], [], r"y must have shape \(n,\) with n ≥ 1, got \(0,\)"),
        ([0, 1], [0], "predicted must have 2 rows, as y has, got 1"),
        ([0.5], [0], "y must be whole numbers from 0"),
        ([0], [-1], "predicted must be whole numbers from 0"),
        ([[0]], [0], r"y must have shape"),
    ],
)
def test_bad_predictions_are_told(y, predicted, told):
    with pytest.raises(ValueError, match=told):
        metrics.confusion(y, predicted)


def test_a_class_beyond_the_count_is_told():
    with pytest.raises(ValueError, match="n_classes must be"):
        metrics.confusion([0, 3], [0, 1], n_classes=2)
