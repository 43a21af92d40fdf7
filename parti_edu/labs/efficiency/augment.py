"""Augmentation: seeded changes of a picture that leave its class as it is, as tensor operations.

Pictures are tensors (n, h, w) of numbers in [0, 1], 0 for black. A setting is one for each picture, (n,),
or one for all. Outside of a picture all is black.
"""

from dataclasses import dataclass

import torch

from ... import checks


def shift(pictures, down, across):
    """Move each picture by whole pixels; nothing comes in again on the other side.

        out[i, r, c] = in[i, r − down_i, c − across_i]

    Args:
        pictures: (n, h, w).
        down, across: whole numbers, negative for up and left.

    Raises:
        ValueError, TypeError: if pictures have not three axes or are no fractions, or the settings are not
            one a picture.

    >>> shift(torch.tensor([[[0.1, 0.2], [0.3, 0.4]]]), down=0, across=1)
    tensor([[[0.0000, 0.1000],
             [0.0000, 0.3000]]])
    """
    rows, columns = _places(pictures)
    rows = rows - _each("down", down, pictures)
    columns = columns - _each("across", across, pictures)
    return _taken(pictures, rows.long(), columns.long())


def crop(pictures, top, left, size):
    """Cut a square window out of each square picture, and enlarge it to the picture's size.

        out[i, r, c] = in at row top_i + (r + ½)·size/h − ½, kept within the window; columns likewise

    Between pixels the value is bilinear, as in `torch.nn.functional.interpolate`.

    Args:
        pictures: (n, h, h).
        top, left: of the window's first pixel, in 0 … h − size.
        size: pixels a side, in 1 … h.

    Raises:
        ValueError, TypeError: as `shift`; if a picture is not square, or a window leaves it.
    """
    rows, columns = _places(pictures)
    h, w = pictures.shape[1:]
    if h != w:
        raise ValueError(f"pictures must be square, got {h} × {w}")
    checks.count("size", size, 1, h, "pixels a side")
    corners = _each("top", top, pictures), _each("left", left, pictures)
    for name, corner in zip(("top", "left"), corners, strict=True):
        if len(corner) and not 0 <= corner.min() <= corner.max() <= h - size:
            raise ValueError(f"{name} must be in 0..{h - size}, got {corner.flatten().tolist()}")
    inside = [((at.to(pictures.dtype) + 0.5) * size / h - 0.5).clamp(0, size - 1) for at in (rows, columns)]
    return _between(pictures, inside[0] + corners[0], inside[1] + corners[1])


def flip(pictures, which):
    """Mirror some pictures, left for right.

        out[i, r, c] = in[i, r, w − 1 − c] where which_i

    Args:
        pictures: (n, h, w). which: truth values.

    Raises:
        ValueError, TypeError: as `shift`.
    """
    _places(pictures)
    return torch.where(_each("which", which, pictures).bool(), pictures.flip(-1), pictures)


def rotate(pictures, degrees):
    """Turn each picture about its middle, counter-clockwise.

        out[i, r, c] = in at the point that lies at (r, c) after the turn, bilinear between pixels

    Args:
        pictures: (n, h, w). degrees: of the turn; negative for clockwise.

    Raises:
        ValueError, TypeError: as `shift`.
    """
    rows, columns = _places(pictures)
    h, w = pictures.shape[1:]
    rows, columns = rows - (h - 1) / 2, columns - (w - 1) / 2
    angle = torch.deg2rad(_each("degrees", degrees, pictures).to(pictures.dtype))
    down = rows * angle.cos() + columns * angle.sin()
    across = columns * angle.cos() - rows * angle.sin()
    return _between(pictures, down + (h - 1) / 2, across + (w - 1) / 2)


def brighten(pictures, factor):
    """Multiply the light; what would be more than white stays white.

        out = min(1, factor_i · in)

    Args:
        pictures: (n, h, w). factor: at least 0.

    Raises:
        ValueError, TypeError: as `shift`; if a factor is below 0.
    """
    _places(pictures)
    factor = _each("factor", factor, pictures)
    if (factor < 0).any():
        raise ValueError(f"factor must be at least 0, got {factor.min():g}")
    return (pictures * factor).clamp(max=1).to(pictures.dtype)


