"""What lies beside a patient's patches becomes a reason with numbers, and, where it may be patches, counts as unread."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from dataset_builder import patches, text
from hpscan.core.account import Aside, AsideKind
from hpscan.core.reasons import Reason, ReasonKind
from hpscan.data.dataset import layout
from hpscan.workflows.cohort.surroundings import NOTHING, Surroundings, surroundings_of

if TYPE_CHECKING:
    from pathlib import Path

    from hpscan.data.dataset.layout import Dataset


def _files(folder: Path, *names: str, content: bytes = b"not looked into") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_bytes(content)


def _two(root: Path) -> Path:
    """Two patients with three patches each; returns the folder of the first."""
    patches(root, *(f"Cropped_Patches/{patient}/{n}.png" for patient in ("A", "B") for n in range(3)))
    return root / "Cropped_Patches" / "A"


def _with(root: Path, *asides: Aside) -> Dataset:
    _two(root)
    return replace(layout.load(root), asides=asides)


def test_nothing_is_told_of_patients_with_patches_alone(tmp_path: Path) -> None:
    _two(tmp_path)
    assert surroundings_of(layout.load(tmp_path)) == {}
    assert Surroundings() == NOTHING


def test_files_that_may_be_patches_are_counted_by_group_and_the_most_numerous_comes_first(tmp_path: Path) -> None:
    own = _two(tmp_path)
    _files(own, "7.png.part", "8.png.part", "9.png.part", "10.png.part")
    _files(own, *(f"{n}.webp" for n in range(5)))
    _files(own, ".1.png")
    found = surroundings_of(layout.load(tmp_path))
    assert set(found) == {"A"}
    names = [".webp (5)", ".png.part (4)", ".1.png"]
    assert found["A"] == Surroundings(10, (), (Reason.of(ReasonKind.NOT_READ, *names, count=10, of=13),))


def test_one_or_two_files_of_a_group_are_named_themselves(tmp_path: Path) -> None:
    _files(_two(tmp_path), "x.webp", "y.webp")
    (told,) = surroundings_of(layout.load(tmp_path))["A"].remarks
    assert told == Reason.of(ReasonKind.NOT_READ, "x.webp, y.webp", count=2, of=5)


def test_images_in_a_folder_inside_a_patient_s_are_told_with_that_folder(tmp_path: Path) -> None:
    _two(tmp_path)
    patches(tmp_path / "Cropped_Patches" / "A" / "second", "20.png", "21.png", "22.png")
    (told,) = surroundings_of(layout.load(tmp_path))["A"].remarks
    assert told == Reason.of(ReasonKind.NOT_READ, "second/ (3)", count=3, of=6)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.svs", ReasonKind.WHOLE_SLIDE_BESIDE), ("a.zip", ReasonKind.ARCHIVE_BESIDE)],
)
def test_a_slide_and_an_archive_are_told_and_do_not_count_as_unread(
    tmp_path: Path, name: str, kind: ReasonKind
) -> None:
    _files(_two(tmp_path), name)
    assert surroundings_of(layout.load(tmp_path)) == {"A": Surroundings(0, (), (Reason.of(kind, name, count=1),))}


def test_notes_and_what_hpscan_wrote_are_not_told(tmp_path: Path) -> None:
    _files(_two(tmp_path), "readme.txt", "1.png.json")
    text(tmp_path / "Cropped_Patches" / "phantom.json", "{}")
    assert surroundings_of(layout.load(tmp_path)) == {}


def test_a_folder_that_could_not_be_opened_counts_as_many_as_were_listed(tmp_path: Path) -> None:
    closed = Aside("Cropped_Patches/A/closed", AsideKind.UNREADABLE, "A", "closed/")
    found = surroundings_of(_with(tmp_path, closed))["A"]
    assert found.n_unread == 1 + 3
    # The reason counts what was seen: one folder.
    assert found.remarks == (Reason.of(ReasonKind.NOT_READ, "closed", count=1, of=4),)


def test_what_is_nobody_s_is_told_of_nobody(tmp_path: Path) -> None:
    stray = Aside("Cropped_Patches/logo.webp", AsideKind.OTHER_FORMAT, "", ".webp")
    assert surroundings_of(_with(tmp_path, stray)) == {}


def test_a_patient_without_a_patch_is_told_of_as_well(tmp_path: Path) -> None:
    _two(tmp_path)
    _files(tmp_path / "Cropped_Patches" / "C", *(f"{n}.webp" for n in range(4)))
    found = surroundings_of(layout.load(tmp_path))
    assert found["C"] == Surroundings(4, (), (Reason.of(ReasonKind.NOT_READ, ".webp (4)", count=4, of=4),))


def test_file_names_of_several_patients_are_a_doubt(tmp_path: Path) -> None:
    patches(tmp_path, *(f"all/B22-{n}_0000{i}.png" for n in (101, 155) for i in range(2)), "B22-7/1.png")
    found = surroundings_of(layout.load(tmp_path))
    assert found["all"].doubts == (Reason.of(ReasonKind.SEVERAL_PATIENTS_IN_NAMES, "B22-101", "B22-155", count=2),)
    assert "B22-7" not in found


def test_a_name_from_the_folder_above_comes_before_what_was_not_read(tmp_path: Path) -> None:
    tiles = tmp_path / "Case 7" / "tiles"
    patches(tiles, "1.png", "2.png")
    _files(tiles, "3.webp")
    above, unread = surroundings_of(layout.load(tiles))["Case 7"].remarks
    assert above == Reason.of(ReasonKind.NAME_FROM_ABOVE, "Case 7", "tiles")
    assert unread.kind is ReasonKind.NOT_READ
