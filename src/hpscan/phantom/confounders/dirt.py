"""What lies on a patch and does not belong there, as densities, and the outlines that it has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hpscan.phantom.brushes import places, stamps, texture, uniform

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    from hpscan.phantom.brushes import Field, Stamps, Values


@dataclass(frozen=True, slots=True, eq=False)
class Dirt:
    """What a confounder lays on a patch. Values below 0 brighten what lies beneath.

    Attributes:
        dab: (H, W) float32, optical density of DAB.
        pigment: (H, W) float32, optical density of ink or pigment.
        hematoxylin: (H, W) float32, optical density of the blue stain.
    """

    dab: Field
    pigment: Field
    hematoxylin: Field


def chance(rng: Generator, proportion: float) -> bool:
    """True in this proportion of all cases."""
    return bool(rng.random() < proportion)


def log_uniform(rng: Generator, low: float, high: float, n: int) -> Values:
    """(n,) float32, small ones as likely as large ones."""
    return np.exp(uniform(rng, float(np.log(low)), float(np.log(high)), n))


def anywhere(rng: Generator, field: Field, n: int) -> tuple[Values, Values]:
    """Points (y, x), (n,) each, all over the field."""
    return places(rng, np.ones_like(field), n)


def shapes(
    rng: Generator,
    y: Values,
    x: Values,
    radius: Values,
    *,
    size: int,
    angular: bool = False,
    rough: float = 0.12,
    stretched: float = 1.35,
) -> tuple[Stamps, NDArray[np.float32]]:
    """Discs with an uneven outline, or polygons, and how far inside the outline each pixel lies, (n, K, K), in pixels."""
    n = len(y)
    at = stamps(y, x, uniform(rng, 0, np.pi, n), reach=int(radius.max() * 1.4) + 6, size=size)
    stretch, corners, phase = (
        a[:, None, None] for a in (uniform(rng, 1, stretched, n), rng.integers(3, 7, n), uniform(rng, 0, 6.3, n))
    )
    u, v = at.u / stretch, at.v * stretch
    distance, turn = np.hypot(u, v), np.arctan2(v, u)
    if angular:
        # Distance to the nearest side of a polygon, with sides that are not quite equal and corners worn off.
        part = np.float32(2 * np.pi) / (corners + 2).astype(np.float32)
        sides = distance * np.cos((turn + phase) % part - part / 2) * (1 + np.float32(rough) * np.sin(3 * turn + phase))
        outline = np.maximum(sides, np.float32(0.96) * distance)
    else:
        outline = distance * (
            1 + np.float32(rough) * (np.sin(corners * turn + phase) + 0.4 * np.sin((corners + 3) * turn))
        )
    return at, (radius[:, None, None] - outline).astype(np.float32)


def filled(inside: NDArray[np.float32], edge: float) -> NDArray[np.float32]:
    """1 inside, 0 outside, with a border that is `edge` pixels soft."""
    return np.asarray(np.clip(inside * np.float32(1 / edge) + np.float32(0.5), 0, 1), np.float32)


def outline(inside: NDArray[np.float32], at: float, width: float) -> NDArray[np.float32]:
    """1 on the line `at` pixels inside the outline (outside if below 0), falling off over `width` pixels."""
    return np.asarray(np.exp(-(((inside - np.float32(at)) * np.float32(1 / width)) ** 2)), np.float32)


def fringes(rng: Generator, field: Field) -> tuple[Field, Field]:
    """What a field leaves beside it, a pixel to one side and to the other: lenses shift colours against one another."""
    step, axis = int(rng.choice((-1, 1))), int(rng.integers(2))
    padded = np.pad(field, 1, mode="edge")
    middle = slice(1, -1)
    moved = []
    for offset in (step, -step):
        along = slice(1 + offset, len(padded) - 1 + offset)
        moved.append(padded[(along, middle) if axis == 0 else (middle, along)])
    one, other = (np.maximum(m - field, 0) for m in moved)
    return one, other


def ragged(rng: Generator, at: Stamps, inside: NDArray[np.float32], roughness: float) -> Field:
    """How far inside the nearest of some outlines each pixel of the patch lies, (H, W), up to 6 pixels outside.

    The outline is worn by `roughness`, in pixels.
    """
    shape = (at.size, at.size)
    wear = np.float32(roughness) * (
        np.float32(0.7) * texture(rng, shape, 1.8) + np.float32(0.8) * texture(rng, shape, 4.0)
    )
    within: Field = at.largest(np.maximum(inside + 6, 0)) - 6 + np.clip(wear, -4, 4)
    return within
