"""Patients of several folders meet where they are one, stay apart where they are two, and notes come once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dataset_builder import patches, text
from hpscan.core.notes import NoteKind
from hpscan.workflows.cohort.gather import gather

if TYPE_CHECKING:
    from pathlib import Path


def test_sections_of_one_patient_meet_and_a_folder_named_twice_counts_once(tmp_path: Path) -> None:
    patches(tmp_path, "Cropped/B1_0/1.png", "Cropped/B1_1/1.png")
    one, other = tmp_path / "Cropped" / "B1_0", tmp_path / "Cropped" / "B1_1"
    (patient,) = gather([one, other, one]).patients
    assert (patient.id, [patch.section_id for patch in patient.patches]) == ("B1", ["0", "1"])


def test_patients_of_one_name_in_two_datasets_are_called_by_their_datasets(tmp_path: Path) -> None:
    patches(tmp_path, "one/Cropped/P1/1.png", "two/Cropped/P1/1.png", "two/Cropped/P2/1.png")
    cohort = gather([tmp_path / "one", tmp_path / "two"])
    assert [p.id for p in cohort.patients] == [f"{tmp_path}/one/P1", f"{tmp_path}/two/P1", "P2"]
    assert cohort.patients[0].patches[0].patient_id == f"{tmp_path}/one/P1"
    assert set(cohort.names.values()) == {f"{tmp_path}/one/P1", f"{tmp_path}/two/P1"}


def test_notes_of_the_datasets_come_once(tmp_path: Path) -> None:
    patches(tmp_path, "Cropped/P1/1.png", "Cropped/P2/1.png")
    text(tmp_path / "diagnoses.csv", "CODI,DENSITAT\nQ7,ALTA\nQ8,BAIXA\n")
    cohort = gather([tmp_path, tmp_path])
    assert NoteKind.NO_DIAGNOSIS_USED in {note.kind for note in cohort.notes}
    assert len(cohort.notes) == len(set(cohort.notes))
