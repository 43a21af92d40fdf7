"""A bad call raises ValueError or TypeError, and the message names the argument, the rule and the value."""
# ruff: noqa: E501  (one row of the table a line)

import shutil
from types import ModuleType

import numpy as np
import pytest

import parti_edu.data
from parti_edu import (
    averaging,
    claim,
    convergence,
    grouping,
    load,
    metrics,
    on_numpy,
    picking,
    read,
    seed_for,
)
from parti_edu.exercises import predict, reveal, self_check
from parti_edu.explore import EXPLORERS
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
    ("X of rows of unlike length", lambda: run(data=([[1.0], [1.0, 2.0]], [0, 1])), TypeError, r"data X must be an array of numbers, got list"),
    ("complex X", lambda: run(data=(X * 1j, y)), TypeError, r"data X must be an array of numbers, got ndarray"),
    ("dates for y", lambda: run(LinearRegression(), (X, np.full(398, "2013-01-31", "M8[D]"))), TypeError, r"data y must be an array of numbers, got ndarray"),
    ("a mapping of X and y", lambda: run(data={"X": X, "y": y}), TypeError, r"data must have X and y or be a pair \(X, y\), got dict"),
    ("three in place of a pair", lambda: run(data=(X, y, y)), TypeError, r"data must have X and y or be a pair \(X, y\), got tuple"),
    ("rows to look at with NaN", lambda: run(until=convergence.flat_loss(0.1), rows=(with_value(np.nan), y)), ValueError, r"rows X must be finite, got rows X\[3, 2\] = nan"),
    ("loss of text", lambda: run().loss("test"), TypeError, r"data must have X and y .* got str"),
    ("accuracy of nothing", lambda: run().accuracy(None), TypeError, r"data must have X and y .* got NoneType"),
    ("accuracy on other classes", lambda: run().accuracy((X, y + 1)), ValueError, r"data y must hold classes 0\.\.1, got 2"),
    # data sets
    ("unknown data set", lambda: load("penguin"), ValueError, r"name must be one of 'penguins', .* got 'penguin' \(did you mean 'penguins'\?\)"),
    ("unknown feature", lambda: load("penguins", features=["bill_length"]), ValueError, r"features must be one of .* got 'bill_length' \(did you mean 'bill_length_mm'"),
    ("unknown label", lambda: load("penguins", label="specie"), ValueError, r"label must be one of 'species', 'sex', got 'specie' \(did you mean 'species'\?\)"),
    ("features of texts", lambda: load("tweets", features=["text"]), ValueError, r"features and intercept must be left out for texts, got \['text'\]"),
    ("no such file of data", lambda: read("stock"), ValueError, r"name must be one of .* got 'stock' \(did you mean 'stocks'\?\)"),
    ("no test rows", lambda: load("penguins", test_share=0), ValueError, r"test_share must be in \(0, 1\], got 0"),
    ("no training rows", lambda: load("penguins", test_share=1), ValueError, r"test_share must leave rows on both sides .* got 1"),
    ("a time it has not", lambda: ROWS.time["date"], ValueError, r"time must be one of nothing: this data set has none; got 'date'"),
    ("a source it has not", lambda: PENGUINS.source["iland"], ValueError, r"source must be one of 'island', got 'iland' \(did you mean 'island'\?\)"),
    ("a data set by number", lambda: load(5), ValueError, r"name must be one of 'penguins', .* got 5"),
    ("no name of a data set", lambda: load(None), ValueError, r"name must be one of 'penguins', .* got None"),
    ("data sets in a list", lambda: load(["penguins"]), ValueError, r"name must be one of 'penguins', .* got \['penguins'\]"),
    ("what has no rows of one label", lambda: load("senate_votes"), ValueError, r"name must be one of 'penguins', .* got 'senate_votes'"),
    ("no file of data", lambda: read(None), ValueError, r"name must be one of .* got None"),
    ("a file by its path", lambda: read("penguins.csv.gz"), ValueError, r"name must be one of .* got 'penguins\.csv\.gz' \(did you mean 'penguins'\?\)"),
    ("one feature without a list", lambda: load("penguins", features="bill_length_mm"), TypeError, r"features must be a list of names, got 'bill_length_mm'"),
    ("no feature of all", lambda: load("penguins", features=[]), TypeError, r"features must be a list of names, got \[\]"),
    ("features by a count", lambda: load("penguins", features=2), TypeError, r"features must be a list of names, got 2"),
    ("features by number", lambda: load("penguins", features=[0]), ValueError, r"features must be one of 'bill_length_mm', .* got 0"),
    ("an empty label", lambda: load("penguins", label=""), ValueError, r"label must be one of 'species', 'sex', got ''"),
    ("an intercept in words", lambda: load("penguins", intercept="no"), ValueError, r"intercept must be one of True, False, got 'no'"),
    ("an intercept for texts", lambda: load("tweets", intercept=True), ValueError, r"features and intercept must be left out for texts, got True"),
    ("a share in words", lambda: load("penguins", test_share="half"), TypeError, r"test_share must be one number, got 'half'"),
    ("a share above one", lambda: load("penguins", test_share=1.5), ValueError, r"test_share must be in \(0, 1\], got 1\.5"),
    ("a share NaN", lambda: load("penguins", test_share=np.nan), ValueError, r"test_share must be in \(0, 1\], got nan"),
    ("a split by a seed below zero", lambda: load("penguins", seed=-1), ValueError, r"seed must be at least 0, got -1"),
    ("a split without a seed", lambda: load("penguins", seed=None), TypeError, r"seed must be a whole number, got None"),
    ("a seed for a number", lambda: seed_for(7), TypeError, r"name must be text, got 7"),
    ("a seed for bytes", lambda: seed_for(b"Ada"), TypeError, r"name must be text, got b'Ada'"),
    ("a seed for nobody", lambda: seed_for(" \u200b "), ValueError, r"name must have at least one visible character, got ' \\u200b '"),
    ("a seed for half a letter", lambda: seed_for("\ud800"), ValueError, r"name must have at least one visible character, got '\\ud800'"),
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
    ("half a sample", lambda: grouping.contiguous(10.5, 2), TypeError, r"n_samples must be a whole number, got 10\.5"),
    ("samples below zero", lambda: grouping.contiguous(-3, 2), ValueError, r"n_samples must be at least 1, got -3"),
    ("groups in words", lambda: grouping.contiguous(10, "two"), TypeError, r"n_groups must be a whole number, got 'two'"),
    ("a shuffle by half a seed", lambda: grouping.random(10, 2, 0.5), TypeError, r"seed must be a whole number, got 0\.5"),
    ("a shuffle by a seed below zero", lambda: grouping.random(10, 2, seed=-1), ValueError, r"seed must be at least 0, got -1"),
    ("a deal without a seed", lambda: grouping.stratified(y, 2, seed=None), TypeError, r"seed must be a whole number, got None"),
    ("a deal into half a group", lambda: grouping.stratified(y, 1.5), TypeError, r"n_groups must be a whole number, got 1\.5"),
    ("no labels", lambda: grouping.stratified(None, 2), TypeError, r"y must be one array, a value for each row, got no such key"),
    ("labels that do not sort", lambda: grouping.by_label([1, None]), TypeError, r"y must be an array of values that sort, got list"),
    ("labels of unlike length", lambda: grouping.by_label([[1], [1, 2]]), TypeError, r"y must be an array of values that sort, got list"),
    ("an empty list of labels", lambda: grouping.by_label([]), ValueError, r"y must have shape \(n,\) with n ≥ 1, got shape \(0,\)"),
    ("a source in one word", lambda: grouping.by_source("Dream"), ValueError, r"source must have shape \(n,\) with n ≥ 1, got shape \(\)"),
    ("sources that do not sort", lambda: grouping.by_source([{"a"}, {"b": 1}], 2), TypeError, r"source must be an array of values that sort, got list"),
    ("an infinite time", lambda: grouping.by_time([2007.0, np.inf]), ValueError, r"time must be finite, got time\[1\] = inf"),
    ("more stretches than rows", lambda: grouping.by_time([2007, 2008], 3), ValueError, r"n_groups must be in 1\.\.2 \(n_samples\), got 3"),
    ("no stretches", lambda: grouping.by_time([2007, 2008], 0), ValueError, r"n_groups must be in 1\.\.2 \(n_samples\), got 0"),
    ("a group within a group", lambda: grouping.Groups([[0, [1, 2]]]), TypeError, r"groups must be index arrays, one a group, got \[\[0, \[1, 2\]\]\]"),
    ("groups in one word", lambda: grouping.Groups("ab"), ValueError, r"group 0 must hold row numbers ≥ 0, .* got array\('a'"),
    ("a mask in place of rows", lambda: run(groups=[y > 0]), ValueError, r"group 0 must hold row numbers ≥ 0, at least one, got array\(\["),
    # picking
    ("picks for other groups", lambda: run(groups=FOUR, picks=picking.cyclic(FOUR[:3])), ValueError, r"picks must be made for 4 groups, got 3"),
    ("picks by hand", lambda: run(groups=FOUR, picks=[((0,),)]), TypeError, r"picks must be made by picking, .* got \[\(\(0,\),\)\]"),
    ("a rule in place of picks", lambda: run(groups=FOUR, picks=picking.cyclic), TypeError, r"picks must be made by picking, .* got <function cyclic"),
    ("a run in place of picks", lambda: run(groups=FOUR, picks=run()), TypeError, r"picks must be made by picking, .* got History"),
    ("strata of another length", lambda: picking.stratified(FOUR, [0, 1]), ValueError, r"strata must have one entry a group, \(4,\), got \(2,\)"),
    ("a walk longer than the groups", lambda: picking.walks(FOUR, 5), ValueError, r"length must be in 1\.\.4 \(number of groups\), got 5"),
    ("more blocks than parameters", lambda: picking.blocks(3, 4, FOUR), ValueError, r"n_blocks must be in 1\.\.3 \(n_parameters\), got 4"),
    ("blocks of no parameters", lambda: picking.blocks(0, 1, FOUR), ValueError, r"n_parameters must be at least 1, got 0"),
    ("blocks of other parameters", lambda: run(groups=FOUR, picks=picking.blocks(3, 3, FOUR)), ValueError, r"(picks|blocks?) must .*30.*3"),
    ("a cycle of no groups", lambda: picking.cyclic([]), ValueError, r"groups must hold at least one group, got none"),
    ("a cycle of a count", lambda: picking.cyclic(4), TypeError, r"groups must be index arrays, one a group, got 4"),
    ("an order of no groups", lambda: picking.reshuffled([]), ValueError, r"groups must hold at least one group, got none"),
    ("an order by a seed below zero", lambda: picking.reshuffled(FOUR, -1), ValueError, r"seed must be at least 0, got -1"),
    ("an order without a seed", lambda: picking.reshuffled(FOUR, None), TypeError, r"seed must be a whole number, got None"),
    ("a draw from no groups", lambda: picking.random([], by_size=True), ValueError, r"groups must hold at least one group, got none"),
    ("a draw by a seed in words", lambda: picking.random(FOUR, "one"), TypeError, r"seed must be a whole number, got 'one'"),
    ("strata of no groups", lambda: picking.stratified([], []), ValueError, r"groups must hold at least one group, got none"),
    ("no strata", lambda: picking.stratified(FOUR, None), TypeError, r"strata must be one array, a value for each row, got no such key"),
    ("an unknown stratum", lambda: picking.stratified(FOUR, [0, np.nan, 1, 1]), ValueError, r"strata must be finite, got strata\[1\] = nan"),
    ("strata that do not sort", lambda: picking.stratified(FOUR, [0, "a", None, 1]), TypeError, r"strata must be an array of values that sort, got list"),
    ("strata by half a seed", lambda: picking.stratified(FOUR, [0, 0, 1, 1], 1.5), TypeError, r"seed must be a whole number, got 1\.5"),
    ("all of no groups", lambda: picking.all_groups([]), ValueError, r"groups must hold at least one group, got none"),
    ("all of a text", lambda: picking.all_groups("all"), ValueError, r"group 0 must hold row numbers ≥ 0, .* got array\('a'"),
    ("a walk of no groups", lambda: picking.walks([], 1), ValueError, r"groups must hold at least one group, got none"),
    ("no walk", lambda: picking.walks(FOUR, 0), ValueError, r"length must be in 1\.\.4 \(number of groups\), got 0"),
    ("half a walk", lambda: picking.walks(FOUR, 1.5), TypeError, r"length must be a whole number, got 1\.5"),
    ("no blocks", lambda: picking.blocks(3, 0, FOUR), ValueError, r"n_blocks must be in 1\.\.3 \(n_parameters\), got 0"),
    ("half a block", lambda: picking.blocks(3, 1.5, FOUR), TypeError, r"n_blocks must be a whole number, got 1\.5"),
    ("blocks of half a parameter", lambda: picking.blocks(2.5, 1, FOUR), TypeError, r"n_parameters must be a whole number, got 2\.5"),
    ("blocks on no groups", lambda: picking.blocks(3, 3, []), ValueError, r"groups must hold at least one group, got none"),
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
    ("no rate", lambda: GradientDescent(None), TypeError, r"lr must be a number, .* got None"),
    ("True as rate", lambda: GradientDescent(True), TypeError, r"lr must be a number, .* got True"),
    ("a complex rate", lambda: GradientDescent(1j), TypeError, r"lr must be a number, .* got 1j"),
    ("a rate NaN", lambda: Momentum(np.nan), ValueError, r"lr must be in \[0, inf\), got nan"),
    ("rates of no configuration", lambda: Adam(np.zeros((0, 1))), ValueError, r"lr must have shape \(C, 1\), got shape \(0, 1\)"),
    ("rates of two columns", lambda: Adagrad(np.ones((3, 2))), ValueError, r"lr must have shape \(C, 1\), got shape \(3, 2\)"),
    ("a schedule of words", lambda: run(optimizer=GradientDescent(lambda k: "fast")), TypeError, r"lr must be a number, .* got 'fast'"),
    ("a schedule of shape (C,)", lambda: run(optimizer=Adam(lambda k: RATES[:, 0])), ValueError, r"lr must have shape \(C, 1\), got shape \(3,\)"),
    ("a schedule that gives nothing", lambda: run(optimizer=Adagrad(lambda k: None)), TypeError, r"lr must be a number, .* got None"),
    ("momentum NaN", lambda: Momentum(0.1, momentum=np.nan), ValueError, r"momentum must be in \[0, 1\], got nan"),
    ("dampening in words", lambda: Momentum(0.1, dampening="little"), TypeError, r"dampening must be a number, .* got 'little'"),
    ("eps in words", lambda: Adagrad(0.1, eps="tiny"), TypeError, r"eps must be a number, .* got 'tiny'"),
    ("an infinite initial", lambda: Adagrad(0.1, initial=np.inf), ValueError, r"initial must be in \[0, inf\), got inf"),
    ("beta1 in a list", lambda: Adam(0.1, beta1=[[0.9]]), TypeError, r"beta1 must be a number, .* got \[\[0\.9\]\]"),
    ("beta2 by schedule", lambda: Adam(0.1, beta2=abs), TypeError, r"beta2 must be a number, an array of shape \(C, 1\), got <built-in"),
    ("a range, which has a step", lambda: run(optimizer=range(3)), TypeError, r"optimizer must (be an optimizer such as|come from) .*, got range\(0, 3\)"),
    ("no optimizer", lambda: train(LogisticRegression(), ROWS, optimizer=None), TypeError, r"optimizer must be an optimizer such as .* got None"),
    ("a decay of nothing", lambda: decaying(None), TypeError, r"first must be a number, .* got None"),
    ("a decay NaN", lambda: decaying(np.nan), ValueError, r"first must be in \(0, inf\), got nan"),
    ("a decay that is flat", lambda: decaying(0.1, 0), ValueError, r"power must be in \(0, 1\], got 0"),
    ("a decay with its power in words", lambda: decaying(0.1, "half"), TypeError, r"power must be one number, got 'half'"),
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
    ("an infinite beta", lambda: blend(np.inf), ValueError, r"beta must be in \[0, 1\], got inf"),
    ("betas of no configuration", lambda: blend(np.zeros((0, 1))), ValueError, r"beta must have shape \(C, 1\), got shape \(0, 1\)"),
    ("beta of blend_previous in words", lambda: blend_previous("half"), TypeError, r"beta must be a number, .* got 'half'"),
    ("no beta", lambda: blend_previous(None), TypeError, r"beta must be a number, .* got None"),
    ("a beta schedule of words", lambda: run(merge=blend_previous(lambda k: "half")), TypeError, r"beta must be a number, .* got 'half'"),
    ("no combine", lambda: blend(0.5, None), TypeError, r"combine must be a function such as weighted_mean, got None"),
    ("a class as combine", lambda: blend(0.5, list), TypeError, r"combine must be a function such as weighted_mean, got <class 'list'>"),
    ("outer of nothing", lambda: outer(None), TypeError, r"optimizer must be an optimizer such as Momentum\(lr=1\.0\), got None"),
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
    ("no model", lambda: train(None, ROWS, optimizer=Adam(0.1)), TypeError, r"model must be a model such as LogisticRegression\(\), got None"),
    ("rounds below zero", lambda: run(rounds=-1), ValueError, r"rounds must be at least 1, got -1"),
    ("rounds in words", lambda: run(rounds="ten"), TypeError, r"rounds must be a whole number, got 'ten'"),
    ("True rounds", lambda: run(rounds=True), TypeError, r"rounds must be a whole number, got True"),
    ("record half a round", lambda: run(record=1.5), TypeError, r"record must be a whole number, got 1\.5"),
    ("record in an array", lambda: run(record=np.array([1, 2])), TypeError, r"record must be a whole number, got array\(\[1, 2\]\)"),
    ("no state", lambda: run(state=None), ValueError, r"state must be one of 'keep', 'reset', got None"),
    ("a state in an array", lambda: run(state=np.array(["keep", "keep"])), ValueError, r"state must be one of 'keep', 'reset', got array"),
    ("a criterion by name", lambda: run(until="flat"), TypeError, r"until must be a criterion .* got 'flat'"),
    ("a start in words", lambda: run(start="zeros"), TypeError, r"start must be an array of numbers, got str"),
    ("a start of unlike rows", lambda: run(start=[[0.0], [0.0, 1.0]]), TypeError, r"start must be an array of numbers, got list"),
    ("a start of no configuration", lambda: run(start=np.zeros((0, 30))), ValueError, r"start must have shape \(P,\) or \(C, P\) with P = 30, got \(0, 30\)"),
    ("a surface's start in three parameters", lambda: train(Rosenbrock(), optimizer=Adam(0.1), start=[1, 2, 3]), ValueError, r"start must have shape .* P = 2, got \(3,\)"),
    ("a start by a seed below zero", lambda: run(TwoLayerNet(2, 2), seed=-1), ValueError, r"seed must be at least 0, got -1"),
    ("a start by half a seed", lambda: run(TwoLayerNet(2, 2), seed=0.5), TypeError, r"seed must be a whole number, got 0\.5"),
    ("a start without a seed", lambda: run(seed=None), TypeError, r"seed must be a whole number, got None"),
    ("True local steps", lambda: run(local_steps=True), TypeError, r"local_steps must be a number, .* got True"),
    ("local steps NaN", lambda: run(local_steps=np.nan), ValueError, r"local_steps must be in \[1, inf\), got nan"),
    ("infinite local steps", lambda: run(local_steps=np.inf), ValueError, r"local_steps must be in \[1, inf\), got inf"),
    ("local steps in a list", lambda: run(local_steps=[1, 2]), TypeError, r"local_steps must be a number, .* got \[1, 2\]"),
    ("local steps of shape (C,)", lambda: run(local_steps=np.array([1, 2])), ValueError, r"local_steps must have shape \(C, 1\), got shape \(2,\)"),
    ("one and a half local steps a configuration", lambda: run(local_steps=np.array([[1.5]])), ValueError, r"local_steps must be whole, got array\(\[\[1\.5\]\]\)"),
    ("a schedule of half a local step", lambda: run(local_steps=lambda k: 1.5), ValueError, r"local_steps must be whole, got 1\.5"),
    ("a grid of tables", lambda: grid(beta=[[0.5, 1]]), ValueError, r"beta must have 1 axes, got shape \(1, 2\)"),
    ("a grid of unlike rows", lambda: grid(beta=[[0.5], [1, 2]]), TypeError, r"beta must be an array of numbers, got list"),
    ("a grid of nothing", lambda: grid(beta=None), TypeError, r"beta must be an array of numbers, got NoneType"),
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
    ("tolerance NaN", lambda: convergence.flat_loss(np.nan), ValueError, r"tolerance must be in \(0, inf\), got nan"),
    ("an infinite tolerance", lambda: convergence.flat_loss(np.inf), ValueError, r"tolerance must be in \(0, inf\), got inf"),
    ("tolerance below zero", lambda: convergence.small_update(-1e-3), ValueError, r"tolerance must be in \(0, inf\), got -0\.001"),
    ("no tolerance", lambda: convergence.small_gradient(None), TypeError, r"tolerance must be one number, got None"),
    ("hold half a look", lambda: convergence.small_update(1e-3, hold=1.5), TypeError, r"hold must be a whole number, got 1\.5"),
    ("convergence of no run", lambda: convergence.flat_loss(0.1).first_round(5, ROWS), TypeError, r"run must be a finished run, as train gives it, got 5"),
    ("convergence on no rows", lambda: convergence.flat_loss(0.1).first_round(run()), TypeError, r"rows must have X and y or be a pair \(X, y\), got NoneType"),
    ("convergence on other features", lambda: convergence.flat_loss(0.1).first_round(run(), (X[:, :3], y)), ValueError, r"rows must have features for 30 parameters, got X \(398, 3\)"),
    ("an average of no run", lambda: averaging.ema(5, 0.5), TypeError, r"run must be a finished run, as train gives it, got 5"),
    ("a running mean of an array", lambda: averaging.running_mean(RATES), TypeError, r"run must be a finished run, .* got array"),
    ("a tail of no run", lambda: averaging.tail_mean(None), TypeError, r"run must be a finished run, as train gives it, got None"),
    ("a tail longer than the run", lambda: averaging.tail_mean(run(), 1.5), ValueError, r"share must be in \(0, 1\], got 1\.5"),
    ("a tail in words", lambda: averaging.tail_mean(run(), "half"), TypeError, r"share must be one number, got 'half'"),
    ("beta of an average NaN", lambda: averaging.ema(run(), np.nan), ValueError, r"beta must be in \[0, 1\], got nan"),
    ("beta of an average in a list", lambda: averaging.ema(run(), [0.5]), TypeError, r"beta must be one number, got \[0\.5\]"),
    ("trace of half a round", lambda: run().trace(1.5), TypeError, r"rounds must be a whole number, got 1\.5"),
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
    ("l2 NaN", lambda: LogisticRegression(np.nan), ValueError, r"l2 must be in \[0, inf\), got nan"),
    ("l2 in words", lambda: SoftmaxRegression(3, "weak"), TypeError, r"l2 must be one number, got 'weak'"),
    ("no l2", lambda: LinearRegression(None), TypeError, r"l2 must be one number, got None"),
    ("classes in words", lambda: SoftmaxRegression("three"), TypeError, r"n_classes must be a whole number, got 'three'"),
    ("half a hidden unit", lambda: TwoLayerNet(2.5, 2), TypeError, r"n_hidden must be a whole number, got 2\.5"),
    ("one class of a net", lambda: TwoLayerNet(2, 1), ValueError, r"n_classes must be at least 2, got 1"),
    ("A empty", lambda: Quadratic([]), ValueError, r"A must have shape \(P,\) or be a symmetric \(P, P\), got \[\]"),
    ("A not square", lambda: Quadratic([[1.0, 2.0]]), ValueError, r"A must have shape \(P,\) or be a symmetric \(P, P\), got \[\[1\.0, 2\.0\]\]"),
    ("A of three axes", lambda: Quadratic(np.ones((1, 1, 1))), ValueError, r"A must have shape \(P,\) or be a symmetric \(P, P\), got array"),
    ("A of unlike rows", lambda: Quadratic([[1.0], [1.0, 2.0]]), TypeError, r"A must be an array of numbers, got list"),
    ("A in words", lambda: Quadratic("round"), TypeError, r"A must be an array of numbers, got str"),
    ("a centre in words", lambda: Quadratic([1.0, 2.0], centre="here"), TypeError, r"centre must be an array of numbers, got str"),
    ("walls below zero", lambda: Rosenbrock(-1), ValueError, r"b must be in \(0, inf\), got -1"),
    ("walls in words", lambda: Rosenbrock("steep"), TypeError, r"b must be one number, got 'steep'"),
    ("walls a configuration", lambda: Rosenbrock(RATES), TypeError, r"b must be one number, got array"),
    # metrics
    ("a count of no rows", lambda: metrics.confusion([], []), ValueError, r"y must have shape \(n,\) with n ≥ 1, got \(0,\)"),
    ("a count of words", lambda: metrics.confusion(["cat"], [0]), TypeError, r"y must be an array of numbers, got list"),
    ("a count of half classes", lambda: metrics.confusion([0.5], [0]), ValueError, r"y must be whole numbers from 0, got array\(\[0\.5\]\)"),
    ("a count of unlike rows", lambda: metrics.confusion([0, 1], [[0], [0, 1]]), TypeError, r"predicted must be an array of numbers, got list"),
    ("fewer classes than occur", lambda: metrics.confusion([0, 3], [0, 1], n_classes=2), ValueError, r"n_classes must be at least 4, got 2"),
    ("half a class to count", lambda: metrics.confusion([0], [0], n_classes=1.5), TypeError, r"n_classes must be a whole number, got 1\.5"),
    ("accuracy of unlike lengths", lambda: metrics.accuracy([0, 1], [0]), ValueError, r"predicted must have 2 rows, as y has, got 1"),
    ("accuracy of a number", lambda: metrics.accuracy(1, 1), ValueError, r"y must have shape \(n,\) with n ≥ 1, got \(\)"),
    ("scores below zero", lambda: metrics.scores([0, -1], [0, 1]), ValueError, r"y must be whole numbers from 0, got array\(\[ 0, -1\]\)"),
    ("scores of truth values", lambda: metrics.scores([0, 1], [False, True]), ValueError, r"predicted must be whole numbers from 0, got array\(\[False,  True\]\)"),
    ("F1 of NaN", lambda: metrics.macro_f1([0.0, np.nan], [0, 1]), ValueError, r"y must be finite, got y\[1\] = nan"),
    ("F1 of nothing", lambda: metrics.macro_f1(None, None), TypeError, r"y must be an array of numbers, got NoneType"),
    # claims
    ("a claim on an array", lambda: claim("03.1", np.array([True]), "x"), TypeError, r"holds must be one bool \(True or False\), got ndarray"),
    ("a ledger claim without a verdict", lambda: claim("B01", True, "x"), ValueError, r"verdict must be one of holds, .* got None for 'B01'"),
    ("a ledger claim with an unknown verdict", lambda: claim("B01", True, "x", verdict="true"), ValueError, r"verdict must be one of holds, .* got 'true' for 'B01'"),
    ("a lesson's own claim with a verdict", lambda: claim("03.1", True, "x", verdict="holds"), ValueError, r"verdict must be .* None for a lesson's own claim, got 'holds' for '03\.1'"),
    ("a claim that is a number", lambda: claim("03.1", 1, "x"), TypeError, r"holds must be one bool \(True or False\), got int: 1"),
    ("a claim on nothing", lambda: claim("03.1", None, "x"), TypeError, r"holds must be one bool \(True or False\), got NoneType: None"),
    ("a claim with a number for its id", lambda: claim(3.1, True, "x"), TypeError, r"id must be text such as '03\.2', got 3\.1"),
    ("a claim without an id", lambda: claim("", True, "x"), TypeError, r"id must be text such as '03\.2', got ''"),
]

