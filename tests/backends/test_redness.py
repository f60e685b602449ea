"""The rule that learns nothing: the share of red pixels."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
import pytest

from hpscan.backends.redness import RednessSettings, backend
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
