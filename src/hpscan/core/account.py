"""The account of a dataset: what became of every file, patch, patient, label and table, in sums that close.

files found    = listed + set aside, by kind
patches listed = used + rejected + duplicate + left out
patients found = used + refused + without truth + unreadable
labels         = used + without image + ambiguous + contradictory
tables found   = used + not understood
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class AsideKind(StrEnum):
    """Why a file is not among the listed patches; the values are stable codes, documented in docs/reference/codes.md."""

    OTHER_FORMAT = "other-format"
    WHOLE_SLIDE = "whole-slide"
    ARCHIVE = "archive"
    LOOSE = "loose"
    OUTSIDE = "outside"
    TOO_DEEP = "too-deep"
    UNREADABLE = "unreadable"
    HIDDEN = "hidden"
    OTHER = "other"
    OWN = "own"

    @property
    def may_hold_patches(self) -> bool:
        """Whether what was set aside may be patches of the patient in whose folder it lies."""
        return self in {
            AsideKind.OTHER_FORMAT,
            AsideKind.LOOSE,
            AsideKind.TOO_DEEP,
            AsideKind.UNREADABLE,
            AsideKind.HIDDEN,
        }

    @property
    def clean(self) -> bool:
        """Whether nobody needs to be told: what is no picture, and what hpscan wrote."""
        return self in {AsideKind.OTHER, AsideKind.OWN}


@dataclass(frozen=True, slots=True)
class Aside:
    """A file that was found and is no listed patch.

    Attributes:
        file: Its path as seen from the folder that was asked for; a folder where that could not be listed.
        kind: Why.
        patient: In whose folder it lies; empty where in nobody's.
        group: What tells it from the others of its kind: the suffix, or the folder.
    """

    file: str
    kind: AsideKind
    patient: str = ""
    group: str = ""


class PatchFate(StrEnum):
    """What became of a listed patch in one command."""

    USED = "used"
    REJECTED = "rejected"
    DUPLICATE = "duplicate"
    LEFT_OUT = "left-out"


class PatientFate(StrEnum):
    """What became of a patient in one command."""

    USED = "used"
    REFUSED = "refused"
    WITHOUT_TRUTH = "without-truth"
    UNREADABLE = "unreadable"


class LabelFate(StrEnum):
    """What became of a label in a table."""

    USED = "used"
    WITHOUT_IMAGE = "without-image"
    AMBIGUOUS = "ambiguous"
    CONTRADICTORY = "contradictory"


class TableFate(StrEnum):
    """What became of a table."""

    USED = "used"
    NOT_UNDERSTOOD = "not-understood"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing of the account.

    Attributes:
        name: The patch's file, the patient, the label's patch or the table.
        fate: What became of it.
        patient: Whose it is, where it is a patch; else empty.
        why: What more there is to say, e.g. why a patch was rejected.
    """

    name: str
    fate: str
    patient: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Sums:
    """The numbers of an account.

    Attributes:
        set_aside: Files by why they are no listed patch.
        patches: Listed patches by what became of them; likewise patients, labels and tables.
        patients: See there.
        labels: See there.
        tables: See there.
        groups: The suffixes or folders of the files that were set aside, by why.
        names: Patients and tables that were not used, by what became of them.
    """

    set_aside: Mapping[str, int]
    patches: Mapping[str, int]
    patients: Mapping[str, int]
    labels: Mapping[str, int]
    tables: Mapping[str, int]
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Account:
    """What became of everything in a dataset, by name.

    Attributes:
        asides: Files that are no listed patch.
        patches: Every listed patch.
        patients: Every patient.
        labels: Every patch that a table gives a label to.
        tables: Every table.
    """

    asides: tuple[Aside, ...]
    patches: tuple[Entry, ...]
    patients: tuple[Entry, ...]
    labels: tuple[Entry, ...]
    tables: tuple[Entry, ...]

    @property
    def n_files(self) -> int:
        """Files found: listed or set aside; tables are counted apart."""
        return len(self.patches) + len(self.asides)

    def set_aside(self) -> Counter[AsideKind]:
        """How many files were set aside for which reason, in the order of the kinds."""
        counts = Counter(aside.kind for aside in self.asides)
        return Counter({kind: counts[kind] for kind in AsideKind if counts[kind]})

    def names(self, entries: Iterable[Entry], fate: str) -> tuple[str, ...]:
        """Those of the entries that had this fate."""
        return tuple(entry.name for entry in entries if entry.fate == fate)

    def sums(self) -> Sums:
        """The sums, with the names of patients and tables that were not used."""
        groups: dict[str, dict[str, None]] = {}
        for aside in self.asides:
            groups.setdefault(aside.kind, {})[aside.group] = None
        named = {
            str(entry.fate): self.names(entries, entry.fate)
            for entries in (self.patients, self.tables)
            for entry in entries
            if entry.fate not in {PatientFate.USED, TableFate.USED}
        }
        return Sums(
            set_aside={kind.value: n for kind, n in self.set_aside().items()},
            patches=dict(counts(self.patches)),
            patients=dict(counts(self.patients)),
            labels=dict(counts(self.labels)),
            tables=dict(counts(self.tables)),
            groups={kind: tuple(names) for kind, names in groups.items()},
            names=named,
        )

    def of(self, patient: str) -> Account:
        """One patient's part of it; labels and tables are no patient's."""
        return Account(
            asides=tuple(aside for aside in self.asides if aside.patient == patient),
            patches=tuple(entry for entry in self.patches if entry.patient == patient),
            patients=tuple(entry for entry in self.patients if entry.name == patient),
            labels=(),
            tables=(),
        )

    @property
    def clean(self) -> bool:
        """Whether everything was used, but for what nobody needs to be told of."""
        return (
            all(aside.kind.clean for aside in self.asides)
            and not any(entry.fate == PatchFate.REJECTED for entry in self.patches)
            and all(entry.fate == PatientFate.USED for entry in self.patients)
            and all(entry.fate == LabelFate.USED for entry in self.labels)
            and all(entry.fate == TableFate.USED for entry in self.tables)
        )


def counts(entries: Iterable[Entry]) -> Counter[str]:
    """How many entries had which fate."""
    return Counter(entry.fate for entry in entries)
