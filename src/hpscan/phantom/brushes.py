"""The brushes of the phantom: smooth random fields, and small shapes that are stamped all at once.

A patch must be drawn in a few milliseconds, so nothing here loops over shapes and no field is made by
filtering: a coarse random grid is interpolated, or a texture that is stored once is cut.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from numpy.random import Generator

Field: TypeAlias = NDArray[np.float32]
"""(H, W), one value for each pixel."""

Values: TypeAlias = NDArray[np.float32]
"""(n,), one value for each shape."""

_SPLINE_STD = 151 / 315
"""Standard deviation of cubic B-splines, in two dimensions, over unit normal coefficients; mean over phase."""

_TILE = 1024
"""Height and width of a stored texture, in pixels; it repeats without a seam."""


def _refine(grid: Field, size: int, step: float, phase: float) -> Field:
    """Cubic B-splines along the first axis, (n, ...) -> (size, ...): `grid` holds a coefficient every `step` pixels.

    The grid is taken as a ring. Written without a matrix product, whose threads would get in each other's way when
    patches are drawn in parallel.
    """
    x = np.arange(size) / step + phase
    first = x.astype(np.intp)
    f = (x - first).astype(np.float32)[:, None]
    weights = ((1 - f) ** 3 / 6, (3 * f**3 - 6 * f**2 + 4) / 6, (3 * (f - f**2) * f + 3 * f + 1) / 6, f**3 / 6)
    fine = np.take(grid, first % len(grid), axis=0)
    fine *= weights[0]
    for k in range(1, 4):
        term = np.take(grid, (first + k) % len(grid), axis=0)
        term *= weights[k]
        fine += term
    return np.asarray(fine, dtype=np.float32)


def smooth_noise(rng: Generator, shape: tuple[int, int], step: float) -> Field:
    """A random field without visible grid: mean 0, standard deviation about 1.

    Args:
        rng: Where chance comes from.
        shape: (H, W).
        step: Grain, in pixels: a bump is about two steps wide. The finer, the slower; see `texture`.
    """
    (height, width), (top, left) = shape, rng.random(2).tolist()
    rows, columns = int(height / step) + 5, int(width / step) + 5
    grid = rng.standard_normal((columns, rows), dtype=np.float32) / np.float32(_SPLINE_STD)
    return _refine(np.ascontiguousarray(_refine(grid, width, step, left).T), height, step, top)


@cache
def _tile(step: tuple[float, float]) -> Field:
    """A texture, (_TILE, _TILE), that repeats without a seam; always the same."""
    rows, columns = (round(_TILE / grain) for grain in step)
    grid = np.random.default_rng((rows, columns)).standard_normal((columns, rows), dtype=np.float32)
    wide = _refine(grid / np.float32(_SPLINE_STD), _TILE, _TILE / columns, 0.0)
    tile = _refine(np.ascontiguousarray(wide.T), _TILE, _TILE / rows, 0.0)
    tile.flags.writeable = False
    return tile


def texture(rng: Generator, shape: tuple[int, int], step: float) -> Field:
    """Like `smooth_noise`, but a random cut of one stored field: for fine grain, which is slow to draw anew.

    The shape is at most 1024 x 1024.
    """
    return cut(rng, _tile((step, step)), shape)


def cut(rng: Generator, tile: Field, shape: tuple[int, int]) -> Field:
    """A random piece of a stored texture, of a shape no larger than the texture, mirrored or not; a copy."""
    (height, width), (top, left) = shape, (int(rng.integers(n - m + 1)) for n, m in zip(tile.shape, shape, strict=True))
    turn = slice(None, None, 1 if rng.random() < 0.5 else -1)
    return np.ascontiguousarray(tile[top : top + height, left : left + width][turn])


def texture_at(rng: Generator, y: Values, x: Values, step: tuple[float, float]) -> Values:
    """A texture read at n points, (n,) each, in pixels; `step` is the grain along y and x.

    In a cell's own coordinates this draws fibres that follow the tissue.
    """
    return read(rng, _tile(step), y, x)


def read(rng: Generator, tile: Field, y: Values, x: Values) -> Values:
    """A stored square texture, whose side is a power of 2 and which repeats, at n points, (n,) each, in pixels."""
    side = len(tile)
    start = rng.integers(side, size=2)
    rows = (y.astype(np.int32) + int(start[0])) & (side - 1)
    columns = (x.astype(np.int32) + int(start[1])) & (side - 1)
    found: Values = np.take(tile, rows * side + columns)
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """A plane that is parted into polygons, each the pixels nearest to one point; it repeats without a seam.

    Attributes:
        first: (H, W), pixels to the nearest point.
        second: (H, W), pixels to the next.
        trait: (H, W), a number of 0..1 that each polygon has to itself.
    """

    first: Field
    second: Field
    trait: Field

    @property
    def wall(self) -> Field:
        """(H, W), about how far the nearest wall is, in pixels."""
        return np.asarray((self.second - self.first) / 2, dtype=np.float32)


def pave(seed: int, side: int, step: tuple[float, float], *, unlike: float = 0.0) -> Cells:
    """Polygons about `step` pixels high and wide on a square; always the same.

    Args:
        seed: Which of many such pavements.
        side: Height and width, in pixels.
        step: Mean height and width of a polygon. Distances are measured in widths: of upright ones, upright walls are
            as thick as told, and level ones thicker.
        unlike: How much the polygons differ in size, 0 to about 0.3.
    """
    rng = np.random.default_rng(seed)
    rows, columns = (max(3, round(side / s)) for s in step)
    high, wide = side / rows, side / columns
    jitter = rng.uniform(0.04, 0.96, (2, rows, columns)).astype(np.float32)
    trait = rng.random((rows, columns)).astype(np.float32)
    handicap = (unlike * wide * rng.random((rows, columns))).astype(np.float32)
    at = np.arange(side, dtype=np.float32) + np.float32(0.5)
    row, column = (at / np.float32(high)).astype(np.intp), (at / np.float32(wide)).astype(np.intp)
    first = np.full((side, side), np.inf, np.float32)
    second, mine = first.copy(), np.zeros_like(first)
    for dr in (-1, 0, 1):
        for dc in (-1, 0, 1):
            which = np.ix_((row + dr) % rows, (column + dc) % columns)
            dy = ((row + dr)[:, None] + jitter[0][which]) * np.float32(high) - at[:, None]
            dx = ((column + dc)[None] + jitter[1][which]) * np.float32(wide) - at
            dy *= np.float32(wide / high)
            far = np.sqrt(dy * dy + dx * dx) + handicap[which]
            second = np.minimum(second, np.maximum(first, far))
            np.copyto(mine, trait[which], where=far < first)
            first = np.minimum(first, far)
    return Cells(first, second, mine)


def web(noise: Field, width: float) -> Field:
    """Thin, branching strands, 0..1, where a random field crosses zero: mucus and cell borders look so."""
    scaled = noise / np.float32(width)
    strands: Field = np.reciprocal(1 + scaled * scaled)
    return strands


@dataclass(frozen=True, slots=True, eq=False)
class Stamps:
    """n small windows on one patch, each with coordinates of its own.

    Attributes:
        u: (n, K, K): pixels along each shape's axis, from its centre.
        v: (n, K, K): pixels across it.
        index: (n, K, K): the flat pixel of the patch; `size * size` where the window leaves it.
        size: Height and width of the patch, in pixels.
    """

    u: NDArray[np.float32]
    v: NDArray[np.float32]
    index: NDArray[np.intp]
    size: int

    def total(self, ink: NDArray[np.float32]) -> Field:
        """The sum of all windows' ink, (n, K, K), as a field."""
        flat = np.bincount(self.index.ravel(), weights=ink.ravel(), minlength=self.size**2 + 1)
        return flat[:-1].astype(np.float32).reshape(self.size, self.size)

    def largest(self, ink: NDArray[np.float32]) -> Field:
        """The largest ink, (n, K, K), that any window puts on a pixel; at least 0."""
        flat = np.zeros(self.size**2 + 1, dtype=np.float32)
        np.maximum.at(flat, self.index.ravel(), ink.ravel())
        return flat[:-1].reshape(self.size, self.size)


