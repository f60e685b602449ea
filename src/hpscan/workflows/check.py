"""Look a dataset over: what is there, what cannot be read, what contradicts what."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hpscan.core.backend import Progress, silent
from hpscan.core.reasons import ReasonKind
from hpscan.data import integrity, layout
from hpscan.data.notes import Note, NoteKind, counted

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hpscan.core.cohort import Origin, Patch
    from hpscan.data.integrity import Inspection
    from hpscan.data.layout import Dataset


@dataclass(frozen=True, slots=True)
class Check:
    """What was found.

    Attributes:
        dataset: The dataset, with notes on its folders and tables.
        inspection: What reading every patch found.
    """

    dataset: Dataset
    inspection: Inspection

    def patients(self) -> Counter[str]:
        """Patients by diagnosis: `negative`, `low`, `high`, `infected` (density unknown), `unknown`."""
        return Counter(
            p.density or {True: "infected", False: "negative", None: "unknown"}[p.infected]
            for p in self.dataset.cohort.patients
        )

    def listed(self, origin: Origin) -> tuple[Patch, ...]:
        """All patches of an origin, augmented copies included."""
        return tuple(p for p in self.inspection.patches if p.origin is origin)


def check(path: Path, *, progress: Callable[[Progress], None] = silent) -> Check:
    """Load the dataset and decode every one of its patches."""
    dataset = layout.load(path)
    inspection = integrity.inspect(dataset.cohort.patches(augmented=True), decode=True, progress=progress)
    return Check(replace(dataset, notes=(*dataset.notes, *_of_pixels(inspection))), inspection)


def _of_pixels(inspection: Inspection) -> tuple[Note, ...]:
    """What decoding the patches noticed."""
    kind = ReasonKind.COLOUR_PROFILE_UNREADABLE
    concerned = tuple(patch.id for patch, remarks in inspection.remarks.items() if kind in remarks)
    if not concerned:
        return ()
    have = "has a colour profile" if len(concerned) == 1 else "have colour profiles"
    message = (
        f"{counted(len(concerned), 'patch', 'patches')} {have} that could not be read; colours were taken as they are"
    )
    return (Note(NoteKind.COLOUR_PROFILE_UNREADABLE, message, concerned),)
