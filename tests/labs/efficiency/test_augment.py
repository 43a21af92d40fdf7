"""Augmentation beside NumPy and torch's own functions, picture by picture."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: pip install -c constraints.txt torch")
from torch.nn import functional  # noqa: E402

from parti_edu.labs.efficiency.augment import Augment, brighten, crop, flip, rotate, shift  # noqa: E402

TIGHT = {"rtol": 0, "atol": 1e-12}  # float64, a few sums and products


@pytest.fixture(scope="module")
def pictures():
    """Six pictures of noise, (6, 28, 28) in float64: no two pixels are alike."""
    return torch.rand(6, 28, 28, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def rolled(picture, down, across):
    """A shift by np.roll, with what came round the edge blackened."""
    out = np.roll(picture.numpy(), (down, across), (0, 1))
    rows, columns = np.indices(out.shape)
    h, w = out.shape
    gone = (rows < down) | (rows >= h + down) | (columns < across) | (columns >= w + across)
    return np.where(gone, 0, out)


def turned(pictures, degrees):
    """A rotation by torch's affine_grid and grid_sample."""
    angle = torch.deg2rad(degrees)
    none = torch.zeros_like(angle)
    rows = [
        torch.stack([angle.cos(), -angle.sin(), none], 1),
        torch.stack([angle.sin(), angle.cos(), none], 1),
    ]
    grid = functional.affine_grid(torch.stack(rows, 1), (len(pictures), 1, 28, 28), align_corners=True)
    return functional.grid_sample(pictures[:, None], grid, align_corners=True)[:, 0]


def test_shift_is_a_roll_that_does_not_come_round(pictures):
    down, across = [0, 3, -2, 27, -5, 40], [0, -1, 4, 0, -28, 1]
    out = shift(pictures, torch.tensor(down), torch.tensor(across))
    for one, picture, *by in zip(out, pictures, down, across, strict=True):
        np.testing.assert_array_equal(one, rolled(picture, *by))


def test_flip_mirrors_those_that_are_asked_for(pictures):
    which = torch.tensor([True, False, True, False, False, True])
    out = flip(pictures, which)
    assert torch.equal(out[which], torch.flip(pictures[which], (2,)))
    assert torch.equal(out[~which], pictures[~which])


def test_rotate_is_torchs_affine_grid(pictures):
    degrees = torch.tensor([0.0, 7.3, -30.1, 90.0, 180.0, 45.0], dtype=torch.float64)
    np.testing.assert_allclose(rotate(pictures, degrees), turned(pictures, degrees), **TIGHT)


def test_a_quarter_turn_is_counter_clockwise(pictures):
    np.testing.assert_allclose(rotate(pictures, 90.0), torch.rot90(pictures, 1, (1, 2)), **TIGHT)


def test_crop_is_torchs_bilinear_enlargement_of_the_window(pictures):
    top, left = [0, 1, 2, 3, 4, 8], [8, 0, 3, 2, 7, 8]
    out = crop(pictures, torch.tensor(top), torch.tensor(left), 20)
    for one, picture, t, l in zip(out, pictures, top, left, strict=True):
        window = picture[None, None, t : t + 20, l : l + 20]
        wanted = functional.interpolate(window, size=28, mode="bilinear", align_corners=False)
        np.testing.assert_allclose(one, wanted[0, 0], **TIGHT)


def test_brighten_multiplies_and_stays_white(pictures):
    factor = np.array([0, 0.5, 1, 1.5, 3, 10])
    out = brighten(pictures, torch.from_numpy(factor))
    np.testing.assert_allclose(out, np.clip(pictures.numpy() * factor[:, None, None], 0, 1), **TIGHT)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_one_setting_for_all_is_that_for_each_and_keeps_the_type(pictures, dtype):
    X, six = pictures.to(dtype), torch.ones(6, dtype=int)
    for whole, each in (
        (shift(X, 2, -3), shift(X, 2 * six, -3 * six)),
        (flip(X, True), flip(X, six > 0)),
        (rotate(X, 20.0), rotate(X, 20.0 * six)),
        (crop(X, 1, 2, 20), crop(X, 1 * six, 2 * six, 20)),
        (brighten(X, 0.7), brighten(X, 0.7 * six)),
    ):
        torch.testing.assert_close(whole, each)
        assert whole.dtype == each.dtype == dtype


def draws(seed):
    return torch.Generator().manual_seed(seed)


