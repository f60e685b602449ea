"""Which patches stand in a gallery of mistakes, and in what order."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from hpscan.core.cohort import Origin, Patch, PatchLabel
from hpscan.core.decision import Threshold
from hpscan.workflows.benchmark.results import plots

if TYPE_CHECKING:
    from pathlib import Path


def _fold(number: int, threshold: float, patches: dict[str, tuple[int | None, float]], folder: Path) -> Any:
    """Patches by name with their label and score, as a fold of a result has them."""
    own = [
        Patch(
            id=name,
            patient_id=f"p{number}",
            section_id="0",
            path=folder / f"{name}.png",
            origin=Origin.ANNOTATED,
            label=None if label is None else PatchLabel(label),
        )
        for name, (label, _) in patches.items()
    ]
    scores = SimpleNamespace(score=np.array([score for _, score in patches.values()]))
    return SimpleNamespace(
        number=number,
        point=SimpleNamespace(patch=Threshold(threshold, "specificity=0.99")),
        scored=SimpleNamespace(patches=own, scores=scores),
    )


@pytest.fixture
def result(tmp_path: Path) -> Any:
    first = {"a": (-1, 3.0), "b": (1, 1.0), "c": (-1, 1.0), "d": (1, 5.0), "e": (0, 9.0), "f": (None, 9.0)}
    second = {"g": (-1, 900.0), "h": (1, 100.0), "i": (1, 10.0), "j": (-1, 250.0), "k": (-1, 100.0)}
    return SimpleNamespace(name="some", folds=[_fold(1, 2.0, first, tmp_path), _fold(2, 200.0, second, tmp_path)])


def test_false_positive_and_misses_are_labelled_patches_on_the_wrong_side_farthest_first(result: Any) -> None:
    """Distances are in units of the fold's spread: 1 of about 3.3 in the first, 700, 50, 100 and 190 of about 324."""
    false_positive, false_negative = plots.called_wrong(result)
    assert [one[1].id for one in false_positive] == ["g", "a", "j"]
    assert [one[1].id for one in false_negative] == ["i", "h", "b"]


def test_the_gallery_shows_the_patches_and_survives_that_their_files_are_gone(result: Any, tmp_path: Path) -> None:
    import io

    without = plots.gallery(result)
    Image.new("RGB", (32, 32), (10, 200, 30)).save(tmp_path / "g.png")
    shown = np.asarray(Image.open(io.BytesIO(plots.gallery(result))).convert("RGB")).reshape(-1, 3)
    assert (shown == (10, 200, 30)).all(axis=1).sum() > 5000
    assert (
        not (np.asarray(Image.open(io.BytesIO(without)).convert("RGB")).reshape(-1, 3) == (10, 200, 30))
        .all(axis=1)
        .any()
    )
