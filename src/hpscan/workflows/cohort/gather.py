"""The patients of some folders, put together and named before any patch is scored."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hpscan.data.dataset import layout
from hpscan.workflows.cohort.surroundings import surroundings_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from hpscan.core.cohort import Patient
    from hpscan.core.notes import Note
    from hpscan.data.dataset.layout import Dataset
    from hpscan.workflows.cohort.surroundings import Surroundings


@dataclass(frozen=True, slots=True)
class GatheredCohort:
    """The patients of some folders.

    Attributes:
        patients: The patients, those without a listed patch too.
        datasets: What the folders hold.
        names: What a patient (root, id) is called where another dataset has one of that id.
        surroundings: What lies beside the patches of each patient of whom there is something to know, by its name here.
    """

    patients: tuple[Patient, ...]
    datasets: tuple[Dataset, ...]
    names: Mapping[tuple[Path, str], str]
    surroundings: Mapping[str, Surroundings]

    @property
    def notes(self) -> tuple[Note, ...]:
        """What was noticed about the datasets, each note once."""
        return tuple(dict.fromkeys(note for dataset in self.datasets for note in dataset.notes))


def gather(paths: Sequence[Path], patient_from: str | None = None) -> GatheredCohort:
    """Patients of all folders: patients' folders or whole datasets.

    Folders of one patient in one dataset are put together.

    Args:
        paths: The folders.
        patient_from: Who is a patient, where the folders do not tell (`data.patients.patient_from`).

    Raises:
        LayoutError: When a folder holds no patch, or it cannot be told who is a patient.
    """
    datasets = tuple(layout.load(path, patient=patient_from) for path in paths)
    patients: dict[tuple[Path, str], Patient] = {}
    for dataset in datasets:
        for patient in dataset.everybody:
            key = (dataset.home(patient.id), patient.id)
            before = patients.get(key)
            patches = {p.path: p for p in (*(before.patches if before else ()), *patient.patches)}
            patients[key] = replace(patient, patches=tuple(patches.values()))
    times = Counter(patient_id for _, patient_id in patients)
    names = {(root, patient_id): f"{root}/{patient_id}" for root, patient_id in patients if times[patient_id] > 1}
    surroundings: dict[str, Surroundings] = {}
    for dataset in datasets:
        for patient_id, around in surroundings_of(dataset).items():
            surroundings.setdefault(names.get((dataset.home(patient_id), patient_id), patient_id), around)
    return GatheredCohort(
        tuple(_renamed(patient, names[key]) if key in names else patient for key, patient in patients.items()),
        datasets,
        names,
        surroundings,
    )


def _renamed(patient: Patient, name: str) -> Patient:
    """A patient whose id is also that of another one, in another dataset."""
    patches = tuple(replace(p, id=f"{name}/{p.id}", patient_id=name) for p in patient.patches)
    return replace(patient, id=name, patches=patches)
