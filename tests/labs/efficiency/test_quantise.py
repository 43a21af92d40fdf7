"""Whole numbers beside torch's own observers and quantised tensors."""

import io
import warnings

import numpy as np
import pytest
import torch
from torch import nn
from torch.ao.quantization import MinMaxObserver, PerChannelMinMaxObserver
from torch.nn import functional

from parti_edu.labs.efficiency import measure, nets, quantise

RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 30)).astype(np.float32)
WEIGHT = torch.tensor(RNG.normal(size=(8, 30)), dtype=torch.float32) * torch.logspace(-1, 1, 8)[:, None]

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")


@pytest.mark.parametrize("per_channel", [True, False])
def test_codes_and_scales_are_those_of_torchs_observers(per_channel):
    """torch divides by 127.5, we by 127, so that both ends are used alike; the codes are then torch's."""
    codes, scale = quantise.whole(WEIGHT, per_channel=per_channel)
    kind = PerChannelMinMaxObserver if per_channel else MinMaxObserver
    settings = {"ch_axis": 0} if per_channel else {}
    schemes = torch.per_channel_symmetric, torch.per_tensor_symmetric
    observer = kind(dtype=torch.qint8, qscheme=schemes[not per_channel], **settings)
    observer(WEIGHT)
    torchs, zero = observer.calculate_qparams()
    np.testing.assert_allclose(scale * 127 / 127.5, torchs, rtol=1e-6)
    assert not zero.any()
    whole = (
        torch.quantize_per_channel(WEIGHT, scale, torch.zeros(8), 0, torch.qint8)
        if per_channel
        else torch.quantize_per_tensor(WEIGHT, scale.item(), 0, torch.qint8)
    )
    assert (codes - whole.int_repr()).abs().max() <= 1  # a tie may be rounded either way
    assert (codes == whole.int_repr()).float().mean() > 0.99


@pytest.mark.parametrize("bits", range(2, 9))
def test_a_weight_is_off_by_half_a_scale_at_most_and_zero_is_zero(bits):
    weight = WEIGHT.clone()
    weight[0, 0] = 0
    codes, scale = quantise.whole(weight, bits=bits)
    assert codes.dtype == torch.int8
    assert codes.abs().max() == 2 ** (bits - 1) - 1
    assert ((codes * scale[:, None] - weight).abs() <= 0.5001 * scale[:, None]).all()
    assert codes[0, 0] == 0


def test_a_scale_a_unit_is_nearer_where_units_differ():
    def off(per_channel):
        codes, scale = quantise.whole(WEIGHT, per_channel=per_channel)
        return (codes * scale[:, None] - WEIGHT).square().mean()

    assert off(True) < off(False) / 3


def test_a_unit_of_zeros_stays_zero():
    codes, scale = quantise.whole(torch.zeros(2, 3))
    assert not codes.any()
    assert torch.isfinite(scale).all()


@pytest.mark.parametrize(("low", "high"), [(-3.0, 5.0), (0.0, 7.0), (1.0, 2.0), (-4.0, -1.0)])
def test_ranges_are_those_of_torchs_observer(low, high):
    observer = MinMaxObserver(dtype=torch.qint8, qscheme=torch.per_tensor_affine)
    observer(torch.tensor([low, high]))
    scale, zero = observer.calculate_qparams()
    found = quantise.calibrated(low, high)
    assert found.scale == pytest.approx(scale.item(), rel=1e-6)
    assert abs(found.zero - zero.item()) <= 1  # a tie
    assert found.scale * (0 - 0) == 0


def test_ranges_that_are_none_and_of_nothing():
    assert quantise.calibrated(0.0, 0.0).scale == 1
    with pytest.raises(ValueError, match="high must be in"):
        quantise.calibrated(1.0, 0.0)


def test_calibration_sees_what_flows_into_each_layer():
    net = nets.dense(30, 12, 3)
    hidden = torch.relu(net[0](torch.tensor(X)))
    found = quantise.ranges(net, X)
    assert found == {"0": (X.min(), X.max()), "2": (hidden.min().item(), hidden.max().item())}


