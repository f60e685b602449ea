from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from dataset_builder import DIAGNOSES, PUBLISHED, Published, patches, text, workbook
from hpscan.core.cohort import Box, Density, Origin, Patch, PatchLabel
from hpscan.core.notes import NoteKind
from hpscan.data.dataset.layout import Dataset, load

if TYPE_CHECKING:
    from pathlib import Path

COORDINATES = ("Pat_ID", "Section_ID", "Window_ID", "i", "j", "h", "w", "Presence")


def kinds(dataset: Dataset) -> dict[NoteKind, tuple[str, ...]]:
    return {note.kind: note.items for note in dataset.notes}


def by_id(dataset: Dataset) -> dict[str, Patch]:
    return {p.id: p for p in dataset.cohort.patches(augmented=True)}


@pytest.mark.parametrize("published", PUBLISHED.values(), ids=PUBLISHED)
def test_every_published_layout_loads(tmp_path: Path, published: Published) -> None:
    published.lay(tmp_path)
    dataset = load(tmp_path)
    all_patches = dataset.cohort.patches(augmented=True)
    origins = Counter(p.origin for p in all_patches)
    assert tuple(p.id for p in dataset.cohort.patients) == published.patients
    assert (origins[Origin.CROPPED], origins[Origin.ANNOTATED]) == (published.cropped, published.annotated)
    assert sum(p.label is not None for p in all_patches) == published.labelled
    assert tuple(p.id for p in dataset.cohort.patients if p.held_out) == published.held_out
    assert all(p.path.is_file() for p in all_patches)
    assert dataset.root == tmp_path


@pytest.mark.parametrize("published", PUBLISHED.values(), ids=PUBLISHED)
def test_every_part_of_every_layout_loads_alone_as_it_does_within(tmp_path: Path, published: Published) -> None:
    published.lay(tmp_path)
    whole = {p.path: p for p in load(tmp_path).cohort.patches(augmented=True)}
    folders = [f for f in tmp_path.rglob("*") if f.is_dir()]
    assert folders
    for folder in folders:
        part = load(folder)
        assert all(whole[p.path] == p for p in part.cohort.patches(augmented=True))
        assert not {NoteKind.DIAGNOSIS_WITHOUT_FOLDER, NoteKind.TABLE_NOT_UNDERSTOOD} & kinds(part).keys()


def test_sections_are_one_patient(tmp_path: Path) -> None:
    patches(tmp_path, "B22-5_0/1.png", "B22-5__1/1.png", "B22-5-2/1.png", "Patient_1/1.png", "Patient_2/1.png")
    dataset = load(tmp_path)
    assert [p.id for p in dataset.cohort.patients] == ["B22-5", "Patient_1", "Patient_2"]
    assert {p.section_id for p in dataset.cohort.patients[0].patches} == {"0", "1", "2"}


def test_patients_are_in_natural_order(tmp_path: Path) -> None:
    patches(tmp_path, "Patient10/1.png", "Patient2/1.png")
    assert [p.id for p in load(tmp_path).cohort.patients] == ["Patient2", "Patient10"]


def test_labels_go_to_the_annotated_patch_and_to_the_cropped_one_without_it(tmp_path: Path) -> None:
    patches(tmp_path, "Cropped/B22-1_0/00001.png", "Cropped/B22-1_0/2.png", "Annotated/B22-1_0/1.png")
    rows = [COORDINATES, ("B22-1", 0, 1, 5, 6, 9, 9, 1), ("B22-1", 0, "2.0", 7, 8, 9, 9, -1)]
    workbook(tmp_path / "labels.xlsx", rows)
    said = {(p.origin, p.id): (p.label, p.box) for p in load(tmp_path).cohort.patches()}
    assert said == {
        (Origin.ANNOTATED, "B22-1_0.1"): (PatchLabel.POSITIVE, Box(6, 5, 9, 9)),
        (Origin.CROPPED, "B22-1_0.00001"): (None, Box(6, 5, 9, 9)),
        (Origin.CROPPED, "B22-1_0.2"): (PatchLabel.NEGATIVE, Box(8, 7, 9, 9)),
    }


