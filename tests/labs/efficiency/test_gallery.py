"""The confusion map: cells, counts, words."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from parti_edu.labs.efficiency.gallery import confusion_map

COUNTS = np.array([[8, 2, 0], [1, 9, 0], [0, 5, 5]])


@pytest.fixture
def ax():
    yield confusion_map(COUNTS, ("a", "b", "c"))
    plt.close("all")


def test_each_count_stands_in_its_cell_and_zeros_are_left_out(ax):
    found = {(round(t.get_position()[1]), round(t.get_position()[0])): int(t.get_text()) for t in ax.texts}
    assert found == {(i, j): n for (i, j), n in np.ndenumerate(COUNTS) if n}


def test_the_first_class_is_at_the_top_and_the_left(ax):
    assert ax.get_ylim() == (2.5, -0.5)
    assert [t.get_text() for t in ax.get_yticklabels()] == ["a", "b", "c"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("taken for", "is")


def test_a_cell_is_the_fuller_the_larger_its_share_of_its_row(ax):
    alpha = np.array([patch.get_alpha() for patch in ax.patches]).reshape(3, 3)
    assert np.argsort(alpha[0]).tolist() == [2, 1, 0]
    assert alpha[2, 1] == alpha[2, 2] > alpha[1, 0]
    right, taken = (ax.patches[i].get_facecolor()[:3] for i in (0, 1))
    assert right != taken


def test_the_alt_text_tells_the_largest_confusions(ax):
    assert ax.get_label() == (
        "Confusion matrix of 3 classes; most often, c taken for b (5), a taken for b (2), b taken for a (1)."
    )


def test_counts_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"counts must have shape \(2, 2\), one row a name, got \(3, 3\)"):
        confusion_map(COUNTS, ("a", "b"))
