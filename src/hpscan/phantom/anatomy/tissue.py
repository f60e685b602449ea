"""Gastric mucosa in hematoxylin: columnar cells with their nuclei, stroma, mucus; and where bacteria may live.

Densities are optical densities, chosen so that nuclei, cytoplasm, foam and glass are as dark, as uneven and as
crisp as in the real patches. What is fine is cut from the stored textures of `mucus`, and nuclei from the atlas
of `nuclei`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from hpscan.phantom.anatomy import mucus
from hpscan.phantom.anatomy.epithelium import draw_layout
from hpscan.phantom.anatomy.nuclei import Kind, lay_nuclei
from hpscan.phantom.brushes import cut, places, read, texture, texture_at, uniform

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    from hpscan.phantom.brushes import Field, Values

_CELLS = 1024
"""Cells of one patch draw their traits from tables of this length, a power of 2."""


@dataclass(frozen=True, slots=True, eq=False)
class Tissue:
    """The tissue of one patch.

    Attributes:
        hematoxylin: (H, W) float32, optical density of the blue stain; a little below 0 beside a bright border.
        refraction: (H, W) float32, grey optical density of foam, rims and grains, which refract rather than take up
            dye, so that in the real patches they are nearly colourless; mean about 0.
        body: (H, W) float32, 0..1: how much tissue there is.
        habitat: (H, W) float32, 0..1: how gladly bacteria live there, in mucus on the surface and in lumina.
    """

    hematoxylin: Field
    refraction: Field
    body: Field
    habitat: Field


def draw_tissue(rng: Generator, size: int) -> Tissue:
    """A piece of mucosa, `size` pixels high and wide."""
    shape = (size, size)
    layout = draw_layout(rng, size)
    warp = texture(rng, shape, 18.0)
    cloud = texture(rng, shape, 30.0)
    depth = layout.depth
    height = layout.thickness * (1 + np.float32(rng.uniform(0.03, 0.14)) * cloud)
    place = _Place(depth, layout.along + np.float32(rng.uniform(2, 5)) * warp, height)

    surface = np.clip(depth / np.float32(1 + 5 * rng.random() ** 2) + 0.5, 0, 1)
    stroma: Field = np.clip((depth - height) / 3 + 0.5, 0, 1)
    body = surface * (1 - _holes(rng, shape) * stroma)
    cups, stuff, rough = (np.zeros(shape, np.float32) for _ in range(3))
    # Each tissue is computed only where it lies: half the time of a patch is spent here.
    for part, texture_of in ((1 - stroma, _epithelium), (stroma, _stroma)):
        proportion = body * part
        where = np.flatnonzero(proportion > 0)
        weight = np.take(proportion, where)
        textures = texture_of(rng, place.at(where), np.take(cloud, where))
        for field, values in zip((stuff, rough, cups), textures, strict=True):
            field.ravel()[where] += weight * values
    ink: Field = _row_nuclei(rng, place) + _stroma_nuclei(rng, place, stroma)
    if rng.random() < _SHEET_PROPORTION:
        ink += _sheet(rng, surface)
    ink *= surface  # nuclei hang in the tears of loose tissue, they are not cut by them
    # Mucus thins out away from the surface; a lumen is full of it.
    outer = np.minimum(depth, 0)
    reach = 60 - layout.open * np.float32(rng.uniform(38, 56))
    loose = (1 - body) * np.exp(outer / reach)
    rough += loose * np.float32(0.02 * rng.random() ** 1.5)
    free = np.clip(1 - 5 * ink, 0.15, 1)  # nuclei push the cytoplasm aside
    rough *= np.float32(np.clip(np.exp(rng.normal(0, 0.55)), 0.25, 2.2))  # some patches are all smooth
    rough = np.minimum(rough, np.float32(0.07)) * free
    fine = _fine(rng, cups) * rough
    veil = cut(rng, mucus.wisps(), shape) if rng.random() < 0.5 else cut(rng, mucus.wisps(), shape).T
    shreds = np.float32(0.02 * rng.random() ** 2) * loose * np.maximum(veil + cloud, 0)
    stuff *= np.clip(1.1 + np.float32(0.27) * cloud, 0.4, 2) * (0.3 + 0.7 * free)
    stain = stuff + ink + shreds
    border = np.flatnonzero(np.abs(depth) < 6)
    stain.ravel()[border] += _membrane(rng, np.take(depth, border), np.take(warp, border))
    if rng.random() < _CRUSHED_PROPORTION:
        stain += _crushed(rng, body)

    shallow = np.exp(np.maximum(depth, 0) * np.float32(-1 / 7)) * (1 - stroma * body)
    near = np.exp(outer / (30 - 17 * layout.open))
    return Tissue(np.maximum(stain, -0.06), fine, body, shallow * near)


class _Place(NamedTuple):
    """Where pixels lie in the layout, arrays of one shape: see `Layout`."""

    depth: Field
    along: Field
    height: Field

    def at(self, pixels: NDArray[np.intp]) -> _Place:
        """The same of some pixels, (n,) each."""
        return _Place(*(np.take(field, pixels) for field in self))


_Painted = tuple["Values", "Values", "Values"]
"""Of n pixels: optical density, how strong fine texture is there, and how much of that is the texture of cups."""

_TEXTURES = (mucus.grains, mucus.foam, mucus.vesicles, mucus.goblets, mucus.curds)
_IN_CUPS = (0.13, 0.24, 0.24, 0.2, 0.19)
_ELSEWHERE = (0.55, 0.1, 0.2, 0.0, 0.15)
"""How often each fills cups of mucus, and the rest."""

_PALISADE_PROPORTION = 0.12
_CRUSHED_PROPORTION = 0.07
_SHEET_PROPORTION = 0.06
"""Proportions of patches with crowded nuclei, with crushed tissue, and with epithelium cut obliquely."""


def _fine(rng: Generator, cups: Field) -> Field:
    """Fine texture, (H, W), standard deviation about 1: one or two kinds in cups of mucus, another elsewhere."""
    inside = [cut(rng, _TEXTURES[int(rng.choice(len(_TEXTURES), p=_IN_CUPS))](), cups.shape) for _ in range(2)]
    outside = cut(rng, _TEXTURES[int(rng.choice(len(_TEXTURES), p=_ELSEWHERE))](), cups.shape)
    mixed = np.clip(0.5 + texture(rng, cups.shape, 18.0), 0, 1)
    inside[1] += mixed * (inside[0] - inside[1])
    outside += cups * (inside[1] - outside)
    return np.clip(outside, -2, 4, out=outside)


def _membrane(rng: Generator, depth: Values, warp: Values) -> Values:
    """Optical density, (n,), of the cells' upper border: a dark line, beside it on the glass a light one."""
    dark = np.exp((depth - 1) ** 2 * np.float32(-0.4)) - np.float32(0.4) * np.exp((depth + 2) ** 2 * np.float32(-0.3))
    line: Values = np.float32(0.09 * rng.random() ** 2) * np.clip(0.5 + warp * np.float32(0.6), 0, 1.5) * dark
    return line