def test_coordinates_alone_reach_every_image_and_change_no_label(tmp_path: Path) -> None:
    patches(tmp_path, "Cropped/B22-1/00001.png", "Cropped/B22-1/2.png", "Annotated/B22-1_0/1.png")
    text(tmp_path / "labels.csv", "ID,Presence\nB22-1_0.1,1\n")
    before = load(tmp_path)
    text(tmp_path / "places.csv", "Pat_ID,Section_ID,Window_ID,i,j,h,w\nB22-1,0,1,5,6,9,9\nB22-1,0,3,5,6,9,9\n")
    dataset = load(tmp_path)
    places = {(p.origin, p.id): p.box for p in dataset.cohort.patches()}
    assert places == {
        (Origin.ANNOTATED, "B22-1_0.1"): Box(6, 5, 9, 9),
        (Origin.CROPPED, "B22-1.00001"): Box(6, 5, 9, 9),
        (Origin.CROPPED, "B22-1.2"): None,
    }
    assert kinds(dataset) == kinds(before) | {NoteKind.COORDINATES_WITHOUT_IMAGE: ("B22-1_0.3",)}
    assert [p.label for p in dataset.cohort.patches()] == [p.label for p in before.cohort.patches()]


def test_coordinates_that_disagree_are_none(tmp_path: Path) -> None:
    patches(tmp_path, "Cropped/B22-1_0/1.png", "Cropped/B22-1_0/2.png", "Annotated/B22-1_0/1.png")
    rows = [COORDINATES, ("B22-1", 0, 1, 5, 6, 9, 9, 1), ("B22-1", 0, 2, 5, 6, 9, 9, 1)]
    workbook(tmp_path / "labels.xlsx", rows)
    text(tmp_path / "places.csv", "Pat_ID,Section_ID,Window_ID,i,j,h,w\nB22-1,0,1,5,7,9,9\nB22-1,0,2,5,6,9,9\n")
    dataset = load(tmp_path)
    assert {p.id: p.box for p in dataset.cohort.patches()} == {"B22-1_0.1": None, "B22-1_0.2": Box(6, 5, 9, 9)}
    assert kinds(dataset)[NoteKind.COORDINATES_DISAGREE] == ("B22-1_0.1",)


def test_coordinates_that_could_mean_two_files_go_to_neither(tmp_path: Path) -> None:
    patches(tmp_path, "Cropped/B22-1_0/1.png", "Cropped/B22-1_0/1.jpg", "Annotated/B22-1_0/1.png")
    text(tmp_path / "places.csv", "Pat_ID,Section_ID,Window_ID,i,j,h,w\nB22-1,0,1,5,6,9,9\n")
    placed = [(p.origin, p.box) for p in load(tmp_path).cohort.patches() if p.box]
    assert placed == [(Origin.ANNOTATED, Box(6, 5, 9, 9))]


def test_contradictory_labels_become_uncertain_and_repeated_ones_are_told(tmp_path: Path) -> None:
    patches(tmp_path / "Annotated", *(f"B22-1_0/{n}.png" for n in range(1, 5)))
    text(tmp_path / "a.csv", "ID,Presence\n" + "".join(f"B22-1_0.{n},{v}\n" for n, v in
         [(1, 1), (1, 1), (2, 1), (2, -1), (3, 1), (4, -1)]))  # fmt: skip
    workbook(tmp_path / "b.xlsx", [COORDINATES, ("B22-1", 0, 3, 0, 0, 9, 9, -1), ("B22-1", 0, 4, 0, 0, 9, 9, -1)])
    dataset = load(tmp_path)
    assert [int(p.label or 0) for p in dataset.cohort.patches()] == [1, 0, 0, -1]
    notes = kinds(dataset)
    assert notes[NoteKind.LABEL_TWICE] == ("B22-1_0.1",)
    assert notes[NoteKind.LABEL_CONTRADICTORY] == ("B22-1_0.2: -1 and 1",)
    assert notes[NoteKind.TABLES_DISAGREE] == ("B22-1_0.3: -1 and 1",)


