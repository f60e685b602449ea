"""What a researcher should know about a dataset as it was found: plain values, worded for people elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class NoteKind(StrEnum):
    """What a note is about."""

    TABLE_NOT_UNDERSTOOD = "table-not-understood"
    ROW_NOT_UNDERSTOOD = "row-not-understood"
    ROW_WITHDRAWN = "row-withdrawn"
    BINARY_LABELS = "binary-labels"
    LABEL_WITHOUT_IMAGE = "label-without-image"
    AUGMENTED_LABEL_WITHOUT_IMAGE = "augmented-label-without-image"
    LABEL_AMBIGUOUS = "label-ambiguous"
    LABEL_TWICE = "label-twice"
    LABEL_CONTRADICTORY = "label-contradictory"
    TABLES_DISAGREE = "tables-disagree"
    IMAGE_WITHOUT_LABEL = "image-without-label"
    COORDINATES_DISAGREE = "coordinates-disagree"
    COORDINATES_WITHOUT_IMAGE = "coordinates-without-image"
    DIAGNOSIS_WITHOUT_FOLDER = "diagnosis-without-folder"
    FOLDER_WITHOUT_DIAGNOSIS = "folder-without-diagnosis"
    DIAGNOSIS_TWICE = "diagnosis-twice"
    DIAGNOSIS_CONTRADICTORY = "diagnosis-contradictory"
    POSITIVE_PATCH_IN_NEGATIVE_PATIENT = "positive-patch-in-negative-patient"
    INFECTED_PATIENT_WITHOUT_POSITIVE_PATCH = "infected-patient-without-positive-patch"
    BARE_FOLDER = "bare-folder"
    FOLDER_OUTSIDE = "folder-outside"
    FOLDER_AGAINST_DIAGNOSIS = "folder-against-diagnosis"
    FOLDER_NAMES_ONLY = "folder-names-only"
    HELD_OUT = "held-out"
    SAME_STEM_TWICE = "same-stem-twice"
    FOLDER_TWICE = "folder-twice"
    FOLDER_SEEN_TWICE = "folder-seen-twice"
    FOLDER_WITHOUT_IMAGE = "folder-without-image"
    FOLDER_UNREADABLE = "folder-unreadable"
    LOOSE_IMAGE = "loose-image"
    OTHER_FILES = "other-files"
    COLOUR_PROFILE_UNREADABLE = "colour-profile-unreadable"


@dataclass(frozen=True, slots=True)
class Note:
    """One observation about a dataset.

    Attributes:
        kind: What it is about.
        message: One line, with the count in it and what follows from it.
        items: Every patch, patient, file or row concerned; whoever shows them may shorten the list.
    """

    kind: NoteKind
    message: str
    items: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many items are concerned."""
        return len(self.items)


def counted(n: int, singular: str, plural: str | None = None) -> str:
    """A number with its noun: `1 patch`, `2 patches`, `1,939 labels`."""
    if n != 1:
        singular = plural or singular + "s"
    return f"{n:,} {singular}"
