"""Where a thing in a dataset comes from: facts as kinds with values and sources; `report/text` words them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class FactKind(StrEnum):
    """What a fact is about, and which values it has."""

    # Of a patient.
    FOLDER = "folder"
    """`folder` of `images` images in the part `origin`, the patient's by `rule`; tables call it `label`."""
    DIAGNOSIS_FROM_TABLES = "diagnosis-from-tables"
    """`diagnosis`, and the rows that say so."""
    DIAGNOSIS_FROM_FOLDER = "diagnosis-from-folder"
    """`diagnosis`, by the name of a class folder."""
    NO_DIAGNOSIS = "no-diagnosis"
    LABEL_COUNTS = "label-counts"
    """How many patches have each label (`negative`, `uncertain`, `positive`), and the tables that say so."""
    PATCHES = "patches"
    """`count` listed patches."""
    FILES_SET_ASIDE = "files-set-aside"
    """`count` files of the kind `aside` in the group `group`."""

    # Of a patch.
    PATCH = "patch"
    """Its `id`, its part `origin`, and whether it is `augmented`."""
    PATIENT = "patient"
    """`patient` and `section`."""
    LABEL = "label"
    """`label`, and the rows that say so."""
    NO_LABEL = "no-label"
    PLACE = "place"
    """`x` and `y` of its upper left corner on the slide, and the row that says so."""

    # Of a file that was set aside.
    SET_ASIDE = "set-aside"
    """The kind `aside` and the group `group`."""
    OWNER = "owner"
    """`patient`, empty where it is nobody's."""
    MAY_HOLD_PATCHES = "may-hold-patches"
    """`may`: whether it may hold patches of its patient."""

    # Of a table.
    NOT_UNDERSTOOD = "not-understood"
    """`reason`: why nothing of it was read."""
    ROWS_READ = "rows-read"
    """`count` rows that hold a `topic`: diagnoses, labels or places."""
    ROW_NOT_USED = "row-not-used"
    """`reason`: which row, and why."""


@dataclass(frozen=True, slots=True)
class Source:
    """A table that says something, and the row in it.

    Attributes:
        table: The table's path in the dataset.
        row: The row in the file, counted from 1; 0 where the table as a whole is meant.
        about: The patient or patch as the table writes it.
        value: What the row says of it; empty where the fact says it.
    """

    table: str
    row: int = 0
    about: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """Something known of a patient or a file, without its wording.

    Attributes:
        kind: What it is about.
        values: What is known, by name; `FactKind` says which names.
        sources: Who says so.
    """

    kind: FactKind
    values: tuple[tuple[str, str | int], ...] = ()
    sources: tuple[Source, ...] = ()

    @classmethod
    def of(cls, kind: FactKind, *sources: Source, **values: str | int) -> Fact:
        """A fact from its sources and values."""
        return cls(kind, tuple(values.items()), sources)


@dataclass(frozen=True, slots=True)
class Provenance:
    """What is known of one thing in a dataset, and from where.

    Attributes:
        what: What was asked about.
        kind: `patient`, `patch`, `set aside` or `table`.
        facts: What is known, in the order in which it is told.
    """

    what: str
    kind: str
    facts: tuple[Fact, ...]
