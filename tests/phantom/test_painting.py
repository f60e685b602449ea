"""Painting on given tissue: what is not painted stays, what is painted is as sharp as the patch and lies where bacteria live."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from hpscan.phantom.cohort import draw_patch
from hpscan.phantom.confounders.artefacts import Confounder
from hpscan.phantom.painting import Canvas, paint, sharpness, survey


def _tissue(seed: int = 0, size: int = 256) -> np.ndarray:
    return draw_patch(np.random.default_rng(seed), size=size).image


def _rng() -> np.random.Generator:
    return np.random.default_rng(5)


def test_with_nothing_to_paint_the_patch_stays_as_it_is() -> None:
    image = _tissue()
    made = paint(_rng(), image)
    assert (made.image == image).all()
    assert not made.mask.any()
    assert not made.infected


def test_bacteria_darken_blue_more_than_red_and_leave_the_rest_alone() -> None:
    image = _tissue()
    made = paint(_rng(), image, rods=12)
    lost = image.astype(int) - made.image
    on_rods = lost[made.mask].mean(axis=0)
    assert on_rods[2] > on_rods[0] > 5
    far = ~ndimage.binary_dilation(made.mask, iterations=30)
    assert np.abs(lost[far]).max() <= 5  # a haze of mucus may reach far
    assert made.n_rods == 12


def test_the_given_image_is_not_written_to() -> None:
    image = _tissue()
    before = image.copy()
    paint(_rng(), image, rods=5, confounder=Confounder.PIGMENT)
    assert (image == before).all()


@pytest.mark.parametrize("kind", Confounder)
def test_every_confounder_is_seen_and_is_no_bacterium(kind: Confounder) -> None:
    images = [_tissue(seed) for seed in range(4)]
    made = [paint(np.random.default_rng(seed), image, confounder=kind) for seed, image in enumerate(images)]
    assert any(np.abs(m.image.astype(int) - i).max() > 15 for m, i in zip(made, images, strict=True))
    assert not any(m.mask.any() for m in made)
    assert {m.confounder for m in made} == {kind}


def test_pale_rods_are_paler() -> None:
    image = _tissue()
    strong, faint = (paint(_rng(), image, rods=20, faint=faint) for faint in (False, True))
    darkest = [np.quantile(image[m.mask].astype(int) - m.image[m.mask], 0.9) for m in (strong, faint)]
    assert darkest[0] > 1.5 * darkest[1]


def test_bacteria_lie_along_the_tissue_not_far_out_on_the_glass() -> None:
    image = np.full((256, 256, 3), 230, np.uint8)
    image[:, :90] = _tissue(2)[:, :90] // 2 + 60
    found = np.concatenate([np.nonzero(paint(np.random.default_rng(s), image, rods=20).mask)[1] for s in range(5)])
    assert (found < 170).mean() > 0.7


def test_a_blurred_patch_gets_blurred_bacteria() -> None:
    sharp = _tissue()
    blurred = np.stack([ndimage.gaussian_filter(sharp[..., c], 3.0) for c in range(3)], axis=-1)
    assert sharpness(blurred) > 1.7 * sharpness(sharp)
    edges = [np.abs(np.diff(paint(_rng(), i, rods=20).image.astype(int) - i, axis=0)).max() for i in (sharp, blurred)]
    assert edges[0] > 1.3 * edges[1]


@pytest.mark.parametrize("image", [np.full((128, 128, 3), 255, np.uint8), np.zeros((128, 128, 3), np.uint8)])
def test_empty_glass_and_a_black_patch_can_be_painted_on(image: np.ndarray) -> None:
    made = paint(_rng(), image, rods=8, confounder=Confounder.PRECIPITATE)
    assert made.image.shape == image.shape
    assert np.isfinite(survey(image).habitat).all()


@pytest.mark.parametrize("shape", [(63, 63, 3), (513, 513, 3), (128, 96, 3), (128, 128)])
def test_what_cannot_be_painted_on_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="cannot be added"):
        paint(_rng(), np.zeros(shape, np.uint8), rods=1)


def test_a_canvas_paints_as_often_as_it_is_told() -> None:
    images = np.stack([_tissue(s, 96) for s in range(8)] * 12)
    made, mask = Canvas(infected=0.5, faint=0.5, confounded=0.0).paint(_rng(), images)
    proportion = mask.any(axis=(1, 2)).mean()
    assert 0.35 < proportion < 0.65
    clean = ~mask.any(axis=(1, 2))
    assert (made[clean] == images[clean]).all()


def test_a_canvas_can_draw_the_tissue_too() -> None:
    images = np.full((6, 96, 96, 3), 230, np.uint8)
    made, _ = Canvas(infected=0.5, faint=0.5, confounded=0.5, drawn=1.0).paint(_rng(), images)
    assert made.shape == images.shape
    assert all(np.ptp(image.astype(int)) > 60 for image in made)


def test_the_same_seed_paints_the_same() -> None:
    images = np.stack([_tissue(s, 96) for s in range(6)])
    canvas = Canvas(infected=0.6, faint=0.3, confounded=0.5, drawn=0.3)
    (first, m1), (second, m2) = (canvas.paint(np.random.default_rng(3), images) for _ in range(2))
    assert (first == second).all()
    assert (m1 == m2).all()
