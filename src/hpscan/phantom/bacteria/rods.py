"""Short curved rods stained with DAB, single and in clumps, and the mask of where they lie.

Sizes are those of *H. pylori* in the real patches: 8 to 14 pixels long, 2 to 4 thick.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hpscan.phantom.bacteria.swarms import Swarm, gather
from hpscan.phantom.brushes import stamps, texture, uniform

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    from hpscan.phantom.brushes import Field, Values

LENGTH = (8.0, 14.0)
THICKNESS = (2.0, 4.0)
"""Pixels, from end to end and across, at half of the stain."""

BEND = 0.18
"""Most that a rod's middle leaves the line between its ends, as a proportion of its length."""

DOT_PROPORTION = 0.12
"""Proportion of the rods that are seen from their end, or are coccoid: about as long as thick."""

STRONG = (0.3, 1.2)
FAINT = (0.18, 0.45)
"""Amount of DAB in one rod, as optical density along it: as usually stained, and as in the positives that are easily
missed."""

SATURATION = 2.1
"""Amount of DAB that a pile of rods approaches."""

MASS_RODS = 14
"""From this number on, rods may merge into a dark mass."""

SOLID = 0.4
"""Amount of DAB in a mass from which it counts as bodies."""

_REACH = 10


@dataclass(frozen=True, slots=True, eq=False)
class Bacteria:
    """Bacteria on one patch.

    Attributes:
        dab: (H, W) float32, optical density of the brown stain.
        mask: (H, W) bool, true on the bodies, pale ones too.
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
        sway: How far the quarters of an S leave the line between the ends, in pixels; 0 is no S.
        knots: How unevenly the stain lies along the rod, 0 is even, 1 leaves gaps.
        phase: Where along the rod it is darker, in radians.
    """

    y: Values
    x: Values
    angle: Values
    length: Values
    thickness: Values
    bend: Values
    density: Values
    edge: Values
    sway: Values | None = None
    knots: Values | None = None
    phase: Values | None = None


def draw_rods(rods: Rods, size: int) -> Bacteria:
    """These rods on an empty patch, `size` pixels high and wide."""
    n = len(rods.y)
    if not n:
        return Bacteria(np.zeros((size, size), np.float32), np.zeros((size, size), np.bool_))
    at = stamps(rods.y, rods.x, rods.angle, reach=_REACH, size=size)
    nothing = np.zeros(n, np.float32)
    length, thickness, bend, density, edge, sway, knots, phase = (
        (nothing if a is None else a)[:, None, None]
        for a in (
            rods.length,
            rods.thickness,
            rods.bend,
            rods.density,
            rods.edge,
            rods.sway,
            rods.knots,
            rods.phase,
        )
    )
    wave = 2.6 * sway  # s - s^3 is largest at 1 / 2.6
    # A parabola, or an S, of this chord is about `length` long.
    chord = length * (1 - 8 / 3 * (bend / length) ** 2) / (1 + 1.6 * (wave / length) ** 2)
    half = chord / 2
    s = at.u / half
    s2 = s * s
    bow = bend * (1 - 3 * s2) / 3 + wave * s * (1 - s2)  # the rod's axis, mean 0 along the chord
    slope = (wave * (1 - 3 * s2) - 2 * bend * s) / half
    across = (at.v - bow) / np.sqrt(1 + np.minimum(slope * slope, 4))
    along = np.maximum(np.abs(at.u) - (half - thickness / 2), 0)
    body = np.clip((thickness / 2 - np.sqrt(across * across + along * along)) / edge + 0.5, 0, 1)
    stain = body * density
    if rods.knots is not None:
        stain *= 1 + knots * np.sin(at.u * 0.75 + phase)
    pile = at.total(stain)
    dab = (SATURATION * -np.expm1(pile / -SATURATION)).astype(np.float32)
    return Bacteria(dab, at.largest(body) >= 0.5)