def stamps(y: Values, x: Values, angle: Values, *, reach: int, size: int) -> Stamps:
    """Windows of `2 * reach + 1` pixels around the points (y, x), turned by `angle`, (n,) each, in radians."""
    offset = np.arange(-reach, reach + 1)
    rows = np.floor(y).astype(np.intp)[:, None] + offset  # (n, K)
    columns = np.floor(x).astype(np.intp)[:, None] + offset
    dy = (rows - y[:, None]).astype(np.float32)[:, :, None]
    dx = (columns - x[:, None]).astype(np.float32)[:, None, :]
    cos, sin = (f(angle).astype(np.float32)[:, None, None] for f in (np.cos, np.sin))
    inside_rows = (rows >= 0) & (rows < size)
    inside_columns = (columns >= 0) & (columns < size)
    inside = inside_rows[:, :, None] & inside_columns[:, None, :]
    index = np.where(inside, rows[:, :, None] * size + columns[:, None, :], size**2)
    return Stamps(dx * cos + dy * sin, dy * cos - dx * sin, index, size)


def uniform(rng: Generator, low: float, high: float, n: int) -> Values:
    """Draw n numbers between low and high, as float32."""
    return (low + (high - low) * rng.random(n)).astype(np.float32)


def places(rng: Generator, weight: Field, n: int, *, margin: int = 0) -> tuple[Values, Values]:
    """Draw n points (y, x), each (n,), in pixels, in proportion to a weight; anywhere if it is 0 all over.

    Args:
        rng: Where chance comes from.
        weight: (H, W), >= 0.
        n: How many.
        margin: No point lies nearer than this to the border, in pixels.
    """
    height, width = weight.shape
    # Every other pixel is exact enough for a weight that is smooth, and four times as quick.
    inner = weight[margin : height - margin : 2, margin : width - margin : 2]
    heap = np.cumsum(inner, dtype=np.float64)
    if heap[-1] <= 0:
        heap = np.arange(1, inner.size + 1, dtype=np.float64)
    flat = np.searchsorted(heap, rng.random(n) * heap[-1], side="right").clip(max=inner.size - 1)
    y, x = np.divmod(flat, inner.shape[1])
    jitter = 2 * rng.random((2, n))
    return (2 * y + margin + jitter[0]).astype(np.float32), (2 * x + margin + jitter[1]).astype(np.float32)
