"""Low rank beside NumPy's own decomposition; adapters that begin as nothing and fold into a layer."""

import numpy as np
import pytest
import torch
from torch import nn

from parti_edu.labs.efficiency import factorise, nets

RNG = np.random.default_rng(0)
X = RNG.normal(size=(50, 20)).astype(np.float32)
ROWS = X, RNG.integers(0, 3, 50)


def net():
    return nets.dense(20, 16, 3, seed=1)


@pytest.mark.parametrize("rank", [1, 5, 16])
def test_the_product_is_the_nearest_of_its_rank(rank):
    layer = nn.Linear(20, 16)
    first, second = factorise.factorised(layer, rank)
    product = (second.weight @ first.weight).detach().numpy()
    sigma = np.linalg.svd(layer.weight.detach().numpy(), compute_uv=False)
    missing = np.linalg.norm(product - layer.weight.detach().numpy())
    assert missing == pytest.approx(np.sqrt((sigma[rank:] ** 2).sum()), abs=1e-5)
    assert np.linalg.matrix_rank(product, tol=1e-4) == rank
    np.testing.assert_allclose(first.weight.norm(dim=1).detach(), np.sqrt(sigma[:rank]), rtol=1e-4)
    assert torch.equal(second.bias, layer.bias)


def test_a_layer_that_would_grow_stays():
    small = factorise.factorise(net(), 4)
    assert isinstance(small[0], nn.Sequential)
    assert isinstance(small[2], nn.Linear)  # 4·19 ≥ 48
    assert sum(p.numel() for p in small.parameters()) == 4 * 36 + 16 + 3 * 16 + 3
    assert isinstance(net()[0], nn.Linear)


def test_full_rank_computes_the_same():
    layer = nn.Linear(20, 16)
    np.testing.assert_allclose(
        nets.outputs(factorise.factorised(layer, 16), X), nets.outputs(layer, X), atol=1e-5
    )


@pytest.mark.parametrize("rank", [0, 17])
def test_a_rank_that_a_matrix_cannot_have_is_refused(rank):
    with pytest.raises(ValueError, match=r"rank must be in 1..16 \(least side of the weight\), got"):
        factorise.factorised(nn.Linear(20, 16), rank)


def test_an_adapter_begins_as_the_net_and_only_it_is_trained():
    whole = net()
    adapted = factorise.adapt(whole, rank=2)
    np.testing.assert_allclose(nets.outputs(adapted, X), nets.outputs(whole, X), atol=1e-6)
    trained = [tuple(p.shape) for p in adapted.parameters() if p.requires_grad]
    assert trained == [(2, 20), (16, 2), (2, 16), (3, 2)]
    after = nets.fit(adapted, ROWS, passes=2, size=10)
    for before, now in zip((whole[0], whole[2]), (after[0], after[2]), strict=True):
        assert torch.equal(before.weight, now.layer.weight)
        assert now.B.abs().max() > 0


def test_a_folded_adapter_computes_the_same_in_a_net_of_the_first_shape():
    after = nets.fit(factorise.adapt(net(), rank=2), ROWS, passes=2, size=10)
    folded = factorise.fold(after)
    assert [tuple(p.shape) for p in folded.parameters()] == [tuple(p.shape) for p in net().parameters()]
    np.testing.assert_allclose(nets.outputs(folded, X), nets.outputs(after, X), atol=1e-5)
    change = folded[0].weight - net()[0].weight
    assert np.linalg.matrix_rank(change.detach().numpy(), tol=1e-4) == 2
    assert all(p.requires_grad for p in folded.parameters())
