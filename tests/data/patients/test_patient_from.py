"""Who is a patient where the user says so: every file keeps its patient, and two folders are never one by accident."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from dataset_builder import patches, text
from hpscan.core.account import AsideKind
from hpscan.core.errors import LayoutError, SettingsError
from hpscan.data.dataset.layout import Dataset, load

if TYPE_CHECKING:
    from pathlib import Path


def windows(folder: str, n: int = 3) -> list[str]:
    return [f"{folder}/{i:05d}.png" for i in range(n)]


def listed(dataset: Dataset) -> dict[str, int]:
    return {patient.id: len(patient.patches) for patient in dataset.everybody}


def asides(dataset: Dataset) -> Counter[tuple[str, AsideKind]]:
    return Counter((aside.patient, aside.kind) for aside in dataset.asides)


@pytest.mark.parametrize(
    ("patient", "expected"),
    [
        ("parent", {"B": 1, "Case 7/A": 1, "Case 9/A": 1}),
        ("grandparent", {"Case 7": 2, "Case 9": 1}),
        ("Case ([0-9]+)", {"7": 2, "9": 1}),
        ("(?:Case )([0-9])/([AB])", {"7": 2, "9": 1}),
        ("Case (?P<section>[0-9])/(?P<patient>[AB])", {"A": 2, "B": 1}),
        ("Case 7", {"Case 7": 2}),
        ("[0-9]", {"7": 2, "9": 1}),
    ],
)
def test_the_user_may_say_who_is_a_patient(tmp_path: Path, patient: str, expected: dict[str, int]) -> None:
    patches(tmp_path, "Case 7/A/1.png", "Case 7/B/1.png", "Case 9/A/1.png")
    dataset = load(tmp_path, patient=patient)
    assert listed(dataset) == expected
    assert sum(expected.values()) + len(dataset.asides) == 3


def test_a_pattern_may_tell_the_section(tmp_path: Path) -> None:
    patches(tmp_path, "all/P1-a-1.png", "all/P1-b-1.png", "all/P2-a-1.png")
    dataset = load(tmp_path, patient="(?P<patient>P[0-9])-(?P<section>[ab])")
    assert [(p.patient_id, p.section_id) for p in dataset.cohort.patches()] == [("P1", "a"), ("P1", "b"), ("P2", "a")]
    assert len({p.id for p in dataset.cohort.patches()}) == 3


def test_the_folder_below_a_grandparent_is_the_section(tmp_path: Path) -> None:
    patches(tmp_path, *windows("Case 7/left"), *windows("Case 7/right"))
    dataset = load(tmp_path, patient="grandparent")
    assert listed(dataset) == {"Case 7": 6}
    assert {p.section_id for p in dataset.cohort.patches()} == {"left", "right"}


def test_an_image_in_whose_path_nothing_is_found_is_loose_and_nobodys(tmp_path: Path) -> None:
    patches(tmp_path, "all/P1_1.png", "all/overview.png")
    dataset = load(tmp_path, patient="P[0-9]")
    assert listed(dataset) == {"P1": 1}
    assert asides(dataset) == {("", AsideKind.LOOSE): 1}


def test_classes_with_patients_of_one_name_are_two_patients_with_their_own_diagnoses(tmp_path: Path) -> None:
    patches(tmp_path, *windows("healthy/17"), *windows("infected/17"), *windows("infected/18"))
    known = {p.id: p.infected for p in load(tmp_path, patient="parent").cohort.patients}
    assert known == {"healthy/17": False, "infected/17": True, "18": True}


def test_one_name_in_two_parts_stays_one_patient(tmp_path: Path) -> None:
    patches(tmp_path, *windows("Cropped_Patches/17"), *windows("Annotated_Patches/17", 1))
    assert listed(load(tmp_path, patient="parent")) == {"17": 4}


@pytest.mark.parametrize(("patient", "expected"), [("parent", "Slide 1"), ("grandparent", "Case 7")])
def test_the_folder_that_was_asked_for_is_reckoned_with(tmp_path: Path, patient: str, expected: str) -> None:
    patches(tmp_path, *windows("Case 7/Slide 1"))
    assert listed(load(tmp_path / "Case 7", patient=patient)) == {expected: 3}


def test_what_is_set_aside_stays_its_patients(tmp_path: Path) -> None:
    patches(tmp_path, *windows("healthy/17"), *windows("infected/17"))
    text(tmp_path / "infected/17/9.webp", "x")
    text(tmp_path / "infected/18/9.webp", "x")
    dataset = load(tmp_path, patient="parent")
    assert listed(dataset) == {"18": 0, "healthy/17": 3, "infected/17": 3}
    assert asides(dataset) == {("infected/17", AsideKind.OTHER_FORMAT): 1, ("18", AsideKind.OTHER_FORMAT): 1}
    assert [(p.id, p.infected) for p in dataset.without] == [("18", True)]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("9.webp", AsideKind.OTHER_FORMAT),
        ("s.svs", AsideKind.WHOLE_SLIDE),
        ("z.zip", AsideKind.ARCHIVE),
        (".9.png", AsideKind.HIDDEN),
    ],
)
def test_a_pattern_finds_the_patient_of_what_cannot_be_read(tmp_path: Path, name: str, kind: AsideKind) -> None:
    patches(tmp_path, *windows("Case 1/x"))
    text(tmp_path / "Case 2/x" / name, "x")
    dataset = load(tmp_path, patient="Case ([0-9]+)")
    assert listed(dataset) == {"1": 3, "2": 0}
    assert asides(dataset) == {("2", kind): 1}


def test_notes_alone_make_no_patient(tmp_path: Path) -> None:
    patches(tmp_path, *windows("P1"))
    text(tmp_path / "scripts/read me.txt", "x")
    dataset = load(tmp_path, patient="parent")
    assert listed(dataset) == {"P1": 3}
    assert asides(dataset) == {("", AsideKind.OTHER): 1}


def test_images_that_lie_too_deep_are_told_with_their_patient(tmp_path: Path) -> None:
    patches(tmp_path, *windows("P1/a"), "P1/a/b/c/d/e/f/g/1.png", "P2/a/b/c/d/e/f/g/1.png")
    dataset = load(tmp_path, patient="P[0-9]")
    assert listed(dataset) == {"P1": 3, "P2": 0}
    assert asides(dataset) == {("P1", AsideKind.TOO_DEEP): 1, ("P2", AsideKind.TOO_DEEP): 1}


@pytest.mark.parametrize("patient", ["(", "[", "(?P<patient>", "*"])
def test_a_pattern_that_is_none_is_refused(tmp_path: Path, patient: str) -> None:
    patches(tmp_path, *windows("P1"))
    with pytest.raises(SettingsError):
        load(tmp_path, patient=patient)


def test_a_pattern_that_fits_nothing_is_refused_with_a_path_that_it_could_fit(tmp_path: Path) -> None:
    patches(tmp_path, *windows("P1"))
    with pytest.raises(LayoutError) as caught:
        load(tmp_path, patient="nobody")
    assert "'nobody'" in caught.value.message
    assert "P1/00000.png" in caught.value.message
