"""Every image has an id that no other one of its part has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dataset_builder import patches, text
from hpscan.core.notes import NoteKind
from hpscan.data.dataset.layout import Dataset, load

if TYPE_CHECKING:
    from pathlib import Path

    from hpscan.core.cohort import Patch


def kinds(dataset: Dataset) -> dict[NoteKind, tuple[str, ...]]:
    return {note.kind: note.items for note in dataset.notes}


def by_id(dataset: Dataset) -> dict[str, Patch]:
    return {p.id: p for p in dataset.cohort.patches(augmented=True)}


def test_files_that_share_a_stem_keep_their_suffix_and_get_no_label(tmp_path: Path) -> None:
    patches(tmp_path / "Annotated", "B22-1_0/1.png", "B22-1_0/1.jpg", "B22-1_0/2.png")
    text(tmp_path / "a.csv", "ID,Presence\nB22-1_0.1,1\nB22-1_0.2,1\n")
    dataset = load(tmp_path)
    assert {i: p.label for i, p in by_id(dataset).items()} == {
        "B22-1_0.1.jpg": None,
        "B22-1_0.1.png": None,
        "B22-1_0.2": 1,
    }
    assert kinds(dataset)[NoteKind.SAME_STEM_TWICE] == ("Annotated/B22-1_0/1",)
    assert kinds(dataset)[NoteKind.LABEL_AMBIGUOUS] == ("B22-1_0.1",)


def test_two_spellings_of_a_window_are_told_apart_by_the_exact_one(tmp_path: Path) -> None:
    patches(tmp_path / "Annotated", "B22-1_0/1.png", "B22-1_0/00001.png")
    text(tmp_path / "a.csv", "ID,Presence\nB22-1_0.00001,1\n")
    assert {i: p.label for i, p in by_id(load(tmp_path)).items()} == {"B22-1_0.1": None, "B22-1_0.00001": 1}


def test_one_folder_name_in_two_places_of_a_part_keeps_every_patch(tmp_path: Path) -> None:
    patches(tmp_path, "Cropped/B22-1_0/1.png", "HoldOut/B22-1_0/1.png")
    dataset = load(tmp_path)
    (patient,) = dataset.cohort.patients
    assert patient.held_out
    assert [p.id for p in patient.patches] == ["Cropped/B22-1_0.1.png", "HoldOut/B22-1_0.1.png"]
    assert NoteKind.FOLDER_TWICE in kinds(dataset)