# What stands on the core and has no twin.
ABOVE = [
    ("an exercise of another name", lambda: self_check(lenght=5), ValueError, r"question must be one of .* got 'lenght' \(did you mean 'length'"),
    ("choices and labels at once", lambda: predict("03.x", "?", 1, choices=["a"], labels=(1, 2)), ValueError, r"a prediction must have choices or labels, got both"),
    ("choices in one word", lambda: predict("03.x", "?", "a", choices="ab"), TypeError, r"choices must be several values, got 'ab'"),
    ("choices by a count", lambda: predict("03.x", "?", "a", choices=2), TypeError, r"choices must be several values, got 2"),
    ("no choices", lambda: predict("03.x", "?", "a", choices=[]), TypeError, r"choices must be words, at least one, got \[\]"),
    ("choices that are numbers", lambda: predict("03.x", "?", "a", choices=[1, 2]), TypeError, r"choices must be words, at least one, got \[1, 2\]"),
    ("labels by a count", lambda: predict("03.x", "?", [1], labels=2), TypeError, r"labels must be several values, got 2"),
    ("labels in one word", lambda: predict("03.x", "?", [1], labels="ab"), TypeError, r"labels must be several values, got 'ab'"),
    ("between one number", lambda: predict("03.x", "?", [1], labels=(1,), between=5), TypeError, r"between must be several values, got 5"),
    ("between three numbers", lambda: predict("03.x", "?", [1], labels=(1,), between=(0, 1, 2)), ValueError, r"between must be \(low, high\), got \(0, 1, 2\)"),
    ("between words", lambda: predict("03.x", "?", [1], labels=(1,), between=("a", "b")), TypeError, r"low end of between must be one number, got 'a'"),
    ("between from high to low", lambda: predict("03.x", "?", [1], labels=(1,), between=(1, 0)), ValueError, r"high end of between must be in \(1, inf\), got 0"),
    ("a prediction with a number for its id", lambda: predict(3, "?", 1), TypeError, r"id and question must be text, got 3 and '\?'"),
    ("a prediction without a question", lambda: predict("03.x", None, 1), TypeError, r"id and question must be text, got '03\.x' and None"),
    ("words where a number is", lambda: reveal("much", 0.9), TypeError, r"prediction must be an array of numbers, got str"),
    ("a prediction NaN", lambda: reveal(np.nan, 0.9), ValueError, r"prediction must be finite, got prediction\[\] = nan"),
    ("a sketch of another length", lambda: reveal([1, 2], [1, 2, 3]), ValueError, r"prediction must have the result's shape, \(3,\), got \(2,\)"),
    ("a sketch with other labels", lambda: reveal([1, 2], [1, 3], labels=("a",)), ValueError, r"labels must be 2, one a value, got 1"),
    ("an explorer at an unknown setting", lambda: EXPLORERS["merge"].at(betta=0.5), ValueError, r"setting must be one of .*'beta'.* got 'betta' \(did you mean 'beta'"),
    ("an explorer between two values", lambda: EXPLORERS["merge"].at(beta=0.123), ValueError, r"beta must be one of .* got 0\.123"),
    ("an explorer at words", lambda: EXPLORERS["merge"].at(beta="half"), ValueError, r"beta must be one of .* got 'half'"),
    ("an explorer at an array", lambda: EXPLORERS["merge"].at(beta=np.array([0.5, 1])), ValueError, r"beta must be one of .* got array"),
    ("an explorer shown at an unknown setting", lambda: EXPLORERS["merge"].show(betta=0.5), ValueError, r"setting must be one of .* got 'betta'"),
]
# fmt: on

