"""What a scanner's JPEG takes from a picture, by arithmetic alone: blocks of 8 x 8 pixels with rounded frequencies.

Second differences of the real patches are 1.7 to 1.9 times as large at every eighth pixel as elsewhere, in brightness
and in colour, and no larger at every sixteenth: so red, green and blue were each stored for itself, at full resolution.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

# ITU-T T.81, table K.1: the steps for luminance at quality 50.
_STEPS = np.array(
    [
        [16, 11, 10, 16, 24, 40, 51, 61],
        [12, 12, 14, 19, 26, 58, 60, 55],
        [14, 13, 16, 24, 40, 57, 69, 56],
        [14, 17, 22, 29, 51, 87, 80, 62],
        [18, 22, 37, 56, 68, 109, 103, 77],
        [24, 35, 55, 64, 81, 104, 113, 92],
        [49, 64, 78, 87, 103, 121, 120, 101],
        [72, 92, 95, 98, 112, 100, 103, 99],
    ]
)


def _cosines() -> NDArray[np.float32]:
    """The discrete cosine transform of eight values, (frequency, place), orthonormal."""
    k = np.arange(8)
    matrix = np.cos(np.pi * (2 * k + 1) * k[:, None] / 16) / 2
    matrix[0] /= np.sqrt(2)
    return matrix.astype(np.float32)


_COSINES = _cosines()


def compress(rng: Generator, planes: NDArray[np.float32], quality: int) -> NDArray[np.float32]:
    """A cut of a picture that was stored as JPEG, its grid of blocks anywhere.

    Args:
        rng: Where the place of the grid comes from.
        planes: (C, H, W), in grey levels.
        quality: 1..100, as the Independent JPEG Group counts.
    """
    top, left = rng.integers(8, size=2).tolist()
    channels, height, width = planes.shape
    below, right = -(top + height) % 8, -(left + width) % 8
    wide = np.pad(planes, ((0, 0), (top, below), (left, right)), mode="edge")
    grid = (channels, wide.shape[1] // 8, 8, wide.shape[2] // 8, 8)
    scale = 5000 / quality if quality < 50 else 200 - 2 * quality
    steps = np.maximum(np.floor((_STEPS * scale + 50) / 100), 1).astype(np.float32)[:, :, None]
    # Blocks last, so that every step runs over long rows: (8, 8, blocks).
    blocks = np.ascontiguousarray(wide.reshape(grid).transpose(2, 4, 0, 1, 3)).reshape(8, 8, -1)
    blocks -= np.float32(128)
    waves = _turned(_COSINES, blocks)
    waves /= steps
    np.rint(waves, out=waves)
    waves *= steps
    back = _turned(np.ascontiguousarray(_COSINES.T), waves)
    back += np.float32(128)
    stored = back.reshape(8, 8, *(grid[n] for n in (0, 1, 3))).transpose(2, 3, 0, 4, 1).reshape(wide.shape)
    return stored[:, top : top + height, left : left + width]


def _turned(matrix: NDArray[np.float32], blocks: NDArray[np.float32]) -> NDArray[np.float32]:
    """The matrix, (8, 8), applied along both of the first axes of the blocks, (8, 8, N).

    With einsum, not a matrix product, whose threads would get in each other's way when patches are drawn in parallel.
    """
    rows = np.einsum("ki,ijn->kjn", matrix, blocks)
    both: NDArray[np.float32] = np.einsum("lj,kjn->kln", matrix, rows)
    return both
