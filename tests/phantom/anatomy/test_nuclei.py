"""Nuclei lie where and as they were asked to, and no two look the same."""

from __future__ import annotations

import numpy as np
import pytest

from hpscan.phantom.anatomy.nuclei import REACH, Kind, lay_nuclei


def one(kind: Kind, *, angle: float = 0.0, seed: int = 0, y: float = 32.0, x: float = 32.0) -> np.ndarray:
    y_, x_, angle_, strength = (np.float32([v]) for v in (y, x, angle, 1.0))
    return lay_nuclei(np.random.default_rng(seed), 64, y_, x_, angle_, np.array([kind]), strength)


def test_a_nucleus_lies_around_its_centre_and_nowhere_else() -> None:
    drawn = one(Kind.ROUND)
    assert drawn[30:34, 30:34].min() > 0.03
    assert drawn[:8].max() == drawn[-8:].max() == 0


@pytest.mark.parametrize("angle", [0.0, np.pi / 2, np.pi / 4, -np.pi / 4, 3 * np.pi])
def test_a_spindle_points_where_it_was_turned(angle: float) -> None:
    drawn = np.mean([one(Kind.SPINDLE, angle=angle, seed=seed) for seed in range(8)], axis=0)
    y, x = np.indices(drawn.shape) - 32.0
    spread = np.array([[np.sum(drawn * a * b) for b in (y, x)] for a in (y, x)])
    axis = np.linalg.eigh(spread)[1][:, -1]
    assert abs(axis @ [np.sin(angle), np.cos(angle)]) > 0.9


def test_a_nucleus_at_the_border_is_cut_by_it() -> None:
    drawn = one(Kind.OVAL, y=0, x=63)
    assert drawn[0, 63] > 0.03
    assert drawn[REACH + 1 :].max() == 0


def test_nuclei_differ_in_shape_and_darkness() -> None:
    drawn = [one(Kind.OVAL, seed=seed) for seed in range(12)]
    darkest = [float(d.max()) for d in drawn]
    area = [int((d > 0.5 * d.max()).sum()) for d in drawn]
    assert max(darkest) > 1.5 * min(darkest)
    assert max(area) > 1.3 * min(area)


def test_two_nuclei_on_one_another_are_little_darker_than_one() -> None:
    where, angle = np.float32([32, 32]), np.float32([0, 0])
    both = lay_nuclei(np.random.default_rng(0), 64, where, where, angle, np.array([1, 1]), np.float32([1, 1]))
    first = lay_nuclei(np.random.default_rng(0), 64, where, where, angle, np.array([1, 1]), np.float32([1, 0]))
    assert first.max() < both.max() < 0.7
    assert (both >= first - 1e-6).all()


def test_no_nuclei_leave_the_patch_empty() -> None:
    none = np.zeros(0, np.float32)
    assert not lay_nuclei(np.random.default_rng(0), 64, none, none, none, np.zeros(0, np.intp), none).any()
