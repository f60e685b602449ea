"""Ids in tables are compared with what is there; of a row that names a patch in several ways all have to agree."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import pytest

from dataset_builder import patches, text
from hpscan.core.notes import NoteKind
from hpscan.data.layout import Dataset, load
from hpscan.data.names import Lookup

if TYPE_CHECKING:
    from pathlib import Path


def labels(dataset: Dataset) -> dict[str, int]:
    return {p.path.name: int(p.label) for p in dataset.cohort.patches() if p.label is not None}


def kinds(dataset: Dataset) -> set[NoteKind]:
    return {note.kind for note in dataset.notes}


@pytest.mark.parametrize("form", ["P.1.{}", "P.1.{}.png", "P.1/{}", "Annotated/P.1/{}.png", "p.1.{}"])
def test_an_id_finds_its_patch_whatever_dots_are_in_it(tmp_path: Path, form: str) -> None:
    stems = ("slide.a_1024_2048", "x.10", "x.1", "0.5")
    patches(tmp_path, *(f"Annotated/P.1/{stem}.png" for stem in stems))
    rows = "".join(f"{form.format(stem)},{1 if i % 2 else -1}\n" for i, stem in enumerate(stems))
    text(tmp_path / "l.csv", f"ID,Presence\n{rows}")
    dataset = load(tmp_path)
    assert labels(dataset) == {f"{stem}.png": 1 if i % 2 else -1 for i, stem in enumerate(stems)}
    assert NoteKind.LABEL_WITHOUT_IMAGE not in kinds(dataset)


def test_every_id_that_hpscan_gives_finds_that_very_file(tmp_path: Path) -> None:
    names = ["P1/1.png", "P1/1.jpg", "P1/01.png", "Case 7/tiles/1.png", "Case 9/Slide 1/1.png", "Case 9/Slide 2/1.png"]
    patches(tmp_path, *names, "B22-1_0/7.png", "B22-1_1/7.png", "Secció/x.y.z.png")
    ids = [p.id for p in load(tmp_path).cohort.patches()]
    for wanted in ids:
        text(tmp_path / "l.csv", f"ID,Presence\n{wanted},1\n")
        assert [p.id for p in load(tmp_path).cohort.patches() if p.label is not None] == [wanted]


@pytest.mark.parametrize(
    "table",
    [
        "CODI,PATH,PRESENCE\nPatient1,Patient2/00000.png,1\nPatient1,Patient1/00001.png,-1\n",
        "Pat_ID,ID,Presence\nPatient1,Patient2.00000,1\nPatient1,Patient1.00001,-1\n",
        "Pat_ID,Window_ID,ID,Presence\nPatient1,0,Patient1.00001,1\nPatient1,1,Patient1.00001,-1\n",
        "Window_ID,ID,Presence\n0,Patient1.00001,1\n1,Patient1.00001,-1\n",
        "ID,PATH,Presence\nPatient1.00001,Patient1/00000.png,1\nPatient1.00001,Patient1/00001.png,-1\n",
    ],
)
def test_a_row_whose_columns_name_two_patches_labels_none(tmp_path: Path, table: str) -> None:
    patches(tmp_path / "Annotated", *(f"Patient{p}/0000{n}.png" for p in (1, 2) for n in (0, 1)))
    text(tmp_path / "l.csv", table)
    dataset = load(tmp_path)
    assert {p.id: int(p.label) for p in dataset.cohort.patches() if p.label is not None} == {"Patient1.00001": -1}
    (note,) = [note for note in dataset.notes if note.kind is NoteKind.ROW_CONTRADICTS_ITSELF]
    assert "row 2" in note.items[0]


def test_sections_are_no_contradiction(tmp_path: Path) -> None:
    patches(tmp_path / "Annotated", "B22-101_0/00180.png")
    text(tmp_path / "l.csv", "CODI,PATH,PRESENCE\nB22-101,B22-101_0/00180.png,1\n")
    dataset = load(tmp_path)
    assert labels(dataset) == {"00180.png": 1}
    assert NoteKind.ROW_CONTRADICTS_ITSELF not in kinds(dataset)


def test_a_section_by_its_number_is_the_slide_of_that_number(tmp_path: Path) -> None:
    patches(tmp_path, "Case 7/Slide 1/5.png", "Case 7/Slide 2/5.png", "Case 9/Slide 1/5.png")
    text(tmp_path / "l.csv", "Pat_ID,Section_ID,Window_ID,Presence\nCase 7,2,5,1\nCase 9,Slide 1,5,-1\n")
    said = {p.id: int(p.label) for p in load(tmp_path).cohort.patches() if p.label is not None}
    assert said == {"Case 7_Slide 2.5": 1, "Case 9_Slide 1.5": -1}


def test_a_file_name_alone_finds_a_patch_where_it_stands_once(tmp_path: Path) -> None:
    patches(tmp_path / "Annotated", "P1/a.png", "P1/b.png", "P2/b.png")
    text(tmp_path / "l.csv", "filename,label\na.png,1\nb.png,1\n")
    dataset = load(tmp_path)
    assert labels(dataset) == {"a.png": 1}
    assert NoteKind.LABEL_AMBIGUOUS in kinds(dataset)


def test_names_in_two_unicode_forms_are_one(tmp_path: Path) -> None:
    for name in ("Secció1", "Mòdul2"):
        patches(tmp_path / "Cropped", f"{unicodedata.normalize('NFD', name)}/1.png")
    text(tmp_path / "d.csv", unicodedata.normalize("NFC", "CODI,DENSITAT\nSecció1,ALTA\nMòdul2,NEGATIVA\n"))
    dataset = load(tmp_path)
    assert {p.density for p in dataset.cohort.patients} == {"high", "negative"}
    assert all(unicodedata.is_normalized("NFD", p.id) for p in dataset.cohort.patients)
    assert NoteKind.DIAGNOSIS_WITHOUT_FOLDER not in kinds(dataset)


def test_a_code_that_a_spreadsheet_made_a_number_of_is_understood_and_zeros_are_not(tmp_path: Path) -> None:
    patches(tmp_path / "Cropped", "7/1.png", "008/1.png")
    text(tmp_path / "d.csv", "CODI,DENSITAT\n7.0,ALTA\n8,NEGATIVA\n")
    dataset = load(tmp_path)
    assert {p.id: p.density for p in dataset.cohort.patients} == {"7": "high", "008": None}
    (note,) = [note for note in dataset.notes if note.kind is NoteKind.NAME_NEARLY]
    assert note.items == ("8 / 008",)


def test_a_lenient_reading_that_fits_two_names_fits_none() -> None:
    assert Lookup(["Patient1", "patient1"]).find("PATIENT1") is None
    assert Lookup(["Patient1", "patient1"]).find("patient1") == "patient1"
    assert Lookup(["Patient1"]).find("PATIENT1 ") == "Patient1"
    assert Lookup(["7", "7.0"]).find("7.0") == "7.0"


def test_tables_of_no_use_come_first_with_both_spellings(tmp_path: Path) -> None:
    patches(tmp_path / "Annotated", "Patient1/00000.png")
    text(tmp_path / "l.csv", "ID,Presence\nslide-Patient1.00000,1\n")
    text(tmp_path / "d.csv", "CODI,DENSITAT\nPat1,ALTA\n")
    first, second, *_ = load(tmp_path).notes
    assert (first.kind, first.items) == (NoteKind.NO_LABEL_USED, ("slide-Patient1.00000", "Patient1.00000"))
    assert (second.kind, second.items) == (NoteKind.NO_DIAGNOSIS_USED, ("Pat1", "Patient1"))
