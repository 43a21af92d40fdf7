"""Each rule of picking plays the rounds that its name promises."""

from itertools import chain, islice

import numpy as np
import pytest

from parti_edu import grouping, picking

GROUPS = grouping.contiguous(12, 4)


def played(picks, n):
    """The group numbers of the first n rounds."""
    return [tuple(pick.groups for pick in picked) for picked in islice(picks, n)]


def test_cyclic_goes_round_in_order():
    assert played(picking.cyclic(GROUPS), 6) == [((g,),) for g in (0, 1, 2, 3, 0, 1)]


def test_reshuffled_takes_a_new_order_each_pass():
    rounds = [picked[0][0] for picked in played(picking.reshuffled(GROUPS, seed=0), 40)]
    passes = {tuple(rounds[i : i + 4]) for i in range(0, 40, 4)}
    assert all(sorted(order) == [0, 1, 2, 3] for order in passes)
    assert len(passes) > 5  # ten draws from 24 orders


def test_random_draws_with_replacement_and_equal_chances():
    rounds = [picked[0][0] for picked in played(picking.random(GROUPS, seed=0), 8000)]
    # 8000 draws, each of 4 groups expected 2000 times, deviation 39: five of them
    assert np.bincount(rounds) == pytest.approx([2000] * 4, abs=195)
    assert any(sorted(rounds[i : i + 4]) != [0, 1, 2, 3] for i in range(0, 40, 4))


def test_random_by_size_draws_in_proportion_to_size():
    groups = grouping.Groups([range(6), range(6, 8)])
    rounds = [picked[0][0] for picked in played(picking.random(groups, seed=0, by_size=True), 8000)]
    assert np.bincount(rounds) == pytest.approx([6000, 2000], abs=195)  # five deviations of 39


def test_stratified_draws_one_group_from_each_stratum_side_by_side():
    rounds = played(picking.stratified(GROUPS, ["b", "a", "b", "a"], seed=0), 200)
    assert {len(picked) for picked in rounds} == {2}
    assert {picked[0] for picked in rounds} == {(1,), (3,)}
    assert {picked[1] for picked in rounds} == {(0,), (2,)}


def test_all_groups_is_one_slot_a_group():
    assert played(picking.all_groups(GROUPS), 2) == [((0,), (1,), (2,), (3,))] * 2


def test_walks_go_on_where_the_last_one_ended():
    assert played(picking.walks(GROUPS, 3), 4) == [((0, 1, 2),), ((3, 0, 1),), ((2, 3, 0),), ((1, 2, 3),)]


def test_blocks_share_out_the_parameters_and_take_turns_on_a_group():
    picks = picking.blocks(7, 3, GROUPS[:2])
    rounds = [picked[0] for picked in islice(picks, 6)]
    assert [pick.groups for pick in rounds] == [(0,)] * 3 + [(1,)] * 3
    masks = np.array([pick.block for pick in rounds[:3]])
    assert masks.dtype == bool
    assert masks.sum(0).tolist() == [1] * 7
    assert masks.sum(1).tolist() == [3, 2, 2]
    assert all((np.diff(np.flatnonzero(mask)) == 1).all() for mask in masks)


def test_blocks_side_by_side_are_all_in_one_round():
    first, second = islice(picking.blocks(4, 2, GROUPS[:2], side_by_side=True), 2)
    assert [pick.groups for pick in first] == [(0,), (0,)]
    assert [pick.groups for pick in second] == [(1,), (1,)]
    assert np.sum([pick.block for pick in first], axis=0).tolist() == [1] * 4


@pytest.mark.parametrize(
    ("picks", "rounds_per_pass"),
    [
        (picking.cyclic(GROUPS), 4),
        (picking.reshuffled(GROUPS), 4),
        (picking.random(GROUPS), 4),
        (picking.stratified(GROUPS, [0, 0, 1, 1]), 2),
        (picking.all_groups(GROUPS), 1),
        (picking.walks(GROUPS, 2), 2),
        (picking.walks(GROUPS, 4), 1),
        (picking.blocks(6, 3, GROUPS), 12),
        (picking.blocks(6, 3, GROUPS, side_by_side=True), 4),
    ],
    ids=lambda value: getattr(value, "name", str(value)),
)
def test_a_pass_is_as_many_rounds_as_visit_each_group_once_on_average(picks, rounds_per_pass):
    assert (picks.rounds_per_pass, picks.n_groups) == (rounds_per_pass, 4)
    n_passes = 500
    rounds = islice(picks, n_passes * rounds_per_pass)
    weight = 1 / 3 if "blocks" in picks.name else 1  # three blocks are one whole visit
    visits = weight * np.bincount(list(chain.from_iterable(p.groups for picked in rounds for p in picked)))
    # random picks: deviation of 500 expected visits ≤ 22; five of them
    assert visits == pytest.approx([n_passes] * 4, abs=110 if "seed" in picks.name else 1e-6)


def test_the_name_tells_the_rule_and_its_seed():
    assert picking.random(GROUPS, seed=5, by_size=True).name == "random, seed 5, by size"
    assert repr(picking.walks(GROUPS, 2)) == "Picks(name='walks of 2', rounds_per_pass=2, n_groups=4)"
