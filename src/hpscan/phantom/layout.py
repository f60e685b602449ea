"""Where a patch has epithelium: how deep in the tissue every pixel lies, and how far along its surface.

Every layout, a foveolar edge, a cleft between two of them, a gland, a piece torn off, is told by the same
two coordinates, so that `tissue` paints cells in one pass, whatever the shape.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hpscan.phantom.fields import smooth_noise, texture

if TYPE_CHECKING:
    from numpy.random import Generator

    from hpscan.phantom.fields import Field

THICKNESS = (55.0, 115.0)
"""Height of the epithelium's cells, in pixels; glands' are lower."""

_LANE = 4096.0
"""Surfaces of one patch are this far apart in `along`, so that no two share a cell."""


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """The epithelium of one patch.

    Attributes:
        depth: (H, W), pixels below the nearest surface; negative in a lumen and on glass.
        along: (H, W), pixels along that surface.
        thickness: (H, W), height of the cells there, in pixels; deeper than that is stroma.
        open: (H, W), 1 where the space above the surface is empty glass, not a lumen full of mucus.
    """

    depth: Field
    along: Field
    thickness: Field
    open: Field


def draw_layout(rng: Generator, size: int) -> Layout:
    """A layout of one of the kinds that the real patches show."""
    y, x = np.meshgrid(*(np.arange(size, dtype=np.float32),) * 2, indexing="ij")
    rough = smooth_noise(rng, (size, size), float(rng.uniform(28, 50)))
    fine = texture(rng, (size, size), 9.0)
    wobble = rough * np.float32(rng.uniform(3, 9)) + fine * np.float32(rng.uniform(0.8, 2.2))
    main = _SURFACES[int(rng.choice(len(_SURFACES), p=_SHARES))](rng, y, x)
    depth, along = main[0] + wobble, main[1]
    thickness = np.full(depth.shape, rng.uniform(*THICKNESS) * main[2], dtype=np.float32)
    is_open = np.full(depth.shape, main[3] and rng.random() < 0.8, dtype=np.float32)
    for lane in range(1, 1 + int(rng.integers(0, 3))):
        # Glands lie in the stroma: they give way to the main surface, and to one another by depth.
        u, v = _oval(rng, y, x, -0.1, 1.1)
        lumen, lower = np.float32(rng.uniform(2, 10)), np.float32(rng.uniform(32, 55))
        deep = np.sqrt(u * u + v * v) - lumen + np.float32(0.6) * wobble
        nearer = np.flatnonzero((deep - lower < depth - thickness) & (depth > thickness * np.float32(0.9)))
        turn = np.arctan2(np.take(v, nearer), np.take(u, nearer))
        depth.flat[nearer] = np.take(deep, nearer)
        along.flat[nearer] = turn * (lumen + lower / 2) + np.float32(lane * _LANE)
        thickness.flat[nearer] = lower
        is_open.flat[nearer] = 0
    return Layout(depth, along, thickness, is_open)


_Surface = tuple["Field", "Field", float, bool]
"""depth, along, cell height as a share of the usual, whether the space above may be glass."""


def _edge(rng: Generator, y: Field, x: Field) -> _Surface:
    """The mucosa's border, nearly straight or gently curved."""
    u, v = _turned(rng, y, x)
    size = y.shape[0]
    offset = rng.uniform(-0.35, 0.15) * size
    curve = rng.uniform(-0.5, 0.5) / size
    return v - np.float32(offset) + np.float32(curve) * u * u, u, 1.0, True


def _cleft(rng: Generator, y: Field, x: Field) -> _Surface:
    """Two surfaces that face each other across a slit, as in a foveola cut lengthwise."""
    u, v = _turned(rng, y, x)
    size = y.shape[0]
    v = v - np.float32(rng.uniform(-0.25, 0.25) * size) + np.float32(rng.uniform(-0.4, 0.4) / size) * u * u
    gap = np.float32(rng.uniform(3, 24)) + np.float32(rng.uniform(-0.06, 0.06)) * u
    return np.abs(v) - gap, u + np.where(v > 0, np.float32(_LANE / 2), np.float32(0)), 0.9, False


def _gland(rng: Generator, y: Field, x: Field) -> _Surface:
    """A gland cut across: a lumen within a ring of cells."""
    u, v = _oval(rng, y, x, 0.25, 0.75)
    lumen = np.float32(rng.uniform(5, 34))
    # Arc length halfway up the cells, so that they are of usual width where their nuclei lie.
    return np.sqrt(u * u + v * v) - lumen, np.arctan2(v, u) * (lumen + np.float32(45)), 0.8, False


def _scrap(rng: Generator, y: Field, x: Field) -> _Surface:
    """A piece of mucosa that floats on the glass."""
    size = y.shape[0]
    dy, dx = y - np.float32(rng.uniform(0, 1) * size), x - np.float32(rng.uniform(0, 1) * size)
    radius = np.float32(rng.uniform(0.3, 0.6) * size)
    return radius - np.hypot(dy, dx * np.float32(rng.uniform(0.7, 1.3))), np.arctan2(dy, dx) * radius, 0.7, True


def _turned(rng: Generator, y: Field, x: Field) -> tuple[Field, Field]:
    """Coordinates about the patch's centre, turned by a random angle."""
    turn, middle = rng.uniform(0, 2 * np.pi), np.float32(y.shape[0] / 2)
    cos, sin = np.float32(np.cos(turn)), np.float32(np.sin(turn))
    return (x - middle) * cos + (y - middle) * sin, (y - middle) * cos - (x - middle) * sin


_SURFACES = (_edge, _cleft, _gland, _scrap)
_SHARES = (0.42, 0.22, 0.2, 0.16)
"""How often each is drawn, by eye after the real set."""


def _oval(rng: Generator, y: Field, x: Field, low: float, high: float) -> tuple[Field, Field]:
    """Coordinates about a point somewhere between two shares of the patch, along one axis compressed."""
    middle = rng.uniform(low, high, 2) * y.shape[0]
    turn, stretch = rng.uniform(0, np.pi), rng.uniform(1, 1.5)
    cos, sin = np.float32(np.cos(turn)), np.float32(np.sin(turn))
    dy, dx = y - np.float32(middle[0]), x - np.float32(middle[1])
    return (dx * cos + dy * sin) * np.float32(1 / stretch), dy * cos - dx * sin
