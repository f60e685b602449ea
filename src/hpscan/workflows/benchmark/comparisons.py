"""Backends against each other: paired differences on the patients that all of them were tested on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from hpscan.core.decision import Finding
from hpscan.evaluation.comparison import Difference, difference
from hpscan.evaluation.intervals import distribution
from hpscan.evaluation.metrics import FIGURES, Cases, Weighting
from hpscan.store.benchmark import ComparisonRecord, EstimateRecord
from hpscan.workflows.benchmark.metrics import fold_figures, has_all_windows, over, patch_cases, patient_cases

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from hpscan.evaluation.intervals import Distribution
    from hpscan.workflows.benchmark.held_out import BackendResult

YARDSTICK = "redness"
ALIKE = 0.99
"""Rank correlation, in every fold, above which a backend is said to add nothing to the yardstick."""

COMPARED: tuple[tuple[str, Weighting], ...] = (
    ("auc", Weighting.FOLD_MEAN),
    ("average_precision", Weighting.FOLD_MEAN),
    ("f1_positive", Weighting.POOLED),
)
"""The figures that backends are compared by."""


_UNPAIRED = Difference(None, None, None, None)
"""Of backends that were not tested on the same cases: a file that vanished between two cells, say."""


def ranked_alike(results: Sequence[BackendResult]) -> list[str]:
    """Backends whose scores put the labelled patches of every fold in the same order as the yardstick's."""
    from scipy.stats import rankdata

    def ranks(result: BackendResult) -> list[NDArray[np.float64]]:
        return [rankdata(table.score) for fold in result.folds if len(table := fold.labelled())]

    own = {r.name: ranks(r) for r in results}
    rule = own.pop(YARDSTICK, None)
    if not rule:
        return []
    return [n for n, r in own.items() if len(r) == len(rule) and all(map(_nearly, r, rule))]


def _nearly(ranks: NDArray[np.float64], rule: NDArray[np.float64]) -> bool:
    """Whether two rankings agree but for a few patches: a correlation of 0.99."""
    if ranks.shape != rule.shape or np.ptp(ranks) == 0 or np.ptp(rule) == 0:
        return False
    return bool(np.corrcoef(ranks, rule)[0, 1] > ALIKE)


def comparisons(results: Sequence[BackendResult], seed: int) -> tuple[ComparisonRecord, ...]:
    """Every backend against the best and against the yardstick, on the same resampled patients."""
    patches = {r.name: patch_cases(r) for r in results}
    made = _compared("patches", {n: c for n, c in patches.items() if c is not None}, seed)
    if any(has_all_windows(p) for r in results[:1] for fold in r.folds for p in fold.judged):
        patients = {r.name: patient_cases(r, lambda p: p.infected, Finding.NOT_DETECTED) for r in results}
        made += _compared("patients", {n: c for n, c in patients.items() if c is not None}, seed)
    return tuple(made)


def _compared(level: Literal["patches", "patients"], cases: dict[str, Cases], seed: int) -> list[ComparisonRecord]:
    made: list[ComparisonRecord] = []
    for figure, weighting in COMPARED:
        row = FIGURES.index(figure)
        drawn = {name: distribution(one, weighting, seed=seed) for name, one in cases.items()}
        value: dict[str, float] = {n: float(d.point[row]) for n, d in drawn.items() if np.isfinite(d.point[row])}
        if len(value) < 2:
            continue
        best = max(value, key=lambda name: (round(value[name], 12), name == YARDSTICK))  # of equals the simpler
        references: list[tuple[Literal["best", "redness"], str]] = [("best", best)]
        if YARDSTICK in value:
            references.append(("redness", YARDSTICK))
        for against, reference in references:
            made += [
                _difference(level, figure, weighting, backend, against, reference, drawn, cases)
                for backend in value
                if backend != reference
            ]
    return made


def _difference(
    level: Literal["patches", "patients"],
    figure: str,
    weighting: Weighting,
    backend: str,
    against: Literal["best", "redness"],
    reference: str,
    drawn: dict[str, Distribution],
    cases: dict[str, Cases],
) -> ComparisonRecord:
    ours, theirs = cases[backend], cases[reference]
    same = np.array_equal(ours.patient, theirs.patient) and np.array_equal(ours.truth, theirs.truth)
    found = difference(drawn[backend], drawn[reference], figure) if same else _UNPAIRED
    made = EstimateRecord(value=found.value, low=found.low, high=found.high)
    return ComparisonRecord(
        level=level,
        figure=figure,
        weighting="pooled" if weighting is Weighting.POOLED else "mean-over-folds",
        backend=backend,
        reference=reference,
        against=against,
        difference=over(figure, made, fold_figures(ours)) if weighting is Weighting.FOLD_MEAN else made,
        verdict=None if found.verdict is None else found.verdict.value,
    )
