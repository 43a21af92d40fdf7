"""The embedding model is its equation, learns with the loop, and does not see what fills up a row."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: pip install -c constraints.txt torch")

from parti_edu import grouping, picking  # noqa: E402
from parti_edu.labs.cases import text  # noqa: E402
from parti_edu.labs.cases.embedding import MeanOfPieces  # noqa: E402
from parti_edu.on_torch import Adam, GradientDescent, from_module, mean, outer, train  # noqa: E402

WEIGHTS = np.array([0.0, 1.0, 2.0, 0.0, 1.5])
X = np.array([[1, 2, 4], [2, 0, 0], [3, 0, 0], [1, 1, 0]])


def test_the_outputs_are_the_equation():
    net = MeanOfPieces(WEIGHTS, width=2, n_classes=3, seed=1).double()
    E, W, b = (p.detach().numpy() for p in (net.table, net.read.weight, net.read.bias))
    for x, z in zip(X, net(torch.tensor(X)).detach().numpy(), strict=True):
        a = WEIGHTS[x]
        a = a / max(np.sqrt((a**2).sum()), 1e-12)
        h = np.tanh(sum(share * E[p] for share, p in zip(a, x, strict=True)))
        np.testing.assert_allclose(z, W @ h + b, atol=1e-14)


def test_what_fills_up_and_what_weighs_nothing_take_no_part():
    net = MeanOfPieces(WEIGHTS, width=2, n_classes=2).double()
    more = np.concatenate([X, np.zeros((4, 5), int), np.full((4, 1), 3)], axis=1)
    torch.testing.assert_close(net(torch.tensor(X)), net(torch.tensor(more)))


def test_the_same_seed_gives_the_same_start_and_another_one_another():
    one, again, other = (MeanOfPieces(WEIGHTS, 2, 2, seed=seed).table for seed in (1, 1, 2))
    assert torch.equal(one, again)
    assert not torch.equal(one, other)


def test_it_learns_sentences_with_the_loop_and_a_misspelt_word_is_near():
    rng = np.random.default_rng(0)
    kinds = (["wonderful", "delightful", "fine"], ["terrible", "horrible", "broken"])
    y = rng.integers(0, 2, 80)
    texts = [" ".join(rng.choice(kinds[label], 2)) for label in y]
    ids = text.buckets(texts, 512)
    net = MeanOfPieces(text.bucket_weights(ids, 512), width=4, n_classes=2).double()
    model = from_module(net, torch.nn.functional.cross_entropy, classifies=True, l2=1e-3)
    groups = grouping.by_label(y)
    run = train(
        model,
        (ids, y),
        groups,
        picking.all_groups(groups),
        optimizer=GradientDescent(1.0),
        merge=outer(Adam(0.05), combine=mean),
        rounds=40,
    )
    assert run.loss((ids, y))[-1] < run.loss((ids, y))[0] / 2
    new = text.buckets(["delightfull", "horribl"], 512)
    found = model.predict(torch.tensor(run.final), torch.tensor(new))
    assert found.tolist() == [0, 1]


def test_bad_counts_are_told():
    with pytest.raises(ValueError, match="width must be at least 1, got 0"):
        MeanOfPieces(WEIGHTS, 0, 2)
    with pytest.raises(ValueError, match="n_classes must be at least 2, got 1"):
        MeanOfPieces(WEIGHTS, 2, 1)
