from __future__ import annotations

import numpy as np
import pytest

from hpscan.evaluation.cases import Cases
from hpscan.evaluation.intervals import Resampled
from hpscan.workflows.benchmark.results.comparisons import _compared, _nearly

RANKS = np.arange(100.0)


def _swapped(*pairs: tuple[int, int]) -> np.ndarray:
    made = RANKS.copy()
    for a, b in pairs:
        made[[a, b]] = made[[b, a]]
    return made


@pytest.mark.parametrize(
    ("ranks", "alike"),
    [
        (RANKS, True),
        (_swapped((3, 4), (50, 52)), True),
        (_swapped((3, 90), (10, 80)), False),
        (RANKS[::-1], False),
        (np.full(100, 50.0), False),
        (RANKS[:50], False),
    ],
)
def test_rankings_are_alike_when_few_patches_trade_places(ranks: np.ndarray, alike: bool) -> None:
    assert _nearly(ranks, RANKS) is alike


def _cases(seed: int, patients: int = 20) -> Cases:
    rng = np.random.default_rng(seed)
    reference = np.tile([True, False, False], patients)
    score = rng.normal(reference.astype(float))
    names = np.repeat([f"P{i:02d}" for i in range(patients)], 3)
    return Cases(reference, score, score > 0.5, names, np.repeat(np.arange(patients) % 4, 3))


def test_backends_are_paired_where_they_were_tested_on_the_same_patches_only() -> None:
    whole, other = _cases(0), _cases(1)
    paired = _compared("patches", {"cnn": Resampled(whole), "redness": Resampled(other)}, "redness")
    assert all(c.verdict is not None and c.difference.low is not None for c in paired)
    short = other.where(np.arange(len(other)) != 5)  # a file that could not be read any more
    for c in _compared("patches", {"cnn": Resampled(whole), "redness": Resampled(short)}, "redness"):
        assert (c.verdict, c.difference.value, c.difference.low) == (None, None, None)


@pytest.mark.parametrize(("reference", "against"), [("cnn", {"best", "cnn"}), (None, {"best"}), ("padim", {"best"})])
def test_any_backend_can_be_what_others_are_compared_with(reference: str | None, against: set[str]) -> None:
    resampled = {"cnn": Resampled(_cases(0)), "redness": Resampled(_cases(1))}
    assert {c.against for c in _compared("patches", resampled, reference)} == against
