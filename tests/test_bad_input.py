"""A bad call raises ValueError or TypeError, and the message names the argument, the rule and the value."""
# ruff: noqa: E501  (one row of the table a line)

import shutil

import numpy as np
import pytest

import parti_edu.data
from parti_edu import averaging, claim, convergence, grouping, load, picking, read
from parti_edu.on_numpy import (
    Adagrad,
    Adam,
    GradientDescent,
    LinearRegression,
    LogisticRegression,
    Momentum,
    Quadratic,
    Rosenbrock,
    SoftmaxRegression,
    TwoLayerNet,
    blend,
    blend_previous,
    decaying,
    grid,
    mean,
    outer,
    train,
)

ROWS = load("breast_cancer").train
PENGUINS = load("penguins").train
X, y = ROWS.X, ROWS.y
FOUR = grouping.random(len(y), 4)
RATES = np.array([[0.1], [0.2], [0.3]])


def run(model=None, data=ROWS, groups=None, picks=None, optimizer=None, rounds=2, **more):
    """A call of train that is right except for what is given."""
    model = LogisticRegression() if model is None else model
    return train(
        model, data, groups, picks, optimizer=optimizer or GradientDescent(0.1), rounds=rounds, **more
    )


def with_value(value):
    bad = X.copy()
    bad[3, 2] = value
    return bad


