"""What training varies about patches, on the device: position, stain, light, sharpness.

Chance is drawn on the CPU from a seeded generator, so that every device sees the same variations.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn import functional

if TYPE_CHECKING:
    from torch import Generator, Tensor

_STAINS = ((0.650, 0.704, 0.286), (0.268, 0.570, 0.776), (0.711, 0.423, 0.562))
"""Optical density of hematoxylin, DAB and a residual in R, G, B (Ruifrok & Johnston 2001)."""

_DARKEST = 1 / 255
SYMMETRIES = 8
"""Flips and quarter turns of a square, the identity first."""

VIEWS = (0, 1, 4, 5, 2, 3, 6, 7)
"""The positions in the order in which scoring takes them: those that keep width and height first."""


def symmetry(x: Tensor, number: int) -> Tensor:
    """The images (B, C, H, W) in one of the eight positions; the identity is 0, a mirror image 1."""
    turned = torch.rot90(x, number // 2, (2, 3))
    return turned.flip(3) if number % 2 else turned


def shuffle_positions(x: Tensor, chance: Generator) -> Tensor:
    """Each image, (B, C, S, S), flipped and turned at random; where images are not square, by half turns only."""
    square = x.shape[2] == x.shape[3]
    position = torch.randint(SYMMETRIES, (len(x),), generator=chance)
    if not square:
        position = position // 4 * 4 + position % 2
    return torch.stack([symmetry(image[None], int(number))[0] for image, number in zip(x, position, strict=True)])


def vary_stain(x: Tensor, amount: float, chance: Generator) -> Tensor:
    """Each image, (B, 3, H, W) of 0..1, each stain (hematoxylin, DAB, residual) stronger or weaker by up to `amount`."""
    if not amount:
        return x
    stains = torch.tensor(_STAINS)
    factor = 1 + amount * (2 * torch.rand(len(x), 3, generator=chance) - 1)
    mixed = torch.linalg.inv(stains) @ torch.diag_embed(factor) @ stains  # (B, 3, 3): density in, density out
    density = -torch.log(x.clamp_min(_DARKEST))
    varied = torch.einsum("bchw,bcd->bdhw", density, mixed.to(x))
    return torch.exp(-varied).clamp(0, 1)


def vary_light(x: Tensor, amount: float, chance: Generator) -> Tensor:
    """Each image brighter or darker by up to `amount`, and each channel by up to a third of it."""
    if not amount:
        return x
    whole, channel = torch.rand(len(x), 1, generator=chance), torch.rand(len(x), 3, generator=chance)
    factor = (1 + amount * (2 * whole - 1)) * (1 + amount / 3 * (2 * channel - 1))
    return (x * factor.to(x)[:, :, None, None]).clamp(0, 1)


def blur_some(x: Tensor, most: float, chance: Generator) -> Tensor:
    """A third of the images, (B, 3, H, W), out of focus by one sigma of up to `most` pixels."""
    sigma = most * float(torch.rand(1, generator=chance))
    some = torch.rand(len(x), generator=chance) < 1 / 3
    if sigma < 0.1 or not some.any():
        return x
    reach = int(3 * sigma) + 1
    place = torch.arange(-reach, reach + 1)
    bell = torch.exp(-0.5 * (place / sigma) ** 2)
    bell = (bell / bell.sum()).to(x).expand(x.shape[1], 1, -1)  # (C, 1, K)
    chosen = functional.pad(x[some], (reach, reach, reach, reach), mode="reflect")
    chosen = functional.conv2d(chosen, bell[:, :, None], groups=x.shape[1])
    blurred = x.clone()
    blurred[some] = functional.conv2d(chosen, bell[..., None], groups=x.shape[1])
    return blurred
