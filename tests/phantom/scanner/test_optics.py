"""Stains absorb as they should, in the colours they should."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hpscan.phantom.scanner.optics import BLUISH_GLASS, GREY_GLASS, STRAY, Style, absorb, draw_style, expose

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


def test_thin_dyes_absorb_in_proportion_and_dense_ones_leave_stray_light() -> None:
    thin, twice, dense = (absorb(NOTHING + c, NOTHING, NOTHING)[0, 0] for c in (0.02, 0.04, 50.0))
    np.testing.assert_allclose(twice, 2 * thin, rtol=0.03)
    assert np.linalg.norm(thin) == pytest.approx(0.02, rel=0.03)
    np.testing.assert_allclose(dense, -np.log10(STRAY), atol=1e-3)


def test_dab_turns_from_yellow_brown_to_nearly_black_as_it_grows_dense() -> None:
    pale, middle, dark = (absorb(NOTHING + c, NOTHING, NOTHING)[0, 0] for c in (0.3, 0.9, 2.0))
    assert pale[0] / pale[2] < middle[0] / middle[2] < dark[0] / dark[2]
    # Real patches: red over blue 0.52 at a mean density of 0.18, 0.68 at 0.45 and 0.82 at 0.55.
    assert pale[0] / pale[2] == pytest.approx(0.47, abs=0.06)
    assert middle[0] / middle[2] == pytest.approx(0.6, abs=0.07)
    assert dark[0] / dark[2] == pytest.approx(0.9, abs=0.1)


def test_a_tint_shifts_brown_between_yellow_and_red() -> None:
    yellow, red = (absorb(NOTHING + 0.5, NOTHING, NOTHING, tint=t)[0, 0] for t in (-2.0, 2.0))
    assert yellow[0] / yellow[2] < red[0] / red[2] - 0.08


def test_less_than_nothing_is_brighter_than_glass() -> None:
    assert (absorb(NOTHING, NOTHING, NOTHING - 0.1) < 0).all()
    assert not absorb(NOTHING, NOTHING, NOTHING).any()


def test_what_is_painted_with_absorb_has_the_colour_of_what_is_exposed() -> None:
    dyes = {"dab": NOTHING + 0.7, "hematoxylin": NOTHING + 0.1, "pigment": NOTHING + 0.05}
    glass = _seen().mean((0, 1))
    painted = glass * 10 ** -absorb(**dyes)[0, 0]
    np.testing.assert_allclose(_seen(**dyes).mean((0, 1)), painted, atol=1.5)


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


def test_an_uneven_focus_leaves_a_part_of_the_patch_sharp() -> None:
    stripes = np.zeros((256, 256), np.float32)
    stripes[:, ::8] = stripes[::8] = 1
    contrasts = []
    for seed in range(12):
        style = replace(PLAIN, uneven=1.0)
        picture = expose(np.random.default_rng(seed), style, hematoxylin=stripes, dab=stripes * 0, pigment=stripes * 0)
        tiles = picture[..., 0].astype(float).reshape(8, 32, 8, 32).std(axis=(1, 3))
        contrasts.append(tiles.min() / tiles.max())
    assert np.median(contrasts) < 0.6


def test_the_same_seed_exposes_the_same_picture() -> None:
    style = draw_style(np.random.default_rng(3))
    one, two, other = (
        expose(np.random.default_rng(s), style, hematoxylin=NOTHING + 0.2, dab=NOTHING, pigment=NOTHING)
        for s in (1, 1, 2)
    )
    assert one.tobytes() == two.tobytes()
    assert one.tobytes() != other.tobytes()
