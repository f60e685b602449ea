from __future__ import annotations

import io

import numpy as np
from PIL import Image

from hpscan.report import figures


def _pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def test_a_gallery_shows_patch_reconstruction_and_heatmap() -> None:
    patches = np.full((2, 32, 32, 3), (10, 200, 30), np.uint8)
    painted = np.full((2, 32, 32, 3), (30, 10, 200), np.uint8)
    png = figures.gallery(patches, np.ones((2, 32, 32), np.float32), ["a", "b"], "title", painted)
    shown = {tuple(c) for c in _pixels(png).reshape(-1, 3)}
    assert {(10, 200, 30), (30, 10, 200)} <= shown


def test_curves_are_the_same_bytes_for_the_same_scores() -> None:
    truth = np.array([False, False, True, True])
    score = np.array([0.0, 0.2, 0.1, 0.9])
    assert figures.curves(truth, score, 0.15) == figures.curves(truth, score, 0.15)
    assert figures.curves(truth, score, 0.15) != figures.curves(truth, score, 0.5)