@dataclass(frozen=True)
class Augment:
    """Random changes, new ones at each call, and the same ones for a generator of the same seed.

    Args:
        shift: pixels that a picture moves at most, each way.
        flip: the share that is mirrored, in [0, 1].
        degrees: of the largest turn, each way.
        brightness: the light is multiplied by a number in [1 − brightness, 1 + brightness], in [0, 1].
        zoom: pixels that the window of a crop is smaller than the picture.

    Raises:
        ValueError, TypeError: if an argument breaks its rule.

    Shorten & Khoshgoftaar 2019, A survey on image data augmentation (from memory).

    >>> blank = torch.zeros(5, 28, 28)
    >>> Augment(shift=1, flip=0.5)(blank, torch.Generator().manual_seed(0)).shape
    torch.Size([5, 28, 28])
    """

    shift: int = 0
    flip: float = 0.0
    degrees: float = 0.0
    brightness: float = 0.0
    zoom: int = 0

    def __post_init__(self):
        checks.count("shift", self.shift, 0)
        checks.number("flip", self.flip, 0, 1)
        checks.number("degrees", self.degrees, 0, 180)
        checks.number("brightness", self.brightness, 0, 1)
        checks.count("zoom", self.zoom, 0)

    def __call__(self, pictures, draws):
        """Changed copies of pictures (n, h, w).

        draws: a torch.Generator of the processor, so that a graphics card sees the same changes.
        """

        def uniform(low, high):
            return low + (high - low) * torch.rand(len(pictures), generator=draws)

        def whole(most, least=0):
            return torch.randint(least, most + 1, (len(pictures),), generator=draws)

        if self.zoom:
            top, left = whole(self.zoom), whole(self.zoom)
            pictures = crop(pictures, top, left, pictures.shape[-1] - self.zoom)
        if self.degrees:
            pictures = rotate(pictures, uniform(-self.degrees, self.degrees))
        if self.shift:
            pictures = shift(pictures, whole(self.shift, -self.shift), whole(self.shift, -self.shift))
        if self.flip:
            pictures = flip(pictures, uniform(0, 1) < self.flip)
        if self.brightness:
            pictures = brighten(pictures, uniform(1 - self.brightness, 1 + self.brightness))
        return pictures


def _places(pictures):
    """Row numbers (1, h, 1) and column numbers (1, 1, w)."""
    if not isinstance(pictures, torch.Tensor) or not pictures.is_floating_point():
        kind = getattr(pictures, "dtype", type(pictures).__name__)
        raise TypeError(f"pictures must be a tensor of fractions, got {kind}")
    if pictures.ndim != 3:
        raise ValueError(f"pictures must have shape (n, h, w), got {tuple(pictures.shape)}")
    rows, columns = (torch.arange(n, device=pictures.device) for n in pictures.shape[1:])
    return rows[None, :, None], columns[None, None, :]


def _each(name, setting, pictures):
    """A setting as (n, 1, 1), or (1, 1, 1) where it is one for all, on the pictures' device."""
    setting, n = torch.as_tensor(setting, device=pictures.device), len(pictures)
    if setting.shape not in ((), (n,)):
        raise ValueError(f"{name} must be one number or have shape ({n},), got {tuple(setting.shape)}")
    return setting.reshape(-1, 1, 1)


def _taken(pictures, rows, columns):
    """The pixels at whole rows and columns, (n, h, w) after broadcasting; black outside."""
    n, h, w = pictures.shape
    inside = (rows >= 0) & (rows < h) & (columns >= 0) & (columns < w)
    i = torch.arange(n, device=pictures.device)[:, None, None]
    return torch.where(inside, pictures[i, rows.clamp(0, h - 1), columns.clamp(0, w - 1)], 0)


def _between(pictures, rows, columns):
    """The light at rows and columns that lie between pixels: each of the four around counts by nearness."""
    top, left = rows.floor(), columns.floor()
    below, right = rows - top, columns - left
    light = torch.zeros((), dtype=pictures.dtype, device=pictures.device)
    for down, by_row in ((0, 1 - below), (1, below)):
        for across, by_column in ((0, 1 - right), (1, right)):
            light = light + by_row * by_column * _taken(pictures, top.long() + down, left.long() + across)
    return light
