"""Any module as a model: what is in θ, what stays as it was, and runs that equal torch's own training."""

import copy

import numpy as np
import pytest

from parti_edu import grouping, load

torch = pytest.importorskip("torch", reason="torch is not installed: pip install -e '.[torch]'")
from torch import nn  # noqa: E402
from torch.nn import functional  # noqa: E402

from parti_edu.on_torch import (  # noqa: E402
    Adagrad,
    Adam,
    GradientDescent,
    Momentum,
    TwoLayerNet,
    blend,
    from_module,
    train,
)

DATA = load("penguins").train.at(range(60))
GROUPS = grouping.random(60, 4)
X, y = torch.from_numpy(DATA.X), torch.from_numpy(DATA.y)
RATES = np.array([[0.01], [0.05], [0.1]])


class Tied(nn.Module):
    """One weight used twice, a layer that is frozen, a buffer."""

    def __init__(self):
        super().__init__()
        self.there, self.back, self.frozen = nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 3)
        self.back.weight = self.there.weight
        self.frozen.requires_grad_(False)
        self.register_buffer("shift", torch.ones(4))

    def forward(self, x):
        return self.frozen(self.back(torch.tanh(self.there(x)) + self.shift))


class Sequence(nn.Module):
    """An LSTM over the four numbers of a row."""

    def __init__(self):
        super().__init__()
        self.cell, self.out = nn.LSTM(1, 3, batch_first=True), nn.Linear(3, 3)

    def forward(self, x):
        return self.out(self.cell(x[..., None])[0][:, -1])


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.put, self.look, self.out = (
            nn.Linear(1, 4),
            nn.MultiheadAttention(4, 2, bias=False, batch_first=True),
            nn.Linear(4, 3),
        )

    def forward(self, x):
        words = self.put(x[..., None])
        return self.out(self.look(words, words, words)[0].mean(1))


class Words(nn.Module):
    """Each number of a row, rounded, is a word."""

    def __init__(self):
        super().__init__()
        self.words, self.out = nn.Embedding(9, 2), nn.Linear(8, 3)

    def forward(self, x):
        return self.out(self.words((2 * x.clamp(-2, 2)).round().long() + 4).flatten(1))


# No bias where it has no effect (before a norm, on attention's keys): its slope is rounding about 0, which
# Adagrad and Adam divide by its own size.
MODULES = {
    "layers": lambda: nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 3)),
    "tied": Tied,
    "norm, judging": lambda: nn.Sequential(nn.Linear(4, 5), nn.BatchNorm1d(5), nn.Linear(5, 3)).eval(),
    "norm of each batch": lambda: nn.Sequential(
        nn.Linear(4, 5, bias=False), nn.BatchNorm1d(5, track_running_stats=False), nn.Linear(5, 3)
    ),
    "layer norm": lambda: nn.Sequential(nn.LayerNorm(4), nn.Linear(4, 3)),
    "convolution": lambda: nn.Sequential(
        nn.Unflatten(1, (1, 4)), nn.Conv1d(1, 2, 2), nn.Flatten(), nn.Linear(6, 3)
    ),
    "LSTM": Sequence,
    "attention": Attention,
    "embedding": Words,
}
every_module = pytest.mark.parametrize("name", MODULES)
OPTIMIZERS = {
    "sgd": (GradientDescent(0.1), lambda p: torch.optim.SGD(p, lr=0.1)),
    "momentum": (Momentum(0.05), lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9)),
    "adagrad": (Adagrad(0.05), lambda p: torch.optim.Adagrad(p, lr=0.05)),
    "adam": (Adam(0.01), lambda p: torch.optim.Adam(p, lr=0.01)),
}


def made(name, seed=0):
    torch.manual_seed(seed)
    return MODULES[name]().double()


def model_of(module):
    return from_module(module, functional.cross_entropy, classifies=True)


def flat(module):
    return np.concatenate([p.detach().numpy().ravel() for p in module.parameters() if p.requires_grad])


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@every_module
def test_a_run_is_what_torch_makes_of_the_module(name, optimizer):
    """100 steps of torch.optim on a module that stays a module: to 1e-10, as over any 100 rounds."""
    module, (ours, make) = made(name), OPTIMIZERS[optimizer]
    run = train(model_of(module), DATA, GROUPS, optimizer=ours, rounds=100)
    theirs = make([p for p in module.parameters() if p.requires_grad])
    for k in range(100):
        rows = torch.from_numpy(GROUPS[k % 4])
        theirs.zero_grad()
        functional.cross_entropy(module(X[rows]), y[rows]).backward()
        theirs.step()
        assert abs(run.theta[k + 1] - flat(module)).max() <= 1e-10 * abs(flat(module)).max()
    with torch.no_grad():
        assert run.loss(DATA)[-1] == pytest.approx(functional.cross_entropy(module(X), y).item(), rel=1e-10)
        assert run.accuracy(DATA)[-1] == (module(X).argmax(1) == y).double().mean().item()


