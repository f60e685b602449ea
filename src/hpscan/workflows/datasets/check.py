"""Look a dataset over: what is there, what cannot be read, what contradicts what."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hpscan.core.account import AsideKind
from hpscan.core.backend import Progress, silent
from hpscan.core.notes import Note, NoteKind
from hpscan.core.reasons import ReasonKind
from hpscan.data.dataset import layout
from hpscan.data.images.inspection import inspect
from hpscan.workflows.cohort.account import Fates, account, patient_fates

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from hpscan.core.account import Account
    from hpscan.core.cohort import Origin, Patch
    from hpscan.data.dataset.layout import Dataset
    from hpscan.data.images.inspection import Inspection


@dataclass(frozen=True, slots=True)
class Check:
    """What was found.

    Attributes:
        dataset: The dataset, with notes on its folders and tables.
        inspection: What reading every patch found.
        account: What became of everything in the dataset.
    """

    dataset: Dataset
    inspection: Inspection
    account: Account

    def patients(self) -> Counter[str]:
        """Patients by diagnosis: `negative`, `low`, `high`, `infected` (density unknown), `unknown`."""
        return Counter(patient.diagnosis for patient in self.dataset.everybody)

    @property
    def doubtful(self) -> bool:
        """Whether something was rejected, not read, of no use, or of an unclear patient."""
        dataset = self.dataset
        unread = any(
            aside.kind.may_hold_patches and (aside.patient or aside.kind is AsideKind.TOO_DEEP)
            for aside in dataset.asides
        )
        useless = any(note.kind.useless for note in dataset.notes)
        return bool(self.inspection.rejected or unread or useless or dataset.without or dataset.mixed)

    def listed(self, origin: Origin) -> tuple[Patch, ...]:
        """All patches of an origin, augmented copies included."""
        return tuple(p for p in self.inspection.patches if p.origin is origin)


def check(path: Path, *, patient_from: str | None = None, progress: Callable[[Progress], None] = silent) -> Check:
    """Load the dataset and decode every one of its patches.

    Args:
        path: Its folder.
        patient_from: Who is a patient, where the folders do not tell (`data.patient_from`).
        progress: Told how far it has come.
    """
    dataset = layout.load(path, patient=patient_from)
    seen = inspect(dataset.cohort.patches(augmented=True), decode=True, progress=progress)
    readable = [p for p in seen.patches if p not in seen.rejected]
    sound = {p.patient_id for p in readable}
    fates = Fates(
        used=frozenset(p.path for p in readable),
        rejected={p.path: reason for p, reason in seen.rejected.items()},
        duplicates=frozenset(p.path for p in seen.duplicates if p not in seen.rejected),
        patients=patient_fates(dataset, (), (), {p.id for p in dataset.cohort.patients} - sound),
    )
    return Check(replace(dataset, notes=(*dataset.notes, *_of_files(seen))), seen, account([dataset], fates))


def _of_files(inspection: Inspection) -> Iterable[Note]:
    """What reading the patches' files noticed."""
    if inspection.contradictory:
        yield Note(
            NoteKind.IDENTICAL_LABELLED_DIFFERENTLY,
            tuple(_with_labels(copies) for copies in inspection.contradictory),
            (("patches", sum(map(len, inspection.contradictory))),),
        )
    kind = ReasonKind.COLOUR_PROFILE_UNREADABLE
    concerned = tuple(patch.id for patch, remarks in inspection.remarks.items() if kind in remarks)
    if concerned:
        yield Note(NoteKind.COLOUR_PROFILE_UNREADABLE, concerned)


def _with_labels(copies: Sequence[Patch]) -> str:
    """Identical patches with the label of each: `P1.a is 1, P2.b is -1`."""
    return ", ".join(f"{patch.id} is {int(patch.label)}" for patch in copies if patch.label is not None)
