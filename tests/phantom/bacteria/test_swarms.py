"""Rods gather as they do in the mucus: along the border, in clumps and in pairs, where bacteria live."""

from __future__ import annotations

import numpy as np
import pytest

from hpscan.phantom.bacteria.swarms import CLUMP_RODS, MARGIN, gather


@pytest.mark.parametrize("n", [0, 1, 5, 6, 60])
@pytest.mark.parametrize("size", [64, 512])
def test_every_rod_has_a_place_inside_the_margin(n: int, size: int) -> None:
    for seed in range(10):
        swarm = gather(np.random.default_rng(seed), np.ones((size, size), np.float32), n)
        assert len(swarm.y) == len(swarm.x) == len(swarm.angle) == n
        assert bool(len(swarm.clump_y)) is (n >= CLUMP_RODS)
        if n:
            assert min(swarm.y.min(), swarm.x.min()) >= MARGIN
            assert max(swarm.y.max(), swarm.x.max()) <= size - MARGIN


def test_no_rod_lies_where_nothing_lives() -> None:
    habitat = np.zeros((256, 256), np.float32)
    habitat[:, 120:130] = 1
    for seed, n in enumerate((3, 5, 20, 60)):
        assert np.abs(gather(np.random.default_rng(seed), habitat, n).x - 125).max() <= 7


def test_few_rods_often_lie_in_pairs() -> None:
    near = 0
    for seed in range(40):
        swarm = gather(np.random.default_rng(seed), np.ones((256, 256), np.float32), 2)
        near += np.hypot(*(np.diff(a)[0] for a in (swarm.y, swarm.x))) < 12
    assert 8 < near < 32
