"""Where a patch has epithelium: how deep in the tissue every pixel lies, and how far along its surface.

Every layout, a foveolar edge, a cleft between two of them, a gland, a piece torn off, is told by the same
two coordinates, so that `tissue` makes cells in one pass, whatever the shape.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from hpscan.phantom.brushes import smooth_noise, texture

if TYPE_CHECKING:
    from numpy.random import Generator

    from hpscan.phantom.brushes import Field

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
    wobble = rough * np.float32(rng.uniform(3, 9)) + fine * np.float32(rng.uniform(0.5, 2.0))
    draw = _SURFACES[int(rng.choice(len(_SURFACES), p=_SHARES))]
    main = draw(rng, y, x)
    depth, along = main.depth + wobble, main.along
    thickness = np.full(depth.shape, main.height, dtype=np.float32)
    is_open = np.full(depth.shape, main.glass and rng.random() < 0.85, dtype=np.float32)
    if main.glass:
        depth += _torn(rng, depth)
    else:
        # Lumina are dented and slit-like, the base of the cells is not.
        dents = texture(rng, depth.shape, 16.0) + np.float32(0.5) * fine
        depth += np.float32(rng.uniform(1, 10)) * dents * np.clip(1 - depth / np.float32(45), 0, 1)
    # No patch is all tissue: bacteria need a lumen or glass to live on.
    depth -= max(float(depth.min()) + 4, 0)
    for lane in range(1, 1 + (0 if draw is _glands else int(rng.integers(0, 3)))):
        # Glands lie in the stroma: they give way to the main surface, and to one another by depth.
        u, v = _oval(rng, y, x, -0.1, 1.1)
        lumen, lower = np.float32(rng.uniform(0, 12)), np.float32(rng.uniform(36, 66))
        deep = np.sqrt(u * u + v * v) - lumen + np.float32(0.6) * wobble
        nearer = np.flatnonzero((deep - lower < depth - thickness) & (depth > thickness * np.float32(0.9)))
        turn = np.arctan2(np.take(v, nearer), np.take(u, nearer))
        depth.flat[nearer] = np.take(deep, nearer)
        along.flat[nearer] = turn * (lumen + lower / 2) + np.float32(lane * _LANE)
        thickness.flat[nearer] = lower
        is_open.flat[nearer] = 0
    return Layout(depth, along, thickness, is_open)


def _torn(rng: Generator, depth: Field) -> Field:
    """What a ragged edge adds to the depth, (H, W): bites, fringes and shreds; mostly little."""
    strength = 12 * float(rng.random()) ** 2.5
    jagged = texture(rng, depth.shape, 6.0) + np.float32(0.4) * texture(rng, depth.shape, 3.0)
    where = np.clip(0.7 + smooth_noise(rng, depth.shape, 60.0), 0, 2)
    return np.asarray(jagged * where * np.float32(strength), dtype=np.float32)


class _Surface(NamedTuple):
    """A surface without roughness.

    Attributes:
        depth: (H, W), as in `Layout`.
        along: (H, W), as in `Layout`.
        height: Of its cells, in pixels.
        glass: Whether the space above may be glass.
    """

    depth: Field
    along: Field
    height: float
    glass: bool


def _edge(rng: Generator, y: Field, x: Field) -> _Surface:
    """The mucosa's border, nearly straight or gently curved."""
    u, v = _turned(rng, y, x)
    size = y.shape[0]
    offset = rng.uniform(-0.45, 0.13) * size
    curve = rng.uniform(-0.5, 0.5) / size
    return _Surface(v - np.float32(offset) + np.float32(curve) * u * u, u, rng.uniform(*THICKNESS), glass=True)


def _cleft(rng: Generator, y: Field, x: Field) -> _Surface:
    """Two surfaces that face each other across a slit, as in a foveola cut lengthwise."""
    u, v = _turned(rng, y, x)
    size = y.shape[0]
    v = v - np.float32(rng.uniform(-0.25, 0.25) * size) + np.float32(rng.uniform(-0.4, 0.4) / size) * u * u
    gap = np.float32(rng.uniform(3, 24)) + np.float32(rng.uniform(-0.06, 0.06)) * u
    along = u + np.where(v > 0, np.float32(_LANE / 2), np.float32(0))
    return _Surface(np.abs(v) - gap, along, 0.9 * rng.uniform(*THICKNESS), glass=False)


