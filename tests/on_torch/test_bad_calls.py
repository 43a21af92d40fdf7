"""The twin refuses what the reference refuses, in the same words, and what only torch can get wrong."""
# ruff: noqa: E501  (one row of the table a line)

import numpy as np
import pytest
import test_bad_input as reference

from parti_edu import load, on_numpy

torch = pytest.importorskip("torch", reason="torch is not installed: pip install -e '.[torch]'")
from torch import nn  # noqa: E402

from parti_edu import on_torch  # noqa: E402
from parti_edu.on_torch import Adam, GradientDescent, LogisticRegression, Momentum, blend, from_module, train  # noqa: E402

ROWS = load("breast_cancer").train
X, y = torch.from_numpy(ROWS.X), torch.from_numpy(ROWS.y)
LOSS = nn.functional.cross_entropy


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [row[1:] for row in reference.TABLE],
    ids=[row[0] for row in reference.TABLE],
)
def test_what_the_reference_refuses_is_refused_in_the_same_words(call, error, message, monkeypatch):
    """The very rows of the reference's table, with the twin's names put in the place of its own."""
    for name in on_numpy.__all__:
        if hasattr(reference, name):
            monkeypatch.setattr(reference, name, getattr(on_torch, name))
    with pytest.raises(error, match=message):
        call()


def test_the_names_are_put_in_place():
    assert sum(hasattr(reference, name) for name in on_numpy.__all__) >= 15


def run(model=None, data=ROWS, optimizer=None, **more):
    return train(
        model or LogisticRegression(), data, optimizer=optimizer or GradientDescent(0.1), rounds=2, **more
    )


def layers(*more):
    return nn.Sequential(nn.Linear(30, 2), *more)


def frozen():
    return layers().requires_grad_(False)


def of_two_dtypes():
    module = layers(nn.Linear(2, 2))
    module[1].double()
    return module


def on_two_devices():
    return layers(nn.Linear(2, 2, device="meta"))


class Spread(nn.Module):
    def forward(self, x):
        return x


