from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from hpscan.core.cohort import Origin, Patch, PatchLabel
from hpscan.core.errors import BackendBrokenError
from hpscan.workflows.scoring import patches as scoring

if TYPE_CHECKING:
    from pathlib import Path

    from hpscan.core.backend import Images, Progress, Scores, State


class _Brightness:
    """Scores a patch by its mean, and remembers the shapes that it was given."""

    def __init__(self) -> None:
        self.shapes: list[tuple[int, ...]] = []

    def score(self, images: Images) -> Scores:
        self.shapes.append(images.shape)
        return images.mean(axis=(1, 2, 3))

    def state(self) -> State:
        return {}


def _patch(folder: Path, name: str, value: int, side: int = 32, origin: Origin = Origin.CROPPED) -> Patch:
    path = folder / origin / f"{name}.png"
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(np.full((side, side, 3), value, np.uint8)).save(path)
    return Patch(f"P1.{name}", "P1", "", path, origin)


def test_rows_come_in_the_order_asked_for_whatever_the_sizes(tmp_path: Path) -> None:
    patches = [_patch(tmp_path, str(i), 10 * i, side=32 + 8 * (i % 2)) for i in range(7)]
    scorer = _Brightness()
    found = scoring.score(patches, scorer)
    assert found.scores.score.tolist() == [0, 10, 20, 30, 40, 50, 60]
    assert found.patches == tuple(patches)
    assert {shape[1] for shape in scorer.shapes} == {32, 40}


def test_listed_is_scored_plus_rejected_plus_duplicate(tmp_path: Path) -> None:
    a, b = _patch(tmp_path, "a", 10), _patch(tmp_path, "b", 10)
    broken = replace(_patch(tmp_path, "c", 30), path=tmp_path / "gone.png")
    found = scoring.score([a, b, broken], _Brightness())
    assert found.patches == (a,)
    assert found.duplicates == (b,)
    assert [r.patch for r in found.rejected] == [broken]


def test_a_window_in_both_parts_is_scored_in_both_and_told_apart(tmp_path: Path) -> None:
    cropped = _patch(tmp_path, "a", 10)
    annotated = replace(_patch(tmp_path, "a", 10, origin=Origin.ANNOTATED), label=PatchLabel.POSITIVE)
    found = scoring.score([cropped, annotated], _Brightness())
    assert found.scores.patch_id.tolist() == ["cropped/P1.a", "annotated/P1.a"]
    assert found.scores.label is not None
    assert found.scores.label.tolist() == [0, 1]


def test_progress_reaches_the_total(tmp_path: Path) -> None:
    steps: list[Progress] = []
    scoring.score([_patch(tmp_path, str(i), i) for i in range(3)], _Brightness(), progress=steps.append)
    assert (steps[-1].done, steps[-1].total) == (3, 3)


class _Gives(_Brightness):
    """A stranger's scorer."""

    def __init__(self, given: object) -> None:
        super().__init__()
        self.given: Any = given

    def score(self, images: Images) -> Scores:
        del images
        return self.given  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (np.zeros(1), "gave 1 score for 2 patches"),
        (np.zeros((2, 1)), "gave 2 patches scores of shape (2, 1), not (2,)"),
        ([[0.0], [0.0, 1.0]], "a list, which is no array of scores"),
        (None, "a NoneType, which is no array of scores"),
        (np.array([0.5, np.nan]), "gave a score that is not a number"),
        (np.array([0.5, -np.inf]), "gave a score that is not finite: -inf"),
        (["0.5", "high"], "gave a score that is not a number: "),
    ],
)
def test_a_scorer_that_breaks_the_contract_is_told_in_one_line(tmp_path: Path, given: object, words: str) -> None:
    patches = [_patch(tmp_path, str(i), i) for i in range(2)]
    with pytest.raises(BackendBrokenError) as caught:
        scoring.score(patches, _Gives(given))
    assert words in caught.value.message
    assert "hpscan.testing.check_backend" in caught.value.hint


def test_scores_of_another_type_become_float64(tmp_path: Path) -> None:
    patches = [_patch(tmp_path, str(i), i) for i in range(2)]
    found = scoring.score(patches, _Gives(np.array([0.5, 2], np.float32)))
    assert found.scores.score.tolist() == [0.5, 2.0]