def test_augment_is_seeded_new_each_time_and_leaves_its_input(pictures):
    before, every = pictures.clone(), Augment(shift=2, flip=0.5, degrees=10, brightness=0.3, zoom=4)
    generator = draws(1)
    first, second = every(pictures, generator), every(pictures, generator)
    assert torch.equal(first, every(pictures, draws(1)))
    assert not torch.equal(first, second)
    assert not torch.equal(first, every(pictures, draws(2)))
    assert torch.equal(pictures, before)
    assert first.shape == pictures.shape
    assert 0 <= first.min() <= first.max() <= 1


def test_augment_shifts_each_way_up_to_its_most_and_no_further(pictures):
    out = Augment(shift=1)(pictures[:1].expand(300, -1, -1), draws(0))
    moves = {
        (down, across): torch.from_numpy(rolled(pictures[0], down, across))
        for down in (-1, 0, 1)
        for across in (-1, 0, 1)
    }
    found = [next(move for move, wanted in moves.items() if torch.equal(one, wanted)) for one in out]
    assert set(found) == set(moves)


def test_augment_flips_its_share(pictures):
    out = Augment(flip=0.25)(pictures[:1].expand(1000, -1, -1), draws(0))
    mirrored = (out == pictures[0].flip(1)).all(-1).all(-1)
    assert torch.equal(out[~mirrored], pictures[:1].expand(int((~mirrored).sum()), -1, -1))
    assert abs(mirrored.double().mean() - 0.25) < 4 * (0.25 * 0.75 / 1000) ** 0.5  # four deviations


def test_augment_turns_lights_and_zooms_within_its_bounds():
    white = torch.full((400, 28, 28), 0.5)
    light = Augment(brightness=0.4)(white, draws(0))[:, 0, 0] / 0.5
    assert 0.6 - 1e-6 <= light.min() < 0.62
    assert 1.38 < light.max() <= 1.4 + 1e-6
    ramp = (torch.arange(28.0) / 28)[:, None].expand(28, 28)[None].expand(400, -1, -1)
    top = (Augment(zoom=4)(ramp, draws(0))[:, 0, 0] * 28).round(decimals=3)
    assert set(top.tolist()) == {0.0, 1.0, 2.0, 3.0, 4.0}
    dot = torch.zeros(400, 29, 29)
    dot[:, 14, 28] = 1.0  # at the right, on the middle's height: it rises by 14·sin(turn)
    where = Augment(degrees=10)(dot, draws(0)).flatten(1).argmax(1) // 29
    assert set(where.tolist()) == set(range(12, 17))


def test_nothing_asked_for_changes_nothing(pictures):
    assert Augment()(pictures, draws(0)) is pictures


@pytest.mark.parametrize(
    ("error", "words", "change"),
    [
        (
            TypeError,
            "pictures must be a tensor of fractions, got torch.uint8",
            lambda X: flip((X * 255).byte(), True),
        ),
        (TypeError, "pictures must be a tensor of fractions, got float64", lambda X: rotate(X.numpy(), 3)),
        (ValueError, r"pictures must have shape \(n, h, w\), got \(28, 28\)", lambda X: shift(X[0], 1, 1)),
        (
            ValueError,
            r"down must be one number or have shape \(6,\), got \(5,\)",
            lambda X: shift(X, torch.ones(5), 0),
        ),
        (ValueError, "pictures must be square, got 28 × 20", lambda X: crop(X[:, :, :20], 0, 0, 9)),
        (ValueError, r"size must be in 1..28 \(pixels a side\), got 29", lambda X: crop(X, 0, 0, 29)),
        (ValueError, r"left must be in 0..8, got \[9\]", lambda X: crop(X, 0, 9, 20)),
        (ValueError, r"top must be in 0..8, got \[-1\]", lambda X: crop(X, -1, 0, 20)),
        (ValueError, "factor must be at least 0, got -1", lambda X: brighten(X, -1)),
        (ValueError, "flip must be in", lambda X: Augment(flip=1.1)),
        (TypeError, "shift must be a whole number, got 0.5", lambda X: Augment(shift=0.5)),
        (ValueError, "shift must be at least 0, got -1", lambda X: Augment(shift=-1)),
        (ValueError, "degrees must be in", lambda X: Augment(degrees=-1)),
        (ValueError, "brightness must be in", lambda X: Augment(brightness=2)),
        (ValueError, "zoom must be at least 0", lambda X: Augment(zoom=-1)),
    ],
)
def test_bad_input_is_told(pictures, error, words, change):
    with pytest.raises(error, match=words):
        change(pictures)
