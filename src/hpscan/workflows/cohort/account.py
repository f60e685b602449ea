"""The account of a command over datasets: every file, patch, patient, label and table in exactly one place."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hpscan.core.account import (
    Account,
    Aside,
    Entry,
    LabelFate,
    PatchFate,
    PatientFate,
    TableFate,
)
from hpscan.core.cohort import Origin

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    from hpscan.core.cohort import Patch
    from hpscan.data.dataset.layout import Dataset


@dataclass(frozen=True, slots=True)
class Fates:
    """What a command did with its input.

    Attributes:
        used: Files of patches that it used: scored, fitted on or, where it only looks, could read.
        rejected: Files of patches that could not be used -> why.
        duplicates: Files of patches that are copies of another one of the same patient.
        patients: What became of each patient, by id; all others were used.
    """

    used: Collection[Path]
    rejected: Mapping[Path, str]
    duplicates: Collection[Path] = frozenset()
    patients: Mapping[str, PatientFate] = field(default_factory=dict)


def account(datasets: Sequence[Dataset], fates: Fates, names: Mapping[tuple[Path, str], str] | None = None) -> Account:
    """What became of everything in some datasets; what lies in two of them is counted once.

    Args:
        datasets: The datasets.
        fates: What the command did.
        names: What a patient (the dataset's root, id) is called where that is not its id.
    """
    sums = _Sums(fates, names or {}, several=len(datasets) > 1)
    for dataset in datasets:
        sums.add(dataset)
    return Account(
        asides=tuple(sums.asides.values()),
        patches=tuple(sums.patches.values()),
        patients=tuple(sums.patients.values()),
        labels=tuple(sums.labels.values()),
        tables=tuple(sums.tables.values()),
    )


def patient_fates(
    dataset: Dataset, refused: Iterable[str], without_reference: Iterable[str], unreadable: Iterable[str]
) -> dict[str, PatientFate]:
    """What became of the patients that were not used; without a reference standard goes before unreadable."""
    fates = {p.id: PatientFate.UNREADABLE for p in dataset.without}
    fates |= dict.fromkeys(unreadable, PatientFate.UNREADABLE)
    fates |= dict.fromkeys(without_reference, PatientFate.WITHOUT_TRUTH)
    return fates | dict.fromkeys(refused, PatientFate.REFUSED)


class _Sums:
    """The account so far, each thing by what tells it from all others."""

    def __init__(self, fates: Fates, names: Mapping[tuple[Path, str], str], *, several: bool) -> None:
        self._fates, self._names, self._several = fates, names, several
        self.asides: dict[Path, Aside] = {}
        self.patches: dict[Path, Entry] = {}
        self.patients: dict[str, Entry] = {}
        self.labels: dict[tuple[Path, str], Entry] = {}
        self.tables: dict[Path, Entry] = {}

    def add(self, dataset: Dataset) -> None:
        """One dataset more."""
        top = dataset.evidence.top
        for patch in dataset.cohort.patches(augmented=True):
            if patch.path not in self.asides:
                self.patches.setdefault(patch.path, self._patch(dataset, patch))
        for aside in dataset.asides:
            if top / aside.file not in self.patches:
                who = self._name(dataset, aside.patient) if aside.patient else ""
                shown = Aside(self._shown(dataset, top / aside.file), aside.kind, who, aside.group)
                self.asides.setdefault(top / aside.file, shown)
        for patient in dataset.everybody:
            name = self._name(dataset, patient.id)
            fate = self._fates.patients.get(name, PatientFate.USED)
            self.patients.setdefault(name, Entry(name, fate))
        for entry in _labels(dataset):
            self.labels.setdefault((dataset.root, entry.name), entry)
        tables = dataset.evidence.tables
        for path in tables.understood:
            self.tables.setdefault(path, Entry(self._shown(dataset, path), TableFate.USED))
        for remark in tables.not_understood:
            entry = Entry(self._shown(dataset, remark.source), TableFate.NOT_UNDERSTOOD, why=remark.reason)
            self.tables.setdefault(remark.source, entry)

    def _name(self, dataset: Dataset, patient: str) -> str:
        return self._names.get((dataset.home(patient), patient), patient)

    def _shown(self, dataset: Dataset, path: Path) -> str:
        """A path as seen from the folder that was asked for, where there is one such folder only."""
        top = dataset.evidence.top
        return path.relative_to(top).as_posix() if path.is_relative_to(top) and not self._several else path.as_posix()

    def _patch(self, dataset: Dataset, patch: Patch) -> Entry:
        fates, why = self._fates, ""
        if patch.path in fates.rejected:
            fate, why = PatchFate.REJECTED, fates.rejected[patch.path]
        elif patch.path in fates.duplicates:
            fate = PatchFate.DUPLICATE
        elif patch.path in fates.used:
            fate = PatchFate.USED
        else:
            fate, why = PatchFate.LEFT_OUT, "an augmented copy" if patch.augmented else "not needed here"
        return Entry(self._shown(dataset, patch.path), fate, self._name(dataset, patch.patient_id), why)


def _labels(dataset: Dataset) -> Iterable[Entry]:
    """What became of each label; of a part of a dataset, other patients' labels are not missed."""
    evidence = dataset.evidence
    match = evidence.labels
    patches = dataset.cohort.patches(augmented=True)
    doubtful = {text.rpartition(":")[0] for text in (*match.contradictory, *match.disagreeing)}
    for patch in patches:
        if patch.label is not None:
            fate = LabelFate.CONTRADICTORY if patch.id in doubtful else LabelFate.USED
            yield Entry(patch.id, fate, patch.patient_id)
    annotated = {patch.patient_id for patch in patches if patch.origin is Origin.ANNOTATED}
    for base, row in match.missing:
        if evidence.whole or base in annotated:
            yield Entry(str(row.about), LabelFate.WITHOUT_IMAGE)
    for name in match.ambiguous:
        yield Entry(name, LabelFate.AMBIGUOUS)
    for name in match.contradicted:
        yield Entry(name, LabelFate.CONTRADICTORY)
