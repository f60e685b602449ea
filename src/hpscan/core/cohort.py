"""Patients and their patches, as the published datasets describe them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class PatchLabel(IntEnum):
    """What a pathologist said of one patch; the numbers of the published `Presence` column.

    UNCERTAIN patches are listed and scored, and left out of metrics.
    """

    NEGATIVE = -1
    UNCERTAIN = 0
    POSITIVE = 1


class Density(StrEnum):
    """A patient's diagnosis (published as NEGATIVA / BAIXA / ALTA)."""

    NEGATIVE = "negative"
    LOW = "low"
    HIGH = "high"


class Origin(StrEnum):
    """Which part of a dataset a patch belongs to.

    CROPPED patches are all windows along a biopsy's tissue border, so that fractions over them mean
    something. ANNOTATED patches were selected by somebody and labelled one by one.
    """

    CROPPED = "cropped"
    ANNOTATED = "annotated"


@dataclass(frozen=True, slots=True)
class Box:
    """Where a patch lies on its slide, in pixels at full resolution."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Patch:
    """One image file of one patient.

    Attributes:
        id: `<folder>.<file name without suffix>`, as in the published tables; unique within an origin.
        patient_id: The patient's base id, without the section.
        section_id: The section of the biopsy that the folder's name ends in, or an empty string.
        path: The image file.
        origin: Which part of the dataset it belongs to.
        label: What a pathologist said of it; None where nobody did.
        box: Where it lies on the slide; None where unknown.
        augmented: Whether it is an augmented copy (`_Aug` in its name) of another patch.
    """

    id: str
    patient_id: str
    section_id: str
    path: Path
    origin: Origin
    label: PatchLabel | None = None
    box: Box | None = None
    augmented: bool = False


def diagnosis_word(density: Density | None, *, infected: bool | None) -> str:
    """A diagnosis as one word: `negative`, `low`, `high`, `infected` (density unknown) or `unknown`."""
    if density is not None:
        return density.value
    return {True: "infected", False: "negative", None: "unknown"}[infected]


@dataclass(frozen=True, slots=True)
class Patient:
    """One patient: the diagnosis, where one is known, and the patches.

    Attributes:
        id: The base id.
        density: The diagnosis; None where unknown.
        patches: All patches, of both origins, in order of their ids.
        infected: Whether the diagnosis is positive. It can be known without the density (a folder called
            `unhealthy`); None where unknown.
        held_out: Whether the dataset itself sets this patient aside for testing (`HoldOut/`).
    """

    id: str
    density: Density | None
    patches: tuple[Patch, ...]
    infected: bool | None = None
    held_out: bool = False

    def __post_init__(self) -> None:
        if self.density is not None:
            implied = self.density is not Density.NEGATIVE
            if self.infected is None:
                object.__setattr__(self, "infected", implied)
            elif self.infected is not implied:
                raise ValueError(f"patient {self.id}: density {self.density} and infected={self.infected}")

    @property
    def diagnosis(self) -> str:
        """The diagnosis as one word: `negative`, `low`, `high`, `infected` (density unknown) or `unknown`."""
        return diagnosis_word(self.density, infected=self.infected)

    def of(self, origin: Origin, *, augmented: bool = False) -> tuple[Patch, ...]:
        """The patches of one origin; augmented copies only when asked for."""
        return tuple(p for p in self.patches if p.origin is origin and (augmented or not p.augmented))


@dataclass(frozen=True, slots=True)
class Cohort:
    """Patients, in order of their ids.

    Attributes:
        patients: The patients.
        fingerprint: SHA-256 over names, file sizes, labels and diagnoses (hex).
    """

    patients: tuple[Patient, ...]
    fingerprint: str

    def __post_init__(self) -> None:
        ids = [p.id for p in self.patients]
        if len(set(ids)) != len(ids):
            raise ValueError("a cohort names every patient once")

    def patches(self, *, augmented: bool = False) -> tuple[Patch, ...]:
        """All patches of all patients; augmented copies only when asked for."""
        return tuple(p for patient in self.patients for p in patient.patches if augmented or not p.augmented)

    def select(self, ids: Iterable[str]) -> Cohort:
        """The patients with these ids, in the cohort's order. The fingerprint stays the whole cohort's."""
        wanted = frozenset(ids)
        return Cohort(tuple(p for p in self.patients if p.id in wanted), self.fingerprint)
