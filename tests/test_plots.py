"""Figures: what they draw is the run, they carry alt text, and they refuse what they cannot show."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest

from parti_edu import grouping, load, plots, show
from parti_edu.on_numpy import GradientDescent, LogisticRegression, Quadratic, Rosenbrock, train

mpl.use("Agg")


@pytest.fixture(autouse=True)
def close_all():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def rows():
    return load("penguins", label="sex", features=("bill_depth_mm", "body_mass_g")).train


@pytest.fixture(scope="module")
def run(rows):
    return train(LogisticRegression(), rows, optimizer=GradientDescent(0.5), rounds=30)


def test_loss_curves_draw_the_loss_against_the_cost(run, rows):
    ax = plots.loss_curves({"one": run}, rows)
    (line,) = ax.lines
    np.testing.assert_array_equal(line.get_xdata(), np.arange(31))
    np.testing.assert_array_equal(line.get_ydata(), run.loss(rows))
    assert f"one ends at {run.loss(rows)[-1]:.3g}" in ax.get_label()


def test_the_cost_is_counted_in_the_rows_that_were_trained_on(run, rows):
    ax = plots.loss_curves({"one": run}, (rows.X[:9], rows.y[:9]))
    np.testing.assert_array_equal(ax.lines[0].get_xdata(), np.arange(31))


def test_loss_curves_against_rounds(rows):
    halves = grouping.random(len(rows), 2)
    run = train(LogisticRegression(), rows, halves, optimizer=GradientDescent(0.5), rounds=6)
    ax = plots.loss_curves({"one": run}, rows, against="rounds")
    assert ax.get_xlabel() == "rounds"
    np.testing.assert_array_equal(ax.lines[0].get_xdata(), np.arange(7))


def test_loss_curves_refuse_what_they_cannot_show(run, rows):
    with pytest.raises(ValueError, match=r"against must be one of 'passes', 'rounds', got 'round' \(did you"):
        plots.loss_curves({"one": run}, rows, against="round")
    with pytest.raises(ValueError, match="runs must be at most 4, got 5"):
        plots.loss_curves({str(i): run for i in range(5)}, rows)
    assert not plt.get_fignums()


def test_curves_are_what_they_were_given_as_lines_or_dots_on_the_axes_asked_for():
    x = np.array([1.0, 2.0, 4.0])
    ax = plots.curves({"one": (x, x**2), "two": (x, 1 / x)}, "rate", "size", log="x", dots=("two",))
    one, two = ax.lines
    np.testing.assert_array_equal(one.get_xydata(), np.column_stack([x, x**2]))
    np.testing.assert_array_equal(two.get_ydata(), 1 / x)
    assert [line.get_linestyle() for line in ax.lines] == ["-", "None"]
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "linear")
    assert ax.get_label() == "size against rate: one goes from 1 to 16, two goes from 1 to 0.25."


def test_a_short_logarithmic_axis_has_ticks_of_few_digits():
    x = np.array([0.02, 0.4])
    ax = plots.curves({"one": (x, x)}, "rate", "size", log="x")
    ax.figure.canvas.draw()
    inside = [t.get_text() for t in ax.get_xticklabels() if 0.02 <= t.get_position()[0] <= 0.41]
    assert inside == ["0.02", "0.05", "0.1", "0.2"]
    assert not any(t.get_text() for t in ax.xaxis.get_ticklabels(minor=True))


def test_curves_refuse_what_they_cannot_show():
    with pytest.raises(ValueError, match=r"log must be one of"):
        plots.curves({}, "x", "y", log="yes")
    with pytest.raises(ValueError, match="lines must be at most 4, got 5"):
        plots.curves({str(i): ([1], [1]) for i in range(5)}, "x", "y")


def test_a_path_is_the_states(run, rows):
    ax = plots.path_on_contours({"one": run}, rows)
    np.testing.assert_array_equal(ax.lines[0].get_xydata(), run.theta)
    assert f"({run.final[0]:.2f}, {run.final[1]:.2f})" in ax.get_label()


def test_a_surface_needs_no_data_to_be_drawn():
    run = train(Rosenbrock(), optimizer=GradientDescent(1e-3), rounds=20)
    assert plots.path_on_contours({"valley": run}).lines


def test_a_path_needs_two_parameters():
    rows = load("penguins", label="sex").train
    run = train(LogisticRegression(), rows, optimizer=GradientDescent(0.5), rounds=3)
    with pytest.raises(ValueError, match=r"runs\['one'\] must have theta of shape \(K, 2\), got \(4, 4\)"):
        plots.path_on_contours({"one": run}, rows)


def test_no_path_is_left_out(run, rows):
    with pytest.raises(ValueError, match="runs must be at most 4, got 5"):
        plots.path_on_contours({str(i): run for i in range(5)}, rows)


def test_group_composition_counts_every_row_once(rows):
    groups = grouping.stratified(rows.y, 5)
    ax = plots.group_composition(groups, rows.label["sex"])
    assert sum(bar.get_height() for bar in ax.patches) == len(rows)
    assert "5 groups" in ax.get_label()


def test_group_composition_refuses_more_kinds_than_it_can_tell_apart(rows):
    with pytest.raises(ValueError, match="labels must be of at most 4 kinds, got"):
        plots.group_composition(grouping.random(len(rows), 2), np.arange(len(rows)))


def test_gradient_arrows_end_at_the_gradients():
    ax = plots.gradient_arrows({"a": np.array([0.5, -1]), "b": np.array([0, 2.0])})
    assert [line.get_xydata().tolist() for line in ax.lines] == [[[0, 0], [0.5, -1]], [[0, 0], [0, 2]]]
    assert [text.xy for text in ax.texts] == [(0.5, -1), (0, 2)]
    assert "a (0.50, -1.00), b (0.00, 2.00)" in ax.get_label()
    assert len({line.get_linestyle() for line in ax.lines}) == 2
    assert ax.get_aspect() == 1


def test_gradient_arrows_refuse_what_they_cannot_show():
    with pytest.raises(ValueError, match=r"gradients\['a'\] must have shape \(2,\), got \(3,\)"):
        plots.gradient_arrows({"a": np.zeros(3)})
    with pytest.raises(ValueError, match="gradients must be at most 4, got 5"):
        plots.gradient_arrows({str(i): np.zeros(2) for i in range(5)})


def test_a_spread_map_writes_median_and_range_into_its_cells():
    values = np.array([[[1.0, 8.0]], [[2.0, 4.0]], [[5.0, 16.0]]])
    ax = plots.spread_map(values, ["one"], [1, 32], label="passes", x_label="groups")
    assert [text.get_text() for text in ax.texts] == ["2\n1–5", "8\n4–16"]
    assert [patch.get_alpha() for patch in ax.patches] == [0, 0.5]
    assert ax.get_label() == "passes, median by groups 1 to 32: one from 2 to 8."
    with pytest.raises(ValueError, match=r"values must have shape \(S, 1, 3\), got \(3, 1, 2\)"):
        plots.spread_map(values, ["one"], [1, 2, 3], label="passes", x_label="groups")
    with pytest.raises(ValueError, match=r"values must be finite"):
        plots.spread_map(values * np.inf, ["one"], [1, 2], label="passes", x_label="groups")
    with pytest.raises(ValueError, match=r"values must be above 0, got 0\.0"):
        plots.spread_map(values - 1, ["one"], [1, 2], label="passes", x_label="groups")


def test_images_stand_beside_each_other_each_with_its_own_scale():
    one, other = np.array([[0.0, 2.0], [1.0, 0.0]]), np.array([[-3.0, 5.0], [1.0, 1.0]])
    ax = plots.images({"one": one, "two": other})
    np.testing.assert_array_equal([image.get_array() for image in ax.images], [one, other])
    assert [image.get_clim() for image in ax.images] == [(0, 2), (-3, 5)]
    assert ax.images[0].get_extent()[1] < ax.images[1].get_extent()[0]
    assert [text.get_text() for text in ax.texts] == ["one", "two"]
    assert ax.get_label() == "Images, from left to right: one, two."
    with pytest.raises(ValueError, match=r"pictures\['one'\] must have 2 axes"):
        plots.images({"one": np.zeros(4)})
    with pytest.raises(ValueError, match="the number of pictures must be at least 1, got 0"):
        plots.images({})


def test_a_shown_figure_follows_the_theme_and_carries_alt_text_and_caption(run, rows):
    ax = plots.loss_curves({"one": run}, rows)
    html = show.figure(ax, "A caption & more.").data
    assert f'aria-label="{ax.get_label()}"' in html
    assert "<figcaption>A caption &amp; more.</figcaption>" in html
    assert "#000000" not in html
    assert "var(--blue)" in html
    assert not plt.get_fignums(), "it is shown once"


def test_the_alt_text_of_bare_axes_is_made_of_what_they_draw():
    ax = plt.subplots()[1]
    ax.plot([0, 1, 2, 3], [5, 2, 9, 4], label="one")
    ax.plot([0, 1, 2], [1, 2, np.nan], label="two")
    ax.axhline(3)
    ax.set(title="Title", xlabel="rounds", ylabel="loss")
    assert show.described(ax) == (
        "Title: loss against rounds: one goes from 5 to 4, two goes from 1 to 2. "
        "one is lowest, 2, at 1 and highest, 9, at 2."
    )
    assert 'aria-label="Title: loss against rounds: one goes from 5' in show.figure(ax, "A caption.").data


def test_the_alt_text_tells_where_a_line_turns():
    x, y = np.array([1.0, 2.0, 3.0]), np.array([0.7, 0.25, 0.4])
    ax = plots.curves({"held out": (x, y), "fit": (x, np.sort(y)[::-1])}, "epoch", "loss")
    assert show.described(ax) == f"{ax.get_label()} held out is lowest, 0.25, at 2."
    dots = plots.curves({"held out": (x[::-1], y)}, "epoch", "loss")
    assert show.described(dots) == dots.get_label()  # x does not increase


def test_a_path_on_contours_has_no_lowest_point():
    run = train(Quadratic([1, 30]), optimizer=GradientDescent(0.06), rounds=20, start=[-1.1, 0.4])
    assert np.all(np.diff(run.theta[:, 0]) > 0)
    assert run.theta[:, 1].min() < run.final[1]
    ax = plots.path_on_contours({"valley": run})
    assert show.described(ax) == ax.get_label()


def test_source_is_shown_without_its_docstring():
    text = show.source(GradientDescent.step).data
    assert text.startswith("def step(self, theta, gradient, state):")
    assert '"""' not in show.source(train).data
    assert "local_steps=1" in show.source(train).data