def scatter(rng: Generator, habitat: Field, n_rods: int, *, faint: bool = False) -> Bacteria:
    """Rods where bacteria live: single, in pairs, in strings along the epithelium, in loose swarms and dense clumps.

    Args:
        rng: Where chance comes from.
        habitat: (H, W) with H = W, >= 0: how gladly bacteria live there.
        n_rods: How many rods to draw.
        faint: Whether they are pale and thin.
    """
    size, n = habitat.shape[0], n_rods
    swarm = gather(rng, habitat, n)
    length = uniform(rng, *LENGTH, n)
    thickness = uniform(rng, THICKNESS[0], THICKNESS[1] if not faint else 3.2, n)
    dot = rng.random(n) < DOT_PROPORTION
    length = np.where(dot, thickness * uniform(rng, 1.1, 1.9, n), length).astype(np.float32)
    bend = np.where(dot, 0, length * uniform(rng, -BEND, BEND, n)).astype(np.float32)
    sway = np.where(dot | (rng.random(n) < 0.6), 0, length * uniform(rng, -0.12, 0.12, n)).astype(np.float32)
    low, high = FAINT if faint else STRONG
    # Rods of one patch took up about the same amount of stain, but lie at their own depth.
    middle = float(np.exp(rng.uniform(np.log(low * 1.25), np.log(high * 0.75))))
    density = np.clip(middle * np.exp(rng.normal(0, 0.38, n)), low * 0.8, high * 1.1).astype(np.float32)
    # Most are in focus; the others are wider and paler, and hold as much stain.
    soft = rng.random(n) < rng.uniform(0.05, 0.5)
    edge = np.where(soft, uniform(rng, 2.5, 5.5, n), uniform(rng, 1.2, 2.8, n))
    knots, phase = uniform(rng, 0, 0.6, n), uniform(rng, 0, 2 * np.pi, n)
    rods = draw_rods(
        Rods(swarm.y, swarm.x, swarm.angle, length, thickness, bend, density, edge, sway, knots, phase), size
    )
    dab, mask = rods.dab, rods.mask
    if len(swarm.clump_y):
        dab += _haze(rng, swarm, habitat) * np.float32(middle)
        if n >= MASS_RODS and not faint and rng.random() < min(0.85, n / 60):
            mass = _mass(rng, swarm, habitat, strokes=2 + int(rng.integers(2 + n // 5)))
            dab = np.maximum(dab, mass) + np.float32(0.3) * np.minimum(dab, mass)
            mask |= mass > SOLID
    elif n and rng.random() < 0.3:
        dab += _veil(rng, swarm, size) * np.float32(middle)
    return Bacteria(dab, mask)


def _haze(rng: Generator, swarm: Swarm, habitat: Field) -> Field:
    """The uneven DAB of stained mucus and of rods out of focus, within clumps."""
    y, x, n, size = swarm.clump_y, swarm.clump_x, len(swarm.clump_y), habitat.shape[0]
    at = stamps(y, x, swarm.clump_angle, reach=26, size=size)
    long, short = uniform(rng, 8, 14, n)[:, None, None], uniform(rng, 3, 7, n)[:, None, None]
    cloud = at.largest(np.exp(-((at.u / long) ** 2 + (at.v / short) ** 2) / 2))
    shreds = np.clip(0.3 + 0.7 * texture(rng, habitat.shape, 3.0), 0, 2)
    haze: Field = cloud * shreds * np.float32(rng.uniform(0, 0.6))
    return haze


def _veil(rng: Generator, swarm: Swarm, size: int) -> Field:
    """A pale brown breath around single rods."""
    n = len(swarm.y)
    at = stamps(swarm.y, swarm.x, swarm.angle, reach=12, size=size)
    wide = uniform(rng, 2.5, 5, n)[:, None, None]
    return at.largest(np.exp(-((at.u / (1.6 * wide)) ** 2 + (at.v / wide) ** 2) / 2)) * np.float32(rng.uniform(0, 0.2))


def _mass(rng: Generator, swarm: Swarm, habitat: Field, *, strokes: int) -> Field:
    """Where rods lie so close that they merge: ragged, nearly black cores that thin out to brown.

    A mass is a few strokes that wander from a clump's centre, each a row of round touches of changing width.
    """
    touches = 11
    centre = np.where(rng.random(strokes) < 0.6, 0, rng.integers(len(swarm.clump_y), size=strokes))
    y0, x0, angle0 = (a[centre][:, None] for a in (swarm.clump_y, swarm.clump_x, swarm.clump_angle))
    start_y, start_x = y0 + rng.normal(0, 5, (strokes, 1)), x0 + rng.normal(0, 5, (strokes, 1))
    turn = np.where(rng.random(strokes) < 0.5, 0, np.pi) + rng.normal(0, 0.3, strokes)
    angle: NDArray[np.float64] = angle0 + turn[:, None] + np.cumsum(rng.normal(0, 0.36, (strokes, touches)), axis=1)
    step = uniform(rng, 1.5, 5.5, strokes)[:, None]
    y = (start_y + np.cumsum(step * np.sin(angle), axis=1)).ravel().astype(np.float32)
    x = (start_x + np.cumsum(step * np.cos(angle), axis=1)).ravel().astype(np.float32)
    widest = uniform(rng, 3, 11, strokes)[:, None]
    taper = 1 - 0.6 * np.linspace(0, 1, touches) ** 3
    radius = (widest * taper * np.exp(rng.normal(0, 0.3, (strokes, touches)))).ravel()[:, None, None]
    at = stamps(y, x, angle.ravel().astype(np.float32), reach=14, size=habitat.shape[0])
    r = np.sqrt(at.u * at.u + (1.3 * at.v) ** 2)
    depth = at.largest(np.clip(1.2 - r / radius.astype(np.float32), 0, None))
    depth *= np.clip(habitat * np.float32(20 / max(float(habitat.max()), 1e-6)), 0, 1)
    # Rods that stick out make the outline ragged, and holes show between them.
    grain = texture(rng, depth.shape, 2.6)
    solid = np.clip(2.6 * depth - 0.45 + 0.42 * grain, 0, 1)
    uneven = np.clip(0.75 + 0.3 * texture(rng, depth.shape, 4.0), 0.25, 1.4)
    mass: Field = (solid * uneven * np.float32(rng.uniform(0.7, 1.7))) * (depth > 0)
    return mass