# fmt: off
# id, the call, its error, and a regular expression for argument, rule and value
TABLE = [
    # data
    ("X with NaN", lambda: run(data=(with_value(np.nan), y)), ValueError, r"data X must be finite, got data X\[3, 2\] = nan"),
    ("X infinite", lambda: run(data=(with_value(np.inf), y)), ValueError, r"data X must be finite, got data X\[3, 2\] = inf"),
    ("X one axis", lambda: run(data=(X[:, 0], y)), ValueError, r"data X must have 2 axes, got shape \(398,\)"),
    ("X of text", lambda: run(data=([["a"]], [1])), TypeError, r"data X must be an array of numbers, got list"),
    ("y of shape (n, 1)", lambda: run(data=(X, y[:, None])), ValueError, r"data y must have 1 axes, got shape \(398, 1\)"),
    ("y too short", lambda: run(data=(X, y[:-1])), ValueError, r"as many rows in X as in y, got \(398, 30\) and \(397,\)"),
    ("no rows at all", lambda: run(data=(X[:0], y[:0])), ValueError, r"data must have .* rows .* \(0, 30\) and \(0,\)"),
    ("y with NaN", lambda: run(LinearRegression(), (X, np.full(398, np.nan))), ValueError, r"data y must be finite, got data y\[0\] = nan"),
    ("y of text", lambda: run(data=(X, np.full(398, "a"))), TypeError, r"data y must be .*numbers"),
    ("data left out", lambda: train(LogisticRegression(), None, optimizer=Adam(0.1)), TypeError, r"data must have X and y or be a pair \(X, y\), got NoneType"),
    ("data by name", lambda: run(data="penguins"), TypeError, r"data must have X and y or be a pair \(X, y\), got str"),
    ("X without y", lambda: run(data=X), TypeError, r"data must have X and y .* got ndarray"),
    ("three classes for logistic regression", lambda: run(data=PENGUINS), ValueError, r"data y must hold classes 0\.\.1, got 2"),
    ("three classes for two", lambda: run(SoftmaxRegression(2), PENGUINS), ValueError, r"data y must hold classes 0\.\.1, got 2"),
    ("half a class", lambda: run(TwoLayerNet(2, 2), (X, y / 2)), ValueError, r"data y must hold classes 0\.\.1, got 0\.5"),
    ("rows to look at with other features", lambda: run(until=convergence.flat_loss(0.1), rows=(X[:, :3], y)), ValueError, r"rows .*30.*3"),
    ("loss on other features", lambda: run().loss((X[:, :3], y)), ValueError, r"data .*30.*3"),
    ("loss without rows", lambda: run().loss(), TypeError, r"data must have X and y .* got NoneType"),
    # data sets
    ("unknown data set", lambda: load("penguin"), ValueError, r"name must be one of 'penguins', .* got 'penguin' \(did you mean 'penguins'\?\)"),
    ("unknown feature", lambda: load("penguins", features=["bill_length"]), ValueError, r"features must be one of .* got 'bill_length' \(did you mean 'bill_length_mm'"),
    ("unknown label", lambda: load("penguins", label="specie"), ValueError, r"label must be one of 'species', 'sex', got 'specie' \(did you mean 'species'\?\)"),
    ("features of texts", lambda: load("tweets", features=["text"]), ValueError, r"features and intercept must be left out for texts, got \['text'\]"),
    ("no such file of data", lambda: read("stock"), ValueError, r"name must be one of .* got 'stock' \(did you mean 'stocks'\?\)"),
    ("no test rows", lambda: load("penguins", test_share=0), ValueError, r"test_share must be in \(0, 1\], got 0"),
    ("no training rows", lambda: load("penguins", test_share=1), ValueError, r"test_share must leave rows on both sides .* got 1"),
    ("a time it has not", lambda: ROWS.time["date"], ValueError, r"time must be one of nothing: this data set has none; got 'date'"),
    ("a source it has not", lambda: PENGUINS.source["iland"], ValueError, r"source must be one of 'island'; got 'iland'"),
    # grouping
    ("no groups", lambda: grouping.random(10, 0), ValueError, r"n_groups must be in 1\.\.10 \(n_samples\), got 0"),
    ("more groups than rows", lambda: grouping.contiguous(10, 11), ValueError, r"n_groups must be in 1\.\.10 \(n_samples\), got 11"),
    ("two and a half groups", lambda: grouping.random(10, 2.5), TypeError, r"n_groups must be a whole number, got 2\.5"),
    ("True groups", lambda: grouping.random(10, True), TypeError, r"n_groups must be a whole number, got True"),
    ("no samples", lambda: grouping.random(0, 1), ValueError, r"n_samples must be at least 1, got 0"),
    ("more strata than rows", lambda: grouping.stratified(y, 399), ValueError, r"n_groups must be in 1\.\.398 \(n_samples\), got 399"),
    ("labels on two axes", lambda: grouping.stratified(y[:, None], 2), ValueError, r"y must have shape \(n,\) with n ≥ 1, got shape \(398, 1\)"),
    ("an unknown label", lambda: grouping.by_label([1.0, np.nan]), ValueError, r"y must be finite, got y\[1\] = nan"),
    ("by a time it has not", lambda: grouping.by_time(ROWS.time), TypeError, r"time must be one array, a value for each row, got no such key"),
    ("by sources and not by one", lambda: grouping.by_source(PENGUINS.source), TypeError, r"source must be one array, .* got a mapping with the keys \['island'\]"),
    ("an empty tuple of groups", lambda: run(groups=[]), ValueError, r"groups must hold at least one group, got none"),
    ("an empty group", lambda: run(groups=[[0, 1], []]), ValueError, r"group 1 must hold row numbers ≥ 0, at least one, got array\(\[\]"),
    ("a row below zero", lambda: run(groups=[[0, -1]]), ValueError, r"group 0 must hold row numbers ≥ 0, .* got array\(\[ 0, -1\]\)"),
    ("a row beyond the last", lambda: run(groups=[[0, 398]]), ValueError, r"groups must hold rows in 0\.\.397 \(n_samples\), got 398"),
    ("half a row", lambda: run(groups=[[0, 1.5]]), (TypeError, ValueError), r"group.* row numbers.*1\.5"),
    ("a count in place of groups", lambda: run(groups=4), TypeError, r"groups must .* got 4"),
    # picking
    ("picks for other groups", lambda: run(groups=FOUR, picks=picking.cyclic(FOUR[:3])), ValueError, r"picks must be made for 4 groups, got 3"),
    ("picks by hand", lambda: run(groups=FOUR, picks=[((0,),)]), TypeError, r"picks must be made by picking, .* got \[\(\(0,\),\)\]"),
    ("a rule in place of picks", lambda: run(groups=FOUR, picks=picking.cyclic), TypeError, r"picks must be made by picking, .* got <function cyclic"),
    ("strata of another length", lambda: picking.stratified(FOUR, [0, 1]), ValueError, r"strata must have one entry a group, \(4,\), got \(2,\)"),
    ("a walk longer than the groups", lambda: picking.walks(FOUR, 5), ValueError, r"length must be in 1\.\.4 \(number of groups\), got 5"),
    ("more blocks than parameters", lambda: picking.blocks(3, 4, FOUR), ValueError, r"n_blocks must be in 1\.\.3 \(n_parameters\), got 4"),
    ("blocks of no parameters", lambda: picking.blocks(0, 1, FOUR), ValueError, r"n_parameters must be at least 1, got 0"),
    ("blocks of other parameters", lambda: run(groups=FOUR, picks=picking.blocks(3, 3, FOUR)), ValueError, r"(picks|blocks?) must .*30.*3"),
    # optimizers
    ("a rate below zero", lambda: GradientDescent(-0.1), ValueError, r"lr must be in \[0, inf\), got -0\.1"),
    ("a rate in words", lambda: Adam("fast"), TypeError, r"lr must be a number, an array of shape \(C, 1\) or a function of the round, got 'fast'"),
    ("an infinite rate", lambda: Adagrad(np.inf), ValueError, r"lr must be in \[0, inf\), got inf"),
    ("rates of shape (C,)", lambda: Momentum(RATES[:, 0]), ValueError, r"lr must have shape \(C, 1\), got shape \(3,\)"),
    ("a schedule below zero", lambda: run(optimizer=GradientDescent(lambda k: -1.0)), ValueError, r"lr must be in \[0, inf\), got -1\.0"),
    ("momentum above one", lambda: Momentum(0.1, momentum=1.5), ValueError, r"momentum must be in \[0, 1\], got 1\.5"),
    ("momentum by schedule", lambda: Momentum(0.1, momentum=abs), TypeError, r"momentum must be a number, an array of shape \(C, 1\), got <built-in"),
    ("dampening below zero", lambda: Momentum(0.1, dampening=-1), ValueError, r"dampening must be in \[0, 1\], got -1"),
    ("nesterov with dampening", lambda: Momentum(0.1, dampening=0.5, nesterov=True), ValueError, r"dampening must be 0 with nesterov=True, got 0\.5"),
    ("an unknown first", lambda: Momentum(0.1, first="copied"), ValueError, r"first must be one of 'copy', 'zero', got 'copied' \(did you mean 'copy'\?\)"),
    ("eps below zero", lambda: Adagrad(0.1, eps=-1), ValueError, r"eps must be in \[0, inf\), got -1"),
    ("initial below zero", lambda: Adagrad(0.1, initial=-1), ValueError, r"initial must be in \[0, inf\), got -1"),
    ("beta1 above one", lambda: Adam(0.1, beta1=1.2), ValueError, r"beta1 must be in \[0, 1\], got 1\.2"),
    ("beta2 below zero", lambda: Adam(0.1, beta2=-0.2), ValueError, r"beta2 must be in \[0, 1\], got -0\.2"),
    ("eps of Adam below zero", lambda: Adam(0.1, eps=-1), ValueError, r"eps must be in \[0, inf\), got -1"),
    ("an optimizer by name", lambda: run(optimizer="adam"), TypeError, r"optimizer must be an optimizer such as GradientDescent\(lr=0\.1\), got 'adam'"),
    ("an optimizer's class", lambda: run(optimizer=Adam), TypeError, r"optimizer must be an optimizer such as .* got <class .*Adam'>"),
    ("a decay from zero", lambda: decaying(0), ValueError, r"first must be in \(0, inf\), got 0"),
    ("a decay too steep", lambda: decaying(0.1, 2), ValueError, r"power must be in \(0, 1\], got 2"),
    ("a decay of a function", lambda: decaying(abs), TypeError, r"first must be a number, an array of shape \(C, 1\), got <built-in"),
    # merging
    ("beta below zero", lambda: blend(-0.1), ValueError, r"beta must be in \[0, 1\], got -0\.1"),
    ("beta above one", lambda: blend(1.2), ValueError, r"beta must be in \[0, 1\], got 1\.2"),
    ("beta in words", lambda: blend("half"), TypeError, r"beta must be a number, .* got 'half'"),
    ("beta NaN", lambda: blend(np.nan), ValueError, r"beta must be in \[0, 1\], got nan"),
    ("betas of shape (C,)", lambda: blend(RATES[:, 0]), ValueError, r"beta must have shape \(C, 1\), got shape \(3,\)"),
    ("betas in a list", lambda: run(merge=blend([[0.1], [0.2]])), (TypeError, ValueError), r"beta must be .*\[\[0\.1\], \[0\.2\]\]"),
    ("True as beta", lambda: blend(True), TypeError, r"beta must be a number, .* got True"),
    ("beta of blend_previous", lambda: blend_previous(1.2), ValueError, r"beta must be in \[0, 1\], got 1\.2"),
    ("a beta schedule above one", lambda: run(merge=blend(lambda k: 2.0)), ValueError, r"beta must be in \[0, 1\], got 2\.0"),
    ("a number as merge", lambda: run(merge=0.5), TypeError, r"merge must be a merge rule such as blend\(beta=0\.5\), got 0\.5"),
    ("a merge rule's class", lambda: run(merge=blend), TypeError, r"merge must be a merge rule .* got <class .*blend'>"),
    ("a combine rule as merge", lambda: run(merge=mean), TypeError, r"merge must be a merge rule .* got <function mean"),
    ("combine by name", lambda: run(merge=blend(0.5, "mean")), (TypeError, ValueError), r"combine must .* got 'mean'"),
    ("combine by name in blend_previous", lambda: run(merge=blend_previous(0.5, "mean")), (TypeError, ValueError), r"combine must .* got 'mean'"),
    ("outer by name", lambda: run(merge=outer("sgd")), TypeError, r"optimizer must .* got 'sgd'"),
    ("outer of a class", lambda: run(merge=outer(Adam)), TypeError, r"optimizer must .* got <class .*Adam'>"),
    ("combine of outer by name", lambda: run(merge=outer(Adam(0.1), "mean")), (TypeError, ValueError), r"combine must .* got 'mean'"),
    # training
    ("a model by name", lambda: run("logistic"), TypeError, r"model must be a model such as LogisticRegression\(\), got 'logistic'"),
    ("a model's class", lambda: run(LogisticRegression), TypeError, r"model must be a model such as .* got <class .*LogisticRegression'>"),
    ("an unknown state", lambda: run(state="kep"), ValueError, r"state must be one of 'keep', 'reset', got 'kep' \(did you mean 'keep'\?\)"),
    ("no rounds", lambda: run(rounds=0), ValueError, r"rounds must be at least 1, got 0"),
    ("half a round", lambda: run(rounds=1.5), TypeError, r"rounds must be a whole number, got 1\.5"),
    ("record nothing", lambda: run(record=0), ValueError, r"record must be at least 1, got 0"),
    ("record in words", lambda: run(record="lst"), (TypeError, ValueError), r"record must be .* got 'lst'"),
    ("a number as criterion", lambda: run(until=1e-4), TypeError, r"until must be a criterion such as convergence\.flat_loss\(1e-4\), got 0\.0001"),
    ("a criterion's class", lambda: run(until=convergence.flat_loss), TypeError, r"until must be a criterion .* got <class .*flat_loss'>"),
    ("a start of the wrong length", lambda: run(start=np.zeros(3)), ValueError, r"start must have shape \(P,\) or \(C, P\) with P = 30, got \(3,\)"),
    ("a start that is a number", lambda: run(start=0.0), ValueError, r"start must have shape \(P,\) or \(C, P\) with P = 30, got \(\)"),
    ("a start of three axes", lambda: run(start=np.zeros((1, 1, 30))), ValueError, r"start must have shape .* got \(1, 1, 30\)"),
    ("a start with NaN", lambda: run(start=np.full(30, np.nan)), ValueError, r"start must be finite, got start\[0\] = nan"),
    ("a start for other configurations", lambda: run(start=np.zeros((2, 30)), optimizer=GradientDescent(RATES)), ValueError, r"configurations|start must .*\b2\b.*\b3\b"),
    ("settings for unlike configurations", lambda: run(merge=blend(RATES[:2]), optimizer=GradientDescent(RATES)), ValueError, r"configurations"),
    ("no local steps", lambda: run(local_steps=0), ValueError, r"local_steps must be in \[1, inf\), got 0"),
    ("one and a half local steps", lambda: run(local_steps=1.5), ValueError, r"local_steps must be whole, got 1\.5"),
    ("local steps in words", lambda: run(local_steps="two"), TypeError, r"local_steps must be a number, .* got 'two'"),
    ("a schedule of no local steps", lambda: run(local_steps=lambda k: 0), ValueError, r"local_steps must be in \[1, inf\), got 0"),
    ("a grid without axes", lambda: grid(), ValueError, r"grid must have at least one axis, got none"),
    ("a grid of a number", lambda: grid(beta=0.5), ValueError, r"beta must have 1 axes, got shape \(\)"),
    ("a grid with NaN", lambda: grid(beta=[0.5, np.nan]), ValueError, r"beta must be finite, got beta\[1\] = nan"),
    ("a grid of words", lambda: grid(beta=["half"]), (TypeError, ValueError), r"beta must .*(number|half)"),
    ("a grid with an empty axis", lambda: grid(beta=[]), ValueError, r"beta must .* got"),
    # convergence, averaging, history
    ("tolerance zero", lambda: convergence.flat_loss(0), ValueError, r"tolerance must be in \(0, inf\), got 0"),
    ("tolerance in words", lambda: convergence.flat_loss("small"), TypeError, r"tolerance must be one number, got 'small'"),
    ("a tolerance a configuration", lambda: convergence.small_update(RATES), TypeError, r"tolerance must be one number, got array"),
    ("hold zero", lambda: convergence.small_gradient(1e-3, hold=0), ValueError, r"hold must be at least 1, got 0"),
    ("an average of a thin record", lambda: averaging.ema(run(rounds=10, record=5), 0.5), ValueError, r"run must hold every round from 0 on \(record=1\), got rounds \[ 0  5 10\]"),
    ("an average of the last round", lambda: averaging.running_mean(run(record="last")), ValueError, r"run must hold every round .* got rounds \[2\]"),
    ("beta of an average", lambda: averaging.ema(run(), 2), ValueError, r"beta must be in \[0, 1\], got 2"),
    ("a tail of nothing", lambda: averaging.tail_mean(run(), 0), ValueError, r"share must be in \(0, 1\], got 0"),
    ("looking for convergence in a last round", lambda: convergence.flat_loss(0.1).first_round(run(record="last"), ROWS), ValueError, r"run must .* got"),
    ("accuracy of a regression", lambda: run(LinearRegression()).accuracy(ROWS), TypeError, r"accuracy must be asked of a classifier, got LinearRegression\(l2=0\.0\)"),
    ("trace of a grid", lambda: run(optimizer=GradientDescent(RATES)).trace(), ValueError, r"trace must be asked of one configuration, got theta \(3, 3, 30\)"),
    ("trace of no rounds", lambda: run().trace(0), ValueError, r"rounds must be at least 1, got 0"),
    # models
    ("l2 of logistic regression", lambda: LogisticRegression(-1), ValueError, r"l2 must be in \[0, inf\), got -1"),
    ("l2 of linear regression", lambda: LinearRegression(-1), ValueError, r"l2 must be in \[0, inf\), got -1"),
    ("l2 of softmax regression", lambda: SoftmaxRegression(3, l2=-1), ValueError, r"l2 must be in \[0, inf\), got -1"),
    ("l2 of the net", lambda: TwoLayerNet(3, 3, l2=-1), ValueError, r"l2 must be in \[0, inf\), got -1"),
    ("an l2 a configuration", lambda: LogisticRegression(RATES), TypeError, r"l2 must be one number, got array"),
    ("one class", lambda: SoftmaxRegression(1), ValueError, r"n_classes must be at least 2, got 1"),
    ("no hidden units", lambda: TwoLayerNet(0, 2), ValueError, r"n_hidden must be at least 1, got 0"),
    ("A not symmetric", lambda: Quadratic([[1.0, 2.0], [3.0, 4.0]]), ValueError, r"A must have shape \(P,\) or be a symmetric \(P, P\), got \[\[1\.0, 2\.0\], \[3\.0, 4\.0\]\]"),
    ("A a number", lambda: Quadratic(3.0), ValueError, r"A must have shape \(P,\) or be a symmetric \(P, P\), got 3\.0"),
    ("A with NaN", lambda: Quadratic([1.0, np.nan]), ValueError, r"A must be finite, got A\[1\] = nan"),
    ("a centre of another length", lambda: Quadratic([1.0, 2.0], centre=[1, 2, 3]), ValueError, r"centre must .*3"),
    ("a centre with NaN", lambda: Quadratic([1.0, 2.0], centre=[1, np.nan]), ValueError, r"centre must be finite, got .*nan"),
    ("flat walls", lambda: Rosenbrock(0), ValueError, r"b must be in \(0, inf\), got 0"),
    # claims
    ("a claim on an array", lambda: claim("03.1", np.array([True]), "x"), TypeError, r"holds must be one bool \(True or False\), got ndarray"),
    ("a ledger claim without a verdict", lambda: claim("B01", True, "x"), ValueError, r"verdict must be one of holds, .* got None for 'B01'"),
]
# fmt: on


