"""The race explorer: its runs, its closed forms, its fair rates, and words that say who is where."""

import re
import warnings

import numpy as np
import pytest

from parti_edu.explore import race, race_explorer, svg

RNG = np.random.default_rng(1)
RANDOM = [{k.name: k.values[RNG.integers(len(k.values))] for k in race_explorer.knobs} for _ in range(25)]
DESCENT, MOMENTUM, ADAGRAD, ADAM = range(4)


def run(**settings):
    return race_explorer.result(race_explorer.at(**settings))


def told(**settings):
    return race_explorer.words(run(**settings))


@pytest.mark.parametrize("settings", RANDOM, ids=lambda s: "-".join(map(str, s.values())))
def test_the_code_line_computes_the_same_losses(settings):
    names, state = {}, race_explorer.at(**settings)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "the run diverged")
        exec(race_explorer.code(state), names)
    ground = race.surface(state.surface, state.steepness)
    for loss, one in zip(names["losses"], race_explorer.result(state).runs, strict=True):
        gap = one.gap[: state.round + 1][-1]
        assert (gap == np.inf and not np.isfinite(loss)) or gap == max(loss - ground.lowest, 0)


@pytest.mark.parametrize("name", race.SURFACES)
@pytest.mark.parametrize("steepness", [1, 30, 300])
def test_the_minima_are_minima_and_the_start_is_in_the_picture(name, steepness):
    ground = race.surface(name, steepness)
    data = () if ground.rows is None else (ground.rows.X, ground.rows.y)
    for at in ground.minima:
        assert np.abs(ground.model.gradient(at, *data)).max() < 1e-9
        assert ground.model.loss(at, *data) == pytest.approx(ground.lowest, abs=1e-12)
    low, high = np.transpose(ground.span)
    assert ((low < ground.start) & (ground.start < high)).all()
    assert ((low < ground.minima) & (ground.minima < high)).all()


@pytest.mark.parametrize("steepness", [3, 30])
def test_gradient_descent_along_the_axes_is_its_closed_form(steepness):
    state = race_explorer.at(surface=race.ALONG, steepness=steepness)
    path = race_explorer.result(state).runs[DESCENT].theta
    rounds, lr = np.arange(race.ROUNDS + 1)[:, None], race.rates(state)[DESCENT]
    factors = 1 - lr * np.array([1, steepness])
    np.testing.assert_allclose(path, factors**rounds * race.surface(race.ALONG, steepness).start, atol=1e-12)


def test_turning_the_valley_is_nothing_to_two_of_the_four():
    along, turned = run(surface=race.ALONG).runs, run(surface=race.TURNED).runs
    for i in (DESCENT, MOMENTUM):
        np.testing.assert_allclose(along[i].gap, turned[i].gap, rtol=1e-6)
    for i in (ADAGRAD, ADAM):
        assert not np.allclose(along[i].gap, turned[i].gap, rtol=0.1)


@pytest.mark.parametrize("name", race.SURFACES)
@pytest.mark.parametrize("i", range(4), ids=[r.words for r in race.RUNNERS])
def test_no_other_rate_of_the_list_keeps_the_loss_lower_within_the_picture(name, i):
    runner, ground, heights = race.RUNNERS[i], race.surface(name, 30), {}
    low, high = np.transpose(ground.span)
    for rate in race.RATES:
        one = race.race(name, 30, runner.method, rate)
        if ((one.theta >= low) & (one.theta <= high)).all():
            from_here_on = [one.gap[k:].max() for k in range(len(one.gap))]
            heights[rate] = np.mean(np.log10(np.clip(from_here_on, *race.GAP)))
    assert race.best_rate(name, 30, runner.method) == min(heights, key=heights.get)


@pytest.mark.parametrize("name", race.SURFACES)
def test_at_the_best_rates_everybody_gets_lower_than_the_start(name):
    state = race_explorer.at(surface=name)
    for one in race_explorer.result(state).runs:
        assert one.diverged_at == -1
        assert one.gap[-1] < one.gap[0]


def test_words_rank_the_four_by_their_loss():
    result, words = run(surface=race.CURVED, round=60), told(surface=race.CURVED, round=60)
    gaps = {runner.words: one.gap[60] for runner, one in zip(race.RUNNERS, result.runs, strict=True)}
    said = re.findall(r"(gradient descent|momentum|Adagrad|Adam) \(rate [\d.]+\), (\S+) above", words)
    assert said == [(name, svg.number(gaps[name])) for name in sorted(gaps, key=gaps.get)]
    assert words.startswith("Round 60 of 100 on Rosenbrock, steepness 30: nearest the minimum is ")


def test_words_tell_who_ran_away_and_only_once_it_has():
    at = run(descent=10.0).runs[DESCENT].diverged_at
    assert 0 < at < race.ROUNDS
    assert f"Gradient descent (rate 0.5) ran away by round {at}." in told(descent=10.0, round=at)
    assert "ran away" not in told(descent=10.0, round=at - 1)
    assert "ran away" not in told()
    both = told(surface=race.CURVED, steepness=300, descent=10.0, momentum=10.0)
    assert re.search(r"Gradient descent .* ran away by round \d+ and momentum .* ran away", both)


def test_words_tell_who_still_stands_on_the_saddle():
    assert told(surface=race.SADDLE, round=8).endswith("Gradient descent has not left the saddle.")
    assert "saddle." not in told(surface=race.SADDLE)


def test_at_round_0_nobody_leads():
    assert told(round=0).endswith("all four stand at the start, 3 above the minimum.")


def test_the_four_differ_in_colour_dash_and_shape():
    for looks in zip(*((r.colour, r.dash, r.shape) for r in race.RUNNERS), strict=True):
        assert len(set(looks)) == 4


def test_the_picture_draws_as_far_as_the_round():
    def corners(**settings):
        return race_explorer.picture(run(**settings)).count("L")

    contours = corners(round=0)
    assert corners(round=10) == contours + 2 * 4 * 10
    assert corners(round=11) == contours + 2 * 4 * 11


def test_three_knobs_in_sight_and_one_of_them_plays():
    assert [k.name for k in race_explorer.knobs if not k.folded] == ["surface", "round", "steepness"]
    assert [k.name for k in race_explorer.knobs if k.plays] == ["round"]
