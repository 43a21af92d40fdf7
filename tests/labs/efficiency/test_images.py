"""The project on images: three parts that do not meet, training beside a plain torch loop, checkpoints."""

import copy
import pickle
from itertools import islice

import numpy as np
import pytest
import torch
from sklearn import metrics as sklearn_metrics
from torch import nn
from torch.nn import functional

from parti_edu import metrics, picking, read
from parti_edu.labs.efficiency import images
from parti_edu.labs.efficiency.augment import Augment
from parti_edu.labs.efficiency.nets import small_cnn

SMALL = {"channels": (2, 3), "hidden": 4}


@pytest.fixture(scope="module")
def parts():
    """200 rows to learn from, 60 to choose by, 2000 to judge."""
    return images.prepare(200, 60)


@pytest.fixture
def net(parts):
    return images.cnn(parts.train.X, **SMALL, dropout=0.3, seed=1)


def recipe(**settings):
    return images.Recipe(**{"epochs": 3, "group_size": 20, "lr": 0.02, "schedule": "cosine", **settings})


def same(one, other):
    """Whether two nets hold the same numbers, bit for bit."""
    a, b = one.state_dict(), other.state_dict()
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


# Rows


def test_the_parts_are_the_files_rows_and_do_not_meet():
    raw = read("fashion_mnist")
    parts = images.prepare(600, 200, seed=3)
    known = {image.tobytes(): label for image, label in zip(raw["x_train"], raw["y_train"], strict=True)}
    found = [
        {np.uint8(np.round(255 * x)).tobytes(): y for x, y in zip(p.X.numpy(), p.y.tolist(), strict=True)}
        for p in parts
    ]
    assert [len(part.y) for part in parts] == [600, 200, 2000]
    assert not found[0].keys() & found[1].keys()
    for part in found[:2]:
        assert all(known[image] == label for image, label in part.items())
    np.testing.assert_array_equal(np.round(255 * parts.test.X.numpy()), raw["x_test"])
    np.testing.assert_array_equal(parts.test.y, raw["y_test"])
    assert [(p.X.dtype, p.y.dtype) for p in parts] == [(torch.float32, torch.int64)] * 3
    assert all(0 <= p.X.min() <= p.X.max() <= 1 for p in parts)


def test_each_class_has_its_proportion_in_both_parts():
    share = np.bincount(read("fashion_mnist")["y_train"]) / 8000
    for part in images.prepare(1000, 300)[:2]:
        counts = np.bincount(part.y, minlength=10)
        assert abs(counts - share * len(part.y)).max() <= 1.5


def test_another_seed_draws_other_rows(parts):
    again, other = images.prepare(200, 60), images.prepare(200, 60, seed=1)
    assert torch.equal(again.train.X, parts.train.X)
    assert not torch.equal(other.train.X, parts.train.X)
    assert torch.equal(other.test.X, parts.test.X)


@pytest.mark.parametrize(
    ("counts", "words"),
    [((7001, 1000), "n_train must be in 10..7000"), ((9, 100), "n_train"), ((100, 9), "n_validation")],
)
def test_counts_that_the_rows_do_not_give_are_refused(counts, words):
    with pytest.raises(ValueError, match=words):
        images.prepare(*counts)


# The net


def test_the_net_sees_standardised_training_pictures_and_keeps_both_numbers(parts):
    first = images.cnn(parts.train.X, **SMALL)[0]
    seen = first(parts.train.X)
    assert seen.shape == (200, 784)
    np.testing.assert_allclose([seen.mean(), seen.std()], [0, 1], atol=1e-5)
    assert {"0.mean", "0.deviation"} <= images.cnn(parts.train.X, **SMALL).state_dict().keys()
    np.testing.assert_allclose(first.mean, parts.train.X.numpy().mean(), rtol=1e-5)