def test_labels_and_images_that_do_not_find_each_other_are_told(tmp_path: Path) -> None:
    patches(tmp_path / "Annotated", "B22-1_0/1.png", "B22-1_0/2.png", "B22-1_0/3_Aug1.png")
    text(tmp_path / "a.csv", "ID,Presence\nB22-1_0.1,1\nB22-1_0.9,1\nB22-1_0.9_Aug4,1\nB22-8_0.1,-1\n")
    notes = kinds(load(tmp_path))
    assert notes[NoteKind.LABEL_WITHOUT_IMAGE] == ("B22-1_0.9", "B22-8_0.1")
    assert notes[NoteKind.AUGMENTED_LABEL_WITHOUT_IMAGE] == ("B22-1_0.9_Aug4",)
    assert notes[NoteKind.IMAGE_WITHOUT_LABEL] == ("B22-1_0.2",)


def test_a_folder_without_section_answers_to_the_only_section_of_a_table(tmp_path: Path) -> None:
    patches(tmp_path / "Annotated", "B22-1/1.png", "B22-2/1.png")
    rows = [COORDINATES] + [(patient, section, 1, 0, 0, 9, 9, 1) for patient, section in
            [("B22-1", 0), ("B22-2", 0), ("B22-2", 1)]]  # fmt: skip
    workbook(tmp_path / "l.xlsx", rows)
    dataset = load(tmp_path)
    assert by_id(dataset)["B22-1.1"].label is PatchLabel.POSITIVE
    assert by_id(dataset)["B22-2.1"].label is None
    assert kinds(dataset)[NoteKind.LABEL_WITHOUT_IMAGE] == ("B22-2_0.1", "B22-2_1.1")


def test_contradictory_diagnoses_leave_the_density_unknown(tmp_path: Path) -> None:
    patches(tmp_path, *(f"B22-{n}_0/1.png" for n in range(1, 5)))
    text(tmp_path / "d.csv", DIAGNOSES + "B22-1,ALTA\nB22-2,ALTA\nB22-3,ALTA\nB22-9,ALTA\n")
    dataset = load(tmp_path)
    assert [(p.density, p.infected) for p in dataset.cohort.patients] == [
        (None, None), (None, True), (Density.HIGH, True), (None, None),
    ]  # fmt: skip
    notes = kinds(dataset)
    assert notes[NoteKind.DIAGNOSIS_CONTRADICTORY] == ("B22-1: high and negative", "B22-2: high and low")
    assert notes[NoteKind.DIAGNOSIS_TWICE] == ("B22-3",)
    assert notes[NoteKind.DIAGNOSIS_WITHOUT_FOLDER] == ("B22-9",)
    assert notes[NoteKind.FOLDER_WITHOUT_DIAGNOSIS] == ("B22-4",)


def test_healthy_and_unhealthy_are_diagnoses_unless_a_table_says_otherwise(tmp_path: Path) -> None:
    patches(tmp_path / "Separated", "healthy/B22-1_0/1.png", "healthy/B22-3_0/1.png", "unhealthy/B22-4_0/1.png")
    text(tmp_path / "d.csv", DIAGNOSES)
    dataset = load(tmp_path)
    assert {p.id: (p.density, p.infected) for p in dataset.cohort.patients} == {
        "B22-1": (Density.NEGATIVE, False), "B22-3": (Density.HIGH, True), "B22-4": (None, True),
    }  # fmt: skip
    assert kinds(dataset)[NoteKind.FOLDER_AGAINST_DIAGNOSIS] == ("B22-3: in healthy",)
    assert kinds(dataset)[NoteKind.FOLDER_NAMES_ONLY] == ("B22-4",)


