"""What a researcher should know about a dataset as it was found: kinds with numbers and names; `report/text` words them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class NoteKind(StrEnum):
    """What a note is about; the values are stable codes, documented in docs/reference/codes.md."""

    NO_LABEL_USED = "no-label-used"
    NO_DIAGNOSIS_USED = "no-diagnosis-used"
    TABLE_NOT_UNDERSTOOD = "table-not-understood"
    ROW_NOT_UNDERSTOOD = "row-not-understood"
    ROW_WITHDRAWN = "row-withdrawn"
    ROW_CONTRADICTS_ITSELF = "row-contradicts-itself"
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
    IDENTICAL_LABELLED_DIFFERENTLY = "identical-labelled-differently"
    DIAGNOSIS_WITHOUT_FOLDER = "diagnosis-without-folder"
    FOLDER_WITHOUT_DIAGNOSIS = "folder-without-diagnosis"
    NAME_NEARLY = "name-nearly"
    DIAGNOSIS_TWICE = "diagnosis-twice"
    DIAGNOSIS_CONTRADICTORY = "diagnosis-contradictory"
    POSITIVE_PATCH_IN_NEGATIVE_PATIENT = "positive-patch-in-negative-patient"
    INFECTED_PATIENT_WITHOUT_POSITIVE_PATCH = "infected-patient-without-positive-patch"
    BARE_FOLDER = "bare-folder"
    FOLDER_OUTSIDE = "folder-outside"
    FOLDER_AGAINST_DIAGNOSIS = "folder-against-diagnosis"
    FOLDER_NAMES_ONLY = "folder-names-only"
    SEVERAL_PATIENTS_IN_NAMES = "several-patients-in-names"
    NAME_FROM_ABOVE = "name-from-above"
    PATIENT_WITHOUT_PATCH = "patient-without-patch"
    HELD_OUT = "held-out"
    SAME_STEM_TWICE = "same-stem-twice"
    FOLDER_TWICE = "folder-twice"
    FOLDER_SEEN_TWICE = "folder-seen-twice"
    FOLDER_WITHOUT_IMAGE = "folder-without-image"
    FOLDER_UNREADABLE = "folder-unreadable"
    LOOSE_IMAGE = "loose-image"
    OTHER_FORMAT = "other-format"
    WHOLE_SLIDE = "whole-slide"
    ARCHIVE = "archive"
    TOO_DEEP = "too-deep"
    HIDDEN_IMAGE = "hidden-image"
    OTHER_FILES = "other-files"
    COLOUR_PROFILE_UNREADABLE = "colour-profile-unreadable"

    @property
    def useless(self) -> bool:
        """Whether it says that a whole table was of no use: the result of a check, and not an aside of it."""
        return self in {NoteKind.NO_LABEL_USED, NoteKind.NO_DIAGNOSIS_USED}


@dataclass(frozen=True, slots=True)
class Note:
    """One observation about a dataset.

    Attributes:
        kind: What it is about.
        items: Every patch, patient, file or row concerned; whoever shows them may shorten the list.
        numbers: Further numbers, by name.
    """

    kind: NoteKind
    items: tuple[str, ...] = ()
    numbers: tuple[tuple[str, int], ...] = ()

    def number(self, name: str) -> int:
        """One of the numbers; 0 where there is none of that name."""
        return dict(self.numbers).get(name, 0)


class Rule(StrEnum):
    """By which rule a folder's images were given to a patient."""

    NAME = "name"
    TILES = "tiles"
    SLIDE = "slide"
    ASKED = "asked"
    ABOVE = "above"
    OPTION = "option"
