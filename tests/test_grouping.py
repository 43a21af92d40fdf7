"""Groups hold the rows they should, whatever they are made by, and print as a table."""

import numpy as np
import pytest

from parti_edu import grouping


def test_random_depends_on_the_seed_and_on_nothing_else():
    first, again, other = (grouping.random(50, 4, seed) for seed in (0, 0, 1))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert any(not np.array_equal(np.sort(a), np.sort(b)) for a, b in zip(first, other, strict=True))


def test_contiguous_keeps_the_order_of_the_rows():
    groups = grouping.contiguous(7, 3)
    assert [g.tolist() for g in groups] == [[0, 1, 2], [3, 4], [5, 6]]


def test_random_mixes_what_contiguous_leaves_in_order():
    groups = grouping.random(100, 2)
    assert 30 < np.mean(groups[0]) < 70  # rows 0..49 would give 24.5


def test_one_group_a_value_named_after_it():
    groups = grouping.by_label(np.array(["b", "a", "b", "c"]))
    assert groups.names == ("a", "b", "c")
    assert [g.tolist() for g in groups] == [[1], [0, 2], [3]]


@pytest.mark.parametrize("by", [grouping.by_label, grouping.by_source, grouping.by_time])
def test_with_n_groups_the_rows_are_sorted_and_cut(by):
    values = np.array([2007, 2009, 2007, 2008, 2008, 2009, 2009])
    groups = by(values, 3)
    assert groups.sizes.tolist() == [3, 2, 2]
    assert np.concatenate(groups).tolist() == [0, 2, 3, 4, 1, 5, 6]  # equal values keep their order


def test_stratified_resembles_the_whole_and_by_label_does_not(rows):
    share = rows.y.mean()
    mixed = [abs(rows.y[g].mean() - share) for g in grouping.stratified(rows.y, 8)]
    sorted_ = [abs(rows.y[g].mean() - share) for g in grouping.by_label(rows.y, 8)]
    assert max(mixed) < 1 / 40  # one row of a group of 49 or 50 is 1/49
    assert min(sorted_) > 1 / 5


def test_groups_print_as_a_table():
    assert repr(grouping.by_source(["x", "y", "x", "x"])) == (
        "2 groups of 4 rows\ngroup  rows  share  \n    0     3  75.0%  x\n    1     1  25.0%  y"
    )


def test_a_long_table_is_cut_after_twelve_groups():
    assert repr(grouping.contiguous(12, 12)).count("\n") == 13
    assert repr(grouping.contiguous(13, 13)).splitlines()[-1] == "    …"
    assert repr(grouping.contiguous(13, 13)).count("\n") == 14


def test_groups_of_any_index_lists_become_index_arrays_with_names_or_without():
    groups = grouping.Groups([[2, 0], range(1, 2)], ["left", 7])
    assert [g.dtype for g in groups] == [np.intp, np.intp]
    assert groups.names == ("left", "7")
    assert grouping.Groups([[0]]).names == ("",)
    assert grouping.Groups(groups) is groups
