"""Stored textures of mucus and cytoplasm: grains, foam, vesicles, goblets, curdled threads, shreds.

Each is a square that repeats without a seam, computed at first use and kept. Dark is positive, and 0 is the mean.
What refracts light rather than takes up dye goes below 0 too: a vesicle's middle is lighter than what lies around it.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from hpscan.phantom.brushes import pave

if TYPE_CHECKING:
    from hpscan.phantom.brushes import Cells, Field

SIDE = 512
"""Height and width of what repeats, in pixels, a power of 2."""


def _finish(tile: Field) -> Field:
    """A tile of mean 0 and standard deviation 1, twice as high and wide so that any piece can be cut in one go."""
    tile = ((tile - tile.mean()) / tile.std()).astype(np.float32)
    tile = np.tile(tile, (2, 2))
    tile.flags.writeable = False
    return tile


def _noise(seed: int, sigma: float) -> Field:
    """Gaussian noise of this grain that repeats, standard deviation 1."""
    raw = np.random.default_rng(seed).standard_normal((SIDE, SIDE), dtype=np.float32)
    soft = np.asarray(ndimage.gaussian_filter(raw, sigma, mode="wrap", truncate=3.0), dtype=np.float32)
    return np.asarray(soft / soft.std(), dtype=np.float32)


def _warped(tile: Field, seed: int, grain: float, shift: float) -> Field:
    """A tile whose pixels are taken from up to a few `shift` pixels off, so that its straight lines are none."""
    at = np.indices((SIDE, SIDE), dtype=np.float32)
    at += np.float32(shift) * np.stack([_noise(seed, grain), _noise(seed + 1, grain)])
    return np.asarray(ndimage.map_coordinates(tile, at, order=1, mode="grid-wrap"), dtype=np.float32)


def _bubbles(cells: Cells, smallest: float, largest: float, proportion: float) -> Field:
    """Round vesicles, one in a proportion of the polygons: light inside, with a thin dark rim and a faint light halo."""
    present = cells.trait < proportion
    radius = smallest + (largest - smallest) * (cells.trait / np.float32(proportion)) ** 2
    strength = 0.4 + 0.9 * np.modf(cells.trait * 37)[0]  # as good as another trait
    out = cells.first - radius
    inner = np.clip(0.5 - (out + 1) / 1.2, 0, 1)
    rim = np.exp(-((out / 0.8) ** 2))
    halo = np.exp(-(((out - 2) / 1.0) ** 2))
    return np.asarray(np.where(present, (rim - 0.7 * inner - 0.2 * halo) * strength, 0), dtype=np.float32)


@cache
def grains() -> Field:
    """Fine grains, as of a cell full of small secretory granules."""
    fine, soft = _noise(1, 0.7), _noise(2, 1.2)
    return _finish(fine - np.float32(0.5) * _noise(3, 1.8) + np.float32(0.9) * np.maximum(soft, 0) ** 2)


@cache
def foam() -> Field:
    """Packed small vesicles of unlike size, with holes and thicker knots."""
    small, middle = pave(11, SIDE, (6.0, 6.0), unlike=0.3), pave(12, SIDE, (11.0, 11.0), unlike=0.3)
    where = np.clip(0.5 + _noise(13, 9), 0, 1)
    walls = [np.exp(-((c.wall / 0.9) ** 2)) * (0.5 + c.trait) for c in (small, middle)]
    knots = np.maximum(_noise(14, 1.3), 0)
    return _finish(where * walls[0] + (1 - where) * 1.2 * walls[1] + 0.4 * knots + 0.16 * _noise(15, 0.7))


@cache
def vesicles() -> Field:
    """Vesicles of all sizes that lie apart, in a granular ground."""
    many = _bubbles(pave(21, SIDE, (9.0, 9.0)), 1.2, 3.0, 0.5)
    few = _bubbles(pave(22, SIDE, (24.0, 24.0)), 2.5, 9.0, 0.4)
    return _finish(_warped(0.8 * many + 1.3 * few, 23, 4.0, 0.9) + 0.25 * grains()[:SIDE, :SIDE])


@cache
def goblets() -> Field:
    """Large polygonal vesicles, some clear, some full of grains, with thin walls that come and go."""
    cells = pave(31, SIDE, (24.0, 24.0), unlike=0.4)
    inner = pave(32, SIDE, (7.0, 7.0), unlike=0.3)
    clear = np.clip((ndimage.gaussian_filter(cells.wall, 1.6, mode="wrap") - 1.4) / 1.5, 0, 1)  # rounds the corners
    walls = np.exp(-((cells.wall / 0.9) ** 2)) + 0.25 * (1 - clear)
    walls *= np.clip(0.7 + 0.5 * _noise(33, 6), 0, 1.5)
    threads = np.exp(-((inner.wall / 0.8) ** 2)) * np.clip(2.5 * cells.trait - 1.2, 0, 1)
    shine = np.exp(-(((cells.wall - 3.2) / 1.2) ** 2))
    level = (cells.trait - 0.5) * clear
    mucus = walls + 0.45 * threads + 0.4 * level - 0.25 * shine
    return _finish(_warped(mucus, 34, 5.0, 1.8) + 0.1 * grains()[:SIDE, :SIDE])


@cache
def curds() -> Field:
    """Curdled mucus: branching threads, thick and thin, with light gaps."""
    first, second = _noise(41, 3.2), _noise(42, 1.7)
    threads = np.reciprocal(1 + (first / 0.22) ** 2) + 0.7 * np.reciprocal(1 + (second / 0.3) ** 2)
    relief = first - np.roll(first, (1, 1), (0, 1))  # as if lit from one side: what refracts looks embossed
    return _finish(threads * np.clip(0.8 + 0.5 * _noise(43, 12), 0, 2) + 0.6 * relief + 0.2 * _noise(44, 0.7))


@cache
def wisps() -> Field:
    """Mucus in drawn-out, wavy threads and veils, for lumina and glass."""
    rows, columns = np.indices((SIDE, SIDE))
    rows = (rows + 9 * _noise(51, 22)).astype(np.intp) % SIDE
    raw = np.random.default_rng(52).standard_normal((SIDE, SIDE), dtype=np.float32)
    long = np.asarray(ndimage.gaussian_filter(raw, (2.2, 16), mode="wrap", truncate=3.0), dtype=np.float32)
    long = (long / long.std())[rows, columns]
    return _finish(np.reciprocal(1 + (long / 0.2) ** 2) + 0.5 * long + 0.25 * grains()[:SIDE, :SIDE])


@cache
def palisade() -> Field:
    """Crowded nuclei that fill their cells but for pale walls, upright; 0 to about 1, not of mean 0."""
    cells = pave(61, SIDE, (28.0, 18.0), unlike=0.12)
    wall = ndimage.gaussian_filter(cells.wall, 2.2, mode="wrap")
    filled = np.clip((wall - 1.6 - 0.5 * cells.trait) / 1.3, 0, 1)
    ink = filled * (0.5 + 0.6 * np.modf(cells.trait * 37)[0]) * (1 + 0.1 * _noise(62, 1.2) + 0.12 * _noise(63, 4))
    tile = np.tile(_warped(np.clip(ink, 0, 1.3).astype(np.float32), 64, 6.0, 1.5), (2, 2))
    tile.flags.writeable = False
    return tile
