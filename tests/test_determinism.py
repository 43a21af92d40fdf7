"""The same call gives the same numbers: in another process, in another order, and again from its settings.

Bit for bit, with one thread or with two. Between one thread and two BLAS may add in another order:
then runs agree to 1e-12, which is what their few hundred additions of numbers of size 1 leave room for.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import parti_edu
from parti_edu import convergence, grouping, load, on_numpy, picking
from parti_edu.history import History

try:
    import torch

    from parti_edu import on_torch
except ImportError:
    torch = on_torch = None

PACKAGES = [on_numpy] + [on_torch] * (on_torch is not None)
each_package = pytest.mark.parametrize(
    "package", PACKAGES, ids=lambda package: package.__name__.split(".")[1]
)
ROOM = 1e-12

# ---- what lessons compute, each case by itself


def shuffled_groups():
    """Lessons 00 to 03: random groups, a new order each pass, Adam, merged by half."""
    rows = load("breast_cancer").train
    groups = grouping.random(len(rows), 16, seed=1)
    settings = {"optimizer": on_numpy.Adam(0.05), "merge": on_numpy.blend(0.5), "rounds": 48}
    return on_numpy.train(
        on_numpy.LogisticRegression(0.01), rows, groups, picking.reshuffled(groups, seed=2), **settings
    )


def drawn_groups():
    """Lesson 02: groups drawn in proportion to their sizes; one from each stratum."""
    rows = load("penguins", seed=3).train
    groups = grouping.by_source(rows.source["island"])
    picks = picking.random(groups, seed=4, by_size=True)
    model = on_numpy.SoftmaxRegression(3)
    return on_numpy.train(model, rows, groups, picks, optimizer=on_numpy.Momentum(0.1), rounds=60)


def a_map():
    """Lesson 06: many configurations at once, stopped by a criterion."""
    rows = load("breast_cancer").train
    groups = grouping.stratified(rows.y, 8, seed=5)
    beta, lr = on_numpy.grid(beta=[0.25, 0.5, 1], lr=[0.1, 0.5, 2])
    return on_numpy.train(
        on_numpy.LogisticRegression(0.1),
        rows,
        groups,
        optimizer=on_numpy.GradientDescent(lr),
        merge=on_numpy.blend(beta),
        until=convergence.flat_loss(1e-3),
        rounds=200,
    )


def a_net():
    """A net's start, and rounds whose matrices are large enough for two threads."""
    rows = load("digits").train
    return on_numpy.train(
        on_numpy.TwoLayerNet(64, 10), rows, optimizer=on_numpy.GradientDescent(0.5), rounds=12, seed=6
    )


def a_net_in_torch():
    """Lesson 08: the same, in the twin."""
    rows = load("digits").train
    return on_torch.train(
        on_torch.TwoLayerNet(64, 10), rows, optimizer=on_torch.GradientDescent(0.5), rounds=12, seed=6
    )


def a_module():
    """Lesson 08: a module that torch's generator has filled, on groups in a shuffled order."""
    torch.manual_seed(7)
    layers = torch.nn.Linear(64, 32), torch.nn.Tanh(), torch.nn.Linear(32, 10)
    model = on_torch.from_module(
        torch.nn.Sequential(*layers).double(), torch.nn.functional.cross_entropy, classifies=True
    )
    rows = load("digits").train
    groups = grouping.random(len(rows), 8, seed=8)
    picks = picking.reshuffled(groups, seed=9)
    return on_torch.train(model, rows, groups, picks, optimizer=on_torch.Adam(0.01), rounds=16)


CASES = [shuffled_groups, drawn_groups, a_map, a_net] + [a_net_in_torch, a_module] * (on_torch is not None)


def computed(names):
    """Case → the numbers of its run, in this order."""
    cases = {case.__name__: case for case in CASES}
    found = {}
    for name in names:
        run = cases[name]()
        numbers = run.final, run.loss(load(DATA[name]).train)[-1], run.converged_at, run.sample_gradients
        found[name] = [float(number) for part in numbers for number in np.ravel(part)]
    return found


DATA = {"shuffled_groups": "breast_cancer", "drawn_groups": "penguins", "a_map": "breast_cancer"}
DATA |= dict.fromkeys(["a_net", "a_net_in_torch", "a_module"], "digits")
NAMES = [case.__name__ for case in CASES]


