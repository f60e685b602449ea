"""The brushes draw what their names say, wherever and however often."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from hpscan.phantom.brushes import cut, pave, places, read, smooth_noise, stamps, texture, uniform, web

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.random import Generator

    from hpscan.phantom.brushes import Field


@pytest.mark.parametrize("draw", [smooth_noise, texture])
def test_noise_has_the_spread_and_the_grain_that_were_asked_for(
    draw: Callable[[Generator, tuple[int, int], float], Field],
) -> None:
    fields = [draw(np.random.default_rng(seed), (256, 256), 6.0) for seed in range(8)]
    assert all(f.shape == (256, 256) and f.dtype == np.float32 for f in fields)
    stack = np.stack(fields)
    assert abs(stack.mean()) < 0.1
    assert 0.85 < stack.std() < 1.15
    neighbour = np.corrcoef(stack[:, 1:].ravel(), stack[:, :-1].ravel())[0, 1]
    far = np.corrcoef(stack[:, 30:].ravel(), stack[:, :-30].ravel())[0, 1]
    assert neighbour > 0.95
    assert abs(far) < 0.15


def test_a_texture_cannot_be_spoilt_by_who_draws_on_it() -> None:
    first = texture(np.random.default_rng(0), (64, 64), 3.0)
    kept = first.copy()
    first[:] = 0
    np.testing.assert_array_equal(texture(np.random.default_rng(0), (64, 64), 3.0), kept)


def test_a_web_is_brightest_where_the_field_crosses_zero() -> None:
    np.testing.assert_allclose(web(np.float32([-1, 0, 0.25, 1]), 0.25), [1 / 17, 1, 0.5, 1 / 17], rtol=1e-6)


def test_stamps_add_up_where_they_overlap_and_are_cut_at_the_border() -> None:
    y, x = np.float32([5, 5, 0]), np.float32([5, 7, 0])
    at = stamps(y, x, np.zeros(3, np.float32), reach=2, size=12)
    ink = np.ones_like(at.u)
    total = at.total(ink)
    assert total[5, 6] == 2
    assert total[5, 4] == 1
    assert total[0, 0] == 1
    assert total.sum() == 25 + 25 + 9
    assert at.largest(ink).max() == 1


def test_a_turned_stamp_lies_along_its_axis() -> None:
    at = stamps(np.float32([10]), np.float32([10]), np.float32([np.pi / 2]), reach=8, size=21)
    drawn = at.largest((np.abs(at.v) < 1.5).astype(np.float32) * (np.abs(at.u) < 7.5))
    rows, columns = np.nonzero(drawn)
    assert np.ptp(rows) > 12
    assert np.ptp(columns) < 4


def test_places_follow_the_weight_and_keep_the_margin() -> None:
    weight = np.zeros((100, 100), np.float32)
    weight[:, 60:] = 1
    y, x = places(np.random.default_rng(0), weight, 500, margin=10)
    assert x.min() >= 60
    assert max(x.max(), y.max()) <= 90
    assert y.min() >= 10
    assert np.std(y) > 15


def test_places_are_found_even_where_nothing_has_weight() -> None:
    y, x = places(np.random.default_rng(0), np.zeros((64, 64), np.float32), 50)
    assert len(y) == len(x) == 50
    assert np.std(y) > 8


def test_uniform_stays_between_its_bounds() -> None:
    values = uniform(np.random.default_rng(0), 2, 3, 1000)
    assert values.dtype == np.float32
    assert 2 <= values.min() < 2.05
    assert 2.95 < values.max() <= 3


def test_a_pavement_repeats_and_its_walls_are_far_from_all_points() -> None:
    cells = pave(0, 128, (16.0, 16.0))
    assert cells.first.shape == cells.wall.shape == cells.trait.shape == (128, 128)
    assert (cells.first <= cells.second).all()
    assert len(np.unique(cells.trait)) == 64
    # Over the seam a pixel is no farther from its point than anywhere else.
    assert np.abs(cells.first[0] - cells.first[-1]).max() < 1.5
    assert np.corrcoef(cells.wall.ravel(), cells.first.ravel())[0, 1] < -0.5


def test_a_pavement_is_as_high_and_wide_as_asked_for() -> None:
    trait = pave(0, 256, (32.0, 8.0)).trait
    assert 2 < (np.diff(trait, axis=1) != 0).sum() / (np.diff(trait, axis=0) != 0).sum() < 8


def test_a_piece_is_cut_from_a_texture_and_points_are_read_from_it_across_its_seam() -> None:
    tile = np.arange(64 * 64, dtype=np.float32).reshape(64, 64)
    piece = cut(np.random.default_rng(0), tile, (10, 20))
    assert np.abs(np.diff(piece, axis=0)).tolist() == np.full((9, 20), 64).tolist()
    y, x = np.meshgrid(*(np.arange(-64, 64, dtype=np.float32),) * 2, indexing="ij")
    points = read(np.random.default_rng(0), tile, y.ravel(), x.ravel())
    assert np.bincount(points.astype(int), minlength=64 * 64).tolist() == [4] * 64 * 64