def test_labels_are_held_against_diagnoses(tmp_path: Path) -> None:
    patches(tmp_path / "Annotated", "B22-1_0/1.png", "B22-2_0/1.png", "B22-3_0/1.png")
    text(tmp_path / "a.csv", "ID,Presence\nB22-1_0.1,1\nB22-2_0.1,-1\nB22-3_0.1,1\n")
    text(tmp_path / "d.csv", DIAGNOSES)
    dataset = load(tmp_path)
    assert kinds(dataset)[NoteKind.POSITIVE_PATCH_IN_NEGATIVE_PATIENT] == ("B22-1: B22-1_0.1",)
    assert kinds(dataset)[NoteKind.INFECTED_PATIENT_WITHOUT_POSITIVE_PATCH] == ("B22-2",)


def test_a_bare_folder_is_cropped_unless_most_of_it_is_labelled(tmp_path: Path) -> None:
    patches(tmp_path, *(f"B22-1_0/{n}.png" for n in range(1, 5)))
    assert {p.origin for p in load(tmp_path).cohort.patches()} == {Origin.CROPPED}
    text(tmp_path / "a.csv", "ID,Presence\nB22-1_0.1,1\n")
    few = load(tmp_path)
    assert {p.origin for p in few.cohort.patches()} == {Origin.CROPPED}
    assert by_id(few)["B22-1_0.1"].label is PatchLabel.POSITIVE
    text(tmp_path / "a.csv", "ID,Presence\nB22-1_0.1,1\nB22-1_0.2,1\n")
    many = load(tmp_path)
    assert {p.origin for p in many.cohort.patches()} == {Origin.ANNOTATED}
    assert NoteKind.BARE_FOLDER in kinds(many)


def test_one_patients_folder_finds_the_tables_of_its_dataset(tmp_path: Path) -> None:
    PUBLISHED["cross validation and hold-out"].lay(tmp_path)
    text(tmp_path.parent / "beyond.csv", "CODI,DENSITAT\nB22-2,NEGATIVA\n")
    dataset = load(tmp_path / "CrossValidation/Annotated/B22-2_1")
    (patient,) = dataset.cohort.patients
    assert (patient.id, patient.density) == ("B22-2", Density.LOW)
    assert [p.label for p in patient.patches] == [1, 1]
    assert dataset.root == tmp_path
    (held,) = load(tmp_path / "HoldOut/B22-3_0").cohort.patients
    assert held.held_out


def test_a_folder_of_images_on_its_own_is_one_patient(tmp_path: Path) -> None:
    patches(tmp_path / "B22-7", "1.PNG", "2.jpeg", "3.tif", "4.tiff", "5.bmp", "6.JPG")
    text(tmp_path / "metadata.csv", "CODI,DENSITAT\nB22-7,ALTA\nB22-8,ALTA\n")
    text(tmp_path / "unrelated.csv", "a,b\n1,2\n")
    dataset = load(tmp_path / "B22-7")
    (patient,) = dataset.cohort.patients
    assert (patient.id, patient.density, len(patient.patches)) == ("B22-7", Density.HIGH, 6)
    assert set(kinds(dataset)) == {NoteKind.BARE_FOLDER}


def test_relative_paths_and_links_lead_to_the_same_dataset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pathlib import Path as Anywhere

    PUBLISHED["underscores"].lay(tmp_path)
    whole = load(tmp_path)
    (tmp_path.parent / f"{tmp_path.name}-link").symlink_to(tmp_path)
    monkeypatch.chdir(tmp_path / "Annotated_Patches")
    assert load(Anywhere("..")) == whole == load(tmp_path.parent / f"{tmp_path.name}-link")
    assert {p.origin for p in load(Anywhere()).cohort.patches()} == {Origin.ANNOTATED}


