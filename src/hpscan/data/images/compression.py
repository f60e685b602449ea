"""How a JPEG was compressed, from its quantisation tables and sampling factors."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from hpscan.core.compression import FULL, GREY, Compression, Source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

# ITU-T T.81, tables K.1 and K.2, in rows: the steps at quality 50, for brightness and for colour.
_BRIGHTNESS = (
    16, 11, 10, 16, 24, 40, 51, 61,  12, 12, 14, 19, 26, 58, 60, 55,
    14, 13, 16, 24, 40, 57, 69, 56,  14, 17, 22, 29, 51, 87, 80, 62,
    18, 22, 37, 56, 68, 109, 103, 77,  24, 35, 55, 64, 81, 104, 113, 92,
    49, 64, 78, 87, 103, 121, 120, 101,  72, 92, 95, 98, 112, 100, 103, 99,
)  # fmt: skip
_COLOUR = (
    17, 18, 24, 47, 99, 99, 99, 99,  18, 21, 26, 66, 99, 99, 99, 99,
    24, 26, 56, 99, 99, 99, 99, 99,  47, 66, 99, 99, 99, 99, 99, 99,
    *(99,) * 32,
)  # fmt: skip

_SAMPLINGS: dict[tuple[float, float], str] = {
    (1, 1): FULL,
    (2, 1): "4:2:2",
    (1, 2): "4:4:0",
    (2, 2): "4:2:0",
    (4, 1): "4:1:1",
}
_NEAR = 1
"""Difference in a step that still counts as IJG's: encoders round differently."""


def zigzag() -> NDArray[np.intp]:
    """(64,): the place in rows of each of the values that a table stores along the diagonals."""
    rows, columns = np.divmod(np.arange(64), 8)
    diagonal = rows + columns
    return np.lexsort((np.where(diagonal % 2, rows, columns), diagonal))


def from_tables(tables: Sequence[NDArray[np.int64]], sampling: Sequence[tuple[int, int]]) -> Compression:
    """What the tables and sampling factors of a picture's components mean.

    The quality is the one whose IJG tables are nearest, by least squares of the ratios of all steps: a step that is
    twice as coarse counts as much among the fine ones as among the coarse.

    Args:
        tables: The quantisation table of each component, (64,), in rows; empty where they are not known.
        sampling: Horizontal and vertical sampling factor of each component, brightness first.
    """
    quality, standard = _quality(tables) if tables else (None, True)
    return Compression(Source.TABLES, quality, _subsampling(sampling), standard)


def ijg(quality: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """IJG's tables of a quality, 1 to 100, for brightness and for colour, each (64,), in rows."""
    brightness, colour = _scaled()[quality - 1]
    return brightness, colour


def _quality(tables: Sequence[NDArray[np.int64]]) -> tuple[int, bool]:
    first, *others = (np.maximum(np.asarray(table, np.float64), 1) for table in tables)
    # Where colour shares the table of brightness, as in RGB, it was made from that one.
    different = [table for table in others if not np.array_equal(table, first)]
    found = np.stack([first, *different])
    which = [0] + [1] * len(different)
    candidates = _scaled()[:, which].astype(np.float64)
    off = (np.log(candidates / found) ** 2).sum(axis=(1, 2))
    # Of equally near ones, the highest: at low qualities all steps end at 255.
    best = int(len(off) - 1 - np.argmin(off[::-1]))
    return best + 1, bool(np.abs(candidates[best] - found).max() <= _NEAR)


@cache
def _scaled() -> NDArray[np.int64]:
    """(100, 2, 64): IJG's tables by quality."""
    quality = np.arange(1, 101)
    scale = np.where(quality < 50, 5000 // quality, 200 - 2 * quality)[:, None, None]
    steps: NDArray[np.int64] = np.clip((np.array([_BRIGHTNESS, _COLOUR]) * scale + 50) // 100, 1, 255)
    return steps


def _subsampling(sampling: Sequence[tuple[int, int]]) -> str | None:
    if not sampling:
        return None
    if len(sampling) == 1:
        return GREY
    across, down = sampling[0]
    ratios = {(across / h, down / v) for h, v in sampling[1:3] if h and v}
    if len(ratios) == 1 and (ratio := ratios.pop()) in _SAMPLINGS:
        return _SAMPLINGS[ratio]
    return ",".join(f"{h}x{v}" for h, v in sampling)
