"""The one rule for who is a patient, tree by tree."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from dataset_builder import patches, text
from hpscan.core.account import AsideKind
from hpscan.core.errors import AmbiguousLayoutError, LayoutError
from hpscan.data.dataset.layout import Dataset, load
from hpscan.workflows.cohort.gather import gather

if TYPE_CHECKING:
    from pathlib import Path


def windows(folder: str, n: int = 3) -> list[str]:
    return [f"{folder}/{i:05d}.png" for i in range(n)]


def listed(dataset: Dataset) -> dict[str, int]:
    return {patient.id: len(patient.patches) for patient in dataset.everybody}


def asides(dataset: Dataset) -> Counter[tuple[str, AsideKind]]:
    return Counter((aside.patient, aside.kind) for aside in dataset.asides)


def test_folders_of_tiles_are_the_patients_above_whichever_folder_is_given(tmp_path: Path) -> None:
    patches(tmp_path, *windows("Case 7/tiles"), *windows("Case 9/tiles"), "Case 7/overview.png")
    whole = load(tmp_path)
    assert listed(whole) == {"Case 7": 3, "Case 9": 3}
    assert asides(whole) == {("Case 7", AsideKind.LOOSE): 1}
    assert listed(load(tmp_path / "Case 7")) == {"Case 7": 3}
    alone = load(tmp_path / "Case 7/tiles")
    assert listed(alone) == {"Case 7": 3}
    assert alone.from_above == {"Case 7": ("Case 7", "tiles")}
    assert [p.id for p in alone.cohort.patches()] == [p.id for p in whole.cohort.patients[0].patches]


def test_slides_are_sections_of_the_patient_above(tmp_path: Path) -> None:
    patches(tmp_path, *[w for case in ("Case 7", "Case 9") for s in (1, 2) for w in windows(f"{case}/Slide {s}", 2)])
    dataset = load(tmp_path)
    assert listed(dataset) == {"Case 7": 4, "Case 9": 4}
    assert {p.section_id for p in dataset.cohort.patches()} == {"Slide 1", "Slide 2"}
    # A folder beside it holds slides, too: so this is a patient's.
    assert listed(load(tmp_path / "Case 7")) == {"Case 7": 4}


def test_both_class_folders_are_read(tmp_path: Path) -> None:
    patches(tmp_path, *windows("healthy/P2"), *windows("infected/P4"), *windows("low/P5"))
    known = {p.id: (p.infected, p.density) for p in load(tmp_path).cohort.patients}
    assert known == {"P2": (False, "negative"), "P4": (True, None), "P5": (True, "low")}


def test_class_folders_without_patients_are_named_as_what_they_are(tmp_path: Path) -> None:
    patches(tmp_path, *windows("Healthy"), *windows("Infected"))
    with pytest.raises(LayoutError) as caught:
        load(tmp_path)
    assert "6 images" in caught.value.hint
    assert "Healthy, Infected" in caught.value.hint


def test_a_class_folder_inside_a_patients_folder_gives_no_diagnosis_and_no_patch(tmp_path: Path) -> None:
    patches(tmp_path, *windows("P1/positive"), *windows("P2"))
    dataset = load(tmp_path)
    assert listed(dataset) == {"P1": 0, "P2": 3}
    assert asides(dataset) == {("P1", AsideKind.LOOSE): 3}
    assert dataset.without[0].infected is None


def test_what_lies_deeper_in_a_patients_folder_is_the_patients(tmp_path: Path) -> None:
    patches(tmp_path / "Cropped_Patches", *windows("below", 3), *windows("below/second", 5))
    for folder in (tmp_path, tmp_path / "Cropped_Patches/below"):
        dataset = load(folder)
        assert listed(dataset) == {"below": 3}
        assert asides(dataset) == {("below", AsideKind.LOOSE): 5}
        assert {aside.group for aside in dataset.asides} == {"second/"}


@pytest.mark.parametrize(
    "name", ["1.webp", "1.png.part", "s.svs", "z.zip", ".1.png", "a/b/c/d/e/f/g/1.png", "no suffix"]
)
def test_a_patient_of_whom_nothing_can_be_read_stays_a_patient(tmp_path: Path, name: str) -> None:
    patches(tmp_path / "Cropped_Patches", *windows("A"))
    path = tmp_path / "Cropped_Patches/B" / name
    path.parent.mkdir(parents=True)
    path.write_bytes(b"\x89PNG and no more")
    text(tmp_path / "d.csv", "CODI,DENSITAT\nB,ALTA\n")
    dataset = load(tmp_path)
    assert listed(dataset) == {"A": 3, "B": 0}
    assert [(p.id, p.density) for p in dataset.without] == [("B", "high")]
    assert [aside.patient for aside in dataset.asides] == ["B"]


@pytest.mark.parametrize(("loose", "tiles", "kept"), [(1, 5, 5), (5, 2, 5), (3, 3, 3)])
def test_of_loose_pictures_and_tiles_the_more_numerous_are_the_patches(
    tmp_path: Path, loose: int, tiles: int, kept: int
) -> None:
    patches(tmp_path, *windows("P1", loose), *windows("P1/tiles", tiles), *windows("P2"))
    dataset = load(tmp_path)
    assert listed(dataset) == {"P1": kept, "P2": 3}
    assert asides(dataset) == {("P1", AsideKind.LOOSE): loose + tiles - kept}


def test_a_part_inside_a_patients_folder_tells_where_its_patches_belong(tmp_path: Path) -> None:
    patches(tmp_path, *windows("Case 7/Cropped"), *windows("Case 7/Annotated", 1), *windows("Case 9/Cropped"))
    dataset = load(tmp_path)
    assert listed(dataset) == {"Case 7": 4, "Case 9": 3}
    assert Counter(p.origin for p in dataset.cohort.patches()) == {"cropped": 6, "annotated": 1}


def test_a_picture_or_two_beside_patients_folders_are_loose(tmp_path: Path) -> None:
    patches(tmp_path, "logo.png", *windows("P1"), *windows("P2"))
    dataset = load(tmp_path)
    assert listed(dataset) == {"P1": 3, "P2": 3}
    assert asides(dataset) == {("", AsideKind.LOOSE): 1}


def test_a_table_may_say_that_a_slide_is_a_patient(tmp_path: Path) -> None:
    patches(tmp_path, *windows("Slide 1"), *windows("Slide 2"))
    text(tmp_path / "d.csv", "CODI,DENSITAT\nSlide 1,ALTA\nSlide 2,NEGATIVA\n")
    assert {p.id: p.infected for p in load(tmp_path).cohort.patients} == {"Slide 1": True, "Slide 2": False}


def test_sections_of_which_one_cannot_be_read_are_one_patient(tmp_path: Path) -> None:
    patches(tmp_path, *windows("B22-1_0"))
    text(tmp_path / "B22-1_1/1.webp", "x")
    dataset = load(tmp_path)
    assert listed(dataset) == {"B22-1": 3}
    assert asides(dataset) == {("B22-1", AsideKind.OTHER_FORMAT): 1}


def test_what_hpscan_wrote_and_what_is_hidden_are_no_patients(tmp_path: Path) -> None:
    patches(tmp_path, *windows("P1"), *windows("model/figures"), *windows(".cache/x"), *windows("bench/figures"))
    for name in ("model/manifest.json", "model/weights.safetensors", "bench/run.json", "bench/cells/1.json"):
        text(tmp_path / name, "{}")
    dataset = load(tmp_path)
    assert listed(dataset) == {"P1": 3}
    assert asides(dataset) == {("", AsideKind.OWN): 2, ("", AsideKind.OTHER): 3}


def test_a_table_that_names_the_folder_above_makes_it_the_patient(tmp_path: Path) -> None:
    patches(tmp_path, *windows("Case 5/HE/tiles"), *windows("Case 5/IHC/tiles"), *windows("Case 6/IHC2/tiles"))
    text(tmp_path / "d.csv", "CODI,DENSITAT\nCase 5,ALTA\n")
    dataset = load(tmp_path)
    assert listed(dataset) == {"Case 5": 6, "IHC2": 3}
    assert {p.section_id for p in dataset.cohort.patients[0].patches} == {"HE", "IHC"}


def test_an_overview_beside_folders_of_windows_is_no_patch(tmp_path: Path) -> None:
    patches(tmp_path, "P1/overview.png", *windows("P1/left antrum"), *windows("P1/right corpus"), *windows("P2"))
    dataset = load(tmp_path)
    assert listed(dataset) == {"P1": 0, "P2": 3}
    assert asides(dataset) == {("P1", AsideKind.LOOSE): 7}


def test_a_link_to_another_patients_folder_takes_nobody_away(tmp_path: Path) -> None:
    patches(tmp_path, *windows("Case1/tiles"), *windows("Case3"))
    (tmp_path / "Case1" / "other").symlink_to("../Case3")
    assert listed(load(tmp_path)) == {"Case1": 3, "Case3": 3}


def test_slides_that_are_given_one_by_one_are_one_patient(tmp_path: Path) -> None:
    patches(tmp_path, *windows("C2/Slide 1"), *windows("C2/Slide 2"))
    gathered = gather([tmp_path / "C2/Slide 1", tmp_path / "C2/Slide 2"])
    assert [(p.id, len(p.patches)) for p in gathered.patients] == [("C2", 6)]


def test_an_empty_folder_that_a_table_names_is_a_patient(tmp_path: Path) -> None:
    patches(tmp_path, *windows("P1"))
    for name in ("P2", "backup"):
        (tmp_path / name).mkdir()
    text(tmp_path / "d.csv", "CODI,DENSITAT\nP2,ALTA\n")
    assert listed(load(tmp_path)) == {"P1": 3, "P2": 0}


def test_two_pictures_beside_patients_folders_are_loose_and_three_are_not(tmp_path: Path) -> None:
    patches(tmp_path, "logo.png", "map.png", *windows("P1"), *windows("P2"))
    dataset = load(tmp_path)
    assert listed(dataset) == {"P1": 3, "P2": 3}
    assert asides(dataset) == {("", AsideKind.LOOSE): 2}
    patches(tmp_path, "third.png")
    with pytest.raises(AmbiguousLayoutError):
        load(tmp_path)


def test_a_slide_that_is_given_alone_is_a_section_of_the_patient_above(tmp_path: Path) -> None:
    patches(tmp_path, *windows("Case 7/Slide 1"), *windows("Case 7/Slide 2"))
    dataset = load(tmp_path / "Case 7/Slide 2")
    assert listed(dataset) == {"Case 7": 3}
    assert {p.section_id for p in dataset.cohort.patches()} == {"Slide 2"}
    assert dataset.from_above == {"Case 7": ("Case 7", "Slide 2")}


@pytest.mark.parametrize("folder", ["Slide 1/tiles", "tiles/Slide 1", "Slide 1/20x"])
def test_tiles_and_slides_may_lie_in_each_other(tmp_path: Path, folder: str) -> None:
    patches(tmp_path, *windows(f"Case 7/{folder}"), *windows("Case 9/tiles"))
    dataset = load(tmp_path)
    assert listed(dataset) == {"Case 7": 3, "Case 9": 3}
    assert {p.section_id for p in dataset.cohort.patients[0].patches} == {"Slide 1"}


@pytest.mark.parametrize("marker", ["hpscan-report.json", "hpscan-geojson.json"])
def test_pictures_of_a_report_or_a_map_are_no_patients(tmp_path: Path, marker: str) -> None:
    patches(tmp_path, *windows("P1"), *windows("written"))
    text(tmp_path / "written" / marker, "{}")
    dataset = load(tmp_path)
    assert listed(dataset) == {"P1": 3}
    assert asides(dataset) == {("", AsideKind.OWN): 1}


def test_one_name_in_two_parts_is_one_patient(tmp_path: Path) -> None:
    patches(tmp_path, *windows("Cropped/P1"), *windows("Annotated/P1", 1), *windows("Cropped/P2"))
    assert listed(load(tmp_path)) == {"P1": 4, "P2": 3}


def test_what_lies_beside_the_parts_is_nobodys(tmp_path: Path) -> None:
    patches(tmp_path, *windows("Cropped/P1"), *windows("masks/P1"))
    dataset = load(tmp_path)
    assert listed(dataset) == {"P1": 3}
    assert asides(dataset) == {("", AsideKind.OUTSIDE): 3}


def test_a_class_folder_gives_its_diagnosis_to_a_patient_without_a_patch(tmp_path: Path) -> None:
    patches(tmp_path, *windows("healthy/P1"))
    text(tmp_path / "infected/P2/1.webp", "x")
    dataset = load(tmp_path)
    assert [(p.id, p.infected) for p in dataset.without] == [("P2", True)]
    assert asides(dataset) == {("P2", AsideKind.OTHER_FORMAT): 1}


def test_notes_alone_make_no_patient(tmp_path: Path) -> None:
    patches(tmp_path, *windows("P1"))
    text(tmp_path / "scripts/read me.txt", "x")
    dataset = load(tmp_path)
    assert listed(dataset) == {"P1": 3}
    assert asides(dataset) == {("", AsideKind.OTHER): 1}
