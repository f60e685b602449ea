"""From scored patches of diagnosed patients to an operating point, and the record of it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from hpscan.core.choices import Aggregation
from hpscan.core.cohort import Density, Origin, PatchLabel
from hpscan.core.decision import TOP_K, OperatingPoint, Threshold
from hpscan.core.errors import NotEnoughDataError
from hpscan.evaluation import thresholds as operating
from hpscan.evaluation.metrics import labelled
from hpscan.store.manifest import HistogramRecord, OperatingRecord, ValueRecord, now
from hpscan.workflows.cohort.inspected import agreed
from hpscan.workflows.scoring.doubts import turned, without_spread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from hpscan.core.cohort import Patch, Patient
    from hpscan.core.reasons import Reason
    from hpscan.core.scores import PatchScores
    from hpscan.evaluation.thresholds import Criterion
    from hpscan.workflows.scoring.patches import Scored

_BINS = 40


def operating_patches(patients: Sequence[Patient]) -> tuple[Patch, ...]:
    """What is scored to choose an operating point: all patches but augmented copies and uncertain ones."""
    return tuple(
        patch
        for patient in patients
        for patch in patient.patches
        if not patch.augmented and patch.label is not PatchLabel.UNCERTAIN
    )


def choose(
    patients: Sequence[Patient],
    scored: Scored,
    criterion: Criterion,
    fingerprint: str,
    seed: int,
    aggregation: Aggregation = Aggregation.FRACTION_POSITIVE,
    top_k: int = TOP_K,
) -> OperatingRecord:
    """The operating point of a model from the scores of these patients' `operating_patches`.

    Raises:
        NotEnoughDataError: When the criterion's patches are not there.
    """
    patch = patch_threshold(patients, scored, criterion, fingerprint)
    partial = OperatingPoint(patch, Threshold(0, "none"), None, aggregation, top_k)
    values, extents, known = _patient_values(patients, scored, partial)
    infected = np.array([p.infected is True for p in known], np.bool_)
    fallback = patch if aggregation.of_scores else None
    patient = operating.choose_patient(values, infected, fingerprint, seed, patch=fallback)
    graded = np.array([p.infected is True and p.density is not None for p in known], np.bool_)
    high = np.array([p.density is Density.HIGH for p in known], np.bool_)
    # LOW and HIGH are told apart among detected patients; where too few of them are, among all infected ones.
    detected = graded & patient.decides_all(values)
    density = (
        None
        if patch.separates_nothing
        else operating.choose_density(extents[detected], high[detected], fingerprint, seed)
    )
    if density is None and not patch.separates_nothing:
        density = operating.choose_density(extents[graded], high[graded], fingerprint, seed)
    return OperatingRecord(
        patch=patch,
        patient=patient,
        density=density,
        aggregation=aggregation,
        top_k=top_k,
        created=now(),
        histogram=_histogram(patients, scored),
        patients=_values(known, values, extents),
    )


def patch_threshold(patients: Sequence[Patient], scored: Scored, criterion: Criterion, fingerprint: str) -> Threshold:
    """The threshold on patch scores alone, from the scores of these patients' `operating_patches`.

    Raises:
        NotEnoughDataError: When the criterion's patches are not there.
    """
    negative = {p.id for p in patients if p.infected is False}
    try:
        return operating.choose_patch(_distinct(scored), negative, criterion, fingerprint)
    except NotEnoughDataError as error:
        if not scored.rejected:
            raise
        n, listed = len(scored.rejected), len(scored.rejected) + len(scored.patches) + len(scored.duplicates)
        raise NotEnoughDataError(
            f"{n} of {listed} patches could not be read: {scored.rejected[0].reason}; of the others, {error.message}"
            if n < listed
            else f"{n} of {listed} patches could not be read: {scored.rejected[0].reason}",
            hint=f"look at them with: hpscan data check DIR; else {error.hint}"
            if n < listed
            else "look at them with: hpscan data check DIR",
        ) from error


def warnings(patients: Sequence[Patient], scored: Scored, record: OperatingRecord) -> tuple[Reason, ...]:
    """What is wrong with the scores that an operating point was chosen on: labels the other way round, or no spread."""
    table = labelled(_distinct(scored))
    values, _, known = _patient_values(patients, scored, record.point())
    infected = np.array([p.infected is True for p in known], np.bool_)
    ids = np.array([p.id for p in known], np.str_)
    warned = () if len(table) else without_spread("patches", scored.scores.score)
    if table.label is not None and len(table):
        warned += turned("patches", table.label == 1, table.score, table.patient_id)
    return (*warned, *turned("patients", infected, values, ids))


def _distinct(scored: Scored) -> PatchScores:
    """Every image of a patient once: a patch can lie among the cropped and among the annotated ones.

    Of two, the labelled one is kept, and none where their labels contradict each other: the patch is uncertain then.
    """
    rows: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row, (patch, sha256) in enumerate(zip(scored.patches, scored.sha256, strict=True)):
        rows[patch.patient_id, sha256].append(row)
    kept = np.zeros(len(scored.patches), np.bool_)
    for copies in rows.values():
        labels = [_label(scored, row) for row in copies]
        if agreed(labels) is not PatchLabel.UNCERTAIN:
            kept[next((row for row, label in zip(copies, labels, strict=True) if label is not None), copies[0])] = True
    return scored.scores.where(kept)


def _label(scored: Scored, row: int) -> PatchLabel | None:
    """A patch's label; uncertain where `scored` says that its copies contradict each other."""
    label, table = scored.patches[row].label, scored.scores.label
    return PatchLabel.UNCERTAIN if label is not None and table is not None and not table[row] else label


def _patient_values(
    patients: Sequence[Patient], scored: Scored, point: OperatingPoint
) -> tuple[NDArray[np.float64], NDArray[np.float64], list[Patient]]:
    """Values and extents of the diagnosed patients whose patches were all cropped, and those patients."""
    cropped = np.array([p.origin is Origin.CROPPED for p in scored.patches], np.bool_)
    table = scored.scores.where(cropped)
    known = [p for p in patients if p.infected is not None and (table.patient_id == p.id).any()]
    rows = [table.of(p.id).score for p in known]
    values, extents = (np.array([of(row) for row in rows], np.float64) for of in (point.value, point.extent))
    return values, extents, known


def _values(
    patients: Sequence[Patient], values: NDArray[np.float64], extents: NDArray[np.float64]
) -> tuple[ValueRecord, ...]:
    """Of diagnosed patients, ordered by value, so that their order tells nobody's name."""
    records = [
        ValueRecord(
            diagnosis=p.diagnosis,  # type: ignore[arg-type]
            value=value,
            fraction=extent,
        )
        for p, value, extent in zip(patients, values.tolist(), extents.tolist(), strict=True)
    ]
    return tuple(sorted(records, key=lambda record: (record.value, record.fraction, record.diagnosis)))


def _histogram(patients: Sequence[Patient], scored: Scored) -> HistogramRecord:
    score = scored.scores.score
    edges = np.histogram_bin_edges(score, _BINS)

    def counts(infected: bool) -> tuple[int, ...]:
        ids = [p.id for p in patients if p.infected is infected]
        return tuple(np.histogram(score[np.isin(scored.scores.patient_id, ids)], edges)[0].tolist())

    return HistogramRecord(edges=tuple(edges.tolist()), negative=counts(False), infected=counts(True))
