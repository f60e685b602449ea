"""Folders that can be read in two ways stop with both readings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dataset_builder import patches
from hpscan.core.errors import AmbiguousLayoutError
from hpscan.data.dataset.layout import Dataset, load
from hpscan.data.patients.ambiguity import MOST_SLIDES

if TYPE_CHECKING:
    from pathlib import Path


def windows(folder: str, n: int = 3) -> list[str]:
    return [f"{folder}/{i:05d}.png" for i in range(n)]


def listed(dataset: Dataset) -> dict[str, int]:
    return {patient.id: len(patient.patches) for patient in dataset.everybody}


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ([*windows("2021/P1"), *windows("2022/P1")], "2021/P1 and 2022/P1"),
        ([*windows("Case 7/scan"), *windows("Case 9/scan"), "Case 7/overview.png"], "Case 7/scan and Case 9/scan"),
        ([*windows("healthy/17"), *windows("infected/17")], "healthy/17 and infected/17"),
        ([*windows("Slide 1"), *windows("Slide 2")], "Slide 1, Slide 2 may be slides of one patient"),
        ([w for i in range(MOST_SLIDES + 1) for w in windows(f"site/Slide {i}", 1)], f"{MOST_SLIDES + 1} folders"),
        ([*["a.png", "b.png", "c.png"], *windows("P1"), *windows("P2")], "3 images lie in"),
        (["a.png", *windows("P1")], "1 image lies in"),
        ([*windows("tiles"), *windows("P1")], "images lie in tiles"),
    ],
)
def test_two_readings_stop_with_both(tmp_path: Path, files: list[str], words: str) -> None:
    root = patches(tmp_path / "alone/data", *files)
    with pytest.raises(AmbiguousLayoutError) as caught:
        load(root)
    assert words in caught.value.message
    assert "`patient_from=" in caught.value.hint or "move" in caught.value.hint


def test_as_many_slides_as_one_patient_may_have_are_its_sections(tmp_path: Path) -> None:
    patches(tmp_path, *(w for i in range(MOST_SLIDES) for w in windows(f"Case 7/Slide {i}", 1)))
    assert listed(load(tmp_path)) == {"Case 7": MOST_SLIDES}
