"""The three steps from a patch to how far brown stands out of it."""

from __future__ import annotations

import numpy as np
import pytest

from hpscan.backends.shared import dab as brown


def test_redness_is_signed_and_does_not_wrap_round() -> None:
    colours = {(204, 204, 204): 0.0, (204, 102, 102): 102 / 255, (90, 100, 160): -40 / 255, (255, 0, 0): 1.0}
    for colour, redness in colours.items():
        found = brown.redness(np.full((1, 16, 16, 3), colour, np.uint8))
        np.testing.assert_allclose(found, redness, atol=1e-6)


def test_what_is_usual_is_the_patch_s_own_but_no_more_than_uninfected_tissue_shows() -> None:
    maps = np.stack([np.full((10, 10), level, np.float32) for level in (-0.3, 0.02, 0.4)])
    np.testing.assert_allclose(brown.beyond(maps, 0.05)[:, 0, 0], [0, 0, 0.35], atol=1e-6)


def test_each_patch_is_compared_with_itself_alone() -> None:
    maps = np.random.default_rng(0).normal(size=(3, 20, 20)).astype(np.float32)
    alone = np.concatenate([brown.beyond(one[None], 1.0) for one in maps])
    np.testing.assert_array_equal(brown.beyond(maps, 1.0), alone)


def test_the_strongest_are_a_hundred_pixels_or_all_where_there_are_fewer() -> None:
    ramp = np.arange(400, dtype=np.float32).reshape(1, 20, 20)
    assert brown.strongest(ramp).tolist() == [np.arange(300, 400).mean()]
    assert brown.strongest(ramp[:, :2, :2]).tolist() == [pytest.approx(ramp[:, :2, :2].mean())]
    assert brown.strongest(ramp[:0]).shape == (0,)
