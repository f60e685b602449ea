"""What tables say, row by row: diagnoses, patch labels and places on the slide, and which patch a row means."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hpscan.data.names import is_augmented

if TYPE_CHECKING:
    from pathlib import Path

    from hpscan.core.cohort import Box, Density, PatchLabel

IMAGE_SUFFIX = re.compile(r"\.(png|jpe?g|tiff?|bmp)$", re.IGNORECASE)
"""What a patch's name may end in."""


@dataclass(frozen=True, slots=True)
class DiagnosisRow:
    """One patient's diagnosis as one table gives it.

    Attributes:
        code: The patient's code.
        density: The density; None where the table says only that the patient is infected.
        infected: Whether the diagnosis is positive.
        source: The table.
        number: The row in the file, counted from 1.
    """

    code: str
    density: Density | None
    infected: bool
    source: Path
    number: int = 0


@dataclass(frozen=True, slots=True)
class Reference:
    """Which patch a row speaks of, as the table writes it; parts that it does not say are empty.

    Attributes:
        patient: The patient's code.
        section: The section.
        window: The number of the patch in its section (`Window_ID`), or a file's name.
        id: `<folder>.<patch>`, or an id that hpscan printed.
        path: A path, or a file's name.
    """

    patient: str = ""
    section: str = ""
    window: str = ""
    id: str = ""
    path: str = ""

    @property
    def names_a_patch(self) -> bool:
        """Whether it says enough to look for an image."""
        return bool(self.id or self.path or (self.window and (self.patient or "." in self.window)))

    def __str__(self) -> str:
        if self.id:
            return IMAGE_SUFFIX.sub("", self.id)
        who = f"{self.patient}_{self.section}" if self.patient and self.section else self.patient
        if self.window:
            return ".".join(filter(None, [who, IMAGE_SUFFIX.sub("", self.window)]))
        *above, name = [part for part in re.split(r"[/\\]+", self.path) if part] or [""]
        return ".".join(filter(None, [above[-1] if above else who, IMAGE_SUFFIX.sub("", name)]))


@dataclass(frozen=True, slots=True)
class LabelRow:
    """One patch's label as one table gives it.

    Attributes:
        about: Which patch.
        label: The label.
        source: The table.
        number: The row in the file, counted from 1.
    """

    about: Reference
    label: PatchLabel
    source: Path
    number: int = 0

    @property
    def augmented(self) -> bool:
        """Whether it is an augmented copy's."""
        return is_augmented(str(self.about))


@dataclass(frozen=True, slots=True)
class BoxRow:
    """Where one patch lies on its slide, as one table gives it.

    Attributes:
        about: Which patch.
        box: The place.
        source: The table.
        number: The row in the file, counted from 1.
    """

    about: Reference
    box: Box
    source: Path
    number: int = 0


@dataclass(frozen=True, slots=True)
class Remark:
    """Something about a table: what could not be read, or was left out, and why."""

    source: Path
    reason: str


@dataclass(frozen=True, slots=True)
class Tables:
    """All that some tables say.

    Attributes:
        understood: The tables that were read, in the order asked for.
        diagnoses: Diagnoses, in the order of the tables and their rows.
        labels: Patch labels, in the same order.
        boxes: Patches' places on their slides, in the same order.
        not_understood: Tables that could not be opened, or hold no known columns.
        bad_rows: Rows without a usable label, patient or patch, or with a place that cannot be.
        withdrawn: Rows that their table itself marks as cropped or deleted.
        binary: Tables in which 0 was taken as negative.
    """

    understood: tuple[Path, ...] = ()
    diagnoses: tuple[DiagnosisRow, ...] = ()
    labels: tuple[LabelRow, ...] = ()
    boxes: tuple[BoxRow, ...] = ()
    not_understood: tuple[Remark, ...] = ()
    bad_rows: tuple[Remark, ...] = ()
    withdrawn: tuple[Remark, ...] = ()
    binary: tuple[Path, ...] = ()

    def joined(self, others: Tables) -> Tables:
        """These and other tables; of the others only what was understood."""
        return Tables(
            self.understood + others.understood,
            self.diagnoses + others.diagnoses,
            self.labels + others.labels,
            self.boxes + others.boxes,
            self.not_understood,
            self.bad_rows,
            self.withdrawn,
            self.binary + others.binary,
        )
