"""Whether one backend is better than another on the same patients: paired differences of a metric."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from hpscan.evaluation.intervals import percentile
from hpscan.evaluation.metrics import METRICS

if TYPE_CHECKING:
    from hpscan.evaluation.intervals import Distribution

_ROUNDING = 1e-12
"""Metrics that are equal by count differ by less once summed in floating point."""


class Verdict(StrEnum):
    """What an interval of a difference says: better or worse only where all of it is on one side of 0."""

    BETTER = "better"
    WORSE = "worse"
    NOT_DISTINGUISHABLE = "not distinguishable"


@dataclass(frozen=True, slots=True)
class Difference:
    """Ours less theirs with its interval; None where there is none."""

    value: float | None
    low: float | None
    high: float | None
    verdict: Verdict | None


def difference(ours: Distribution, theirs: Distribution, metric: str) -> Difference:
    """Ours less theirs, paired draw by draw.

    Both come from `intervals.Resampled` with one seed and one set of patients: otherwise the draws do not belong together,
    which the numbers cannot show.

    Raises:
        ValueError: When the two have different numbers of draws.
    """
    if ours.draws.shape != theirs.draws.shape:
        raise ValueError(f"{ours.draws.shape[1]} draws cannot be paired with {theirs.draws.shape[1]}")
    row = METRICS.index(metric)
    estimate = percentile(float(ours.point[row] - theirs.point[row]), ours.draws[row] - theirs.draws[row])
    return Difference(estimate.value, estimate.low, estimate.high, _verdict(estimate.low, estimate.high))


def _verdict(low: float | None, high: float | None) -> Verdict | None:
    if low is None or high is None:
        return None
    if low > _ROUNDING:
        return Verdict.BETTER
    if high < -_ROUNDING:
        return Verdict.WORSE
    return Verdict.NOT_DISTINGUISHABLE
