"""Traces that JPEG leaves in pixels, for files that are no JPEG any more: a grid of blocks, and colour without fine detail.

The limits leave wide margins on both sides, seen on 93 development patches and on synthetic ones, each as they are, resized,
blurred, and saved at qualities 30 to 95:

- blocks: the steps at every eighth pixel are at most 1.16 times the others where there is no grid (resized patches), at
  least 1.4 in the published patches, and at least 1.6 at quality 70 and below. At quality 90 and above they may be missed.
- colour: its fine detail is at least 0.46 of that of brightness in the published patches and 0.28 in reduced ones; with
  halved colour it is below 0.2 in nine of ten patches (0.33 at most), at every quality. Saved with colour in full, one
  patch in thirty is below the limit, for coarse steps: so patients are judged by most of their patches.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hpscan.core.compression import FULL, Compression, Source

if TYPE_CHECKING:
    from numpy.typing import NDArray

BLOCKS = 1.3
"""Mean step at every eighth pixel, over that of the pixels between, from which there is a grid; both ways."""

HALVED = 0.25
"""Fine detail of colour, over that of brightness, below which colour has half the resolution."""

_WINDOW = 256
"""Pixels across and down that are looked at: what is compressed is compressed throughout."""

_LEAST_STEP = 0.3
"""Mean step, in grey levels, below which there is nothing to compare: glass, a blurred patch."""

_DETAIL = 1.0
"""Fine detail of brightness, a variance in grey levels, without which colour need not have any."""

_COLOURED = 4.0
"""Standard deviation of R - B, in grey levels, below which there is no colour to lose."""

_ROUNDING = (1 + 1 + 1.402**2 + 1.772**2) / 12
"""Variance of R - B by rounding: of R and of B, and of Cr and Cb before them (1.402 Cr - 1.772 Cb)."""

_SQUARES = 1 + 16 + 36 + 16 + 1
"""Sum of the squared weights of a fourth difference."""


@dataclass(frozen=True, slots=True)
class Traces:
    """What the pixels of one patch show.

    Attributes:
        grid: Columns and rows before the first border of blocks, 0..7 each; None without a grid.
        across: Whether colour is halved across; None where it cannot be told.
        down: Likewise down.
    """

    grid: tuple[int, int] | None
    across: bool | None
    down: bool | None

    @property
    def compression(self) -> Compression | None:
        """What they say; None where nothing hints at JPEG."""
        if self.across is None or self.down is None:
            subsampling = None
        else:
            ways = {(False, False): FULL, (True, False): "4:2:2", (False, True): "4:4:0", (True, True): "4:2:0"}
            subsampling = ways[self.across, self.down]
        found = Compression(Source.PIXELS, subsampling=subsampling)
        return found if self.grid is not None or found.halved else None


def traces(image: NDArray[np.uint8]) -> Traces:
    """The traces in an image, (H, W, 3)."""
    height, width = image.shape[:2]
    # A whole number of blocks from the corner, so that the grid of the cut is that of the image.
    top, left = (max(0, (side - _WINDOW) // 2) // 8 * 8 for side in (height, width))
    cut = image[top : top + _WINDOW, left : left + _WINDOW].astype(np.int16)
    green, red_blue = cut[..., 1], cut[..., 0] - cut[..., 2]
    coloured = float(red_blue[::4, ::4].std()) >= _COLOURED
    # Every second line is enough, and halves the time.
    across = _along(green[::2], red_blue[::2] if coloured else None)
    down = _along(green[:, ::2].T, red_blue[:, ::2].T if coloured else None)
    grid = None if across.border is None or down.border is None else (across.border, down.border)
    return Traces(grid, across.halved, down.halved)


@dataclass(frozen=True, slots=True)
class _Along:
    border: int | None
    halved: bool | None


def _along(brightness: NDArray[np.int16], colour: NDArray[np.int16] | None) -> _Along:
    """What shows along the rows of both, (lines, pixels) each."""
    lines = np.ascontiguousarray(brightness)
    third = _differences(lines, 3)
    return _Along(_border(third), None if colour is None else _halved(_differences(third, 1), colour))


def _border(third: NDArray[np.int16]) -> int | None:
    """Pixels before the first border of blocks, from third differences, which answer to steps; None without a grid."""
    step = np.add.reduce(np.abs(third), axis=0, dtype=np.int64) / len(third)
    whole = len(step) // 8 * 8
    profile = step[:whole].reshape(-1, 8).mean(axis=0)
    at = int(profile.argmax())
    # The differences beside a border answer to it, too.
    between = float(np.mean([profile[(at + far) % 8] for far in range(2, 7)]))
    if between < _LEAST_STEP or profile[at] < BLOCKS * between:
        return None
    return (at + 2) % 8


def _halved(fourth: NDArray[np.int16], colour: NDArray[np.int16]) -> bool | None:
    """Whether colour lacks the fine detail that brightness has, from the fourth differences of brightness."""
    detail = _energy(fourth)
    if detail < _DETAIL:
        return None
    of_colour = _energy(_differences(np.ascontiguousarray(colour), 4))
    return bool(max(of_colour - _ROUNDING, 0.0) < HALVED**2 * detail)


def _differences(lines: NDArray[np.int16], order: int) -> NDArray[np.int16]:
    """Differences along the rows; a fourth one of R - B, at most 16 x 510, fits into 16 bits."""
    for _ in range(order):
        lines = lines[:, 1:] - lines[:, :-1]
    return lines


def _energy(fourth: NDArray[np.int16]) -> float:
    """The variance of white noise that would have these fourth differences."""
    values = fourth.astype(np.float32).ravel()
    return float(values @ values) / max(values.size, 1) / _SQUARES
