"""A look over a dataset shows what its files contradict each other in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dataset_builder import patch, text
from hpscan.core.notes import NoteKind
from hpscan.workflows.datasets.check import check

if TYPE_CHECKING:
    from pathlib import Path


def test_identical_patches_with_different_labels_are_noted(tmp_path: Path) -> None:
    for name, seed in {"P1/a": 1, "P2/b": 1, "P1/c": 2, "P2/d": 2, "P2/e": 3}.items():
        patch(tmp_path / f"Annotated/{name}.png", seed)
    text(tmp_path / "labels.csv", "ID,Presence\nP1.a,1\nP2.b,-1\nP1.c,1\nP2.d,1\nP2.e,0\n")
    (note,) = (n for n in check(tmp_path).dataset.notes if n.kind is NoteKind.IDENTICAL_LABELLED_DIFFERENTLY)
    assert note.items == ("P1.a is 1, P2.b is -1",)
    assert note.number("patches") == 2


def test_a_dataset_without_such_patches_has_no_such_note(tmp_path: Path) -> None:
    for name in ("P1/a", "P2/b"):
        patch(tmp_path / f"Annotated/{name}.png", 1)
    text(tmp_path / "labels.csv", "ID,Presence\nP1.a,1\n")
    kinds = {note.kind for note in check(tmp_path).dataset.notes}
    assert NoteKind.IDENTICAL_LABELLED_DIFFERENTLY not in kinds
