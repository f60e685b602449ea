from __future__ import annotations

import colorsys

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from hpscan.core.reasons import ReasonKind
from hpscan.data.images.quality import doubts, look
from hpscan.phantom.cohort import draw_patch

PATCHES = np.stack([draw_patch(np.random.default_rng(seed), rods=seed % 2 * 10).image for seed in range(6)])


def test_sharp_immunohistochemistry_raises_no_doubt() -> None:
    assert doubts(look(PATCHES)) == ()


def test_empty_glass_is_blank() -> None:
    glass = np.full((20, 64, 64, 3), 230, np.uint8)
    (blank,) = doubts(look(glass))
    assert (blank.kind, blank.number("count"), blank.number("of")) == (ReasonKind.BLANK, 20, 20)
    assert doubts([*look(glass), *look(PATCHES)]) == ()  # windows along a border may be empty


def test_a_blurred_slide_is_out_of_focus() -> None:
    blurred = np.stack([gaussian_filter(image, (4, 4, 0)) for image in PATCHES])
    (out_of_focus,) = doubts(look(blurred))
    assert out_of_focus.kind is ReasonKind.OUT_OF_FOCUS
    assert out_of_focus.number("sharpness") < out_of_focus.number("least")


def test_eosin_is_another_stain() -> None:
    pink = PATCHES.astype(np.float64)
    pink[..., 0] = 230
    pink[..., 1] *= 0.75
    (stain,) = doubts(look(pink.astype(np.uint8)))
    assert stain.kind is ReasonKind.OTHER_STAIN
    assert stain.number("pink") > stain.number("most")


@pytest.mark.parametrize(
    ("hue", "pink", "blue"), [(225, 0, 1), (265, 0, 1), (275, 1, 0), (320, 1, 0), (345, 1, 0), (15, 0, 0), (100, 0, 0)]
)
def test_hues_are_told_apart(hue: int, pink: int, blue: int) -> None:
    colour = [round(255 * c) for c in colorsys.hsv_to_rgb(hue / 360, 0.5, 0.8)]
    (one,) = look(np.full((1, 32, 32, 3), colour, np.uint8))
    assert (one.pink, one.blue) == (pink, blue)


def test_without_patches_there_is_nothing_to_doubt() -> None:
    assert doubts([]) == ()


def test_grey_patches_carry_no_stain() -> None:
    grey = PATCHES.mean(axis=3, keepdims=True).astype(np.uint8).repeat(3, axis=3)
    assert [one.kind for one in doubts(look(grey))] == [ReasonKind.GREY]
    assert doubts([*look(grey), *look(PATCHES)]) == ()
