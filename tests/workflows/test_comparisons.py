from __future__ import annotations

import numpy as np
import pytest

from hpscan.workflows.comparisons import _nearly

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
