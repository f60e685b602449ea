"""Short curved rods in brown, single and in clumps, and the mask of where they lie.

Sizes are those of *H. pylori* in the real patches: 8 to 14 pixels long, 2 to 4 thick.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hpscan.phantom.fields import places, stamps, texture, uniform

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    from hpscan.phantom.fields import Field, Values

LENGTH = (8.0, 14.0)
THICKNESS = (2.0, 4.0)
"""Pixels, from end to end and across, at half of the stain."""

BEND = 0.2
"""Most that a rod's middle leaves the line between its ends, as a share of its length."""

STRONG = (0.55, 1.5)
FAINT = (0.2, 0.5)
"""Optical density of one rod: as usually stained, and as in the positives that are easily missed."""

SATURATION = 1.9
"""Optical density that a pile of rods approaches."""

CLUMP_RODS = 6
"""From this number on, rods gather in clumps."""

MARGIN = 8
"""Pixels from the border within which no rod's centre lies, so that every rod can be seen."""

_REACH = 10


@dataclass(frozen=True, slots=True, eq=False)
class Bacteria:
    """Bacteria on one patch.

    Attributes:
        dab: (H, W) float32, optical density of the brown stain.
        mask: (H, W) bool, true on the bodies.
    """

    dab: Field
    mask: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Rods:
    """n rods, each array (n,) float32.

    Attributes:
        y: Centres, in pixels.
        x: Centres, in pixels.
        angle: Direction of the long axis, in radians.
        length: From end to end along the axis, in pixels.
        thickness: Across, in pixels.
        bend: How far the middle leaves the line between the ends, in pixels; either sign.
        density: Optical density of the stain.
        edge: How soft the outline is, in pixels; out of focus it is softer.
    """

    y: Values
    x: Values
    angle: Values
    length: Values
    thickness: Values
    bend: Values
    density: Values
    edge: Values


def draw_rods(rods: Rods, size: int) -> Bacteria:
    """These rods on an empty patch, `size` pixels high and wide."""
    if not len(rods.y):
        return Bacteria(np.zeros((size, size), np.float32), np.zeros((size, size), np.bool_))
    at = stamps(rods.y, rods.x, rods.angle, reach=_REACH, size=size)
    length, thickness, bend, density, edge = (
        a[:, None, None] for a in (rods.length, rods.thickness, rods.bend, rods.density, rods.edge)
    )
    chord = length * (1 - 8 / 3 * (bend / length) ** 2)  # a parabola of this chord is `length` long
    half = chord / 2
    bow = bend * (1 - 3 * (at.u / half) ** 2) / 3  # the rod's axis, mean 0 along the chord
    slope = -2 * bend * at.u / half**2
    across = (at.v - bow) / np.sqrt(1 + np.minimum(slope**2, 4))
    along = np.maximum(np.abs(at.u) - (half - thickness / 2), 0)
    body = np.clip((thickness / 2 - np.hypot(across, along)) / edge + 0.5, 0, 1)
    pile = at.total(body * density)
    dab = (SATURATION * -np.expm1(pile / -SATURATION)).astype(np.float32)
    return Bacteria(dab, at.largest(body) >= 0.5)


def scatter(rng: Generator, habitat: Field, n_rods: int, *, faint: bool = False) -> Bacteria:
    """Rods where bacteria live: a few lie singly, many gather in clumps.

    Args:
        rng: Where chance comes from.
        habitat: (H, W) with H = W, >= 0: how gladly bacteria live there.
        n_rods: How many rods to draw.
        faint: Whether they are pale and thin.
    """
    size = habitat.shape[0]
    y, x, angle, centres = _gather(rng, habitat, n_rods)
    length = uniform(rng, *LENGTH, n_rods)
    thickness = uniform(rng, THICKNESS[0], THICKNESS[1] if not faint else 3.0, n_rods)
    bend = length * uniform(rng, -BEND, BEND, n_rods)
    # Rods of one patch took up about the same amount of stain.
    low, high = FAINT if faint else STRONG
    middle = rng.uniform(low, high)
    density = np.clip(middle * uniform(rng, 0.7, 1.35, n_rods), low, high).astype(np.float32)
    edge = uniform(rng, 0.7, 2.0, n_rods)
    drawn = draw_rods(Rods(y, x, angle, length, thickness, bend, density, edge), size)
    if not len(centres[0]):
        return drawn
    return Bacteria(drawn.dab + _haze(rng, *centres, habitat) * np.float32(middle), drawn.mask)


def _haze(rng: Generator, y: Values, x: Values, habitat: Field) -> Field:
    """The uneven brown of stained mucus and of rods out of focus, within clumps at the points (y, x)."""
    n, size = len(y), habitat.shape[0]
    at = stamps(y, x, uniform(rng, 0, np.pi, n), reach=24, size=size)
    long, short = uniform(rng, 7, 12, n)[:, None, None], uniform(rng, 3, 6, n)[:, None, None]
    cloud = at.largest(np.exp(-((at.u / long) ** 2 + (at.v / short) ** 2) / 2))
    shreds = np.clip(0.4 + 0.6 * texture(rng, habitat.shape, 3.0), 0, 2)
    haze: Field = cloud * shreds * np.float32(rng.uniform(0, 0.5))
    return haze


def _gather(rng: Generator, habitat: Field, n: int) -> tuple[Values, Values, Values, tuple[Values, Values]]:
    """Centres and directions of n rods, (n,) each, and the centres (y, x) of the clumps."""
    size = habitat.shape[0]
    y, x = places(rng, habitat, n, margin=MARGIN)
    angle = uniform(rng, 0, np.pi, n)
    if n < CLUMP_RODS:
        return y, x, angle, (y[:0], x[:0])
    n_clumps = 1 + int(rng.poisson(n / 25))
    in_clump = rng.random(n) < rng.uniform(0.4, 0.9)
    clump = rng.integers(n_clumps, size=n)
    centre_y, centre_x = places(rng, habitat, n_clumps, margin=MARGIN)
    direction = uniform(rng, 0, np.pi, n_clumps)
    # Clumps are drawn out, as mucus is; their members point every way, with some preference.
    far, near = uniform(rng, 8, 26, n_clumps)[clump], uniform(rng, 3, 7, n_clumps)[clump]
    u, v = rng.normal(0, far), rng.normal(0, near)
    cos, sin = np.cos(direction[clump]), np.sin(direction[clump])
    wanted_y = centre_y[clump] + u * sin + v * cos
    wanted_x = centre_x[clump] + u * cos - v * sin
    rows, columns = (np.clip(a, 0, size - 1).astype(np.intp) for a in (wanted_y, wanted_x))
    inside = (np.minimum(wanted_y, wanted_x) >= MARGIN) & (np.maximum(wanted_y, wanted_x) < size - MARGIN)
    moved = in_clump & inside & (habitat[rows, columns] > 0.02 * habitat.max())
    angle = np.where(moved, direction[clump] + rng.normal(0, 0.8, n), angle)
    return (
        np.where(moved, wanted_y, y).astype(np.float32),
        np.where(moved, wanted_x, x).astype(np.float32),
        angle.astype(np.float32),
        (centre_y, centre_x),
    )
