"""Gastric mucosa in hematoxylin: columnar cells with their nuclei, stroma, mucus; and where bacteria may live.

Densities are optical density along the hematoxylin vector, chosen so that nuclei and cytoplasm are as dark
as in the real patches.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from hpscan.phantom.fields import places, stamps, texture, texture_at, uniform, web
from hpscan.phantom.layout import draw_layout

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    from hpscan.phantom.fields import Field, Values

NUCLEUS = (0.11, 0.27)
"""Optical density that a nucleus adds."""

_CELLS = 1024
"""Cells of one patch draw their traits from tables of this length, a power of 2."""

_NET_STEPS = (2.0, 3.0, 4.5)
"""Grain of foamy mucus, in pixels."""


@dataclass(frozen=True, slots=True, eq=False)
class Tissue:
    """The tissue of one patch.

    Attributes:
        hematoxylin: (H, W) float32, optical density of the blue stain.
        body: (H, W) float32, 0..1: how much tissue there is.
        habitat: (H, W) float32, 0..1: how gladly bacteria live there, in mucus on the surface and in lumina.
    """

    hematoxylin: Field
    body: Field
    habitat: Field


def draw_tissue(rng: Generator, size: int) -> Tissue:
    """A piece of mucosa, `size` pixels high and wide."""
    shape = (size, size)
    layout = draw_layout(rng, size)
    warp = texture(rng, shape, 18.0)
    cloud = texture(rng, shape, 30.0)
    grain = texture(rng, shape, 1.8)
    net = web(texture(rng, shape, _NET_STEPS[int(rng.integers(len(_NET_STEPS)))]), 0.3)

    depth, height = layout.depth, layout.thickness
    along = layout.along + np.float32(rng.uniform(2, 5)) * warp
    body = np.clip(depth / 1.5 + 0.5, 0, 1)
    stroma = np.clip((depth - height) / 3 + 0.5, 0, 1)

    density = np.zeros(shape, dtype=np.float32)
    # Each tissue is computed only where it lies: half the time of a patch is spent here.
    for share, paint in ((body * (1 - stroma), _epithelium), (body * stroma, _stroma)):
        where = np.flatnonzero(share)
        part = _Part(*(np.take(a, where) for a in (depth, along, height, net, grain, cloud)))
        density.ravel()[where] += np.take(share, where) * paint(rng, part)
    density += stroma * _scattered_nuclei(rng, (depth - height > 6).astype(np.float32))
    density *= np.clip(1 + np.float32(0.2) * cloud, 0.4, 1.8)
    # Mucus thins out away from the surface; a lumen is full of it.
    reach = 60 - layout.open * np.float32(rng.uniform(38, 56))
    outer = np.minimum(depth, 0)
    mucus = (1 - body) * np.exp(outer / reach)
    density += mucus * np.float32(rng.uniform(0.01, 0.05)) * np.maximum(0.3 + net + 0.2 * grain, 0)
    membrane = np.exp((depth - 1) ** 2 * np.float32(-0.4)) * np.clip(0.7 + warp * 0.5, 0, 1.5)
    density += np.float32(rng.uniform(0.01, 0.1)) * membrane
    density = _vacuoles(rng, density, body)

    shallow = np.exp(np.maximum(depth, 0) * np.float32(-1 / 7)) * (1 - stroma * body)
    near = np.exp(outer / (30 - 17 * layout.open))
    return Tissue(np.maximum(density, 0), body, shallow * near)


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """The pixels of one kind of tissue, (n,) each: their place in the layout, and the patch's textures."""

    depth: Values
    along: Values
    height: Values
    net: Values
    grain: Values
    cloud: Values


def _epithelium(rng: Generator, part: _Part) -> Values:
    """Optical density, (n,), of columnar cells: a pale cup of mucus above, cytoplasm and a nucleus below."""
    width = float(rng.uniform(12, 19))
    share = part.depth / part.height
    low = np.flatnonzero(part.depth > 0.5 * part.height - 12)  # no nucleus reaches higher
    depth, height, along = (np.take(a, low) for a in (part.depth, part.height, part.along))
    lattice = _lattice(rng, part.along, width)
    nuclei = np.zeros_like(share)
    nuclei[low] = np.maximum(
        _nuclei(rng, lattice.at(low), depth, height, present=0.92, level=0.74),
        _nuclei(rng, _lattice(rng, along + np.float32(width / 2), width), depth, height, present=0.4, level=0.64),
    )
    walls = np.reciprocal(1 + (np.minimum(lattice.left, lattice.span - lattice.left) / np.float32(1.1)) ** 2)
    # Strands of mucus run from the base to the surface.
    strands = texture_at(rng, part.depth, part.along, (26.0, 2.6))
    foamy = float(rng.random())
    cup = np.float32(rng.uniform(0.015, 0.05)) * (1 + np.float32(0.4 * (1 - foamy)) * strands)
    basal = np.reciprocal(1 + np.exp((np.float32(rng.uniform(0.4, 0.6)) - share) * 12))
    foam = np.float32(0.12 * foamy) * part.net * (1 - np.float32(0.6) * basal)
    plasma = np.float32(rng.uniform(0.03, 0.1)) * basal
    wall = np.float32(rng.uniform(0.03, 0.1)) * walls
    lamina = np.float32(rng.uniform(0.03, 0.12)) * np.exp((part.depth - part.height) ** 2 * np.float32(-0.25))
    density: Values = cup + foam + plasma + wall + lamina
    density *= 1 + np.float32(0.2) * part.grain
    density += nuclei * (1 + np.float32(0.08) * part.grain)
    return density


