"""Each way of dividing the rows gives the numbers of one process, and no more bytes than its formula."""

from dataclasses import replace

import numpy as np
import pytest
import simulation
import torch
import worker_functions as f

from parti_edu import grouping, on_numpy, on_torch, picking
from parti_edu.labs.workers import (
    all_reduce_gradients,
    central_server,
    ddp,
    fedavg,
    launch,
    merge_every,
    on_the_wire,
    train_on_workers,
)
from parti_edu.labs.workers.data_parallel import Problem, chosen, work_on

ROUNDS = 30
WAYS = {
    "server": (central_server, simulation.data_parallel, {}),
    "all-reduce": (all_reduce_gradients, simulation.data_parallel, {}),
    "ddp": (ddp, simulation.data_parallel, {}),
    "merge every 3": (merge_every, simulation.merge_every, {"local_steps": 3}),
    "fedavg": (fedavg, simulation.fedavg, {"local_steps": 3, "share": 0.5, "seed": 4}),
}


def groups_of(n_samples, n_groups, even):
    """Equal groups; or uneven ones, of 1, 2, 3, … parts of the rows."""
    if even:
        return grouping.random(n_samples // n_groups * n_groups, n_groups, seed=3)
    ends = np.cumsum(np.arange(1, n_groups)) * n_samples // sum(range(1, n_groups + 1))
    return grouping.Groups(np.split(np.random.default_rng(3).permutation(n_samples), ends))


@pytest.fixture
def logistic(rows):
    return on_torch.LogisticRegression(0.01), (rows.X, rows.y)


@pytest.mark.parametrize("even", [True, False])
@pytest.mark.parametrize("n_workers", [2, 4])
@pytest.mark.parametrize("way", WAYS)
def test_it_equals_its_simulation_in_one_process(way, n_workers, even, rows):
    """The simulation is the NumPy reference's models and optimizers: 1e-12, and 1e-15 is what comes."""
    method, simulated, settings = WAYS[way]
    groups = groups_of(len(rows), n_workers, even)
    run = train_on_workers(
        method,
        on_torch.LogisticRegression(0.01),
        rows,
        groups,
        optimizer=on_torch.Momentum(0.3),
        rounds=ROUNDS,
        **settings,
    )
    model, optimizer = on_numpy.LogisticRegression(0.01), on_numpy.Momentum(0.3)
    expected = simulated(model, (rows.X, rows.y.astype(float)), groups, optimizer, ROUNDS, **settings)
    assert run.theta.shape == (ROUNDS + 1, 30)
    assert np.abs(run.theta[-1]).max() > 0.1
    np.testing.assert_allclose(run.theta, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("way", WAYS)
def test_a_network_with_adam_and_a_falling_rate_likewise(way, few):
    method, simulated, settings = WAYS[way]
    groups = grouping.Groups([range(25), range(25, 40)])
    model = on_torch.TwoLayerNet(3, 2)
    adam = on_torch.Adam(on_torch.decaying(0.1))
    run = train_on_workers(method, model, few, groups, optimizer=adam, rounds=10, **settings)
    tensors = torch.from_numpy(few[0]), torch.from_numpy(few[1])
    expected = simulated(model, tensors, groups, adam, 10, **settings)
    np.testing.assert_allclose(run.theta, expected, rtol=0, atol=1e-12)


def test_a_module_of_torch_likewise(few):
    module = torch.nn.Sequential(torch.nn.Linear(5, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2)).double()
    model = on_torch.from_module(module, torch.nn.functional.cross_entropy, classifies=True)
    run = train_on_workers(
        ddp, model, few, grouping.random(40, 2), optimizer=on_torch.GradientDescent(0.5), rounds=10
    )
    alone = on_torch.train(model, few, optimizer=on_torch.GradientDescent(0.5), rounds=10)
    np.testing.assert_allclose(run.theta, alone.theta, rtol=0, atol=1e-12)
    np.testing.assert_allclose(run.loss(few), alone.loss(few), rtol=0, atol=1e-12)
    np.testing.assert_array_equal(run.accuracy(few), alone.accuracy(few))


@pytest.mark.parametrize("method", [central_server, all_reduce_gradients, ddp])
def test_dividing_the_rows_is_the_full_batch_of_one_worker(method, rows, logistic):
    groups = grouping.by_label(rows.y)
    run = train_on_workers(method, *logistic, groups, optimizer=on_torch.Adagrad(0.1), rounds=20)
    alone = on_numpy.train(
        on_numpy.LogisticRegression(0.01), rows, optimizer=on_numpy.Adagrad(0.1), rounds=20
    )
    np.testing.assert_allclose(run.theta, alone.theta, rtol=0, atol=1e-12)


@pytest.mark.parametrize("local_steps", [1, 5])
def test_merging_every_few_steps_is_the_loop_with_all_groups(local_steps, rows, logistic):
    groups = groups_of(len(rows), 4, even=False)
    settings = {"local_steps": local_steps, "rounds": 15}
    run = train_on_workers(merge_every, *logistic, groups, optimizer=on_torch.Momentum(0.1), **settings)
    loop = on_numpy.train(
        on_numpy.LogisticRegression(0.01),
        rows,
        groups,
        picking.all_groups(groups),
        optimizer=on_numpy.Momentum(0.1),
        **settings,
    )
    np.testing.assert_allclose(run.theta, loop.theta, rtol=0, atol=1e-12)


def test_merging_every_few_steps_is_torchs_periodic_model_averager(logistic):
    problem = Problem(*logistic, grouping.random(396, 4))
    theirs = launch(f.periodic_averager, 4, problem, 0.1, 0.9, 3, 10)[0]
    settings = {"optimizer": on_torch.Momentum(0.1, 0.9), "local_steps": 3, "rounds": 10}
    run = train_on_workers(merge_every, problem.model, problem.data, problem.groups, **settings)
    np.testing.assert_allclose(run.theta, theirs, rtol=0, atol=1e-12)


def test_fedavg_is_the_loop_that_picks_some_groups_and_resets(rows, logistic):
    """Eight clients on two workers, three of them a round; the picks are written out by hand."""
    groups = grouping.stratified(rows.y, 8)
    settings = {"local_steps": 4, "rounds": 12}
    run = train_on_workers(
        *(fedavg, *logistic, groups),
        optimizer=on_torch.Momentum(0.2),
        n_workers=2,
        share=3 / 8,
        seed=1,
        **settings,
    )
    drawn = [chosen(k, 8, 3 / 8, 1) for k in range(1, 13)]
    rounds = [tuple(picking.Pick((int(g),)) for g in clients) for clients in drawn]
    loop = on_numpy.train(
        on_numpy.LogisticRegression(0.01),
        rows,
        groups,
        picking.Picks("by hand", 1, 8, lambda: iter(rounds)),
        optimizer=on_numpy.Momentum(0.2),
        state="reset",
        **settings,
    )
    np.testing.assert_allclose(run.theta, loop.theta, rtol=0, atol=1e-12)


def test_clients_are_drawn_anew_each_round_each_as_often():
    drawn = [chosen(k, 10, 0.3) for k in range(1, 2001)]
    assert all(len(set(clients)) == 3 and list(clients) == sorted(clients) for clients in drawn)
    often = np.bincount(np.concatenate(drawn), minlength=10) / 2000
    np.testing.assert_allclose(often, 0.3, atol=0.04)  # four standard deviations of a binomial
    assert len({tuple(clients) for clients in drawn}) == 120, "all (10 choose 3)"
    assert chosen(7, 10, 0.3, seed=1).tolist() != chosen(7, 10, 0.3).tolist()
    assert chosen(1, 10, 0.01).size == 1
    assert chosen(1, 10, 1.0).tolist() == list(range(10))


def test_plain_ddp_is_wrong_for_uneven_rows_and_right_for_even_ones(rows, logistic):
    step = {"optimizer": on_numpy.GradientDescent(0.5), "rounds": 10}
    for even, right in ((True, True), (False, False)):
        groups = groups_of(len(rows), 4, even)
        theirs = launch(f.plain_ddp, 4, Problem(*logistic, groups), 0.5, 10)[0]
        used = np.sort(np.concatenate(groups))
        alone = on_numpy.train(on_numpy.LogisticRegression(0.01), (rows.X[used], rows.y[used]), **step).final
        assert (np.abs(theirs - alone).max() < 1e-12) == right
        assert right or np.abs(theirs - alone).max() > 1e-3


@pytest.mark.parametrize("way", WAYS)
def test_all_workers_end_with_the_very_same_bits(way, logistic):
    method, _, settings = WAYS[way]
    problem = Problem(*logistic, groups_of(398, 4, even=False))
    paths = [path for path, *_ in launch(work_on, 4, method, problem, on_torch.Adam(0.1), 10, settings)]
    assert all(np.array_equal(path, paths[0]) for path in paths)


@pytest.mark.parametrize("n_workers", [2, 4])
@pytest.mark.parametrize("way", WAYS)
def test_the_bytes_are_those_of_the_formula_in_both_books(way, n_workers):
    """P float64 a round, and 2(W − 1)/W of it on the wire, by the kernel's count: within 1 %."""
    method, _, settings = WAYS[way]
    P, rounds = 40_000, 5
    X = np.random.default_rng(0).normal(size=(8, P)) / P
    run = train_on_workers(
        method,
        on_torch.LinearRegression(),
        (X, np.arange(8.0)),
        grouping.contiguous(8, n_workers),
        optimizer=on_torch.GradientDescent(0.1),
        rounds=rounds,
        **settings,
    )
    sends_start = method is ddp  # DDP has rank 0's θ sent to all before the first round
    for n_bytes in run.n_bytes:
        assert sum(n_bytes.values()) == pytest.approx(
            8 * P * (rounds * (2 if method is central_server else 1) + sends_start), rel=0.01
        )
    formula = 8 * P * (n_workers - 1) / n_workers * (2 * rounds + sends_start)
    assert on_the_wire(run.n_bytes[0], n_workers) == pytest.approx(formula, rel=0.01)
    assert np.mean(run.on_the_wire) == pytest.approx(formula, rel=0.01)


def test_merging_rarely_sends_less_for_as_many_steps(logistic):
    groups = grouping.random(398, 2)
    sent = [
        sum(
            train_on_workers(
                *(merge_every, *logistic, groups),
                optimizer=on_torch.GradientDescent(0.1),
                local_steps=steps,
                rounds=64 // steps,
            )
            .n_bytes[0]
            .values()
        )
        for steps in (1, 16, 64)
    ]
    assert sent == [64 * 30 * 8, 4 * 30 * 8, 30 * 8]


def test_progress_tells_each_tenth_of_the_rounds(logistic):
    heard = []
    train_on_workers(
        *(all_reduce_gradients, *logistic, grouping.random(398, 2)),
        optimizer=on_torch.GradientDescent(0.1),
        rounds=25,
        progress=lambda rank, text: heard.append((rank, text)),
    )
    tenths = [f"round {k} of 25" for k in (3, 5, 8, 10, 13, 15, 18, 20, 23, 25)]
    assert [text for rank, text in heard if rank == 1] == tenths


GD = on_torch.GradientDescent(0.1)
GOOD = {"method": merge_every, "model": on_torch.LinearRegression(), "data": (np.eye(3), np.arange(3.0))}
GOOD |= {"groups": [[0], [1, 2]], "optimizer": GD, "rounds": 2, "local_steps": 1}


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"n_workers": 4}, ValueError, r"n_workers must be in 1..3 \(n_samples\), got 4"),
        ({"n_workers": 3}, ValueError, r"n_workers must be in 2..2 \(groups\), got 3"),
        ({"n_workers": 1}, ValueError, r"n_workers must be in 2..2 \(groups\), got 1"),
        ({"n_workers": 0}, ValueError, "n_workers must be in 1..3"),
        ({"method": fedavg, "n_workers": 3}, ValueError, r"n_workers must be in 1..2 \(groups\), got 3"),
        ({"method": fedavg, "share": 0}, ValueError, "share must be in"),
        ({"groups": [[0], [3]]}, ValueError, r"groups must hold rows in 0..2 \(n_samples\), got 3"),
        ({"groups": [[0], []]}, ValueError, "group 1 must hold row numbers"),
        ({"data": (np.full((3, 3), np.nan), np.arange(3.0))}, ValueError, "data X must be finite"),
        ({"rounds": 0}, ValueError, "rounds must be at least 1"),
        ({"local_steps": 0}, ValueError, "local_steps must be at least 1"),
        ({"share": 0.5}, TypeError, r"settings of merge_every must be local_steps; .* unknown \['share'\]"),
        (
            {"method": ddp},
            TypeError,
            r"settings of ddp must be none; missing \[\], unknown \['local_steps'\]",
        ),
        ({"method": "ddp"}, ValueError, "method must be one of central_server, .*, got 'ddp'"),
        ({"model": on_numpy.LinearRegression()}, TypeError, "model must come from parti_edu.on_torch"),
        (
            {"optimizer": on_numpy.GradientDescent(0.1)},
            TypeError,
            "optimizer must come from parti_edu.on_torch",
        ),
        ({"optimizer": replace(GD, lr=np.ones((2, 1)))}, ValueError, "optimizer must have numbers for its"),
    ],
)
def test_a_bad_argument_is_told_before_anything_starts(change, error, words, monkeypatch):
    monkeypatch.setattr("parti_edu.labs.workers.data_parallel.launch", None)
    with pytest.raises(error, match=words):
        train_on_workers(**GOOD | change)


def test_more_groups_than_samples_are_refused_where_they_are_made():
    with pytest.raises(ValueError, match=r"n_groups must be in 1..3 \(n_samples\), got 4"):
        grouping.random(3, 4)
