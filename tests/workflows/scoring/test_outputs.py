from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hpscan.core.errors import BackendBrokenError
from hpscan.workflows.scoring.outputs import view

IMAGE = np.zeros((32, 48, 3), np.uint8)


class Seer:
    """A scorer that answers what it was told to."""

    def __init__(self, heat: Any = None, painted: Any = None) -> None:
        if heat is not None:
            self.heatmap = lambda _images: heat
        if painted is not None:
            self.reconstruct = lambda _images: painted

    def score(self, images: np.ndarray) -> np.ndarray:
        return np.zeros(len(images))

    def state(self) -> dict[str, np.ndarray]:
        return {}


def test_a_scorer_that_only_scores_shows_nothing() -> None:
    seen = view(Seer(), IMAGE)
    assert (seen.heatmap, seen.reconstruction) == (None, None)


def test_a_heatmap_is_kept_between_0_and_1() -> None:
    seen = view(Seer(np.linspace(-1, 2, 32 * 48, dtype=np.float64).reshape(1, 32, 48)), IMAGE)
    assert seen.heatmap is not None
    assert (seen.heatmap.min(), seen.heatmap.max(), seen.heatmap.dtype) == (0, 1, np.float32)


@pytest.mark.parametrize(
    "given",
    [
        {"heat": np.zeros((1, 8, 8), np.float32)},
        {"heat": np.full((1, 32, 48), np.nan, np.float32)},
        {"heat": np.zeros((1, 32, 48), np.int64)},
        {"painted": np.zeros((1, 32, 48, 3), np.float32)},
        {"painted": np.zeros((32, 48, 3), np.uint8)},
    ],
)
def test_what_breaks_the_contract_is_the_backends_fault(given: dict[str, Any]) -> None:
    with pytest.raises(BackendBrokenError):
        view(Seer(**given), IMAGE)