EVERY = [*TABLE, *ABOVE]


@pytest.mark.parametrize(
    ("call", "error", "message"), [row[1:] for row in EVERY], ids=[row[0] for row in EVERY]
)
def test_a_bad_call_names_argument_rule_and_value(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_the_table_has_no_row_twice():
    names = [row[0] for row in EVERY]
    assert len(set(names)) == len(names)


def public():
    """The names that a lesson can call with something that is wrong."""
    modules = (averaging, convergence, grouping, metrics, picking, on_numpy.training)
    own = {
        name
        for module in modules
        for name, thing in vars(module).items()
        if getattr(thing, "__module__", "") == module.__name__ and callable(thing) and name[0] != "_"
    }
    top = {name for name in parti_edu.__all__ if not isinstance(getattr(parti_edu, name), ModuleType)}
    return own | top | set(on_numpy.__all__) | {"predict", "reveal", "self_check", "at", "show"}


# The rules within a round are handed what `train` has checked; Saddle has no settings; the rest are types.
INNER = {"mean", "weighted_mean", "sum_of_blocks", "Saddle", "loop", "iterate", "Criterion"}
TYPES = {"Pick", "Picks", "Scores"}


def test_every_public_function_has_a_row():
    asked = {name for _, call, *_ in EVERY for name in call.__code__.co_names}
    assert public() - INNER - TYPES - asked == set()
    assert asked >= {"load", "ema", "walks", "confusion", "Quadratic", "first_round", "trace", "accuracy"}


@pytest.mark.parametrize("explorer", EXPLORERS.values(), ids=EXPLORERS)
def test_every_explorer_refuses_what_its_knobs_cannot_take(explorer):
    with pytest.raises(ValueError, match=r"^setting must be one of .* got 'knob'"):
        explorer.at(knob=1)
    for knob in explorer.knobs:
        for value in (None, "no such value", -12.25, np.nan, np.array([1, 2]), [], object):
            with pytest.raises(ValueError, match=rf"^{knob.name} must be one of .* got "):
                explorer.at(**{knob.name: value})


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
    """A copy of the data to take away from."""
    folder = shutil.copytree(parti_edu.data.FOLDER, tmp_path / "data")
    monkeypatch.setattr(parti_edu.data, "FOLDER", folder)
    assert len(load("penguins")) > 300  # whole as yet
    return folder


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