@every_module
def test_the_module_is_never_changed_and_its_later_changes_do_not_matter(name):
    module = made(name)
    model, before = model_of(module), copy.deepcopy(module.state_dict())
    first = train(model, DATA, GROUPS, optimizer=Adam(0.01), rounds=5)
    assert all(torch.equal(value, before[key]) for key, value in module.state_dict().items())
    for p in [*module.parameters(), *module.buffers()]:
        p.data.zero_()
    assert np.array_equal(train(model, DATA, GROUPS, optimizer=Adam(0.01), rounds=5).theta, first.theta)


@every_module
def test_configurations_together_equal_one_by_one(name):
    model = model_of(made(name))
    together = train(model, DATA, GROUPS, optimizer=Adam(RATES), rounds=20)
    for c, rate in enumerate(RATES.ravel()):
        alone = train(model, DATA, GROUPS, optimizer=Adam(rate), rounds=20)
        np.testing.assert_allclose(together.theta[:, c], alone.theta, rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(together.loss(DATA)[:, c], alone.loss(DATA), rtol=1e-10)


def test_a_shared_weight_stands_in_theta_once_and_a_frozen_layer_not_at_all():
    module = made("tied")
    model = model_of(module)
    assert len(model.start(DATA.X, DATA.y)) == 16 + 4 + 4  # there, its bias, the bias of back
    assert np.array_equal(model.start(DATA.X, DATA.y), flat(module))


def test_the_start_is_the_modules_own_whatever_the_seed():
    module = made("layers")
    model = model_of(module)
    assert np.array_equal(model.start(DATA.X, DATA.y, 0), model.start(DATA.X, DATA.y, 7))
    assert np.array_equal(train(model, DATA, optimizer=Adam(0.1), rounds=1, seed=5).theta[0], flat(module))
    start = model.start(DATA.X, DATA.y)
    start += 1  # one's own copy
    assert np.array_equal(model.start(DATA.X, DATA.y), flat(module))


def test_the_models_of_the_package_come_out_the_same_as_modules():
    """The net of the package has its weights the other way round."""
    net, module = TwoLayerNet(5, 3, l2=0.1), made("layers")
    W1, b1, W2, b2 = np.split(net.start(DATA.X, DATA.y, 0), np.cumsum([20, 5, 15]))
    values = W1.reshape(4, 5).T, b1, W2.reshape(5, 3).T, b2
    for p, value in zip(module.parameters(), values, strict=True):
        p.data.copy_(torch.from_numpy(np.ascontiguousarray(value)))
    model = from_module(module, functional.cross_entropy, classifies=True, l2=0.1)
    settings = {"optimizer": Momentum(0.1), "merge": blend(0.5), "rounds": 50}
    ours, theirs = (train(m, DATA, GROUPS, **settings) for m in (net, model))
    np.testing.assert_allclose(theirs.loss(DATA), ours.loss(DATA), rtol=1e-10)
    assert np.array_equal(theirs.accuracy(DATA), ours.accuracy(DATA))


def test_without_classes_predict_gives_the_outputs():
    module = nn.Sequential(nn.Linear(4, 1), nn.Flatten(0)).double()
    model = from_module(module, functional.mse_loss)
    run = train(model, (DATA.X, DATA.X[:, 0]), optimizer=GradientDescent(0.1), rounds=300)
    assert run.loss((DATA.X, DATA.X[:, 0]))[-1] < 1e-3
    assert np.allclose(run.model.predict(run.final, DATA.X), DATA.X[:, 0], atol=0.2)
    with pytest.raises(
        TypeError, match=r"accuracy must be asked of a classifier, got from_module\(Sequential"
    ):
        run.accuracy(DATA)


def test_a_module_in_float32_trains_in_the_dtype_asked_for():
    torch.manual_seed(0)
    model = model_of(Tied())
    wide = train(model, DATA, GROUPS, optimizer=Adam(0.01), rounds=20)
    narrow = train(model, DATA, GROUPS, optimizer=Adam(0.01), rounds=20, dtype=torch.float32)
    assert (wide.theta.dtype, narrow.theta.dtype) == (np.float64, np.float32)
    assert np.array_equal(wide.theta[0], narrow.theta[0])
    np.testing.assert_allclose(narrow.theta, wide.theta, atol=1e-4)


def test_whole_labels_stay_whole_for_a_loss_that_wants_classes():
    """Labels that are whole numbers stay whole even if predict is not to give classes."""
    model = from_module(made("layers"), functional.cross_entropy)
    run = train(model, DATA, GROUPS, optimizer=Adam(0.01), rounds=5)
    same = train(model_of(made("layers")), DATA, GROUPS, optimizer=Adam(0.01), rounds=5)
    assert np.array_equal(run.theta, same.theta)