def _holes(rng: Generator, shape: tuple[int, int]) -> Field:
    """Tears in loose tissue, (H, W), 1 where there is none left; few patches have many."""
    noise = texture(rng, shape, float((9.0, 14.0, 22.0)[int(rng.integers(3))]))
    least = np.float32(rng.uniform(0.7, 3.0))
    torn: Field = np.clip((noise - least) / np.float32(0.2), 0, 1)
    return torn


def _epithelium(rng: Generator, place: _Place, cloud: Values) -> _Painted:
    """Columnar cells: a cup of mucus above, cytoplasm below."""
    lattice = _lattice(rng, place.along, float(rng.uniform(13, 24)))
    side = np.minimum(lattice.left, lattice.span - lattice.left)
    middle = 1 - 2 * side / lattice.span  # 0 in the middle of the cell, 1 on its walls
    # Each cell's cup ends at a level of its own, round like a goblet; some cells have none.
    level = float(rng.uniform(0.45, 0.92)) + np.float32(rng.uniform(0.02, 0.09)) * uniform(rng, -1, 1, _CELLS)
    bottom = np.take(level, lattice.cell) * (1 - np.float32(rng.uniform(0, 0.3)) * middle * middle) * place.height
    soft = np.float32(rng.uniform(3, 14))
    basal = np.clip((place.depth - bottom) / soft + 0.5, 0, 1)
    full = np.take(uniform(rng, 0.55, 1.45, _CELLS), lattice.cell)
    cups = 1 - basal

    present = np.take(np.clip(uniform(rng, -0.6, 1.6, _CELLS), 0, 1.2), lattice.cell)
    walls = np.reciprocal(1 + (side / np.float32(rng.uniform(0.8, 1.4))) ** 2) * present
    walls *= np.float32(rng.uniform(0.0, 0.09) if rng.random() < 0.7 else 0.0)
    strands = texture_at(rng, place.depth, place.along, (26.0, 2.6))
    strands *= np.clip(place.depth / 25, 0, 1)  # or they would make a star around a narrow lumen
    fibrous = float(rng.uniform(0, 0.5))
    cup = np.float32(0.06 * rng.random() ** 1.5) * full * (1 + np.float32(fibrous) * strands)
    band = (place.depth - np.float32(0.85) * place.height) / (np.float32(rng.uniform(0.1, 0.22)) * place.height)
    plasma = np.float32(rng.uniform(0.015, 0.06)) + np.float32(0.16 * rng.random() ** 2.5) * np.exp(-band * band)
    plasma *= np.clip(1 + np.float32(0.3) * cloud + np.float32(0.15) * strands, 0.2, 2)
    lamina = np.float32(0.1 * rng.random() ** 2) * np.exp((place.depth - place.height) ** 2 * np.float32(-0.2))
    density = cups * cup + basal * plasma + walls * (cups + 0.5 * basal) + lamina
    rough = (
        np.float32(0.012 + 0.065 * rng.random() ** 2) * cups * full
        + np.float32(0.006 + 0.04 * rng.random() ** 2) * basal
    )
    return density, rough, cups


