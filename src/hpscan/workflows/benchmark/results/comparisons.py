"""Backends against each other: paired differences on the patients that all of them were tested on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from hpscan.evaluation.comparison import Difference, difference
from hpscan.evaluation.metrics import METRICS, Weighting
from hpscan.store.benchmark import ComparisonRecord, EstimateRecord
from hpscan.workflows.benchmark.results.cases import is_complete
from hpscan.workflows.benchmark.results.metrics import fold_metrics, over

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from hpscan.evaluation.intervals import Resampled
    from hpscan.workflows.benchmark.results.cases import Sampled
    from hpscan.workflows.benchmark.results.held_out import BackendResult

ALIKE = 0.99
"""Rank correlation, in every fold, above which a backend is said to add nothing to the reference."""

COMPARED: tuple[tuple[str, Weighting], ...] = (
    ("auc", Weighting.FOLD_MEAN),
    ("average_precision", Weighting.FOLD_MEAN),
    ("f1_positive", Weighting.POOLED),
)
"""The metrics that backends are compared by."""

_UNPAIRED = Difference(None, None, None, None)
"""Of backends that were not tested on the same cases: a file that vanished between two runs, say."""


def ranked_alike(results: Sequence[BackendResult], reference: str | None) -> list[str]:
    """Backends whose scores put the labelled patches of every fold in the same order as those of the reference."""
    from scipy.stats import rankdata

    def ranks(result: BackendResult) -> list[NDArray[np.float64]]:
        return [rankdata(table.score) for fold in result.folds if len(table := fold.labelled())]

    by_backend = {r.name: ranks(r) for r in results}
    ours = by_backend.pop(reference, None) if reference is not None else None
    if not ours:
        return []
    return [n for n, theirs in by_backend.items() if len(theirs) == len(ours) and all(map(_nearly, theirs, ours))]


def _nearly(ranks: NDArray[np.float64], others: NDArray[np.float64]) -> bool:
    """Whether two rankings agree but for a few patches: a correlation of 0.99."""
    if ranks.shape != others.shape or np.ptp(ranks) == 0 or np.ptp(others) == 0:
        return False
    return bool(np.corrcoef(ranks, others)[0, 1] > ALIKE)


def comparisons(sampled: Sequence[Sampled], reference: str | None) -> tuple[ComparisonRecord, ...]:
    """Every backend against the best and, if it is there, against the reference, on the same resampled patients."""
    records = _compared("patches", {s.result.name: s.patches for s in sampled if s.patches is not None}, reference)
    if any(is_complete(p) for s in sampled[:1] for fold in s.result.folds for p in fold.judged):
        patients = {s.result.name: s.patients["diagnosis"] for s in sampled if "diagnosis" in s.patients}
        records += _compared("patients", patients, reference)
    return tuple(records)


def _compared(
    level: Literal["patches", "patients"], resampled: Mapping[str, Resampled], reference: str | None
) -> list[ComparisonRecord]:
    records: list[ComparisonRecord] = []
    for metric, weighting in COMPARED:
        row = METRICS.index(metric)
        point = {name: float(r.distribution(weighting).point[row]) for name, r in resampled.items()}
        value = {name: number for name, number in point.items() if np.isfinite(number)}
        if len(value) < 2:
            continue
        best = max(value, key=lambda name: (round(value[name], 12), name == reference))  # of equals the reference
        references = [("best", best)]
        if reference is not None and reference in value:
            references.append((reference, reference))
        records += [
            _difference(level, metric, weighting, (backend, other, against), resampled)
            for against, other in references
            for backend in value
            if backend != other
        ]
    return records


def _difference(
    level: Literal["patches", "patients"],
    metric: str,
    weighting: Weighting,
    pair: tuple[str, str, str],
    resampled: Mapping[str, Resampled],
) -> ComparisonRecord:
    backend, reference, against = pair
    ours, theirs = resampled[backend], resampled[reference]
    same = np.array_equal(ours.cases.patient, theirs.cases.patient) and np.array_equal(
        ours.cases.reference, theirs.cases.reference
    )
    found = difference(ours.distribution(weighting), theirs.distribution(weighting), metric) if same else _UNPAIRED
    estimate = EstimateRecord(value=found.value, low=found.low, high=found.high)
    return ComparisonRecord(
        level=level,
        metric=metric,
        weighting="pooled" if weighting is Weighting.POOLED else "mean-over-folds",
        backend=backend,
        reference=reference,
        against=against,
        difference=over(metric, estimate, fold_metrics(ours.cases)) if weighting is Weighting.FOLD_MEAN else estimate,
        verdict=None if found.verdict is None else found.verdict.value,
    )
