"""Checkpoints: bit for bit and back, whole or not at all, and nothing that runs is let in."""

import os
import pickle

import numpy as np
import pytest
import torch

from parti_edu.labs.efficiency import checkpoints, nets, prune, quantise

X = np.random.default_rng(0).normal(size=(30, 784)).astype(np.float32)


class Trap:
    """What an attacker's file holds: an order to make a folder."""

    def __init__(self, where):
        self.where = where

    def __reduce__(self):
        return os.mkdir, (str(self.where),)


@pytest.mark.parametrize(
    "change",
    [
        lambda net: net,
        lambda net: prune.cut(net, prune.magnitude(net, 0.8)),
        lambda net: quantise.quantise(net, X),
        lambda net: quantise.quantise(net, bits=4, per_channel=False),
    ],
    ids=["as it is", "pruned", "int8", "4 bits"],
)
@pytest.mark.parametrize(
    "build", [lambda s: nets.dense(784, 12, 10, seed=s), lambda s: nets.small_cnn((2, 3), 8, s)]
)
def test_a_net_reads_back_bit_for_bit(tmp_path, change, build):
    net = change(build(0))
    checkpoints.save(tmp_path / "net.pt", net.state_dict())
    again = change(build(1))
    again.load_state_dict(checkpoints.load(tmp_path / "net.pt"))
    for name, tensor in net.state_dict().items():
        other = again.state_dict()[name]
        assert tensor.dtype == other.dtype
        assert tensor.numpy().tobytes() == other.numpy().tobytes()
    np.testing.assert_array_equal(nets.outputs(net, X), nets.outputs(again, X))


def test_an_optimizers_state_and_plain_values_go_along(tmp_path):
    net = nets.dense(4, 3)
    optimizer = torch.optim.Adam(net.parameters())
    net(torch.ones(2, 4)).sum().backward()
    optimizer.step()
    state = {"optimizer": optimizer.state_dict(), "round": 7, "seeds": [1, 2], "note": "best so far"}
    checkpoints.save(tmp_path / "a.pt", state)
    found = checkpoints.load(tmp_path / "a.pt")
    assert (found["round"], found["seeds"], found["note"]) == (7, [1, 2], "best so far")
    mine, its = optimizer.state_dict()["state"], found["optimizer"]["state"]
    assert all(torch.equal(mine[i][key], its[i][key]) for i in mine for key in mine[i])


@pytest.mark.parametrize("how", ["pickle", "torch"])
def test_a_malicious_file_is_refused_and_does_nothing(tmp_path, how):
    path, made = tmp_path / "gift.pt", tmp_path / "pwned"
    if how == "pickle":
        path.write_bytes(pickle.dumps({"theta": Trap(made)}))
    else:
        torch.save({"theta": torch.zeros(2), "extra": Trap(made)}, path)
    with pytest.raises(
        ValueError, match=r"gift\.pt must hold tensors and plain values alone; refused"
    ) as told:
        checkpoints.load(path)
    assert "weights_only" not in str(told.value), "no advice to read it all the same"
    assert how == "pickle" or str(told.value).endswith(f"refused: it asks for {os.mkdir.__module__}.mkdir")
    assert not made.exists()
    torch.load(path, weights_only=False) if how == "torch" else pickle.loads(path.read_bytes())
    assert made.exists()  # the trap is one: read the usual way, it snaps


@pytest.mark.parametrize("content", [b"", b"no checkpoint", b"PK\x03\x04 torn"])
def test_a_broken_file_is_refused(tmp_path, content):
    (tmp_path / "a.pt").write_bytes(content)
    with pytest.raises(ValueError, match=r"a\.pt must hold"):
        checkpoints.load(tmp_path / "a.pt")


def test_a_missing_file_is_missing(tmp_path):
    with pytest.raises(FileNotFoundError):
        checkpoints.load(tmp_path / "none.pt")


def test_what_could_not_be_read_is_not_written_and_the_old_file_stays(tmp_path):
    path = tmp_path / "a.pt"
    checkpoints.save(path, {"round": 1})
    with pytest.raises(ValueError, match="must hold tensors and plain values alone"):
        checkpoints.save(path, {"round": 2, "net": nets.dense(4, 3)})
    assert checkpoints.load(path) == {"round": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["a.pt"]