def _stroma(rng: Generator, place: _Place, cloud: Values) -> _Painted:
    """Loose connective tissue without nuclei: wavy fibres along the glands, veils, clear gaps."""
    # Fibres follow the glands only loosely, or they would ring them like the skins of an onion.
    across = place.depth - place.height + np.float32(rng.uniform(8, 20)) * cloud
    fibres = texture_at(rng, across, place.along + 9 * cloud, (2.6, 26.0))
    veils = texture_at(rng, across, place.along, (13.0, 20.0))
    level, wavy = np.float32(rng.uniform(0.015, 0.07)), np.float32(rng.uniform(0.05, 0.35))
    density = level * np.maximum(1 + wavy * fibres + np.float32(0.45) * veils + np.float32(0.3) * cloud, 0.1)
    rough = np.float32(0.006 + 0.045 * rng.random() ** 2) * np.clip(1 + np.float32(0.6) * veils, 0.2, 2)
    return density, rough, np.zeros_like(density)


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


def _lattice(rng: Generator, along: Values, width: float) -> _Lattice:
    """Cells of about this width along the surface."""
    step = np.float32(width)
    shift = uniform(rng, -0.35, 0.35, _CELLS) * step
    start = np.floor(along / step)
    left = along - start * step
    cell = start.astype(np.intp) & (_CELLS - 1)
    before = left < np.take(shift, cell)
    cell = (cell - before) & (_CELLS - 1)
    left += before * step - np.take(shift, cell)
    return _Lattice(cell, left, np.take(step + np.roll(shift, -1) - shift, cell))


def _row_nuclei(rng: Generator, place: _Place) -> Field:
    """Optical density, (H, W), of the nuclei along the base of the epithelium: in rows, or crowded in a palisade."""
    size = place.depth.shape[0]
    if rng.random() < _PALISADE_PROPORTION:
        return _palisade(rng, place)
    upright = rng.random() < (0.7 if place.height.mean() > 65 else 0.3)
    level, jitter = float(rng.uniform(0.72, 0.9)), float(rng.uniform(1.5, 6))
    width = float(rng.uniform(14, 24) if upright else rng.uniform(20, 34))
    rows, columns = [], []
    for row in range(1 + int(rng.random() < 0.5)):
        # One point for each cell that the line at this level passes through.
        line = np.abs(place.depth - np.float32(level - 0.2 * row) * place.height) < 1.2
        y, x = np.nonzero(line)
        cell = np.floor(place.along[y, x] / np.float32(width) + np.float32(0.5 * row)).astype(np.int64)
        _, first = np.unique(cell, return_index=True)
        first = first[rng.random(len(first)) < rng.uniform(0.7, 1)]
        rows.append(y[first])
        columns.append(x[first])
    y, x = np.concatenate(rows), np.concatenate(columns)
    n = len(y)
    before, after = (np.clip(np.stack([y, x]) + d, 0, size - 1) for d in (-2, 2))
    steep_y = place.depth[after[0], x] - place.depth[before[0], x]
    steep_x = place.depth[y, after[1]] - place.depth[y, before[1]]
    lean = (0.0 if upright else np.pi / 2) + rng.normal(0, rng.uniform(0.1, 0.45), n)
    angle = (np.arctan2(steep_y, steep_x) + lean).astype(np.float32)
    shift_y, shift_x = rng.normal(0, jitter, (2, n)).astype(np.float32)
    kind = rng.choice([Kind.OVAL, Kind.ROUND, Kind.SPINDLE, Kind.SMUDGED], n, p=rng.dirichlet(_ROW_KINDS[int(upright)]))
    strength = uniform(rng, 0.6, 1.25, n) * np.float32(0.74 + 0.75 * rng.random() ** 2)
    return lay_nuclei(rng, size, y + shift_y, x + shift_x, angle, kind, strength)


