"""What lies in a patient's folder beside the listed patches, and how the patient got its name: reasons for its result."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hpscan.core.account import AsideKind
from hpscan.core.reasons import Reason, ReasonKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hpscan.core.account import Aside
    from hpscan.data.dataset.layout import Dataset


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is to be known of one patient before a patch is scored.

    Attributes:
        n_unread: Files that may be patches and were not read; a folder that could not be opened counts as many as
            were listed, since nobody knows.
        doubts: Why there can be no result.
        remarks: What a reader must know.
    """

    n_unread: int = 0
    doubts: tuple[Reason, ...] = ()
    remarks: tuple[Reason, ...] = ()


NOTHING = Surroundings()

_NAMED = 2
"""Files of one group that a reason names one by one."""


def surroundings_of(dataset: Dataset) -> dict[str, Surroundings]:
    """What is to be known of each patient of a dataset, by id; those of whom nothing is are missing."""
    asides: dict[str, list[Aside]] = defaultdict(list)
    for aside in dataset.asides:
        if aside.patient and not aside.kind.clean:
            asides[aside.patient].append(aside)
    surroundings = {}
    for patient in dataset.everybody:
        beside = asides[patient.id]
        n_listed = len(patient.patches)
        unread = [aside for aside in beside if aside.kind.may_hold_patches]
        closed = any(aside.kind is AsideKind.UNREADABLE for aside in unread)
        remarks = [*_unread(unread, n_listed), *_whole(beside)]
        if patient.id in dataset.from_above:
            remarks.insert(0, Reason.of(ReasonKind.NAME_FROM_ABOVE, *dataset.from_above[patient.id]))
        doubts = []
        if patient.id in dataset.mixed:
            names = dataset.mixed[patient.id]
            doubts.append(Reason.of(ReasonKind.SEVERAL_PATIENTS_IN_NAMES, *names, count=len(names)))
        if remarks or doubts:
            surroundings[patient.id] = Surroundings(len(unread) + n_listed * closed, tuple(doubts), tuple(remarks))
    return surroundings


def _unread(unread: Sequence[Aside], n_listed: int) -> list[Reason]:
    if not unread:
        return []
    groups = Counter(aside.group for aside in unread)
    names = []
    for group, n in groups.most_common():
        files = [aside.file.rpartition("/")[2] for aside in unread if aside.group == group]
        names.append(f"{group} ({n})" if n > _NAMED else ", ".join(files))
    return [Reason.of(ReasonKind.NOT_READ, *names, count=len(unread), of=n_listed + len(unread))]


def _whole(beside: Sequence[Aside]) -> list[Reason]:
    """Whole slides and archives: they are named, and change no finding where the patches beside them are there."""
    reasons = []
    for kind, reason in (
        (AsideKind.WHOLE_SLIDE, ReasonKind.WHOLE_SLIDE_BESIDE),
        (AsideKind.ARCHIVE, ReasonKind.ARCHIVE_BESIDE),
    ):
        names = [aside.file.rpartition("/")[2] for aside in beside if aside.kind is kind]
        if names:
            reasons.append(Reason.of(reason, *names, count=len(names)))
    return reasons