def elsewhere(names, threads, hash_seed):
    """The same in a fresh process; JSON keeps every bit of a float."""
    counts = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), str(threads))
    house = str(Path(parti_edu.__file__).parents[1])
    path = os.pathsep.join(filter(None, [house, os.environ.get("PYTHONPATH")]))
    env = os.environ | counts | {"PYTHONHASHSEED": str(hash_seed), "PYTHONPATH": path}
    done = subprocess.run(
        [sys.executable, __file__, *names], env=env, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def alone():
    """The first of all runs, in a process of its own with one thread."""
    return elsewhere(NAMES, threads=1, hash_seed=1)


def test_numbers_are_those_of_a_run_that_moved(alone):
    assert list(alone) == NAMES
    assert all(np.ptp(numbers) > 0.1 for numbers in alone.values())
    assert len({json.dumps(numbers) for numbers in alone.values()}) == len(NAMES)


def test_another_process_in_another_order_gives_the_same_bits(alone):
    assert elsewhere(NAMES[::-1], threads=1, hash_seed=2) == alone


def test_two_threads_give_the_same_bits_each_time_and_those_of_one_but_for_rounding(alone):
    first, second = (elsewhere(NAMES, threads=2, hash_seed=seed) for seed in (1, 2))
    assert first == second
    for name in NAMES:
        np.testing.assert_allclose(first[name], alone[name], rtol=ROOM, atol=ROOM, err_msg=name)


# ---- a run again, from its settings


def settings_of(package):
    """Calls that differ in every setting; none is the default of all."""
    few = grouping.contiguous(40, 5)
    adam, half = package.Adam(package.decaying(0.1)), package.blend(0.5)
    net = package.TwoLayerNet(3, 2)
    start = np.linspace(-1, 1, 5)
    log = package.LogisticRegression(0.1)
    beta, lr = package.grid(beta=[0.5, 1], lr=[0.1, 3])
    until = convergence.small_update(1e-2, hold=2)
    return {
        "the least": (log, {"optimizer": adam}),
        "a seeded start": (net, {"optimizer": adam, "seed": 3, "rounds": 7}),
        "a start of one's own": (log, {"optimizer": adam, "start": start, "record": 3, "rounds": 10}),
        "the last round alone": (net, {"optimizer": adam, "seed": 4, "record": "last", "rounds": 9}),
        "reshuffled": (
            log,
            {"optimizer": adam, "merge": half, "groups": few, "picks": picking.reshuffled(few, seed=1)},
        ),
        "walks, reset": (
            log,
            {
                "optimizer": adam,
                "merge": package.outer(package.Momentum(0.5)),
                "groups": few,
                "picks": picking.walks(few, 2),
                "state": "reset",
                "local_steps": lambda k: 1 + k % 2,
            },
        ),
        "configurations, stopped": (
            log,
            {
                "optimizer": package.GradientDescent(lr),
                "merge": package.blend_previous(beta),
                "groups": few,
                "local_steps": np.array([[1], [2], [1], [3]]),
                "until": until,
            },
        ),
        "blocks": (log, {"optimizer": adam, "groups": few, "picks": picking.blocks(5, 2, few)}),
    }


def same_run(one, other):
    for name in ("theta", "rounds", "sample_gradients", "converged_at", "diverged_at"):
        assert np.array_equal(getattr(one, name), getattr(other, name)), name
    for name in ("starts", "trials"):
        for mine, its in zip(getattr(one, name), getattr(other, name), strict=True):
            assert np.array_equal(mine, its), name
    assert isinstance(other, History)


@each_package
@pytest.mark.parametrize("case", settings_of(on_numpy))
@pytest.mark.filterwarnings("ignore:the run diverged")
def test_a_run_is_made_again_from_its_settings(few, package, case):
    model, settings = settings_of(package)[case]
    run = package.train(model, few, **settings)
    assert len(run.rounds) == 1 or not np.array_equal(run.final, run.theta[0])
    again = package.train(data=few, **run.settings)
    same_run(run, again)
    same_run(run, package.train(data=few, **again.settings))


@each_package
def test_the_settings_are_the_arguments_but_for_the_rows(package, few):
    run = package.train(package.LogisticRegression(), few, optimizer=package.Adam(0.1), rounds=2)
    told = set(package.train.__kwdefaults__) | set(package.train.__code__.co_varnames[:4]) | {"optimizer"}
    assert set(run.settings) == told - {"data", "rows"}


@pytest.mark.skipif(on_torch is None, reason="torch is not installed: pip install -e '.[torch]'")
def test_a_narrow_run_is_made_again_as_narrow(few):
    adam = on_torch.Adam(0.1)
    run = on_torch.train(on_torch.LogisticRegression(), few, optimizer=adam, dtype=torch.float32, rounds=5)
    again = on_torch.train(data=few, **run.settings)
    assert again.theta.dtype == np.float32
    same_run(run, again)


if __name__ == "__main__":
    print(json.dumps(computed(sys.argv[1:])))