class _Lattice(NamedTuple):
    """A row of cells of uneven width, seen from n pixels, (n,) each.

    Attributes:
        cell: Which cell the pixel lies in, 0 <= cell < _CELLS.
        left: Pixels from the cell's left wall.
        span: The cell's width, in pixels.
    """

    cell: NDArray[np.intp]
    left: Values
    span: Values

    def at(self, pixels: NDArray[np.intp]) -> _Lattice:
        """The lattice as seen from some of its pixels."""
        return _Lattice(self.cell[pixels], self.left[pixels], self.span[pixels])


def _lattice(rng: Generator, along: Values, width: float) -> _Lattice:
    """Cells of about this width along the surface."""
    step = np.float32(width)
    shift = uniform(rng, -0.3, 0.3, _CELLS) * step
    start = np.floor(along / step)
    left = along - start * step
    cell = start.astype(np.intp) & (_CELLS - 1)
    before = left < np.take(shift, cell)
    cell = (cell - before) & (_CELLS - 1)
    left += before * step - np.take(shift, cell)
    return _Lattice(cell, left, np.take(step + np.roll(shift, -1) - shift, cell))


def _nuclei(
    rng: Generator, lattice: _Lattice, depth: Values, height: Values, *, present: float, level: float
) -> Values:
    """Optical density, (n,), of nuclei: a share `present` of the row's cells has one, at `level` of the height."""
    wide = uniform(rng, 3.8, 6.4, _CELLS)  # half the nucleus across, pixels
    tall = uniform(rng, 6.5, 11.5, _CELLS)
    high = uniform(rng, level - 0.11, level + 0.11, _CELLS)
    ink = uniform(rng, *NUCLEUS, _CELLS) * (rng.random(_CELLS) < present).astype(np.float32)
    across = (lattice.left - lattice.span / 2) / np.take(wide, lattice.cell)
    upright = (depth - np.take(high, lattice.cell) * height) / np.take(tall, lattice.cell)
    e = np.asarray(across * across + upright * upright, dtype=np.float32)
    nuclei = np.zeros_like(e)
    inside = np.flatnonzero(e < 2)
    mine = np.take(lattice.cell, inside)
    nuclei[inside] = _nucleus(np.sqrt(np.take(e, inside)), np.take(wide, mine)) * np.take(ink, mine)
    return nuclei


def _nucleus(e: NDArray[np.float32], radius: NDArray[np.float32]) -> NDArray[np.float32]:
    """How dark a nucleus is, 0 outside to about 1, from the elliptic radius e; its rim is the darkest."""
    inside = np.clip((1 - e) * radius / 1.6 + 0.5, 0, 1)
    ink: NDArray[np.float32] = inside * (0.8 + 0.2 * e * e)
    return ink


def _stroma(rng: Generator, part: _Part) -> Values:
    """Optical density, (n,), of loose connective tissue without nuclei: fibres along the glands."""
    fibres = texture_at(rng, part.depth - part.height + 3 * part.cloud, part.along, (3.5, 24.0))
    ground = np.float32(rng.uniform(0.02, 0.08)) * (1 + 0.45 * fibres + 0.3 * part.cloud)
    web_like = np.float32(rng.uniform(0, 0.06)) * part.net
    density: Values = (ground + web_like) * (1 + np.float32(0.2) * part.grain)
    return density


def _scattered_nuclei(rng: Generator, room: Field) -> Field:
    """Optical density of the stroma's nuclei, round and spindle-shaped, where there is room, (H, W), 0 or 1."""
    size = room.shape[0]
    n = int(rng.uniform(0.0006, 0.0024) * float(room.sum()))
    if not n:
        return np.zeros_like(room)
    y, x = places(rng, room, n)
    spindle = rng.random(n) < 0.35
    wide = np.where(spindle, uniform(rng, 2.2, 3.6, n), uniform(rng, 5.0, 8.0, n)).astype(np.float32)
    tall = np.where(spindle, uniform(rng, 9, 14, n), wide * uniform(rng, 1.0, 1.5, n)).astype(np.float32)
    at = stamps(y, x, uniform(rng, 0, np.pi, n), reach=15, size=size)
    e = np.sqrt((at.u / tall[:, None, None]) ** 2 + (at.v / wide[:, None, None]) ** 2)
    return at.largest(_nucleus(e, wide[:, None, None]) * uniform(rng, *NUCLEUS, n)[:, None, None])


def _vacuoles(rng: Generator, density: Field, body: Field) -> Field:
    """Clear, round vacuoles with a thin rim, as sections of these tissues show."""
    n = int(rng.poisson(5))
    if not n:
        return density
    size = density.shape[0]
    y, x = places(rng, body, n)
    radius = uniform(rng, 2.5, 6.5, n)[:, None, None]
    at = stamps(y, x, uniform(rng, 0, np.pi, n), reach=9, size=size)
    distance = np.hypot(at.u, at.v * np.float32(1.12))
    clear = at.largest(np.clip((radius - distance) / 1.5 + 0.5, 0, 1))
    rim = at.largest(np.exp(-(((distance - radius) / 1.1) ** 2)))
    cleared: Field = density * (1 - 0.75 * clear) + np.float32(0.07) * rim
    return cleared
