"""Nuclei: an atlas of synthetic ones, each of its own shape, chromatin and sharpness, and how they are laid on a patch."""

from __future__ import annotations

from enum import IntEnum
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    from hpscan.phantom.brushes import Field, Values

REACH = 21
"""Pixels from a nucleus' centre to the border of its picture in the atlas."""

_TURNS = 16
"""Directions of the long axis over half a turn in which each kind is drawn."""

_VARIANTS = 10
"""Nuclei of one kind in one direction."""

_SOFT = (0.5, 0.5, 0.6, 0.7, 0.7, 0.9, 1.0, 1.4, 2.2, 3.2)
"""Blur of the variants, in pixels: a section is thicker than the focus is deep, so some lie out of it."""


class Kind(IntEnum):
    """What a nucleus looks like."""

    OVAL = 0
    ROUND = 1
    SPINDLE = 2
    SMUDGED = 3


_AXES = {
    Kind.OVAL: ((10.0, 15.0), (6.0, 9.5)),
    Kind.ROUND: ((8.0, 13.0), (7.5, 11.5)),
    Kind.SPINDLE: ((11.0, 17.0), (2.6, 5.0)),
    Kind.SMUDGED: ((6.0, 13.0), (4.0, 8.0)),
}
"""Half lengths and half widths, in pixels."""

_INK = {
    Kind.OVAL: (0.08, 0.26),
    Kind.ROUND: (0.06, 0.24),
    Kind.SPINDLE: (0.08, 0.28),
    Kind.SMUDGED: (0.10, 0.34),
}
"""Optical density, from palest to darkest."""


@cache
def _atlas() -> NDArray[np.float32]:
    """Optical density of (kind, turn, variant, K * K); always the same."""
    rng = np.random.default_rng(71)
    side = 2 * REACH + 1
    shape = (len(Kind), _TURNS, _VARIANTS)
    long, wide, ink = (np.empty(shape) for _ in range(3))
    for kind in Kind:
        for values, (low, high) in ((long, _AXES[kind][0]), (wide, _AXES[kind][1]), (ink, _INK[kind])):
            values[kind] = rng.uniform(low, high, shape[1:])
    angle = (np.arange(_TURNS)[None, :, None] + rng.uniform(0, 1, shape)) * (np.pi / _TURNS)

    def traits(values: NDArray[np.float64]) -> NDArray[np.float32]:
        return values[..., None, None].astype(np.float32)

    at = np.arange(-REACH, REACH + 1, dtype=np.float32)
    cos, sin = traits(np.cos(angle)), traits(np.sin(angle))
    u, v = at * cos + at[:, None] * sin, at[:, None] * cos - at * sin
    # A bent axis and uneven radii: no nucleus is an ellipse.
    v = v + traits(rng.normal(0, 0.008, shape)) * (u * u - 40)
    turn = np.arctan2(v / traits(wide), u / traits(long))
    uneven = np.ones_like(turn)
    for k, size in ((1, 0.04), (2, 0.045), (3, 0.04), (4, 0.025), (5, 0.015), (7, 0.01)):
        uneven += traits(rng.normal(0, size, shape)) * np.cos(k * turn + traits(rng.uniform(0, 2 * np.pi, shape)))
    blunt = traits(rng.uniform(2.0, 2.8, shape))  # ends are rounder than an ellipse's
    e = (np.abs(u / traits(long)) ** blunt + np.abs(v / traits(wide)) ** blunt) ** (1 / blunt) / np.maximum(uneven, 0.5)
    inside = np.clip((1 - e) * traits(wide) / 1.3 + 0.5, 0, 1)
    # Chromatin: clumps and clear spots, a rim, a slope of darkness from one end to the other.
    clumps = rng.standard_normal((*shape, side, side), dtype=np.float32)
    fine = ndimage.gaussian_filter(clumps, (0, 0, 0, 0.8, 0.8), truncate=2.5)
    coarse = ndimage.gaussian_filter(clumps, (0, 0, 0, 2.2, 2.2), truncate=2.5)
    rim = traits(0.35 * rng.random(shape) ** 2) * np.exp(-(((e - 0.9) * traits(wide) / 1.5) ** 2))
    slope = traits(rng.normal(0, 0.016, shape)) * u + traits(rng.normal(0, 0.016, shape)) * v
    tone = (
        0.9 + rim + slope + traits(rng.uniform(0.1, 0.5, shape)) * fine + traits(rng.uniform(0.2, 1.0, shape)) * coarse
    )
    nuclei = inside * np.clip(tone, 0.3, 1.9) * traits(ink)
    nuclei += traits(0.12 * ink) * np.exp(-np.maximum(e - 1, 0) * 5)  # the cytoplasm near it is a little darker
    for variant, soft in enumerate(_SOFT):
        blur = (0, 0, soft, soft)
        nuclei[:, :, variant] = ndimage.gaussian_filter(nuclei[:, :, variant], blur, truncate=2.5, mode="constant")
    edge = np.clip((REACH + 0.5 - np.maximum(np.abs(at), np.abs(at)[:, None])) / 3, 0, 1)
    atlas: NDArray[np.float32] = np.asarray(nuclei * edge, dtype=np.float32).reshape(*shape, side * side)
    atlas.flags.writeable = False
    return atlas


def lay_nuclei(
    rng: Generator, size: int, y: Values, x: Values, angle: Values, kind: NDArray[np.intp], strength: Values
) -> Field:
    """Optical density, (size, size), of nuclei with their centres at (y, x).

    Where nuclei overlap it is little darker than the darkest of them (the fourth root of the sum of fourth powers):
    a section is hardly thicker than a nucleus, so two rarely lie on top of each other whole.

    Args:
        rng: Where chance comes from: which pictures are taken.
        size: Height and width of the patch, in pixels.
        y: Centres, (n,), in pixels, within the patch.
        x: Likewise.
        angle: Direction of the long axis, (n,), in radians, in the sense of `stamps`.
        kind: (n,), each a `Kind`.
        strength: (n,), what the picture's density is multiplied with.
    """
    if not len(y):
        return np.zeros((size, size), np.float32)
    turn = np.floor(angle * np.float32(_TURNS / np.pi)).astype(np.intp) % _TURNS
    # From the sharpest variant to the softest; in some patches most nuclei are sharp, in some most are smudged.
    softness = rng.random(len(y)) ** np.exp(rng.normal(0, 0.6))
    picture = _atlas()[kind, turn, (softness * _VARIANTS).astype(np.intp)]
    picture *= strength[:, None]
    picture *= picture
    picture *= picture
    wide = size + 2 * REACH
    rows, columns = (np.clip(a, 0, size - 1).astype(np.intp) for a in (y, x))
    steps = np.arange(2 * REACH + 1)
    stamp = (steps[:, None] * wide + steps).ravel()
    index = (rows * wide + columns)[:, None] + stamp
    flat = np.bincount(index.ravel(), weights=picture.ravel(), minlength=wide * wide)
    powers = flat.reshape(wide, wide)[REACH:-REACH, REACH:-REACH].astype(np.float32)
    ink: Field = np.sqrt(np.sqrt(powers))
    return ink
