"""A path without a folder of patches says what lies there instead."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from dataset_builder import patches, text
from hpscan.core.errors import LayoutError
from hpscan.core.notes import NoteKind
from hpscan.data.dataset.layout import load

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("lay", "asked", "hint"),
    [
        (lambda r: r.mkdir(), "r", "found was nothing"),
        (lambda r: text(r / "slide.svs", "x"), "r", r"whole slides, e\.g\. slide\.svs"),
        (lambda r: (r / "B22-1_0").mkdir(parents=True), "r", "empty folders"),
        (lambda r: patches(r / "Cropped", "1.png"), "r", "in no patient's folder"),
        (lambda r: patches(r / "Cropped_Patches", "P1/1.png"), "r/Croped_Patches", "did you mean .*Cropped_Patches"),
        (lambda r: r.mkdir(), "elsewhere/r", "holds no elsewhere"),
        (lambda r: text(r / "x.zip", "x"), "r/x.zip", "and give the folder"),
    ],
)  # fmt: skip
def test_a_folder_without_patches_says_what_it_holds(tmp_path: Path, lay, asked: str, hint: str) -> None:  # noqa: ANN001
    lay(tmp_path / "r")
    with pytest.raises(LayoutError) as caught:
        load(tmp_path / asked)
    import re

    assert re.search(hint, caught.value.hint)
    assert caught.value.path is not None


@pytest.mark.skipif(os.name == "nt" or getattr(os, "geteuid", lambda: 0)() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read_is_told(tmp_path: Path) -> None:
    patches(tmp_path, "B22-1_0/1.png", "B22-2_0/1.png")
    (tmp_path / "B22-2_0").chmod(0)
    try:
        assert {note.kind: note.items for note in load(tmp_path).notes}[NoteKind.FOLDER_UNREADABLE] == ("B22-2_0",)
    finally:
        (tmp_path / "B22-2_0").chmod(0o700)
