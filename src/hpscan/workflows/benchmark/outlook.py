"""What a benchmark says before it runs: who is held out where, what each cell will do, and how long that takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hpscan.core.backend import Supervision
from hpscan.core.cohort import PatchLabel
from hpscan.store import runs as cells
from hpscan.store.benchmark import CohortRecord, FoldCohort
from hpscan.store.manifest import Role
from hpscan.workflows.benchmark import pace
from hpscan.workflows.benchmark.protocol import Split, densities
from hpscan.workflows.training import operating_point as operate
from hpscan.workflows.training.partition import scored_patches, training_patches

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from hpscan.core.cohort import Patch, Patient
    from hpscan.data.dataset.layout import Dataset
    from hpscan.data.images.inspection import Inspection
    from hpscan.workflows.benchmark.protocol import Division
    from hpscan.workflows.benchmark.run import Job

FEW = 15
"""Patients with positive patches below which the intervals of patches hold the truth far less often than they say.

In `benchmarks/coverage.py`, with 5 such patients, intervals of AUC and recall hold it in half of the studies.
"""


@dataclass(frozen=True, slots=True)
class CellPlan:
    """One cell.

    Attributes:
        backend: The backend's name.
        fold: 1, 2, ...
        patients: Patients by what they are used for.
        fit_patches: Patches to fit on.
        fit_positive: Those labelled positive; None where labels are not learned from.
        scored: Patches to score.
        stored: Whether it is finished already.
        seconds: What it took, or will take; None where that cannot be told.
    """

    backend: str
    fold: int
    patients: dict[str, int]
    fit_patches: int
    fit_positive: int | None
    scored: int
    stored: bool
    seconds: float | None


def cell_plans(jobs: Sequence[Job], learns_from: Mapping[str, Supervision], folder: Path) -> tuple[CellPlan, ...]:
    """What each job will do, whether the folder holds its cell already, and how long it takes."""
    timed = [cell for backend in learns_from for cell in cells.earlier(folder, backend)]
    finished = {cell.key: cell for cell in timed}
    made = []
    for job in jobs:
        supervision = learns_from[job.backend]
        learned = [patch for p in job.roles[Role.TRAINING] for patch in training_patches(p, supervision)]
        scored = len(operate.operating_patches(job.roles[Role.CALIBRATION])) + len(scored_patches(job.roles[Role.TEST]))
        before = finished.get(job.key)
        expected = pace.pace(job.backend, job.device, timed)
        seconds = before.seconds if before else None
        if before is None and expected is not None:
            seconds = expected.seconds(pace.work(_seen(learned, job.settings), scored, job.settings))
        made.append(
            CellPlan(
                backend=job.backend,
                fold=job.fold,
                patients={role.value: len(who) for role, who in job.roles.items()},
                fit_patches=len(learned),
                fit_positive=sum(p.label is PatchLabel.POSITIVE for p in learned)
                if supervision is Supervision.LABELLED_PATCHES
                else None,
                scored=scored,
                stored=before is not None,
                seconds=seconds,
            )
        )
    return tuple(made)


def _seen(learned: Sequence[Patch], settings: Mapping[str, Any]) -> int:
    """Patches that an epoch sees: backends that cap patients say so in a setting."""
    most = settings.get("patches_per_patient")
    if not isinstance(most, int):
        return len(learned)
    own: dict[str, int] = {}
    for patch in learned:
        own[patch.patient_id] = own.get(patch.patient_id, 0) + 1
    return sum(min(most, n) for n in own.values())


def cohort_record(
    dataset: Dataset, listing: Inspection, division: Division, split: Split, most: int | None
) -> CohortRecord:
    """Patients and labels, in all and by fold; `most` is how many cropped windows of each are looked at."""
    taking_part = [p for fold in division.folds for p in fold.held_out]
    everybody = taking_part if split is Split.FOLDS else [*taking_part, *division.folds[0].training]
    patches = scored_patches(taking_part)
    present = {p.id for p in everybody}
    return CohortRecord(
        fingerprint=listing.fingerprint,
        phantom=dataset.phantom,
        patients=len(everybody),
        densities=densities(everybody),
        labelled_negative=_labelled(patches, PatchLabel.NEGATIVE),
        labelled_positive=_labelled(patches, PatchLabel.POSITIVE),
        uncertain=_labelled(patches, PatchLabel.UNCERTAIN),
        windows_per_patient=most,
        linked_patients=sum(member in present for group in listing.linked_patients for member in group),
        left_out=len(division.left_out),
        folds=tuple(_fold_cohort(fold.number, fold.held_out) for fold in division.folds),
    )


def _fold_cohort(number: int, held_out: Sequence[Patient]) -> FoldCohort:
    patches = scored_patches(held_out)
    return FoldCohort(
        fold=number,
        patients=len(held_out),
        densities=densities(held_out),
        patches=len(patches),
        labelled_negative=_labelled(patches, PatchLabel.NEGATIVE),
        labelled_positive=_labelled(patches, PatchLabel.POSITIVE),
    )


def _labelled(patches: Iterable[Patch], label: PatchLabel) -> int:
    return sum(p.label is label for p in patches)


def remarks(dataset: Dataset, division: Division, split: Split, most: int | None, *, quick: bool) -> tuple[str, ...]:
    """What to know of the results beforehand."""
    patients = [p for fold in division.folds for p in fold.held_out]
    said = []
    if quick:
        said.append("--quick: faster settings than the defaults")
        if most is not None:
            said[-1] += (
                f", and at most {most} cropped windows of each patient, drawn at random: "
                "sparse infection is missed more often than by all windows"
            )
    shows = sum(any(q.label is PatchLabel.POSITIVE for q in scored_patches([p])) for p in patients)
    if not shows and any(q.label is not None for p in patients for q in p.patches):
        said.append("no patch held out is labelled positive: of patches there is no recall, AUC or average precision")
    if 0 < shows < FEW:
        said.append(
            f"positive patches are those of {shows} patient{'s' * (shows != 1)} only: intervals of recall, AUC and "
            "average precision are much too narrow"
        )
    if split is Split.SEED42:
        said.append(
            f"the seed project's split, made from a table of {len(dataset.diagnosed)} diagnoses: the same patients only if that is "
            "the published table, whole and in its order"
        )
    if dataset.notes:
        said.append(f"{len(dataset.notes)} remarks on the dataset: hpscan data check prints them")
    return tuple(said)