def test_it_is_the_small_cnn_with_dropout_before_both_linear_layers(parts, net):
    X = parts.test.X[:50]
    bare = small_cnn(*SMALL.values(), seed=1)
    with torch.no_grad():
        np.testing.assert_array_equal(net.eval()(X), bare(net[0](X)))
    kinds = [type(layer).__name__ for layer in net]
    assert [kinds[i + 1] for i, kind in enumerate(kinds) if kind == "Dropout"] == ["Linear", "Linear"]
    assert "Dropout" not in [type(layer).__name__ for layer in images.cnn(X, **SMALL)]


def test_probabilities_are_without_dropout_and_leave_the_net_as_it_was(parts, net):
    X = parts.test.X[:1500]
    p = images.probabilities(net, X)
    assert net.training
    assert torch.equal(p, images.probabilities(net.eval(), X))
    assert not net.training
    with torch.no_grad():
        np.testing.assert_allclose(p, functional.softmax(net(X), 1), atol=1e-6)
    np.testing.assert_array_equal(images.predicted(net, X), p.argmax(1))


def test_evaluate_is_torchs_cross_entropy_and_scikit_learns_accuracy(parts, net):
    loss, accuracy = images.evaluate(net, parts.test)
    net.eval()
    with torch.no_grad():
        assert loss == pytest.approx(
            functional.cross_entropy(net(parts.test.X), parts.test.y).item(), rel=1e-5
        )
    predicted = images.predicted(net, parts.test.X)
    assert accuracy == pytest.approx(sklearn_metrics.accuracy_score(parts.test.y, predicted), abs=1e-6)
    assert accuracy == pytest.approx(metrics.accuracy(parts.test.y.numpy(), predicted), abs=1e-6)


# Schedules and penalties


