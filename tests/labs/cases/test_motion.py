"""Motion: windows by another route, a network that is shift-covariant and works in pieces, and the leak."""

import itertools

import numpy as np
import pytest

from parti_edu import read

torch = pytest.importorskip("torch", reason="torch is not installed: pip install -c constraints.txt torch")

from parti_edu.labs.cases import motion  # noqa: E402
from parti_edu.labs.cases.judging import cross, folds  # noqa: E402
from parti_edu.labs.cases.motion import Network, groupings, in_pieces, measures, series, windows  # noqa: E402

DATA = read("watch_motion")


@pytest.fixture(scope="module")
def cut():
    return windows()


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def network(hidden=4, **settings):
    torch.manual_seed(1)
    return Network(hidden=hidden, **settings).requires_grad_(False).double()


@pytest.mark.parametrize(("width", "step", "every"), [(100, 100, 2), (60, 25, 3), (50, 70, 1)])
def test_windows_by_a_loop(width, step, every):
    found, n = windows(width, step, every), 0
    for i in range(140):
        x = DATA["x"][:, DATA["start"][i] : DATA["start"][i + 1]] / 1000
        for begin in range(0, x.shape[1] - width + 1, step):
            if n % 97 == 0:
                means = x[:, begin : begin + width].reshape(6, width // every, every).mean(-1)
                np.testing.assert_allclose(found.X[n], means, atol=1e-12)
                assert (found.series[n], found.begin[n]) == (i, begin)
                assert (found.y[n], found.subject[n]) == (DATA["y"][i], DATA["subject"][i])
            n += 1
    assert len(found.y) == n


def test_windows_lie_in_their_series(cut):
    for n in (0, 500, len(cut.y) - 1):
        begin = cut.begin[n] // 2
        np.testing.assert_array_equal(cut.X[n], series(cut.series[n])[:, begin : begin + 50])


def test_groupings_say_what_belongs_together(cut):
    ways = groupings(cut)
    for groups in ways.values():
        assert len(groups) == 10
        assert np.array_equal(np.sort(np.concatenate(groups)), np.arange(len(cut.y)))
    assert all(len(set(cut.subject[rows])) == 1 for rows in ways["by subject"])
    assert all(len(set(cut.subject[rows])) == 10 for rows in ways["random windows"])
    for i in (0, 77):
        of = [cut.begin[rows][cut.series[rows] == i] for rows in ways["by time"]]
        assert all(a.max() < b.min() for a, b in itertools.pairwise(of))


def test_measures_by_hand():
    x = np.zeros((1, 6, 4))
    x[0, 0] = [1, 3, 3, 1]
    numbers = measures(x).reshape(5, 6)
    assert numbers[:, 0].tolist() == [2, 1, 1, 3, pytest.approx(4 / 3)]
    assert not numbers[:, 1:].any()


@pytest.mark.parametrize("length", [1, 7, 40, 1000])
@pytest.mark.parametrize("samples", [13, 16, 203, 410])
def test_a_series_in_pieces_gives_what_it_gives_at_once(length, samples):
    x = torch.randn(6, samples, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    net = network()
    np.testing.assert_allclose(in_pieces(net, x, length), net(x[None])[0], atol=1e-12)


def test_a_piece_reads_no_more_than_its_features_need():
    x = torch.zeros(6, 100, dtype=torch.float64)
    net = network()
    features = net.features(x[None])
    assert features.shape[-1] == (100 - Network.REACH) // Network.STRIDE + 1
    for t, (low, high) in {0: (0, 12), 5: (20, 32)}.items():
        inside, outside = x.clone(), x + 1
        inside[:, low], inside[:, high] = 1, 1
        outside[:, low : high + 1] = 0
        assert not torch.equal(net.features(inside[None])[..., t], features[..., t])
        assert torch.equal(net.features(outside[None])[..., t], features[..., t])


def test_flat_rows_and_series_are_the_same_to_the_network():
    flat, whole = network(width=30), network()
    x = torch.randn(3, 6, 30, dtype=torch.float64)
    assert torch.equal(flat(x.reshape(3, -1)), whole(x))


def test_a_fit_standardises_on_its_own_rows_and_repeats_itself(cut):
    some = np.arange(0, len(cut.y), 8)
    X = cut.X * np.array([1, 10, 100, 1, 1, 1])[:, None] + 5
    one, again = (motion.fit(X[some], cut.y[some], hidden=4, epochs=2, batch=32) for _ in range(2))
    np.testing.assert_array_equal(one.outputs(X[:50]), again.outputs(X[:50]))
    plain = motion.fit(cut.X[some], cut.y[some], hidden=4, epochs=2, batch=32)
    np.testing.assert_allclose(one.outputs(X[:50]), plain.outputs(cut.X[:50]), atol=1e-3)  # float32
    ready = one.ready(X[some])
    np.testing.assert_allclose(ready.mean((0, 2)), 0, atol=1e-4)
    np.testing.assert_allclose(ready.std((0, 2)), 1, atol=1e-2)


def test_what_is_told_is_what_the_trained_module_gives(cut):
    some = np.arange(0, len(cut.y), 8)
    done = motion.fit(cut.X[some], cut.y[some], hidden=4, epochs=2, batch=32)
    rows = done.ready(cut.X[some]).numpy().reshape(len(some), -1), cut.y[some]
    assert done.run.accuracy(rows)[-1] == np.mean(done.predict(cut.X[some]) == cut.y[some])


def test_people_on_both_sides_of_the_split_flatter(cut):
    def fit(X, y):
        return motion.fit(X, y, hidden=8, epochs=5).predict

    right = {
        way: np.mean(cross(fit, cut.X, cut.y, folds(groups, 2)) == cut.y)
        for way, groups in groupings(cut).items()
        if way != "by time"
    }
    assert right["by subject"] > 0.55  # of seven classes
    assert right["random windows"] > right["by subject"] + 0.06


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: windows(width=0), "width must be .* got 0"),
        (lambda: windows(width=50, every=3), r"width must be a multiple of every \(3\), got 50"),
        (lambda: series(140), "i must be in 0..139.* got 140"),
        (lambda: in_pieces(network(), torch.zeros(6, 50).double(), 0), "length must be .* got 0"),
        (
            lambda: motion.fit(np.zeros((4, 6, 20)), np.zeros(4, int), batch=5),
            r"batch must be in 1..4 .*got 5",
        ),
        (lambda: motion.fit(np.zeros((4, 6, 20)), np.zeros(4, int), epochs=0), "epochs must be .* got 0"),
    ],
)
def test_a_bad_call_names_the_argument_and_the_rule(call, message):
    with pytest.raises(ValueError, match=message):
        call()
