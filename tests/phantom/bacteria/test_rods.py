"""Rods have the size of the bacterium, lie where it lives, and the mask says where they are."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from hpscan.phantom.bacteria.rods import FAINT, LENGTH, MASS_RODS, THICKNESS, Bacteria, Rods, draw_rods, scatter
from hpscan.phantom.bacteria.swarms import MARGIN

EVERYWHERE = np.ones((256, 256), np.float32)


def _one(*, length: float, thickness: float, bend: float = 0.0, angle: float = 0.0) -> Bacteria:
    values = (32.5, 32.5, angle, length, thickness, bend, 1.0, 0.9)
    return draw_rods(Rods(*(np.float32([v]) for v in values)), 64)


@pytest.mark.parametrize("length", LENGTH)
@pytest.mark.parametrize("thickness", THICKNESS)
@pytest.mark.parametrize("angle", [0.0, 0.7, 2.0])
def test_a_straight_rod_has_the_length_and_thickness_that_were_asked_for(
    length: float, thickness: float, angle: float
) -> None:
    mask = _one(length=length, thickness=thickness, angle=angle).mask
    y, x = np.nonzero(mask)
    along = x * np.cos(angle) + y * np.sin(angle)
    across = y * np.cos(angle) - x * np.sin(angle)
    assert np.ptp(along) + 1 == pytest.approx(length, abs=1.3)
    assert np.ptp(across) + 1 == pytest.approx(thickness, abs=1.3)
    area = length * thickness - (1 - np.pi / 4) * thickness**2
    assert mask.sum() == pytest.approx(area, rel=0.2)


def test_a_bent_rod_is_shorter_from_end_to_end_but_holds_as_much() -> None:
    straight, bent = (_one(length=14, thickness=3, bend=b) for b in (0.0, 2.8))
    assert np.ptp(np.nonzero(bent.mask)[1]) < np.ptp(np.nonzero(straight.mask)[1])
    assert np.ptp(np.nonzero(bent.mask)[0]) > np.ptp(np.nonzero(straight.mask)[0])
    assert bent.dab.sum() == pytest.approx(straight.dab.sum(), rel=0.1)


def test_an_s_bends_both_ways_and_knots_leave_its_outline() -> None:
    plain, drawn = (
        draw_rods(Rods(*(np.float32([v]) for v in (32.5, 32.5, 0.0, 14.0, 2.5, 0.0, 1.0, 0.9, sway, knots, 0.0))), 64)
        for sway, knots in ((0.0, 0.0), (1.6, 0.6))
    )
    y, x = np.nonzero(drawn.mask)
    assert y[x < 30].mean() < 32 < y[x > 35].mean()
    assert drawn.mask.sum() == pytest.approx(plain.mask.sum(), rel=0.35)
    assert drawn.dab[drawn.mask].std() > 1.5 * plain.dab[plain.mask].std()


def test_scattered_rods_are_of_the_bacterium_s_size() -> None:
    largest = LENGTH[1] * THICKNESS[1] * 1.1
    areas = []
    for seed in range(60):
        mask = scatter(np.random.default_rng(seed), EVERYWHERE, 1).mask
        assert ndimage.label(mask, np.ones((3, 3)))[1] == 1
        y, x = np.nonzero(mask)
        assert np.hypot(np.ptp(y), np.ptp(x)) < LENGTH[1] + 2
        areas.append(mask.sum())
    assert max(areas) < largest
    # A few are seen from their end, as dots.
    assert THICKNESS[0] ** 2 * 0.5 < min(areas) < 15
    assert LENGTH[0] * THICKNESS[0] < np.median(areas)


@pytest.mark.parametrize("faint", [False, True])
@pytest.mark.parametrize("n_rods", [0, 1, 5, 40])
def test_the_mask_is_where_the_stain_is_strong(n_rods: int, faint: bool) -> None:
    for seed in range(8):
        drawn = scatter(np.random.default_rng(seed), EVERYWHERE, n_rods, faint=faint)
        assert drawn.dab.shape == drawn.mask.shape == (256, 256)
        assert drawn.dab.dtype == np.float32
        assert drawn.mask.any() == (n_rods > 0)
        if n_rods:
            assert drawn.dab[drawn.mask].min() > 0.02
            assert drawn.dab[~drawn.mask].mean() < 0.1 * drawn.dab[drawn.mask].mean()
        else:
            assert not drawn.dab.any()


def test_rods_differ_in_stain_from_patch_to_patch_and_along_themselves() -> None:
    peaks = [scatter(np.random.default_rng(s), EVERYWHERE, 3).dab.max() for s in range(30)]
    assert max(peaks) > 2.5 * min(peaks)


def test_many_rods_sometimes_merge_into_a_dark_mass_and_few_never_do() -> None:
    def dark(n_rods: int) -> list[int]:
        drawn = (scatter(np.random.default_rng(s), EVERYWHERE, n_rods) for s in range(20))
        masks = (ndimage.binary_opening(d.mask, np.ones((7, 7))) for d in drawn)
        return [int(mask.sum()) for mask in masks]

    many, few = dark(60), dark(MASS_RODS // 3)
    assert sum(area > 150 for area in many) >= 5
    assert min(many) < 100
    assert not any(few)


def test_faint_rods_are_paler_than_others() -> None:
    strong, faint = (
        [scatter(np.random.default_rng(i), EVERYWHERE, 3, faint=f).dab.max() for i in range(20)] for f in (False, True)
    )
    assert max(faint) <= FAINT[1] * 2
    assert np.median(faint) < 0.6 * np.median(strong)


def test_rods_lie_where_bacteria_live() -> None:
    habitat = np.zeros((256, 256), np.float32)
    habitat[100:140] = 1
    for n_rods in (4, 12, 60):
        y, _ = np.nonzero(scatter(np.random.default_rng(2), habitat, n_rods).mask)
        assert y.min() >= 100 - 9
        assert y.max() <= 140 + 9


def test_no_rod_is_cut_off_by_the_border() -> None:
    border = np.zeros((128, 128), np.float32)
    border[:, -3:] = 1
    for seed in range(20):
        mask = scatter(np.random.default_rng(seed), border, 1).mask
        assert mask[MARGIN:-MARGIN, MARGIN:-MARGIN].any()
        assert not mask[:, -1].any()


def test_many_rods_gather_in_clumps() -> None:
    crowding = []
    for seed in range(12):
        y, x = np.nonzero(scatter(np.random.default_rng(seed), EVERYWHERE, 40).mask)
        tiles = np.histogram2d(y, x, bins=4, range=[[0, 256]] * 2)[0]
        crowding.append(tiles.max() / tiles.mean())
    # 40 rods strewn evenly over 16 tiles would leave about twice the mean on the fullest.
    assert np.median(crowding) > 4


def test_the_same_seed_draws_the_same_bacteria() -> None:
    one, two, other = (scatter(np.random.default_rng(s), EVERYWHERE, 20) for s in (5, 5, 6))
    assert one.dab.tobytes() == two.dab.tobytes()
    assert one.mask.tobytes() != other.mask.tobytes()