_ROW_KINDS = ((2.4, 0.9, 1.5, 1.2), (3.6, 1.2, 0.3, 0.9))
_STROMA_KINDS = (1.8, 1.5, 1.7, 1.0)
"""How often each `Kind` of nucleus is drawn: in rows lying flat or upright, and in the stroma; a Dirichlet
distribution's parameters, since patches differ."""


def _palisade(rng: Generator, place: _Place) -> Field:
    """Crowded nuclei in a band above the base, (H, W)."""
    from_base = place.height - place.depth
    wide = np.minimum(np.float32(rng.uniform(30, 62)), np.float32(0.7) * place.height)
    band = np.clip((wide - from_base) / 7, 0, 1) * np.clip(from_base / 6, 0, 1)
    where = np.flatnonzero(band > 0)
    ink: Field = np.zeros(band.shape, np.float32)
    filled = read(rng, mucus.palisade(), np.take(from_base, where), np.take(place.along, where))
    ink.ravel()[where] = np.take(band, where) * filled * np.float32(0.13 + 0.17 * rng.random() ** 2)
    return ink


def _stroma_nuclei(rng: Generator, place: _Place, stroma: Field) -> Field:
    """Optical density, (H, W), of nuclei of the stroma, and of a few anywhere in the tissue."""
    size = stroma.shape[0]
    room = stroma * np.clip((place.depth - place.height - 5) / 8, 0, 1)
    crowd = np.clip(0.5 + texture(rng, stroma.shape, 22.0), 0.03, 2)
    n = int(rng.uniform(0.0002, 0.0017) * float(room.sum())) + int(rng.poisson(0.7))
    y, x = places(rng, room * crowd + np.float32(1e-4) * (place.depth > 8), n)
    lean = float(rng.uniform(0, np.pi))
    angle = (lean + rng.normal(0, rng.uniform(0.2, 1.5), n)).astype(np.float32)
    kind = rng.choice(len(Kind), n, p=rng.dirichlet(_STROMA_KINDS))
    strength = uniform(rng, 0.5, 1.25, n) * np.float32(0.74 + 0.75 * rng.random() ** 2)
    return lay_nuclei(rng, size, y, x, angle, kind, strength)


def _crushed(rng: Generator, body: Field) -> Field:
    """Optical density, (H, W), of crushed tissue: dark blue smears drawn out in one direction, in a part of the patch."""
    size = body.shape[0]
    y, x = np.meshgrid(*(np.arange(size, dtype=np.float32),) * 2, indexing="ij")
    angle = rng.uniform(0, np.pi)
    cos, sin = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    bent = 10 * texture(rng, body.shape, 40.0)
    smears = texture_at(rng, y * cos - x * sin + bent, x * cos + y * sin, (5.0, 45.0))
    smears += np.float32(0.6) * texture(rng, body.shape, 12.0)
    where = np.clip(texture(rng, body.shape, 50.0) + np.float32(rng.uniform(-0.8, 0.3)), 0, 1)
    dark: Field = np.float32(rng.uniform(0.06, 0.16)) * body * where * np.clip(0.8 + np.float32(0.6) * smears, 0, 2.5)
    return dark


def _sheet(rng: Generator, body: Field) -> Field:
    """Optical density, (H, W), of crowded nuclei seen from above, where epithelium is cut obliquely."""
    where = np.clip(2 * texture(rng, body.shape, 50.0) + np.float32(rng.uniform(-1, 1)), 0, 1)
    nuclei: Field = np.float32(rng.uniform(0.1, 0.2)) * body * where * cut(rng, mucus.palisade(), body.shape)
    return nuclei
