"""Ids in tables are compared with what is there; of a row that names a patch in several ways all have to agree."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import pytest

from dataset_builder import patches, text
from hpscan.core.notes import NoteKind
from hpscan.data.dataset.layout import Dataset, load
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


def said(dataset: Dataset) -> dict[str, int]:
    return {p.id: int(p.label) for p in dataset.cohort.patches() if p.label is not None}


def test_a_table_of_every_id_of_a_cohort_labels_every_file(tmp_path: Path) -> None:
    names = [
        "P1/1.png",
        "P1/1.jpg",
        "P1/01.png",
        "P.1/1.png",
        "P/1.1.png",
        "Case 7/tiles/1.png",
        "Case 9/Slide 1/1.png",
    ]
    patches(tmp_path, *names, "Case 9/Slide 2/1.png", "B22-1_0/7.png", "B22-1__1/7.png", "Secció/x.y.z.png", "p2/A.png")
    ids = [p.id for p in load(tmp_path).cohort.patches()]
    assert len(set(ids)) == 12
    wanted = {one: 1 if i % 2 else -1 for i, one in enumerate(ids)}
    text(tmp_path / "l.csv", "ID,Presence\n" + "".join(f"{one},{label}\n" for one, label in wanted.items()))
    dataset = load(tmp_path)
    assert said(dataset) == wanted
    assert not kinds(dataset) & {NoteKind.LABEL_WITHOUT_IMAGE, NoteKind.LABEL_AMBIGUOUS}


def test_ids_with_slashes_are_given_back_to_their_files(tmp_path: Path) -> None:
    patches(tmp_path, "Cropped/B22-1_0/1.png", "HoldOut/B22-1_0/1.png")
    ids = [p.id for p in load(tmp_path).cohort.patches()]
    assert ids == ["Cropped/B22-1_0.1.png", "HoldOut/B22-1_0.1.png"]
    text(tmp_path / "l.csv", f"ID,Presence\n{ids[0]},1\n{ids[1]},-1\n")
    assert said(load(tmp_path)) == {ids[0]: 1, ids[1]: -1}


@pytest.mark.parametrize(
    "table",
    [
        "Pat_ID,Section_ID,PATH,Presence\nB22-1,1,B22-1_0/5.png,1\n",
        "Pat_ID,Section_ID,ID,Presence\nB22-1,1,B22-1_0.5,1\n",
        "CODI,PATH,PRESENCE\nB22-1_1,B22-1_0/5.png,1\n",
        "CODI,PATH,PRESENCE\nB22-2,B22-1_0/5.png,1\n",
        "CODI,PATH,PRESENCE\nB22-9,B22-1_0/5.png,1\n",
        "Pat_ID,ID,Presence\nB22-2,B22-1_0.5,1\n",
        "Pat_ID,Section_ID,Window_ID,PATH,Presence\nB22-1,0,6,B22-1_0/5.png,1\n",
        "Window_ID,PATH,Presence\n6,B22-1_0/5.png,1\n",
        "ID,PATH,Presence\nB22-1_0.6,B22-1_0/5.png,1\n",
    ],
)
def test_columns_that_deny_each_other_label_nobody(tmp_path: Path, table: str) -> None:
    names = [f"Annotated/{folder}/{n}.png" for folder in ("B22-1_0", "B22-1_1", "B22-2_0") for n in (5, 6)]
    patches(tmp_path, *names)
    text(tmp_path / "l.csv", table)
    dataset = load(tmp_path)
    assert not said(dataset)
    (note,) = [note for note in dataset.notes if note.kind is NoteKind.ROW_CONTRADICTS_ITSELF]
    assert "l.csv, row 2" in note.items[0]


@pytest.mark.parametrize(
    "row",
    ["B22-1,,B22-1_0/5.png", "B22-1,0,B22-1_0/5.png", "B22-1_0,,B22-1_0/5.png", "b22-1,00,some/where/B22-1_0/5.png"],
)
def test_columns_that_mean_one_patch_label_it(tmp_path: Path, row: str) -> None:
    patches(tmp_path / "Annotated", "B22-1_0/5.png", "B22-1_1/5.png")
    text(tmp_path / "l.csv", f"Pat_ID,Section_ID,PATH,Presence\n{row},1\n")
    dataset = load(tmp_path)
    assert said(dataset) == {"B22-1_0.5": 1}
    assert NoteKind.ROW_CONTRADICTS_ITSELF not in kinds(dataset)


@pytest.mark.parametrize("given", ["P1.a", "P1.a.png", "p1.A", "P1/A.PNG", "p1/A.png"])
def test_other_capitals_find_a_patch(tmp_path: Path, given: str) -> None:
    patches(tmp_path / "Annotated", "P1/A.png", "P1/B.png")
    text(tmp_path / "l.csv", f"ID,Presence\n{given},1\n")
    assert labels(load(tmp_path)) == {"A.png": 1}


@pytest.mark.parametrize(
    "row",
    [
        "PATH,Presence\nP1/a.png,1\n",
        "Pat_ID,Window_ID,Presence\nP1,a,1\n",
        "filename,label\na.png,1\n",
        "patient,filename,label\nP1,a.PNG,1\n",
        "Window_ID,ID,Presence\na,P1.A,1\n",
    ],
)
def test_other_capitals_of_a_file_find_it_in_every_column(tmp_path: Path, row: str) -> None:
    patches(tmp_path / "Annotated", "P1/A.png", "P1/B.png")
    text(tmp_path / "l.csv", row)
    assert labels(load(tmp_path)) == {"A.png": 1}


def test_an_exact_name_of_two_files_is_not_a_third_in_other_capitals(tmp_path: Path) -> None:
    patches(tmp_path / "Annotated", "P1/A.png", "P1/a.tif", "P1/a.bmp")
    text(tmp_path / "l.csv", "ID,Presence\nP1.a,1\n")
    dataset = load(tmp_path)
    assert not labels(dataset)
    assert NoteKind.LABEL_AMBIGUOUS in kinds(dataset)


@pytest.mark.parametrize(
    "row", ["ID,Presence\nP1.AB,1\n", "Pat_ID,Window_ID,Presence\nP1,AB,1\n", "filename,label\nAB.png,1\n"]
)
def test_other_capitals_that_fit_two_files_fit_none(tmp_path: Path, row: str) -> None:
    patches(tmp_path / "Annotated", "P1/Ab.png", "P1/aB.png")
    text(tmp_path / "l.csv", row)
    dataset = load(tmp_path)
    assert not labels(dataset)
    assert NoteKind.LABEL_AMBIGUOUS in kinds(dataset)


def test_a_file_with_these_capitals_is_meant_where_there_is_one(tmp_path: Path) -> None:
    patches(tmp_path / "Annotated", "P1/A.png", "P1/a.png")
    text(tmp_path / "l.csv", "Pat_ID,Window_ID,Presence\nP1,a,1\nP1,A,-1\n")
    assert labels(load(tmp_path)) == {"a.png": 1, "A.png": -1}


def test_a_window_number_that_fits_two_files_fits_none(tmp_path: Path) -> None:
    patches(tmp_path / "Annotated", "P1/1.png", "P1/001.png")
    text(tmp_path / "l.csv", "ID,Presence\nP1.01,1\n")
    dataset = load(tmp_path)
    assert not labels(dataset)
    assert NoteKind.LABEL_AMBIGUOUS in kinds(dataset)


def test_a_patient_in_other_capitals_that_fits_two_folders_fits_none(tmp_path: Path) -> None:
    patches(tmp_path / "Annotated", "Pat1/5.png", "PAT1/5.png")
    text(tmp_path / "l.csv", "ID,Presence\npat1.5,1\n")
    text(tmp_path / "d.csv", "CODI,DENSITAT\npat1,ALTA\n")
    dataset = load(tmp_path)
    assert not labels(dataset)
    assert {p.infected for p in dataset.cohort.patients} == {None}


def test_two_folders_that_differ_in_their_form_alone_are_two_patients(tmp_path: Path) -> None:
    forms = [unicodedata.normalize(form, "Secció1") for form in ("NFC", "NFD")]
    patches(tmp_path / "Cropped", *(f"{name}/1.png" for name in forms))
    if len(list((tmp_path / "Cropped").iterdir())) < 2:
        pytest.skip("this file system takes the two names for one")
    text(tmp_path / "d.csv", f"CODI,DENSITAT\n{forms[0]},ALTA\n")
    assert {p.id: p.infected for p in load(tmp_path).cohort.patients} == {forms[0]: True, forms[1]: None}


def test_a_label_in_another_unicode_form_finds_its_patch(tmp_path: Path) -> None:
    patches(tmp_path / "Annotated", unicodedata.normalize("NFD", "Secció1/finestra_é.png"))
    text(tmp_path / "l.csv", unicodedata.normalize("NFC", "ID,Presence\nSecció1.finestra_é,1\n"))
    assert list(labels(load(tmp_path)).values()) == [1]


def test_a_table_of_which_one_row_is_used_is_not_useless(tmp_path: Path) -> None:
    patches(tmp_path / "Annotated", "P1/1.png")
    text(tmp_path / "l.csv", "ID,Presence\nP1.1,1\nslide-P1.2,1\n")
    text(tmp_path / "d.csv", "CODI,DENSITAT\nP1,ALTA\nPat9,ALTA\n")
    dataset = load(tmp_path)
    assert not {note.kind for note in dataset.notes if note.kind.useless}
    assert {NoteKind.LABEL_WITHOUT_IMAGE, NoteKind.DIAGNOSIS_WITHOUT_FOLDER} <= kinds(dataset)


def test_how_many_rows_were_of_no_use_is_told(tmp_path: Path) -> None:
    patches(tmp_path / "Annotated", *(f"Patient{p}/0000{n}.png" for p in (1, 2) for n in range(6)))
    rows = "".join(f"slide-Patient{p}.0000{n},1\n" for p in (1, 2) for n in range(6))
    text(tmp_path / "l.csv", f"ID,Presence\n{rows}")
    text(tmp_path / "d.csv", "CODI,DENSITAT\nPat1,NEGATIVA\nPat4,ALTA\n")
    first, second, *_ = load(tmp_path).notes
    assert (first.number("labels"), second.number("diagnoses")) == (12, 2)
