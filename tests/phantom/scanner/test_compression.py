"""Compression loses little, in blocks of eight pixels, and as a JPEG of the same quality does."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from hpscan.phantom.brushes import smooth_noise
from hpscan.phantom.scanner.compression import compress


def _planes(size: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    return np.stack([128 + 25 * smooth_noise(rng, (size, size), 5.3) for _ in range(3)]).astype(np.float32)


def _jumps(plane: np.ndarray) -> np.ndarray:
    """Mean second difference at each place of the grid of eight columns, (8,)."""
    return np.abs(np.diff(plane[:, :122], n=2, axis=1)).mean(axis=0).reshape(-1, 8).mean(axis=0)


@pytest.mark.parametrize("quality", [30, 70, 95])
def test_it_loses_as_much_as_a_jpeg_of_this_quality(quality: int) -> None:
    planes = np.clip(np.rint(_planes(128)), 0, 255)
    lost = np.rint(compress(np.random.default_rng(1), planes, quality)[0]) - planes[0]
    file = BytesIO()
    Image.fromarray(planes[0].astype(np.uint8)).save(file, "JPEG", quality=quality)
    lost_in_jpeg = np.asarray(Image.open(file)).astype(float) - planes[0]
    assert lost.std() == pytest.approx(lost_in_jpeg.std(), rel=0.1)


def test_blocks_show_at_every_eighth_column_wherever_the_grid_begins() -> None:
    planes = _planes(128)
    places = set()
    for seed in range(12):
        jumps = _jumps(compress(np.random.default_rng(seed), planes, 60)[0])
        assert jumps.max() > 1.15 * np.median(jumps)
        places.add(int(jumps.argmax()))
    assert len(places) > 3
    assert _jumps(planes[0]).max() < 1.15 * np.median(_jumps(planes[0]))


@pytest.mark.parametrize("size", [64, 71, 512])
def test_any_size_keeps_its_shape_and_its_mean(size: int) -> None:
    planes = _planes(size)
    lossy = compress(np.random.default_rng(3), planes, 70)
    assert lossy.shape == planes.shape
    assert lossy.dtype == np.float32
    assert lossy.mean() == pytest.approx(planes.mean(), abs=0.5)
