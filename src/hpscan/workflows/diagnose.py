"""Diagnose patients: every patch scored, one result per patient."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from hpscan.core.backend import Progress, silent
from hpscan.core.cohort import Origin, Patient
from hpscan.core.decision import OperatingPoint, Threshold, decide
from hpscan.core.errors import SettingsError
from hpscan.core.reasons import Reason, ReasonKind
from hpscan.data import layout, quality
from hpscan.report import text
from hpscan.store import models
from hpscan.workflows import scoring
from hpscan.workflows.loading import load_scorer
from hpscan.workflows.seen import seen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from hpscan.core.cohort import Patch
    from hpscan.core.decision import PatientResult
    from hpscan.data.images import Rejection
    from hpscan.store.models import StoredModel
    from hpscan.workflows.scoring import Scored

SELECTED = "only selected patches, not all windows of the biopsy"
FEW = 10
TOO_FEW = f"fewer than {FEW} patches: hardly enough to tell a patient from"
OTHER_SIZE = "patches of another size than the model was fitted on: their scores may not compare"
SEEN = "the model was trained or calibrated on this patient"
NAMESAKE = "named like a patient that the model has seen, but with other image files"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One patient's result and what it rests on.

    Attributes:
        result: The result.
        patches: Scored patches, the most suspicious first.
        scores: Their scores, in the same order.
        sha256: Hex digests of their files, in the same order.
        rejected: Patches that could not be read.
        duplicates: Patches that are copies of another one.
        point: The thresholds used.
    """

    result: PatientResult
    patches: tuple[Patch, ...]
    scores: tuple[float, ...]
    sha256: tuple[str, ...]
    rejected: tuple[Rejection, ...]
    duplicates: tuple[Patch, ...]
    point: OperatingPoint


@dataclass(frozen=True, slots=True)
class Diagnoses:
    """All patients asked for, and the model that was used."""

    model: StoredModel
    patients: tuple[Diagnosis, ...]
    seconds: float


def diagnose(
    paths: Sequence[Path],
    model: str | None = None,
    *,
    threshold: float | None = None,
    device: str = "auto",
    accept: Callable[[Sequence[Patient]], None] = lambda _: None,
    progress: Callable[[Progress], None] = silent,
) -> Diagnoses:
    """Diagnose all patients found in `paths`: patients' folders or whole datasets.

    Args:
        paths: Folders. What belongs to one patient of one dataset meets, also from several folders.
        model: Name or path of the model; the newest by default.
        threshold: A patch threshold in place of the model's.
        device: Where to score.
        accept: Called with the patients before any patch is scored; what it raises ends the work.
        progress: Told how far it has come.
    """
    stored = models.find(model)
    point = stored.manifest.operating_point.point()
    if threshold is not None and not math.isfinite(threshold):
        raise SettingsError(f"a threshold cannot be {threshold}", hint="give --threshold a finite number")
    if threshold is not None:
        note = "the thresholds on patients were chosen with another one"
        if point.aggregation.of_scores:
            note = "it counts positive patches: the density may change with it, no finding does"
        point = replace(point, patch=Threshold(threshold, "user", note=note))
    patients = _gather(paths)
    accept(patients)
    scorer = load_scorer(stored, device)
    every = [patch for patient in patients for patch in windows(patient)]
    scored = scoring.score(every, scorer, progress=progress)
    known = seen(stored.manifest, patients, dict(zip(scored.patches, scored.sha256, strict=True)))
    remarks: dict[str, list[str]] = defaultdict(list)
    for name in known.role:
        remarks[name].append(SEEN)
    for name in known.namesakes:
        remarks[name].append(NAMESAKE)
    for name in _of_another_size(scored, stored.manifest.input.size):
        remarks[name].append(OTHER_SIZE)
    for patient in patients:
        if profiles := unreadable_profiles(scored, windows(patient)):
            remarks[patient.id].append(text.reason(profiles))
    return Diagnoses(stored, tuple(results(patients, scored, point, remarks)), scored.seconds)


def _of_another_size(scored: Scored, size: tuple[int, int] | None) -> set[str]:
    """The patients with a patch of another width and height than `size`; nobody where there is none."""
    if size is None:
        return set()
    return {patch.patient_id for patch, own in zip(scored.patches, scored.sizes, strict=True) if own != size}


def unreadable_profiles(scored: Scored, patches: Sequence[Patch]) -> Reason | None:
    """That some of a patient's patches have colour profiles that could not be read; None where none has."""
    count = sum(ReasonKind.COLOUR_PROFILE_UNREADABLE in scored.remarks.get(patch, ()) for patch in patches)
    if not count:
        return None
    return Reason.of(ReasonKind.COLOUR_PROFILE_UNREADABLE, count=count, listed=len(patches))


def windows(patient: Patient) -> tuple[Patch, ...]:
    """The patches that a patient's result rests on: all cropped windows, else the annotated patches."""
    return patient.of(Origin.CROPPED) or patient.of(Origin.ANNOTATED)


def results(
    patients: Iterable[Patient],
    scored: Scored,
    point: OperatingPoint,
    known: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> list[Diagnosis]:
    """One result per patient from the scores of their `windows`; `known` holds remarks on some of the ids."""
    row = {patch: i for i, patch in enumerate(scored.patches)}
    rejected = {r.patch: r for r in scored.rejected}
    duplicates = frozenset(scored.duplicates)
    found = []
    for patient in patients:
        own = windows(patient)
        rows = [row[patch] for patch in own if patch in row]
        score = scored.scores.score[rows]
        order = np.argsort(-score, kind="stable")
        unreadable = tuple(rejected[patch] for patch in own if patch in rejected)
        copies = tuple(patch for patch in own if patch in duplicates)
        remarks = (
            *(() if patient.of(Origin.CROPPED) else (SELECTED,)),
            *((TOO_FEW,) if 0 < len(rows) < FEW else ()),
            *known.get(patient.id, ()),
        )
        result = decide(
            patient.id,
            score,
            point,
            n_rejected=len(unreadable),
            n_duplicate=len(copies),
            doubts=quality.doubts([scored.looks[i] for i in rows]),
            remarks=remarks,
        )
        ranked = tuple(scored.patches[rows[i]] for i in order)
        digests = tuple(scored.sha256[rows[i]] for i in order)
        found.append(Diagnosis(result, ranked, tuple(score[order].tolist()), digests, unreadable, copies, point))
    return found


def _gather(paths: Sequence[Path]) -> list[Patient]:
    """Patients of all folders; folders of one patient in one dataset are put together."""
    found: dict[tuple[Path, str], Patient] = {}
    for path in paths:
        dataset = layout.load(path)
        for patient in dataset.cohort.patients:
            before = found.get((dataset.root, patient.id))
            patches = {p.path: p for p in (*(before.patches if before else ()), *patient.patches)}
            found[dataset.root, patient.id] = replace(patient, patches=tuple(patches.values()))
    times = Counter(name for _, name in found)
    return [
        patient if times[name] == 1 else _renamed(patient, f"{root}/{name}") for (root, name), patient in found.items()
    ]


def _renamed(patient: Patient, name: str) -> Patient:
    """A patient whose id is also that of another one, in another dataset."""
    patches = tuple(replace(p, id=f"{name}/{p.id}", patient_id=name) for p in patient.patches)
    return replace(patient, id=name, patches=patches)
