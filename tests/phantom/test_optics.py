"""Stains absorb as they should, in the colours they should."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hpscan.phantom.optics import BLUISH_GLASS, GREY_GLASS, Style, draw_style, expose

PLAIN = Style(glass=BLUISH_GLASS, hematoxylin=1.0, dab=1.0, blur=0.4, grain=0.0)
NOTHING = np.zeros((64, 64), np.float32)


def _seen(style: Style = PLAIN, *, defocus: float = 0.0, **dyes: np.ndarray) -> np.ndarray:
    amounts = {"hematoxylin": NOTHING, "dab": NOTHING, "pigment": NOTHING} | dyes
    return expose(np.random.default_rng(0), style, **amounts, defocus=defocus)


@pytest.mark.parametrize("glass", [BLUISH_GLASS, GREY_GLASS])
def test_empty_glass_shows_as_glass(glass: tuple[float, float, float]) -> None:
    picture = _seen(replace(PLAIN, glass=glass))
    assert picture.shape == (64, 64, 3)
    assert picture.dtype == np.uint8
    np.testing.assert_allclose(picture.mean((0, 1)), glass, atol=3)


def test_light_is_lost_as_beer_and_lambert_say() -> None:
    glass = _seen().astype(float).mean((0, 1))
    once, twice = (_seen(dab=NOTHING + c).astype(float).mean((0, 1)) for c in (0.4, 0.8))
    np.testing.assert_allclose(twice / glass, (once / glass) ** 2, rtol=0.03)


def test_hematoxylin_is_blue_and_dab_is_brown() -> None:
    red, green, blue = _seen(hematoxylin=NOTHING + 0.4).mean((0, 1))
    assert red < green < blue
    red, green, blue = _seen(dab=NOTHING + 0.6).mean((0, 1))
    assert red > green > blue


def test_a_weaker_stain_is_paler() -> None:
    dye = NOTHING + 0.4
    assert _seen(replace(PLAIN, hematoxylin=0.5), hematoxylin=dye).mean() > _seen(hematoxylin=dye).mean() + 10


def test_defocus_softens_an_edge() -> None:
    edge = NOTHING.copy()
    edge[:, 32:] = 1
    sharp, soft = (_seen(dab=edge, defocus=d).astype(int) for d in (0.0, 3.0))
    assert np.abs(np.diff(soft, axis=1)).max() < np.abs(np.diff(sharp, axis=1)).max() / 2


def test_both_white_balances_occur() -> None:
    tints = [s.glass[2] - s.glass[0] for s in (draw_style(np.random.default_rng(i)) for i in range(40))]
    assert sum(t > 10 for t in tints) > 8
    assert sum(t < 10 for t in tints) > 8