# fmt: off
TABLE = [
    # devices and dtypes
    ("a device that is not here", lambda: run(device="cuda:99"), ValueError, r"device must be one at hand that holds torch\.float64, got 'cuda:99': "),
    ("an unknown device", lambda: run(device="gpu"), ValueError, r"device must be one at hand .* got 'gpu': "),
    ("a device that is a float", lambda: run(device=1.5), ValueError, r"device must be one at hand .* got 1\.5: "),
    ("a device without memory", lambda: run(device="meta"), ValueError, r"device must be one that computes, got 'meta'"),
    ("whole numbers as dtype", lambda: run(dtype=torch.int64), ValueError, r"dtype must be one of torch\.float64, .* got torch\.int64"),
    ("complex numbers", lambda: run(dtype=torch.complex128), ValueError, r"dtype must be one of torch\.float64, .* got torch\.complex128"),
    ("a dtype of NumPy", lambda: run(dtype=np.float32), ValueError, r"dtype must be one of torch\.float64, .* got <class 'numpy\.float32'>"),
    ("a dtype by name", lambda: run(dtype="float32"), ValueError, r"dtype must be one of torch\.float64, .* got 'float32'"),
    ("rows on another device", lambda: run(data=(X.to("meta"), y), device="cpu"), ValueError, r"data must lie on cpu or in NumPy arrays, got meta$"),
    # tensors
    ("a tensor X with NaN", lambda: run(data=(X * np.nan, y)), ValueError, r"data X must be finite, got data X\[0, 0\] = nan"),
    ("X and y of unlike length", lambda: run(data=(X, y[:-1])), ValueError, r"as many rows in X as in y, got \(398, 30\) and \(397,\)"),
    ("a tensor alone", lambda: run(data=X), TypeError, r"data must have X and y or be a pair \(X, y\), got Tensor"),
    ("classes that are not", lambda: run(data=(X, y + 1)), ValueError, r"data y must hold classes 0\.\.1, got 2"),
    ("a start of whole numbers", lambda: run(start=torch.zeros(30, dtype=torch.int64)), TypeError, r"start must be of a floating dtype, got torch\.int64"),
    ("a start with NaN", lambda: run(start=torch.full((30,), np.nan)), ValueError, r"start must be finite, got start\[0\] = nan"),
    ("θ of whole numbers", lambda: LogisticRegression().gradient(torch.zeros(30, dtype=torch.int64), X, y), TypeError, r"theta must be of a floating dtype, got torch\.int64"),
    ("a tensor of rates of shape (C,)", lambda: Adam(torch.tensor([0.1, 0.2])), ValueError, r"lr must have shape \(C, 1\), got shape \(2,\)"),
    ("a tensor of rates below zero", lambda: Adam(torch.tensor([[-0.1]])), ValueError, r"lr must be in \[0, inf\), got array"),
    ("tensors for unlike configurations", lambda: run(optimizer=Adam(torch.full((3, 1), 0.1)), merge=blend(np.ones((2, 1)))), ValueError, r"configurations"),
    ("a schedule of tensors of shape (C,)", lambda: run(optimizer=Adam(lambda k: torch.tensor([0.1, 0.2]))), ValueError, r"lr must have shape \(C, 1\), got shape \(2,\)"),
    ("a schedule that ends below zero", lambda: run(optimizer=Momentum(lambda k: 1.5 - k)), ValueError, r"lr must be in \[0, inf\), got -0\.5"),
    # the other package
    ("a model of NumPy", lambda: run(on_numpy.LogisticRegression()), TypeError, r"model must come from parti_edu\.on_torch, got LogisticRegression.* from parti_edu\.on_numpy\.models"),
    ("an optimizer of NumPy", lambda: run(optimizer=on_numpy.Adam(0.1)), TypeError, r"optimizer must come from parti_edu\.on_torch, got Adam.* from parti_edu\.on_numpy\.optimizers"),
    ("a merge rule of NumPy", lambda: run(merge=on_numpy.blend(0.5)), TypeError, r"merge must come from parti_edu\.on_torch, got blend.* from parti_edu\.on_numpy\.merging"),
    ("torch's own optimizer", lambda: run(optimizer=torch.optim.SGD([X.clone().requires_grad_()], lr=0.1)), TypeError, r"optimizer must come from parti_edu\.on_torch, got SGD"),
    ("an outer optimizer of NumPy", lambda: run(merge=on_torch.outer(on_numpy.Adam(0.1))), TypeError, r"optimizer must come from parti_edu\.on_torch, got Adam.* from parti_edu\.on_numpy\.optimizers"),
    # modules
    ("a module by name", lambda: from_module("linear", LOSS), TypeError, r"module must be a torch\.nn\.Module, got 'linear'"),
    ("a module's class", lambda: from_module(nn.Linear, LOSS), TypeError, r"module must be a torch\.nn\.Module, got <class"),
    ("a plain module as model", lambda: run(layers()), TypeError, r"model must be a model such as LogisticRegression\(\), got Sequential"),
    ("a loss by name", lambda: from_module(layers(), "mse"), TypeError, r"loss must be a function of outputs and y, .* got 'mse'"),
    ("a loss's class", lambda: from_module(layers(), nn.CrossEntropyLoss), TypeError, r"loss must be a function of outputs and y, .* got <class"),
    ("l2 of a module", lambda: from_module(layers(), LOSS, l2=-1), ValueError, r"l2 must be in \[0, inf\), got -1"),
    ("a module without parameters", lambda: from_module(Spread(), LOSS), ValueError, r"module must have parameters with requires_grad, got 0"),
    ("a frozen module", lambda: from_module(frozen(), LOSS), ValueError, r"module must have parameters with requires_grad, got 2, none of them so"),
    ("parameters on two devices", lambda: from_module(on_two_devices(), LOSS), ValueError, r"module must have parameters of one device, got cpu and meta"),
    ("parameters of two dtypes", lambda: from_module(of_two_dtypes(), LOSS), ValueError, r"module must have parameters of one dtype, got torch\.float32 and torch\.float64"),
    ("parameters without values", lambda: from_module(nn.Linear(2, 2, device="meta"), LOSS), ValueError, r"module must have floating parameters with values"),
    ("a lazy module", lambda: from_module(nn.LazyLinear(2), LOSS), ValueError, r"module must know the shapes of its parameters"),
    ("running statistics", lambda: from_module(layers(nn.BatchNorm1d(2)), LOSS), ValueError, r"module must not change its buffers: BatchNorm1d in training mode .* module\.eval\(\)"),
    ("dropout", lambda: from_module(layers(nn.Dropout(0.5)), LOSS), ValueError, r"module must not draw at random: Dropout drops 0\.5; call module\.eval\(\)"),
    ("dropout inside attention", lambda: from_module(nn.MultiheadAttention(4, 2, dropout=0.1), LOSS), ValueError, r"module must not draw at random: MultiheadAttention drops 0\.1"),
    ("a loss for each row", lambda: run(from_module(layers(), nn.CrossEntropyLoss(reduction="none"), classifies=True)), ValueError, r"loss must give one number, the mean over the rows, got torch\.Size\(\[398\]\)"),
    ("classes below zero", lambda: run(from_module(layers(), LOSS, classifies=True), (X, -y)), ValueError, r"data y must hold classes 0, 1, …, got -1"),
    ("half a class", lambda: run(from_module(layers(), LOSS, classifies=True), (X, y / 2)), ValueError, r"data y must hold classes 0, 1, …, got 0\.5"),
]
# fmt: on


@pytest.mark.parametrize(
    ("call", "error", "message"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_a_bad_call_names_argument_rule_and_value(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("module", [nn.Dropout(0.5), nn.BatchNorm1d(2)], ids=repr)
def test_the_same_modules_are_taken_when_they_judge(module):
    assert len(run(from_module(layers(module).eval(), LOSS, classifies=True)).rounds) == 3
