"""Confounders are dark or brown, lie where they should, are faint or glaring, and need nothing but body and habitat."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from hpscan.phantom.confounders.artefacts import FREQUENCY, Confounder, Dirt, draw_confounder

if TYPE_CHECKING:
    from hpscan.phantom.brushes import Field

SIZE = 256


def _draw(
    kind: Confounder, seed: int, *, body: Field | None = None, habitat: Field | None = None, size: int = SIZE
) -> Dirt:
    ones = np.ones((size, size), np.float32)
    return draw_confounder(
        np.random.default_rng(seed),
        kind,
        body=ones if body is None else body,
        habitat=ones if habitat is None else habitat,
    )


def _dark(dirt: Dirt) -> Field:
    return dirt.dab + dirt.pigment + dirt.hematoxylin


@pytest.mark.parametrize("kind", Confounder)
@pytest.mark.parametrize("seed", range(6))
def test_every_confounder_darkens_the_patch_and_the_same_seed_draws_the_same(kind: Confounder, seed: int) -> None:
    dirt, again = _draw(kind, seed), _draw(kind, seed)
    for field, other in zip(*((d.dab, d.pigment, d.hematoxylin) for d in (dirt, again)), strict=True):
        assert field.shape == (SIZE, SIZE)
        assert field.dtype == np.float32
        assert np.isfinite(field).all()
        assert np.array_equal(field, other)
    assert dirt.dab.min() >= 0
    assert _dark(dirt).max() > 0.01


@pytest.mark.parametrize("kind", Confounder)
@pytest.mark.parametrize("size", [64, 512])
def test_every_confounder_is_drawn_in_any_size(kind: Confounder, size: int) -> None:
    for seed in range(4):
        dirt = _draw(kind, seed, size=size)
        assert dirt.dab.shape == dirt.pigment.shape == dirt.hematoxylin.shape == (size, size)


@pytest.mark.parametrize("kind", Confounder)
def test_a_kind_reaches_from_barely_visible_to_glaring(kind: Confounder) -> None:
    ink = [float(np.clip(_dark(_draw(kind, seed)), 0, None).sum()) for seed in range(40)]
    faint, strong = np.quantile(ink, [0.1, 0.9])
    assert strong > 3 * faint


@pytest.mark.parametrize("kind", Confounder)
def test_nothing_is_drawn_twice(kind: Confounder) -> None:
    assert len({_dark(_draw(kind, seed)).tobytes() for seed in range(8)}) == 8


@pytest.mark.parametrize("kind", [Confounder.BACKGROUND, Confounder.FOLD, Confounder.BAND, Confounder.NUCLEI])
def test_what_belongs_to_tissue_leaves_the_glass_clean(kind: Confounder) -> None:
    body = np.zeros((SIZE, SIZE), np.float32)
    body[:128] = 1
    for seed in range(10):
        dirt = _draw(kind, seed, body=body)
        assert not any(field[128:].any() for field in (dirt.dab, dirt.pigment, dirt.hematoxylin))


@pytest.mark.parametrize("kind", [Confounder.PIGMENT, Confounder.DROPLETS])
def test_grains_and_droplets_gather_in_the_habitat(kind: Confounder) -> None:
    habitat = np.zeros((SIZE, SIZE), np.float32)
    habitat[:, 40:56] = 5
    columns = np.concatenate([np.nonzero(_draw(kind, seed, habitat=habitat).pigment > 0.1)[1] for seed in range(30)])
    assert columns.mean() < 85


def test_pigment_is_black_with_a_brown_fringe() -> None:
    drawn = [_draw(Confounder.PIGMENT, seed) for seed in range(20)]
    assert all(dirt.pigment.max() > 0.25 and dirt.dab.any() for dirt in drawn)
    assert np.median([dirt.dab.sum() / dirt.pigment.sum() for dirt in drawn]) < 0.6


def test_precipitate_is_brown_on_a_small_part_of_the_patch() -> None:
    for seed in range(20):
        dirt = _draw(Confounder.PRECIPITATE, seed)
        assert dirt.dab.sum() > dirt.pigment.sum()
        assert dirt.dab.max() > 0.1
        assert (dirt.dab > 0.1).mean() < 0.03


def test_background_is_uneven_over_much_of_the_tissue() -> None:
    proportions = [((d := _draw(Confounder.BACKGROUND, s)).dab + d.pigment > 0.004).mean() for s in range(20)]
    assert np.median(proportions) > 0.5
    assert all(np.median(_draw(Confounder.BACKGROUND, s).dab) < 0.2 for s in range(10))


def test_blurred_spots_have_no_sharp_border() -> None:
    def steepest(kind: Confounder) -> float:
        fields = [_draw(kind, seed).dab for seed in range(12)]
        return float(np.median([np.abs(np.diff(f)).max() / f.max() for f in fields]))

    assert steepest(Confounder.BLURRED) < 0.5 * steepest(Confounder.PRECIPITATE)


def test_bubbles_are_bright_within_a_dark_rim() -> None:
    for seed in range(10):
        dirt = _draw(Confounder.BUBBLE, seed)
        assert _dark(dirt).max() > 0.02
        assert _dark(dirt).min() < -0.005


def test_most_clumps_are_cut_by_the_border() -> None:
    cut = 0
    for seed in range(30):
        dab = _draw(Confounder.CLUMP, seed).dab
        cut += any(edge.max() > 0.5 * dab.max() for edge in (dab[0], dab[-1], dab[:, 0], dab[:, -1]))
    assert 18 <= cut < 30


def test_each_kind_has_its_share() -> None:
    assert set(FREQUENCY) == set(Confounder)
    assert min(FREQUENCY.values()) > 0
    assert sum(FREQUENCY.values()) == pytest.approx(1)