def _gland(rng: Generator, y: Field, x: Field) -> _Surface:
    """A gland cut across: a lumen within a ring of cells."""
    u, v = _oval(rng, y, x, 0.25, 0.75)
    lumen = np.float32(2 + 50 * rng.random() ** 1.5)
    # Arc length halfway up the cells, so that they are of usual width where their nuclei lie.
    along = np.arctan2(v, u) * (lumen + np.float32(45))
    return _Surface(np.sqrt(u * u + v * v) - lumen, along, 0.8 * rng.uniform(*THICKNESS), glass=False)


def _glands(rng: Generator, y: Field, x: Field) -> _Surface:
    """Glands side by side, cut across, with little stroma between; their lumina are narrow or none."""
    size, step = y.shape[0], float(rng.uniform(110, 190))
    n = int(size / step) + 3
    rows, columns = (
        (np.indices((n, n)) - 1 + rng.uniform(-0.3, 0.3, (2, n, n)) + rng.random((2, 1, 1))) * step
    ).reshape(2, -1)
    near = np.full(y.shape, np.inf, np.float32)
    next_near, which = near.copy(), np.zeros(y.shape, np.int32)
    far = step + 20
    for k, (row, column) in enumerate(zip(rows.tolist(), columns.tolist(), strict=True)):
        if not (-far < row < size + far and -far < column < size + far):
            continue
        distance = np.sqrt((y[:, :1] - np.float32(row)) ** 2 + (x[:1] - np.float32(column)) ** 2)
        nearer = distance < near
        next_near = np.minimum(next_near, np.maximum(near, distance))
        near = np.minimum(near, distance)
        which[nearer] = k
    # The base lies a little before the border between two glands; so far is it from there to the middle.
    base = np.minimum((next_near - near) / 2, np.float32(0.55 * step) - near) - np.float32(rng.uniform(3, 14))
    height = min(rng.uniform(0.28, 0.5) * step, 0.85 * float(base.max()))  # one lumen at least
    along = np.arctan2(y - np.take(rows, which), x - np.take(columns, which)) * np.float32(0.3 * step)
    along = along.astype(np.float32) + (which * np.float32(397)).astype(np.float32)
    return _Surface(np.float32(height) - base, along, height, glass=False)


def _scrap(rng: Generator, y: Field, x: Field) -> _Surface:
    """A piece of mucosa, of any outline, that floats on the glass."""
    size = y.shape[0]
    dy, dx = (a - np.float32(rng.uniform(0, 1) * size) for a in (y, x))
    radius = np.float32(rng.uniform(0.3, 0.65) * size)
    outline = np.float32(rng.uniform(0.08, 0.2) * size) * smooth_noise(rng, y.shape, 0.25 * size)
    depth = radius - np.hypot(dy, dx * np.float32(rng.uniform(0.5, 1.6))) + outline
    return _Surface(depth, np.arctan2(dy, dx) * radius, rng.uniform(0.1, 0.8) * THICKNESS[1], glass=True)


def _turned(rng: Generator, y: Field, x: Field) -> tuple[Field, Field]:
    """Coordinates about the patch's centre, turned by a random angle."""
    turn, middle = rng.uniform(0, 2 * np.pi), np.float32(y.shape[0] / 2)
    cos, sin = np.float32(np.cos(turn)), np.float32(np.sin(turn))
    return (x - middle) * cos + (y - middle) * sin, (y - middle) * cos - (x - middle) * sin


_SURFACES = (_edge, _cleft, _gland, _glands, _scrap)
_SHARES = (0.38, 0.15, 0.15, 0.2, 0.12)
"""How often each is drawn, by eye after the real set."""


def _oval(rng: Generator, y: Field, x: Field, low: float, high: float) -> tuple[Field, Field]:
    """Coordinates about a point somewhere between two proportions of the side of the patch, along one axis compressed."""
    middle = rng.uniform(low, high, 2) * y.shape[0]
    turn, stretch = rng.uniform(0, np.pi), rng.uniform(1, 1.5)
    cos, sin = np.float32(np.cos(turn)), np.float32(np.sin(turn))
    dy, dx = y - np.float32(middle[0]), x - np.float32(middle[1])
    return (dx * cos + dy * sin) * np.float32(1 / stretch), dy * cos - dx * sin
