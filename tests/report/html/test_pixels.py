"""Patches and heatmaps as data URIs."""

from __future__ import annotations

import base64
import io

import numpy as np
from PIL import Image

from hpscan.report.html import pixels


def _open(uri: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2])))


def test_photo_keeps_its_shape_and_nearly_its_colours() -> None:
    image = np.zeros((300, 600, 3), np.uint8)
    image[:, 300:] = (150, 80, 20)
    seen = np.asarray(_open(pixels.photo(image, 200, 85)).convert("RGB")).astype(int)
    assert seen.shape == (100, 200, 3)
    assert np.abs(seen[:, 150:190] - (150, 80, 20)).max() < 12


def test_small_patch_is_not_made_larger() -> None:
    assert _open(pixels.photo(np.zeros((32, 32, 3), np.uint8), 200, 85)).size == (32, 32)


def test_one_hot_pixel_survives_a_smaller_heatmap() -> None:
    heat = np.zeros((101, 101), np.float32)
    heat[100, 100] = 1
    seen = np.asarray(_open(pixels.heat(heat, 50)).convert("L"))
    assert seen.shape == (34, 34)
    assert seen[-1, -1] > 240
    assert (seen > 20).sum() == 1


def test_scale_is_lighter_step_by_step_so_that_it_needs_no_colour_vision() -> None:
    ramp = [int(colour[i : i + 2], 16) for colour in pixels.colours(10) for i in (1, 3, 5)]
    light = np.array(ramp).reshape(10, 3) @ [0.299, 0.587, 0.114]
    assert (np.diff(light) > 8).all()