@pytest.mark.parametrize("per_channel", [True, False])
def test_a_linear_layer_is_torchs_quantised_arithmetic(per_channel):
    layer = nn.Linear(30, 8)
    coded = quantise.quantise(nn.Sequential(layer), X, per_channel=per_channel)[0]
    flow = quantise.calibrated(float(X.min()), float(X.max()))
    faked = torch.fake_quantize_per_tensor_affine(torch.tensor(X), flow.scale, flow.zero, -128, 127)
    weight = torch.dequantize(
        torch.quantize_per_channel(layer.weight.detach(), coded.scale, torch.zeros(8), 0, torch.qint8)
        if per_channel
        else torch.quantize_per_tensor(layer.weight.detach(), coded.scale.item(), 0, torch.qint8)
    )
    expected = functional.linear(faked.double(), weight.double(), layer.bias.detach().double())
    step = float(flow.scale * coded.scale.max()) * 128  # of one code that a tie may move
    np.testing.assert_allclose(coded(torch.tensor(X)), expected, atol=step)
    assert np.median(abs(coded(torch.tensor(X)).numpy() - expected.numpy())) < 1e-4


@pytest.mark.parametrize("laid", [{}, {"stride": 2}, {"dilation": 2}, {"groups": 2}], ids=str)
def test_a_convolution_is_torchs_quantised_arithmetic(laid):
    layer = nn.Conv2d(2, 4, 3, padding=1, **laid)
    images = torch.tensor(RNG.normal(size=(6, 2, 7, 7)) + 1).float()
    coded = quantise.quantise(nn.Sequential(layer), images)[0]
    flow = quantise.calibrated(images.min().item(), images.max().item())
    faked = torch.fake_quantize_per_tensor_affine(images, flow.scale, flow.zero, -128, 127)
    weight = torch.quantize_per_channel(layer.weight.detach(), coded.scale, torch.zeros(4), 0, torch.qint8)
    expected = functional.conv2d(faked, weight.dequantize(), layer.bias, padding=1, **laid)
    assert (coded(images) - expected).abs().median() < 1e-4
    assert (coded(images) - expected).abs().max() < 0.05


def test_weights_alone_are_coded_without_rows():
    net = nets.dense(30, 12, 3)
    coded = quantise.quantise(net, bits=4)
    by_hand = nets.holding(net, torch.nn.utils.parameters_to_vector(net.parameters()).detach())
    with torch.no_grad():
        for i in (0, 2):
            codes, scale = quantise.whole(net[i].weight, bits=4)
            by_hand[i].weight.copy_(codes * scale[:, None])
    np.testing.assert_allclose(nets.outputs(coded, X), nets.outputs(by_hand, X), atol=1e-5)


@pytest.mark.parametrize("rows", [None, X])
def test_the_state_is_int8_and_reads_back_bit_for_bit(rows):
    net = nets.dense(30, 12, 3)
    coded = quantise.quantise(net, rows)
    file = io.BytesIO()
    torch.save(coded.state_dict(), file)
    file.seek(0)
    state = torch.load(file, weights_only=True)
    assert [state[f"{i}.weight"].dtype for i in (0, 2)] == [torch.int8] * 2
    again = quantise.quantise(nets.dense(30, 12, 3, seed=9), rows)
    again.load_state_dict(state)
    np.testing.assert_array_equal(nets.outputs(again, X), nets.outputs(coded, X))


def test_a_large_layer_needs_about_a_quarter_of_the_bytes():
    net = nets.dense(784, 100, 10)
    small = quantise.quantise(net)
    assert 3.9 < measure.bytes_in_memory(net) / measure.bytes_in_memory(small) < 4


def test_bits_out_of_range_are_refused():
    with pytest.raises(ValueError, match=r"bits must be in 2\.\.8, got 9"):
        quantise.whole(WEIGHT, bits=9)


def test_nothing_here_warns():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        quantise.quantise(nets.dense(30, 12, 3), X)(torch.tensor(X))