@pytest.mark.parametrize(
    ("call", "error", "message"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_a_bad_call_names_argument_rule_and_value(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_the_table_has_no_row_twice():
    names = [row[0] for row in TABLE]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("model", [SoftmaxRegression(2), TwoLayerNet(3, 2), LogisticRegression()], ids=repr)
@pytest.mark.parametrize("kind", [float, bool, np.int8])
def test_labels_that_are_whole_numbers_of_any_type_train_like_ints_or_are_refused(model, kind):
    expected, labels = run(model, (X, y)).theta, y.astype(kind)
    try:
        found = run(model, (X, labels)).theta
    except (TypeError, ValueError) as error:
        found, told = expected, str(error)
    else:
        told = "data y must"
    assert "data y must" in told
    np.testing.assert_allclose(found, expected, rtol=1e-12)  # dtypes may take other roads through BLAS


@pytest.fixture
def data_folder(tmp_path, monkeypatch):
    """A copy of the data to damage."""
    folder = shutil.copytree(parti_edu.data.FOLDER, tmp_path / "data")
    monkeypatch.setattr(parti_edu.data, "FOLDER", folder)
    assert len(load("penguins")) > 300  # whole as yet
    return folder


def test_a_damaged_data_file_is_told_by_its_checksum(data_folder):
    file = data_folder / "penguins.csv.gz"
    raw = bytearray(file.read_bytes())
    raw[len(raw) // 2] ^= 1
    file.write_bytes(raw)
    with pytest.raises(
        ValueError, match=r"penguins\.csv\.gz must have sha256 a22d4a0850a8…, got .*: restore the file"
    ):
        load("penguins")


def test_a_missing_data_file_is_told_by_its_name(data_folder):
    (data_folder / "penguins.csv.gz").unlink()
    with pytest.raises(ValueError, match=r"penguins\.csv\.gz must have sha256 .* restore the file"):
        load("penguins")


def test_a_missing_data_folder_is_told_by_its_path(data_folder):
    shutil.rmtree(data_folder)
    with pytest.raises(
        ValueError, match=r"data must be in a folder beside the package, got no .*MANIFEST\.json"
    ):
        load("penguins")
