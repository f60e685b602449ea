"""The red gate, pixel by pixel, with hues worked out by hand: hue = 60 (G - B) / (max - min) where R is largest."""

from __future__ import annotations

import colorsys

import numpy as np
import pytest
from pydantic import ValidationError

from hpscan.backends.shared.gate import RedGate, smooth

Pixel = tuple[int, int, int]


def _is_red(pixel: Pixel, gate: RedGate | None = None) -> bool:
    return bool((gate or RedGate()).red(np.array([[[pixel]]], dtype=np.uint8))[0, 0, 0])


@pytest.mark.parametrize(
    ("pixel", "red"),
    [
        pytest.param((200, 80, 80), True, id="pure red"),
        pytest.param((200, 80, 120), True, id="-20 degrees: 60 * -40 / 120"),
        pytest.param((200, 80, 121), False, id="-20.5 degrees"),
        pytest.param((200, 160, 80), True, id="40 degrees: 60 * 80 / 120"),
        pytest.param((200, 161, 80), False, id="40.5 degrees"),
        pytest.param((255, 170, 0), True, id="40 degrees, and 60 * 170 is no uint8"),
        pytest.param((200, 200, 80), False, id="60 degrees, yellow"),
        pytest.param((200, 80, 200), False, id="-60 degrees, magenta"),
        pytest.param((80, 200, 80), False, id="green"),
        pytest.param((80, 80, 200), False, id="blue"),
        pytest.param((80, 200, 200), False, id="cyan, opposite to red"),
    ],
)
def test_a_pixel_is_red_within_the_hue_limits_on_both_sides_of_zero(pixel: Pixel, red: bool) -> None:
    assert _is_red(pixel) is red


@pytest.mark.parametrize(
    ("pixel", "red"),
    [
        pytest.param((200, 160, 160), True, id="40 / 200 = 0.2"),
        pytest.param((200, 161, 161), False, id="39 / 200"),
        pytest.param((255, 204, 204), True, id="51 / 255 = 0.2"),
        pytest.param((255, 205, 205), False, id="50 / 255"),
        pytest.param((51, 0, 0), True, id="fully saturated"),
    ],
)
def test_a_pale_pixel_is_red_from_the_saturation_limit_on(pixel: Pixel, red: bool) -> None:
    assert _is_red(pixel) is red


@pytest.mark.parametrize(("pixel", "red"), [((51, 20, 20), True), ((50, 20, 20), False)])
def test_a_dark_pixel_is_red_from_the_value_limit_on(pixel: Pixel, red: bool) -> None:
    assert _is_red(pixel) is red  # 51 / 255 = 0.2


@pytest.mark.parametrize("level", [0, 1, 51, 128, 254, 255])
def test_grey_black_and_white_have_no_hue_and_are_never_red(level: int) -> None:
    assert not _is_red((level, level, level))
    assert not _is_red((level, level, level), RedGate(hue_low=-60, hue_high=60, saturation=0, value=0))


def test_dab_brown_is_red_and_hematoxylin_blue_is_not() -> None:
    assert _is_red((150, 105, 70))
    assert not _is_red((110, 120, 170))


@pytest.mark.parametrize(
    "pixel", [pytest.param((200, 10, 60), id="G - B below 0"), pytest.param((255, 0, 1), id="-0.2 degrees")]
)
def test_differences_below_zero_do_not_wrap_round(pixel: Pixel) -> None:
    assert _is_red(pixel)


def test_the_widest_gate_takes_yellow_and_magenta_and_nothing_beyond() -> None:
    gate = RedGate(hue_low=-60, hue_high=60)
    assert _is_red((200, 200, 80), gate)
    assert _is_red((200, 80, 200), gate)
    assert not _is_red((199, 200, 80), gate)
    assert not _is_red((199, 80, 200), gate)


def test_a_gate_closed_to_one_hue_takes_that_hue_only() -> None:
    gate = RedGate(hue_low=0, hue_high=0)
    assert _is_red((200, 80, 80), gate)
    assert not _is_red((200, 81, 80), gate)
    assert not _is_red((200, 80, 81), gate)


@pytest.mark.parametrize("seed", range(3))
def test_the_gate_agrees_with_colorsys_away_from_its_limits(seed: int) -> None:
    rng = np.random.default_rng(seed)
    gate = RedGate(
        hue_low=float(rng.uniform(-60, 0)),
        hue_high=float(rng.uniform(0, 60)),
        saturation=round(float(rng.uniform(0, 0.6)), 3),
        value=round(float(rng.uniform(0, 0.6)), 3),
    )
    pixels = rng.integers(0, 256, (4000, 3), dtype=np.uint8)
    pixels[:, 0] = np.maximum(pixels[:, 0], rng.integers(0, 256, 4000, dtype=np.uint8))  # more of them reddish
    red = gate.red(pixels[None, None])[0, 0]
    compared = 0
    for pixel, own in zip(pixels.tolist(), red.tolist(), strict=True):
        h, s, v = colorsys.rgb_to_hsv(*(channel / 255 for channel in pixel))
        hue = 360 * h - (360 if h > 0.5 else 0)
        margins = (hue - gate.hue_low, gate.hue_high - hue, s - gate.saturation, v - gate.value)
        if min(map(abs, margins)) > 1e-6:
            compared += 1
            assert own == (min(margins) > 0), pixel
    assert compared > 3900
    assert 0 < red.sum() < len(red)


def test_every_image_of_a_batch_is_gated_as_if_it_were_alone() -> None:
    images = np.random.default_rng(0).integers(0, 256, (4, 5, 7, 3), dtype=np.uint8)
    together = RedGate().red(images)
    assert together.shape == (4, 5, 7)
    assert together.dtype == np.bool_
    for i in range(4):
        np.testing.assert_array_equal(together[i], RedGate().red(images[i : i + 1])[0])


def test_no_images_have_no_red_pixels_and_keep_their_shape() -> None:
    assert RedGate().red(np.zeros((0, 5, 7, 3), np.uint8)).shape == (0, 5, 7)


@pytest.mark.parametrize("wrong", [{"hue_low": 1}, {"hue_high": 61}, {"saturation": 1.1}, {"value": -0.1}, {"hue": 3}])
def test_limits_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        RedGate(**wrong)  # type: ignore[arg-type]


def test_a_smoothed_mask_is_highest_where_the_mask_is_and_stays_within_its_image() -> None:
    mask = np.zeros((2, 21, 31), np.bool_)
    mask[0, 10, 20] = True
    blurred = smooth(mask)
    assert blurred.shape == mask.shape
    assert blurred.dtype == np.float32
    assert np.unravel_index(blurred[0].argmax(), (21, 31)) == (10, 20)
    assert blurred[0, 10, 18] > blurred[0, 10, 16] > 0
    assert not blurred[1].any()


def test_a_smoothed_mask_of_nothing_but_red_is_one_up_to_the_edges() -> None:
    blurred = smooth(np.ones((1, 9, 9), np.bool_))
    assert blurred.max() <= 1
    np.testing.assert_allclose(blurred, 1, atol=1e-5)
