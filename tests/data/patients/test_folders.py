"""Folders of images, and file names in one that seem to name several patients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dataset_builder import patches
from hpscan.data.dataset.layout import load
from hpscan.data.patients.folders import part_of

if TYPE_CHECKING:
    from pathlib import Path


def windows(folder: str, n: int = 3) -> list[str]:
    return [f"{folder}/{i:05d}.png" for i in range(n)]


def test_file_names_that_name_several_patients_are_noticed(tmp_path: Path) -> None:
    names = [f"all/B22-{code}_0000{n}.png" for code in (101, 155) for n in (1, 2)]
    patches(tmp_path, *names, *[f"tiles of P/x{n}_y{n}.png" for n in range(4)])
    assert load(tmp_path).mixed == {"all": ("B22-101", "B22-155")}
    assert not load(tmp_path, patient="parent").mixed


def test_names_above_a_folder_complete_each_other() -> None:
    part = part_of(("Separated", "healthy", "P1"))
    assert (part.origin, part.infected, part.density) == ("cropped", False, "negative")
    assert part_of(("P1",)).origin is None
