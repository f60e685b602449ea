"""The highest scoring patches of each patient are kept, within a bound."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hpscan.core.cohort import Origin, Patch
from hpscan.workflows.scoring.kept import KeptPixels


def _patches(patient: str, n: int) -> list[Patch]:
    return [Patch(f"{patient}.{i}", patient, "", Path(f"{i}.png"), Origin.CROPPED) for i in range(n)]


def _images(n: int) -> np.ndarray:
    return np.arange(n, dtype=np.uint8)[:, None, None, None] * np.ones((1, 2, 2, 3), np.uint8)


def test_each_patient_keeps_the_highest() -> None:
    kept = KeptPixels(2)
    for patient in "AB":
        patches = _patches(patient, 5)
        kept.offer(patches[:3], [0.1, 0.9, 0.5], _images(5)[:3])
        kept.offer(patches[3:], [0.7, 0.2], _images(5)[3:])
        assert [kept.get(patch) is not None for patch in patches] == [False, True, False, True, False]
        top = kept.get(patches[3])
        assert top is not None
        assert (top == 3).all()


def test_no_more_than_the_bound_is_kept_and_the_rest_is_read_again() -> None:
    kept = KeptPixels(10, most_bytes=2 * 12)
    patches = _patches("A", 4)
    kept.offer(patches, [0.1, 0.2, 0.3, 0.4], _images(4))
    assert sum(kept.get(patch) is not None for patch in patches) == 2


def test_nothing_is_kept_unasked() -> None:
    kept = KeptPixels(0)
    (patch,) = _patches("A", 1)
    kept.offer([patch], [1.0], _images(1))
    assert kept.get(patch) is None
