"""Thresholds, and scores held against them, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpscan.core.choices import Aggregation
from hpscan.report.text.numbers import format_percent, format_score

if TYPE_CHECKING:
    from hpscan.core.decision import OperatingPoint, Threshold


def describe_patch_threshold(threshold: Threshold) -> str:
    """A threshold on patch scores and where it comes from, in one line."""
    return _describe(format_score(threshold.value), threshold, "negative", "positive", "patches")


def describe_patient_threshold(threshold: Threshold, aggregation: Aggregation = Aggregation.FRACTION_POSITIVE) -> str:
    """A threshold on patient-level scores and where it comes from, in one line."""
    value = format_patient_score(threshold.value, aggregation)
    return _describe(value, threshold, "negative", "infected", "patients")


def describe_density_threshold(threshold: Threshold | None) -> str:
    """The proportion of positive patches from which on density is high and where it comes from, in one line."""
    if threshold is None:
        return "no threshold: density is unknown"
    return _describe(format_percent(threshold.value), threshold, "low", "high", "patients")


def describe_thresholds(point: OperatingPoint) -> list[tuple[str, str]]:
    """Every threshold of an operating point, and what the patient-level score is: a name and a line each."""
    return [
        ("patch threshold", describe_patch_threshold(point.patch)),
        ("patient-level score", describe_aggregation(point.aggregation, point.top_k)),
        ("patient threshold", describe_patient_threshold(point.patient, point.aggregation)),
        ("low / high density", describe_density_threshold(point.density)),
    ]


def describe_aggregation(aggregation: Aggregation, top_k: int) -> str:
    """How patch scores become the patient-level score."""
    match aggregation:
        case Aggregation.FRACTION_POSITIVE:
            return "proportion of positive patches"
        case Aggregation.TOP_K_MEAN:
            return f"mean of the highest {top_k} % of the scores"
        case Aggregation.MAX:
            return "highest score"


def aggregation_column(aggregation: Aggregation, top_k: int) -> str:
    """The same as the name of a column."""
    match aggregation:
        case Aggregation.FRACTION_POSITIVE:
            return "proportion"
        case Aggregation.TOP_K_MEAN:
            return f"top {top_k} %"
        case Aggregation.MAX:
            return "max"


def format_patient_score(value: float, aggregation: Aggregation) -> str:
    """A patient-level score, or a threshold on it, as text: a proportion in per cent, a score as a score."""
    return format_score(value) if aggregation.of_scores else format_percent(value)


def describe_distance(value: float, threshold: Threshold, aggregation: Aggregation) -> str:
    """A patient-level score and how far it lies from the threshold, in one line.

    A proportion's distance is in percentage points; a score has no unit, so its distance is in scores.
    """
    side = "above" if threshold.decides(value) else "below"
    distance = abs(value - threshold.value)
    far = f"{distance:.3g}" if aggregation.of_scores else f"{100 * distance:.1f} points"
    limit = format_patient_score(threshold.value, aggregation)
    return f"{format_patient_score(value, aggregation)}, {far} {side} the threshold of {limit}"


def _describe(value: str, threshold: Threshold, negative: str, positive: str, noun: str) -> str:
    others = f" and {threshold.n_positive} {positive}" if threshold.n_positive else ""  # specificity asks for none
    origin = {"user": "given by the user", "fallback": "fallback"}.get(
        threshold.criterion, f"{threshold.criterion} on {threshold.n_negative} {negative}{others} {noun}"
    )
    note = f"; {threshold.note}" if threshold.note else ""
    return f"{value} ({origin}{note})"
