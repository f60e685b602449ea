"""The rule that learns nothing: the share of red pixels."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
import pytest

from hpscan.backends.redness.backend import backend
from hpscan.backends.redness.settings import RednessSettings
from hpscan.core.backend import Localizer, Reconstructor, Run, Supervision

if TYPE_CHECKING:
    from hpscan.core.backend import Images

RED, GREY = (200, 80, 80), (220, 220, 220)


def _images() -> Images:
    images = np.full((3, 4, 8, 3), GREY, np.uint8)
    images[1, 1:3, 2:6] = RED  # 8 of 32
    images[2] = RED
    return images


def test_the_score_is_the_share_of_red_pixels() -> None:
    scores = backend.restore({}, RednessSettings(), device="cpu").score(_images())
    assert scores.tolist() == [0, 0.25, 1]
    assert scores.dtype == np.float64


def test_the_limits_of_the_gate_are_the_rule_s_settings() -> None:
    settings = RednessSettings(saturation=0.7)  # the red pixels' is 120 / 200
    assert backend.restore({}, settings, device="cpu").score(_images()).tolist() == [0, 0, 0]


def test_it_learns_from_nothing_and_keeps_nothing(in_memory: type) -> None:
    settings = RednessSettings()
    assert backend.learns_from(settings) is Supervision.NOTHING
    nothing = in_memory(_images()[:0], [])
    fitted = backend.fit(nothing, nothing, settings, Run())
    assert fitted.scorer.state() == {}
    assert fitted.history == ()
    assert fitted.interrupted is False
    assert fitted.scorer.score(_images()).tolist() == [0, 0.25, 1]


def test_it_points_at_the_red_pixels_and_paints_nothing() -> None:
    scorer = backend.restore({}, RednessSettings(), device="cpu")
    assert isinstance(scorer, Localizer)
    assert not isinstance(scorer, Reconstructor)
    heat = scorer.heatmap(_images())
    assert heat.shape == (3, 4, 8)
    assert not heat[0].any()
    assert heat[1, 1, 3] > heat[1, 0, 0] > 0


def test_no_images_have_no_scores_and_no_warning() -> None:
    scorer = backend.restore({}, RednessSettings(), device="cpu")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert scorer.score(_images()[:0]).shape == (0,)
        assert scorer.heatmap(_images()[:0]).shape == (0, 4, 8)


@pytest.mark.parametrize("size", [(1, 1), (101, 75)])
def test_any_size_of_patch_is_scored(size: tuple[int, int]) -> None:
    scores = backend.restore({}, RednessSettings(), device="cpu").score(np.full((2, *size, 3), RED, np.uint8))
    assert scores.tolist() == [1, 1]


# --- contrast

CONTRAST = RednessSettings(score="contrast")  # type: ignore[arg-type]
TISSUE, ROD, BROWN_HAZE = (180, 190, 210), (130, 80, 50), (180, 174, 166)


def _with_rod(ground: tuple[int, int, int], rod: tuple[int, int, int] | None) -> Images:
    image = np.full((1, 128, 128, 3), ground, np.uint8)
    if rod:
        image[0, 60:70, 60:70] = rod  # the area of three rods
    return image


def _contrast(image: Images) -> float:
    return float(backend.restore({}, CONTRAST, device="cpu").score(image)[0])


def test_contrast_is_how_much_redder_the_hundred_brownest_pixels_are_than_their_patch() -> None:
    from scipy.ndimage import gaussian_filter

    image = np.full((1, 128, 128, 3), TISSUE, np.uint8)
    image[0, 60:64, 60:84] = ROD
    redness = {TISSUE: (180 - 200) / 255, ROD: (130 - 65) / 255}
    blurred = gaussian_filter(np.where(image[0, ..., 0] == 130, redness[ROD], redness[TISSUE]), 1.0)
    expected = np.sort(blurred.ravel())[-100:].mean() - redness[TISSUE]
    assert _contrast(image) == pytest.approx(expected, abs=1e-6)


def test_contrast_does_not_mind_what_colours_the_whole_patch() -> None:
    assert _contrast(_with_rod(TISSUE, None)) == pytest.approx(0, abs=1e-6)
    assert _contrast(_with_rod(BROWN_HAZE, None)) == pytest.approx(0, abs=1e-6)
    assert _contrast(_with_rod(TISSUE, ROD)) > _contrast(_with_rod(BROWN_HAZE, ROD)) > 0.1


@pytest.mark.parametrize("covered", [0.05, 0.12, 0.2, 0.5, 1.0])
def test_bacteria_that_cover_a_patch_are_not_taken_for_what_is_usual_in_it(covered: float) -> None:
    image = _with_rod(TISSUE, None)
    image[0, : round(128 * covered)] = ROD
    assert _contrast(image) > 0.7 * _contrast(_with_rod(TISSUE, ROD))


def test_black_ink_has_no_contrast_of_brown() -> None:
    assert _contrast(_with_rod(TISSUE, (20, 20, 20))) < 0.5 * _contrast(_with_rod(TISSUE, ROD))


def test_contrast_points_at_the_rod_and_nowhere_else() -> None:
    heat = backend.restore({}, CONTRAST, device="cpu").heatmap(_with_rod(TISSUE, ROD))
    assert heat.dtype == np.float32
    assert heat.max() <= 1
    assert heat[0, 65, 65] > 0.9
    assert not heat[0, :40].any()
