"""Stored textures repeat, and each is told from the others by its grain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from hpscan.phantom.anatomy import mucus

if TYPE_CHECKING:
    from collections.abc import Callable

    from hpscan.phantom.brushes import Field

TEXTURES = (mucus.grains, mucus.foam, mucus.vesicles, mucus.goblets, mucus.curds, mucus.wisps)


@pytest.mark.parametrize("draw", TEXTURES)
def test_a_texture_is_of_usual_strength_and_has_no_seam(draw: Callable[[], Field]) -> None:
    tile = draw()
    assert abs(tile.mean()) < 1e-3
    assert 0.99 < tile.std() < 1.01
    np.testing.assert_array_equal(tile[: mucus.SIDE], tile[mucus.SIDE :])
    steps = np.abs(np.diff(tile, axis=0)).mean(axis=1)
    assert steps[mucus.SIDE - 1] < 1.5 * steps.mean()
    assert not tile.flags.writeable


def test_goblets_are_coarser_than_grains_and_foam() -> None:
    def alike_at_4_pixels(tile: Field) -> float:
        return float(np.corrcoef(tile[:, 4:].ravel(), tile[:, :-4].ravel())[0, 1])

    coarse = alike_at_4_pixels(mucus.goblets())
    assert coarse > 0.05 + max(alike_at_4_pixels(mucus.grains()), alike_at_4_pixels(mucus.foam()))


def test_crowded_nuclei_are_parted_by_pale_walls() -> None:
    tile = mucus.palisade()
    assert tile.min() >= 0
    assert 0.1 < (tile < 0.1).mean() < 0.6
    assert (tile > 0.5).mean() > 0.2