def torchs(schedule, steps):
    """The factors that a scheduler of torch gives, for done = 0 … steps − 1."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    rates, factors = schedule(optimizer), []
    for _ in range(steps):
        factors.append(rates.get_last_lr()[0])
        optimizer.step()
        rates.step()
    return factors


def test_the_cosine_is_torchs():
    wanted = torchs(lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, 40), 40)
    np.testing.assert_allclose([images.rate_factor("cosine", k, 40) for k in range(40)], wanted, atol=1e-12)


def test_one_cycle_rises_in_a_line_and_falls_as_torchs_cosine():
    found = [images.rate_factor("one-cycle", k, 50) for k in range(50)]
    np.testing.assert_allclose(found[:11], np.linspace(0, 1, 11), atol=1e-12)
    falling = torchs(lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, 40), 40)
    np.testing.assert_allclose(found[10:], falling, atol=1e-12)


def test_a_constant_rate_stays_and_another_schedule_is_refused():
    assert {images.rate_factor("constant", k, 9) for k in range(9)} == {1.0}
    with pytest.raises(
        ValueError, match="schedule must be one of 'constant', 'cosine', 'one-cycle', got 'cosin'"
    ):
        images.rate_factor("cosin", 0, 1)


def test_the_penalty_pulls_weights_and_not_biases(net):
    images.penalty(net, 0.5, 0.25).backward()
    for p in net.parameters():
        pulled = 0.5 * p.sign() + 0.25 * p if p.ndim > 1 else None
        assert p.grad is None if pulled is None else torch.allclose(p.grad, pulled)
    weights = np.concatenate([p.detach().numpy().ravel() for p in net.parameters() if p.ndim > 1])
    wanted = 0.5 * abs(weights).sum() + 0.125 * (weights**2).sum()
    assert images.penalty(net, 0.5, 0.25).item() == pytest.approx(wanted, rel=1e-5)


# Training


def plain_loop(net, parts, recipe, groups):
    """The same training as one writes it in torch, the merge by hand."""
    net = copy.deepcopy(net).train()
    weights = [p for p in net.parameters() if p.ndim > 1]
    biases = [p for p in net.parameters() if p.ndim == 1]
    optimizer = torch.optim.Adam(
        [{"params": weights, "weight_decay": recipe.l2}, {"params": biases}], lr=recipe.lr
    )
    rates = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, recipe.epochs * len(groups))
    rounds = islice(picking.reshuffled(groups, seed=recipe.seed), recipe.epochs * len(groups))
    start = [p.detach().clone() for p in net.parameters()]
    torch.manual_seed(recipe.seed)
    for k, (pick,) in enumerate(rounds, start=1):
        rows = groups[pick.groups[0]]
        optimizer.zero_grad()
        functional.cross_entropy(net(parts.train.X[rows]), parts.train.y[rows]).backward()
        optimizer.step()
        rates.step()
        if k % recipe.every == 0:
            with torch.no_grad():
                for p, begun in zip(net.parameters(), start, strict=True):
                    p.copy_(recipe.beta * p + (1 - recipe.beta) * begun)
            start = [p.detach().clone() for p in net.parameters()]
    return net.eval()


@pytest.mark.parametrize("settings", [{}, {"beta": 0.5, "l2": 0.01, "seed": 2}], ids=["plain", "merged, l2"])
def test_fit_is_the_plain_loop(parts, net, settings):
    """In float64: Adam makes a step of a gradient that is rounding alone, and float32 rounds more."""
    how, net = recipe(**settings), net.double()
    parts = images.Parts(*(part._replace(X=part.X.double()) for part in parts))
    trained = images.fit(net, parts, how)
    wanted = plain_loop(net, parts, how, images.stratified(parts.train.y.numpy(), how))
    for one, other in zip(trained.last.parameters(), wanted.parameters(), strict=True):
        np.testing.assert_allclose(one.detach(), other.detach(), rtol=1e-8, atol=1e-10)


def test_groups_are_stratified_and_every_pass_ends_with_a_merge(parts):
    y = parts.train.y.numpy()
    for size, every, n_groups in ((20, 5, 10), (20, 4, 8), (1000, 5, 5), (200, 1, 1)):
        groups = images.stratified(y, recipe(group_size=size, every=every))
        assert len(groups) == n_groups
        assert np.ptp([np.bincount(y[g], minlength=10) for g in groups], axis=0).max() <= 1


def test_it_learns_is_seeded_and_leaves_net_and_torchs_generator_alone(parts, net):
    before, state = copy.deepcopy(net), torch.get_rng_state()
    how = recipe(augment=Augment(shift=1, flip=0.5), epochs=6)
    trained = images.fit(net, parts, how)
    assert same(net, before)
    assert torch.equal(torch.get_rng_state(), state)
    assert trained.epochs[-1].training < trained.epochs[0].training
    torch.manual_seed(99)
    assert same(images.fit(net, parts, how).last, trained.last)
    assert not same(images.fit(net, parts, recipe(seed=1, augment=how.augment, epochs=6)).last, trained.last)


def test_the_epochs_tell_what_was_measured(parts, net):
    said = []
    trained = images.fit(net, parts, recipe(schedule="constant"), say=said.append)
    last = trained.epochs[-1]
    assert last.training == pytest.approx(images.evaluate(trained.last, parts.train)[0], rel=1e-5)
    np.testing.assert_allclose(last[3:], images.evaluate(trained.last, parts.validation), rtol=1e-5)
    assert [epoch.number for epoch in trained.epochs] == [1, 2, 3]
    assert {epoch.rate for epoch in trained.epochs} == {0.02}
    losses = f"training {last.training:.3f}, validation {last.validation:.3f}"
    assert said[-1] == f"epoch  3 of 3: loss in {losses}; {last.accuracy:.1%} right"
    assert len(said) == 3


def test_the_best_net_is_that_of_the_lowest_validation_loss_and_patience_stops(parts):
    net = images.cnn(parts.train.X, (4, 8), 16)
    how = {"epochs": 30, "lr": 0.03, "schedule": "constant"}
    trained = images.fit(net, parts, recipe(**how, patience=3))
    losses = [epoch.validation for epoch in trained.epochs]
    assert trained.best_epoch == np.argmin(losses) + 1
    assert len(losses) == trained.best_epoch + 3 < 30
    assert images.evaluate(trained.best, parts.validation)[0] == pytest.approx(min(losses), rel=1e-5)
    assert images.evaluate(trained.last, parts.validation)[0] == pytest.approx(losses[-1], rel=1e-5)
    assert losses[-1] > min(losses)


@pytest.mark.parametrize(
    ("error", "words", "settings"),
    [
        (ValueError, "epochs must be at least 1", {"epochs": 0}),
        (ValueError, "beta must be in", {"beta": 1.5}),
        (ValueError, "lr must be in", {"lr": 0}),
        (ValueError, "l2 must be in", {"l2": -1}),
        (ValueError, "schedule must be one of", {"schedule": "step"}),
        (ValueError, "patience must be at least 1", {"patience": 0}),
        (TypeError, "every must be a whole number", {"every": 2.5}),
    ],
)
def test_a_recipe_that_makes_no_sense_is_refused(error, words, settings):
    with pytest.raises(error, match=words):
        recipe(**settings)


# Checkpoints


class Stopped(Exception):
    pass


def test_stopped_and_resumed_it_ends_bit_for_bit_as_if_undisturbed(parts, net, tmp_path):
    how, file = (
        recipe(epochs=5, beta=0.5, augment=Augment(shift=1, flip=0.5), patience=4),
        tmp_path / "run.pt",
    )
    whole = images.fit(net, parts, how)

    def stop(line):
        if line.startswith("epoch  3"):
            raise Stopped

    with pytest.raises(Stopped):
        images.fit(net, parts, how, say=stop, checkpoint=file)
    said = []
    resumed = images.fit(net, parts, how, say=said.append, checkpoint=file)
    assert len(said) == 2
    assert resumed.epochs == whole.epochs
    assert same(resumed.last, whole.last)
    assert same(resumed.best, whole.best)
    assert same(images.restore(file, net), whole.best)


def test_a_net_is_kept_and_restored_bit_for_bit(parts, net, tmp_path):
    trained = images.fit(net, parts, recipe(epochs=1)).last
    images.keep(tmp_path / "net.pt", trained)
    restored = images.restore(tmp_path / "net.pt", net)
    assert same(restored, trained)
    assert not same(restored, net)
    X = parts.test.X[:100]
    assert torch.equal(images.probabilities(restored, X), images.probabilities(trained, X))


class Payload:
    """What unpickling would run: it makes a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def test_a_malicious_checkpoint_is_refused_and_does_not_run(parts, net, tmp_path):
    file, trace = tmp_path / "evil.pt", tmp_path / "it ran"
    torch.save({"kept": net.state_dict(), "about": Payload(trace)}, file)
    for load in (
        lambda: images.restore(file, net),
        lambda: images.fit(net, parts, recipe(), checkpoint=file),
    ):
        with pytest.raises(ValueError, match=r"evil\.pt must hold tensors and plain values alone"):
            load()
    assert not trace.exists()
    pickle.loads(pickle.dumps(Payload(trace))).close()  # the payload does run where nobody looks
    assert trace.exists()


