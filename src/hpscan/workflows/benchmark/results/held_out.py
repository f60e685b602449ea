"""From a benchmark's runs to results: thresholds from training patients, then decisions on the patients held out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hpscan.core.cohort import Origin, PatchLabel
from hpscan.core.errors import NotEnoughDataError
from hpscan.evaluation.metrics import labelled
from hpscan.evaluation.thresholds import Criterion
from hpscan.store.benchmark import FailureRecord
from hpscan.store.manifest import Role
from hpscan.workflows.benchmark.run import patch_name, restored
from hpscan.workflows.cohort.surroundings import surroundings_of
from hpscan.workflows.diagnosis.diagnose import result_patches, results
from hpscan.workflows.training import operating_point as operate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hpscan.core.cohort import Patch, Patient
    from hpscan.core.decision import OperatingPoint, Threshold
    from hpscan.core.scores import PatchScores
    from hpscan.store.runs import RunRecord
    from hpscan.workflows.benchmark.plan import Prepared
    from hpscan.workflows.diagnosis.diagnose import Diagnosis
    from hpscan.workflows.scoring.patches import Scored

CRITERIA = ("specificity=0.99", "specificity=0.95", "sensitivity=0.95", "corner", "youden", "max-f1")
"""What the table of criteria compares."""


@dataclass(frozen=True, slots=True)
class FoldResult:
    """One backend on one fold.

    Attributes:
        number: 1, 2, ...
        run: The run that it comes from.
        scored: The patches held out.
        point: The operating point, chosen on training patients.
        thresholds: Patch thresholds by criterion, or why a criterion could not choose one.
        held_out: The patients held out.
        judged: Those of them that have a result.
        diagnoses: Their results, in the same order.
    """

    number: int
    run: RunRecord
    scored: Scored
    point: OperatingPoint
    thresholds: Mapping[str, Threshold | str]
    held_out: tuple[Patient, ...]
    judged: tuple[Patient, ...]
    diagnoses: tuple[Diagnosis, ...]

    def labelled(self) -> PatchScores:
        """Scores of the patches held out that metrics are made of."""
        return labelled(self.scored.scores)


@dataclass(frozen=True, slots=True)
class BackendResult:
    """One backend on all folds."""

    name: str
    learns_from: str
    folds: tuple[FoldResult, ...]


def judge(prepared: Prepared, found: Sequence[RunRecord]) -> tuple[list[BackendResult], list[FailureRecord]]:
    """The results of every backend whose runs are all there, in order of their names, and why others have none."""
    patches = {patch_name(patch): patch for patch in prepared.cohort.patches()}
    by_key = {run.key: run for run in found}
    selected = _selected(prepared)
    results_of, failures = [], []
    for backend, supervision in sorted(prepared.learns_from.items()):
        jobs = [job for job in prepared.jobs if job.backend == backend]
        missing = [job.fold for job in jobs if job.key not in by_key]
        if missing:
            failures.append(
                FailureRecord(
                    backend=backend,
                    fold=None,
                    reason=f"not in the tables: {len(missing)} of its {len(jobs)} runs failed",
                )
            )
            continue
        try:
            folds = tuple(
                _fold(prepared, by_key[job.key], job.fold, job.roles, patches, selected=selected) for job in jobs
            )
        except NotEnoughDataError as error:
            failures.append(FailureRecord(backend=backend, fold=None, reason=f"{error.message} ({error.hint})"))
        else:
            results_of.append(BackendResult(backend, supervision.value, folds))
    return results_of, failures


def _selected(prepared: Prepared) -> bool:
    """Whether patients can be judged by selected patches only."""
    held_out = (p for fold in prepared.division.folds for p in fold.held_out)
    return not any(p.infected is not None and p.of(Origin.CROPPED) for p in held_out)


def _fold(
    prepared: Prepared,
    run: RunRecord,
    number: int,
    roles: Mapping[Role, tuple[Patient, ...]],
    patches: Mapping[str, Patch],
    *,
    selected: bool,
) -> FoldResult:
    choosing, held_out = roles[Role.CALIBRATION], roles[Role.TEST]
    operating, scored = restored(run.operating_point, patches), restored(run.held_out, patches)
    fingerprint, seed = prepared.listing.fingerprint, run.seed
    point = operate.choose(
        choosing, operating, prepared.criterion, fingerprint, seed, prepared.aggregation, prepared.top_k
    ).point()
    thresholds: dict[str, Threshold | str] = {}
    for text in dict.fromkeys((str(prepared.criterion), *CRITERIA)):
        try:
            thresholds[text] = operate.patch_threshold(choosing, operating, Criterion.parse(text), fingerprint)
        except NotEnoughDataError as error:
            thresholds[text] = error.message
    here = frozenset(scored.patches) | {r.patch for r in scored.rejected} | frozenset(scored.duplicates)
    judged = tuple(p for p in held_out if _is_judged(p, here, selected=selected))
    return FoldResult(
        number,
        run,
        scored,
        point,
        thresholds,
        held_out,
        judged,
        tuple(results(judged, scored, point, surroundings=surroundings_of(prepared.plan.dataset))),
    )


def _is_judged(patient: Patient, listed: frozenset[Patch], *, selected: bool) -> bool:
    if not selected:
        return patient.infected is not None and bool(patient.of(Origin.CROPPED))
    return not listed.isdisjoint(result_patches(patient))


def any_positive(patient: Patient) -> bool | None:
    """Whether any patch of a patient is labelled positive; None where none is labelled positive or negative."""
    labels = {p.label for p in patient.patches if not p.augmented} & {PatchLabel.POSITIVE, PatchLabel.NEGATIVE}
    return PatchLabel.POSITIVE in labels if labels else None


def thresholds_of(result: BackendResult, criterion: str) -> list[Threshold] | str:
    """The thresholds that a criterion chose, by fold, or why it has none in some fold."""
    chosen = [fold.thresholds[criterion] for fold in result.folds]
    why = [text for text in chosen if isinstance(text, str)]
    return why[0] if why else [t for t in chosen if not isinstance(t, str)]


def decisions(result: BackendResult, thresholds: Sequence[Threshold]) -> np.ndarray:
    """Decisions on the labelled patches of all folds, by one threshold for each."""
    return np.concatenate(
        [t.decides_all(fold.labelled().score) for fold, t in zip(result.folds, thresholds, strict=True)]
    )