def test_a_loop_of_links_is_walked_once(tmp_path: Path) -> None:
    patches(tmp_path / "Cropped", "B22-1_0/1.png")
    (tmp_path / "Cropped/again").symlink_to(tmp_path)
    (tmp_path / "itself").symlink_to(tmp_path / "itself")
    dataset = load(tmp_path)
    assert len(dataset.cohort.patches()) == 1
    assert kinds(dataset)[NoteKind.FOLDER_SEEN_TWICE] == ("Cropped/again",)


def test_other_files_are_told_and_hidden_ones_are_not(tmp_path: Path) -> None:
    patches(tmp_path / "Cropped", "B22-1_0/1.png", "loose.png", "B22-1_0/thumbs/1.png")
    for name in ("Cropped/B22-1_0/Thumbs.db", "Cropped/B22-1_0/._1.png", ".DS_Store", "__MACOSX/x.png", "~$a.xlsx"):
        text(tmp_path / name, "x")
    (tmp_path / "Cropped/B22-2_0").mkdir()
    text(tmp_path / "notes.csv", "what,when\nx,y\n")
    dataset = load(tmp_path)
    notes = kinds(dataset)
    assert len(dataset.cohort.patches()) == 1
    assert notes[NoteKind.OTHER_FILES] == ("Cropped/B22-1_0/._1.png", "__MACOSX/x.png")
    assert notes[NoteKind.LOOSE_IMAGE] == ("Cropped/loose.png", "Cropped/B22-1_0/thumbs/1.png")
    assert notes[NoteKind.FOLDER_WITHOUT_IMAGE] == ("Cropped/B22-2_0",)
    assert notes[NoteKind.TABLE_NOT_UNDERSTOOD] == ("notes.csv: its columns are what, when",)


def test_a_dangling_link_stays_listed(tmp_path: Path) -> None:
    patches(tmp_path, "B22-1_0/1.png")
    (tmp_path / "B22-1_0/2.png").symlink_to(tmp_path / "gone.png")
    assert [p.id for p in load(tmp_path).cohort.patches()] == ["B22-1_0.1", "B22-1_0.2"]


def test_folders_beside_the_parts_are_reported_and_not_read(tmp_path: Path) -> None:
    for part in ("Cropped_Patches", "Masks"):
        folder = tmp_path / part / "Patient1"
        folder.mkdir(parents=True)
        Image.fromarray(np.full((32, 32, 3), 200, np.uint8)).save(folder / "00000.png")
    dataset = load(tmp_path)
    assert [p.path.parent.parent.name for p in dataset.cohort.patches()] == ["Cropped_Patches"]
    assert [note.items for note in dataset.notes if note.kind is NoteKind.FOLDER_OUTSIDE] == [
        ("Masks/Patient1/00000.png",)
    ]


def test_a_drawn_dataset_is_known_as_such_from_above_and_from_within(tmp_path: Path) -> None:
    patches(tmp_path / "all/drawn/Cropped_Patches", "Patient1/1.png")
    text(tmp_path / "all/drawn/phantom.json", "{}")
    patches(tmp_path / "all/real/Cropped_Patches", "B22-1_0/1.png")
    drawn = ("all", "all/drawn", "all/drawn/Cropped_Patches", "all/drawn/Cropped_Patches/Patient1")
    assert [load(tmp_path / folder).phantom for folder in drawn] == [True] * 4
    assert not load(tmp_path / "all/real").phantom


def test_the_diagnoses_keep_the_order_of_their_table(tmp_path: Path) -> None:
    patches(tmp_path / "Cropped_Patches", "B22-2_0/1.png")
    text(tmp_path / "d.csv", "CODI,DENSITAT\nB22-9,ALTA\nB22-2,BAIXA\nB22-1,NEGATIVA\n")
    found = load(tmp_path).diagnosed
    assert [(code, d.density) for code, d in found.items()] == [
        ("B22-9", "high"),
        ("B22-2", "low"),
        ("B22-1", "negative"),
    ]
