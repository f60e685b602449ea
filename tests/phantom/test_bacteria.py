"""Rods have the size of the bacterium, lie where it lives, and the mask says where they are."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from hpscan.phantom.bacteria import FAINT, LENGTH, MARGIN, STRONG, THICKNESS, Bacteria, Rods, draw_rods, scatter

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


def test_scattered_rods_are_of_the_bacterium_s_size() -> None:
    smallest = LENGTH[0] * THICKNESS[0] * 0.7
    largest = LENGTH[1] * THICKNESS[1] * 1.1
    for seed in range(40):
        mask = scatter(np.random.default_rng(seed), EVERYWHERE, 1).mask
        assert ndimage.label(mask, np.ones((3, 3)))[1] == 1
        assert smallest < mask.sum() < largest
        y, x = np.nonzero(mask)
        assert LENGTH[0] * 0.55 < np.hypot(np.ptp(y), np.ptp(x)) < LENGTH[1] + 2


@pytest.mark.parametrize("n_rods", [0, 1, 5, 40])
def test_the_mask_is_where_the_stain_is_strong(n_rods: int) -> None:
    drawn = scatter(np.random.default_rng(1), EVERYWHERE, n_rods)
    assert drawn.dab.shape == drawn.mask.shape == (256, 256)
    assert drawn.dab.dtype == np.float32
    assert drawn.mask.any() == (n_rods > 0)
    if n_rods:
        assert drawn.dab[drawn.mask].min() > 0.4 * STRONG[0] * 0.6
        assert drawn.dab[~drawn.mask].mean() < 0.05 * drawn.dab[drawn.mask].mean()
    else:
        assert not drawn.dab.any()


def test_faint_rods_are_paler_than_others() -> None:
    strong, faint = (
        [scatter(np.random.default_rng(i), EVERYWHERE, 3, faint=f).dab.max() for i in range(20)] for f in (False, True)
    )
    assert max(faint) <= FAINT[1] * 2
    assert np.median(faint) < 0.6 * np.median(strong)


def test_rods_lie_where_bacteria_live() -> None:
    habitat = np.zeros((256, 256), np.float32)
    habitat[100:140] = 1
    for n_rods in (4, 60):
        y, _ = np.nonzero(scatter(np.random.default_rng(2), habitat, n_rods).mask)
        assert y.min() >= 100 - 9
        assert y.max() <= 140 + 9


def test_no_rod_is_cut_off_by_the_border() -> None:
    border = np.zeros((128, 128), np.float32)
    border[:, -3:] = 1
    for seed in range(20):
        mask = scatter(np.random.default_rng(seed), border, 1).mask
        assert mask[MARGIN:-MARGIN, MARGIN:-MARGIN].any()
        assert mask.sum() > LENGTH[0] * THICKNESS[0] * 0.6


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