def test_checkpoints_of_something_else_are_told(parts, net, tmp_path):
    file = tmp_path / "run.pt"
    images.fit(net, parts, recipe(epochs=1), checkpoint=file)
    with pytest.raises(ValueError, match="net must fit the checkpoint"):
        images.restore(file, images.cnn(parts.train.X, (4, 3), 4))
    with pytest.raises(ValueError, match=r"recipe must be the checkpoint's, Recipe\(epochs=1,"):
        images.fit(net, parts, recipe(epochs=2), checkpoint=file)
    images.keep(file, net)
    with pytest.raises(ValueError, match=r"run\.pt must be a checkpoint of `fit`, got none of \['draws'"):
        images.fit(net, parts, recipe(epochs=1), checkpoint=file)
    file.write_bytes(file.read_bytes()[:500])
    with pytest.raises(ValueError, match=r"run\.pt must hold tensors"):
        images.restore(file, net)
    with pytest.raises(FileNotFoundError):
        images.restore(tmp_path / "nowhere.pt", net)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_it_trains_on_a_graphics_card(parts):
    net = images.cnn(parts.train.X, **SMALL)
    trained = images.fit(net, parts, recipe(augment=Augment(shift=1)), device="cuda")
    assert trained.epochs[-1].training < trained.epochs[0].training
    assert isinstance(trained.last, nn.Module)
    assert next(trained.last.parameters()).device.type == "cpu"
