"""Equal files of one patient count once, labelled, whatever they are called."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest

from dataset_builder import patch, text
from hpscan.core.cohort import Origin, PatchLabel
from hpscan.data.dataset import layout
from hpscan.data.images import inspection as integrity
from hpscan.workflows.cohort.inspected import agree, agreed
from hpscan.workflows.scoring import patches as scoring
from hpscan.workflows.training import operating_point as operate

if TYPE_CHECKING:
    from pathlib import Path

    from hpscan.core.backend import Images, Scores, State


class _Mean:
    def score(self, images: Images) -> Scores:
        return np.asarray(images.mean(axis=(1, 2, 3)), np.float64)

    def state(self) -> State:
        return {}


NAMES = ["00010 (1)", "(1) 00010", "00010"]


def _dataset(root: Path, copies: dict[str, int | None]) -> Path:
    """A patient with one picture under several names, labelled or not, and one negative patch."""
    first = patch(root / "Annotated_Patches/P1/other.png", 1)
    rows = f"P1.{first.stem},-1\n"
    for name, label in copies.items():
        made = patch(root / f"Annotated_Patches/P1/{name}.png", 2)
        rows += "" if label is None else f"P1.{made.stem},{label}\n"
    text(root / "labels.csv", f"ID,Presence\n{rows}")
    return root


def _scored(root: Path) -> scoring.Scored:
    dataset = layout.load(root)
    return scoring.score(dataset.cohort.patches(), _Mean())


@pytest.mark.parametrize("labelled", NAMES)
def test_of_equal_files_the_labelled_one_stays(tmp_path: Path, labelled: str) -> None:
    scored = _scored(_dataset(tmp_path, {name: 1 if name == labelled else None for name in NAMES}))
    assert sorted(p.id for p in scored.patches) == sorted([f"P1.{labelled}", "P1.other"])
    assert scored.scores.label is not None
    assert sorted(scored.scores.label.tolist()) == [-1, 1]
    assert len(scored.duplicates) == 2


def test_copies_that_contradict_each_other_are_uncertain_once(tmp_path: Path) -> None:
    root = _dataset(tmp_path, {NAMES[0]: 1, NAMES[1]: -1})
    scored = _scored(root)
    assert scored.scores.label is not None
    assert sorted(scored.scores.label.tolist()) == [-1, 0]
    assert len(operate._distinct(scored)) == 1
    cohort = layout.load(root).cohort
    labelled, listing = agree(cohort, integrity.inspect(cohort.patches(), decode=False))
    uncertain = [p for p in labelled.patches() if p.label is PatchLabel.UNCERTAIN]
    assert len(uncertain) == 2
    assert set(listing.digest) == set(labelled.patches())


def test_copies_agree_on_the_one_label_that_was_given() -> None:
    negative, positive = PatchLabel.NEGATIVE, PatchLabel.POSITIVE
    assert agreed([None, positive, None]) is positive
    assert agreed([None]) is None
    assert agreed([negative, positive]) is agreed([positive, PatchLabel.UNCERTAIN]) is PatchLabel.UNCERTAIN


def test_a_cropped_copy_of_a_patch_labelled_positive_is_no_negative_patch(tmp_path: Path) -> None:
    root = _dataset(tmp_path, {"00010": 1})
    (root / "Cropped_Patches/P1").mkdir(parents=True)
    shutil.copy(root / "Annotated_Patches/P1/00010.png", root / "Cropped_Patches/P1/7.png")
    scored = _scored(root)
    assert {p.origin for p in scored.patches} == set(Origin)
    kept = operate._distinct(scored)
    assert kept.label is not None
    assert sorted(kept.label.tolist()) == [-1, 1]
