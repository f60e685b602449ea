"""What a benchmark says before it runs: who is held out where, what each run will do, and how long that takes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING, Any

from hpscan.core.backend import Supervision
from hpscan.core.choices import Split
from hpscan.core.cohort import PatchLabel
from hpscan.store import runs
from hpscan.store.benchmark import CohortRecord, FoldCohort
from hpscan.store.manifest import Role
from hpscan.workflows.benchmark.folds import densities
from hpscan.workflows.training import operating_point as operate
from hpscan.workflows.training.partition import scored_patches, training_patches

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from hpscan.core.cohort import Patch, Patient
    from hpscan.data.dataset.layout import Dataset
    from hpscan.data.images.inspection import Inspection
    from hpscan.store.runs import RunRecord
    from hpscan.workflows.benchmark.folds import Division
    from hpscan.workflows.benchmark.run import Job

FEW = 15
"""Patients with positive patches below which the intervals of patches hold the true value far less often than they say.

In `benchmarks/coverage.py`, with 5 such patients, intervals of AUC and recall hold it in half of the studies.
"""


@dataclass(frozen=True, slots=True)
class RunPlan:
    """One run.

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


def run_plans(jobs: Sequence[Job], learns_from: Mapping[str, Supervision], folder: Path) -> tuple[RunPlan, ...]:
    """What each job will do, whether the folder holds its run already, and how long it takes."""
    timed = [record for backend in learns_from for record in runs.earlier(folder, backend)]
    finished = {record.key: record for record in timed}
    plans = []
    for job in jobs:
        supervision = learns_from[job.backend]
        learned = [patch for p in job.roles[Role.TRAINING] for patch in training_patches(p, supervision)]
        scored = len(operate.operating_patches(job.roles[Role.CALIBRATION])) + len(scored_patches(job.roles[Role.TEST]))
        before = finished.get(job.key)
        expected = pace(job.backend, job.device, timed)
        seconds = before.seconds if before else None
        if before is None and expected is not None:
            seconds = expected.seconds(work(_seen(learned, job.settings), scored, job.settings))
        plans.append(
            RunPlan(
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
    return tuple(plans)


def _seen(learned: Sequence[Patch], settings: Mapping[str, Any]) -> int:
    """Patches that an epoch sees: backends that cap patients say so in a setting."""
    most = settings.get("patches_per_patient")
    if not isinstance(most, int):
        return len(learned)
    return sum(min(most, n) for n in Counter(patch.patient_id for patch in learned).values())


def cohort_record(
    dataset: Dataset, listing: Inspection, division: Division, split: Split, most: int | None
) -> CohortRecord:
    """Patients and labels, in all and by fold; `most` is how many cropped patches of each are looked at."""
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
        patches_per_patient=most,
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
    lines = []
    if quick:
        lines.append("quick: faster settings than the defaults")
        if most is not None:
            lines[-1] += (
                f", and at most {most} cropped patches of each patient, drawn at random: "
                "sparse infection is missed more often than by all patches"
            )
    shows = sum(any(q.label is PatchLabel.POSITIVE for q in scored_patches([p])) for p in patients)
    if not shows and any(q.label is not None for p in patients for q in p.patches):
        lines.append("no patch held out is labelled positive: of patches there is no recall, AUC or average precision")
    if 0 < shows < FEW:
        lines.append(
            f"positive patches are those of {shows} patient{'s' * (shows != 1)} only: intervals of recall, AUC and "
            "average precision are much too narrow"
        )
    if split is Split.SEED42:
        lines.append(
            f"the seed project's split, made from a table of {len(dataset.diagnosed)} diagnoses: the same patients only if that is "
            "the published table, whole and in its order"
        )
    if dataset.notes:
        lines.append(f"{len(dataset.notes)} remarks on the dataset: hpscan data check prints them")
    return tuple(lines)


@dataclass(frozen=True, slots=True)
class Pace:
    """What a backend takes.

    Attributes:
        fit: Seconds for each patch that it is fitted on, and for each epoch if it has epochs.
        score: Seconds for each patch scored.
        start: Seconds before and between.
    """

    fit: float
    score: float
    start: float

    def seconds(self, work: Work) -> float:
        """Time that a run takes."""
        return self.fit * work.fitted + self.score * work.scored + self.start


@dataclass(frozen=True, slots=True)
class Work:
    """What there is to do: patches to fit on, times epochs, and patches to score."""

    fitted: int
    scored: int


ON_TWO_CORES: Mapping[str, Pace] = {
    "autoencoder": Pace(fit=0.014, score=0.053, start=5),
    "cnn": Pace(fit=0.21, score=0.37, start=10),
    "padim": Pace(fit=0.062, score=0.056, start=12),
    "patchcore": Pace(fit=0.07, score=0.063, start=12),
    "redness": Pace(fit=0, score=0.0033, start=3),
}
"""From a quick benchmark on two busy processor cores: to begin with, where nothing was timed on this machine."""


def work(fitted: int, scored: int, settings: Mapping[str, Any]) -> Work:
    """The work of a run with these settings."""
    epochs = settings.get("epochs", 1)
    return Work(fitted * (epochs if isinstance(epochs, int) else 1), scored)


def pace(backend: str, device: str, timed: Iterable[RunRecord]) -> Pace | None:
    """What a backend takes on a device: from runs timed there, else what is known of it; None if nothing is."""
    known = [run for run in timed if run.backend.name == backend and run.device == device]
    if not known:
        return ON_TWO_CORES.get(backend) if device == "cpu" else None
    fitted = [work(run.fit.patches, _scored(run), run.settings) for run in known]
    scoring = [run.operating_point.seconds + run.held_out.seconds for run in known]
    return Pace(
        fit=fmean(run.fit.seconds / max(1, w.fitted) for run, w in zip(known, fitted, strict=True)),
        score=fmean(s / max(1, w.scored) for s, w in zip(scoring, fitted, strict=True)),
        start=fmean(run.seconds - run.fit.seconds - s for run, s in zip(known, scoring, strict=True)) + _SPAWN,
    )


_SPAWN = 3.0
"""Seconds that a process takes to start, which no run times."""


def _scored(run: RunRecord) -> int:
    return len(run.operating_point.patch) + len(run.held_out.patch)
