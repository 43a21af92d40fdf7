"""Counts beside torch's own counter, and bytes beside what packing makes."""

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from parti_edu.labs.efficiency import factorise, measure, nets, prune, quantise

NETS = {"dense": nets.dense(784, 30, 10), "cnn": nets.small_cnn(channels=(4, 6), hidden=8)}
each_net = pytest.mark.parametrize("net", NETS.values(), ids=NETS)


@each_net
def test_multiply_adds_are_half_of_what_torch_counts(net):
    with FlopCounterMode(display=False) as counter:
        net(torch.zeros(1, 784))
    assert measure.multiply_adds(net) == counter.get_total_flops() / 2


def test_two_narrow_layers_and_whole_numbers_are_counted_too():
    low = factorise.factorise(NETS["dense"], 4)
    assert measure.multiply_adds(low) == 4 * (784 + 30) + 4 * (30 + 10)
    coded = quantise.quantise(NETS["cnn"], torch.rand(3, 784))
    assert measure.multiply_adds(coded) == measure.multiply_adds(NETS["cnn"])


@each_net
def test_weights_that_are_zero_can_be_left_out(net):
    keep = prune.magnitude(net, 0.75)
    pruned = prune.cut(net, keep)
    assert measure.multiply_adds(pruned) == measure.multiply_adds(net)
    by_layer = [m for m in pruned.modules() if isinstance(m, nn.Linear | nn.Conv2d)]
    places = [784, 196, 1, 1] if len(by_layer) == 4 else [1, 1]
    counted = sum(p * int((m.weight != 0).sum()) for p, m in zip(places, by_layer, strict=True))
    assert measure.multiply_adds(pruned, zeros=False) == counted < measure.multiply_adds(net)


@each_net
def test_parameters_and_bytes(net):
    n = sum(p.numel() for p in net.parameters())
    assert measure.parameters(net) == n
    assert measure.bytes_in_memory(net) == 4 * n


def test_packed_bytes_are_those_of_what_pack_makes():
    net = NETS["dense"]
    assert measure.bytes_packed(net) == measure.bytes_in_memory(net)  # nothing to gain without zeros
    pruned = prune.cut(net, prune.magnitude(net, 0.9))
    parts = [
        part for tensor in pruned.state_dict().values() if tensor.ndim == 2 for part in prune.pack(tensor)
    ]
    assert measure.bytes_packed(pruned) == sum(p.numel() * p.element_size() for p in parts) + 4 * 40


def test_codes_of_few_bits_share_bytes():
    coded = quantise.quantise(NETS["dense"], bits=4)
    dense = (784 * 30 + 300) // 2 + 2 * 4 * 40
    assert measure.bytes_packed(coded, bits=4) <= dense
    sparse = quantise.quantise(prune.cut(NETS["dense"], prune.magnitude(NETS["dense"], 0.995)), bits=4)
    n, kept = 784 * 30 + 300, int((sparse[0].weight != 0).sum() + (sparse[2].weight != 0).sum())
    assert measure.bytes_packed(sparse, bits=4) == pytest.approx(n / 8 + kept / 2 + 2 * 4 * 40, abs=3)


def test_latency_is_the_time_of_a_call(monkeypatch):
    clock = iter([0.0, 9.0, 10.0, 13.0, 20.0, 21.0, 30.0, 32.0])
    monkeypatch.setattr(measure.time, "perf_counter", lambda: next(clock))
    assert measure.latency(NETS["dense"], torch.zeros(1, 784), repeats=3) == 2.0


def test_an_estimate_of_energy_says_what_it_assumes():
    joules, assumed = measure.energy(3.0, 15)
    assert joules == 45
    assert "15 W" in assumed
    with pytest.raises(ValueError, match="watts must be in"):
        measure.energy(1.0, 0)
