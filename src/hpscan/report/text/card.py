"""The model card: what a stored model is, for whoever finds its folder."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from hpscan.core.decision import Aggregation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hpscan.core.decision import OperatingPoint, Threshold

_TINY = 1e-12
_DIGITS = 12
"""Hex digits of a SHA-256 that people are shown."""

RESEARCH_USE = "For research use only. Not for use in diagnostic procedures."


def model_card(
    *,
    name: str,
    backend: str,
    made_by: str,
    settings: Mapping[str, object],
    patients: Mapping[str, int],
    cohort: str,
    point: OperatingPoint,
    pretrained: Mapping[str, str] = MappingProxyType({}),
    galleries: Sequence[str] = (),
) -> str:
    """The card as Markdown.

    Args:
        name: The model's name.
        backend: The backend's name, with its distribution.
        made_by: Version, date, seed and device, one line.
        settings: The backend's settings.
        patients: Patients by what they were used for.
        cohort: Fingerprint of the training cohort.
        point: The thresholds.
        pretrained: What training started from, as the manifest has it; empty if from nothing.
        galleries: Pictures in the model's folder that show patches of patients.
    """
    lines = [
        f"# {name}",
        "",
        (
            f"A model of the backend {backend}, which scores immunohistochemistry patches of gastric biopsies for "
            "*Helicobacter pylori*."
        ),
        "",
        f"**{RESEARCH_USE}**",
        "",
        f"- Made by: {made_by}",
        *([f"- Started from: {started_from(pretrained)}"] if pretrained else []),
        f"- Training cohort: SHA-256 {cohort}",
        "- Patients: " + ", ".join(f"{count} {role}" for role, count in patients.items()),
        *(
            [
                "",
                f"**{' and '.join(galleries)} shows patches of patients. Remove the folder `{galleries[0].partition('/')[0]}` before you hand the model on.**",
            ]
            if galleries
            else []
        ),
        "",
        "## Thresholds",
        "",
        f"- Patch: {patch_threshold(point.patch)}",
        f"- Patient ({aggregation(point.aggregation, point.top_k)}): {patient_threshold(point.patient, point.aggregation)}",
        f"- Low / high density: {density_threshold(point.density)}",
        "",
        (
            "They hold for the scanner and stain of the patients that they were chosen on. `hpscan calibrate` chooses "
            "them anew for others."
        ),
        "",
        "## Settings",
        "",
        *[f"- {key}: {setting(value)}" for key, value in settings.items()],
    ]
    return "\n".join(lines) + "\n"


def started_from(pretrained: Mapping[str, str]) -> str:
    """Which pretrained weights training started from, in one line."""
    known = {"backbone": "", "source": "", "where": "", "sha256": "SHA-256 "}
    parts = [f"{words}{_short(key, pretrained[key])}" for key, words in known.items() if pretrained.get(key)]
    parts += [f"{key} {value}" for key, value in pretrained.items() if key not in known]
    return ", ".join(parts)


def _short(key: str, value: str) -> str:
    return f"{value[:_DIGITS]}..." if key == "sha256" else value


def setting(value: object) -> str:
    """A setting's value as text; one that is empty would not be seen."""
    return '""' if value == "" else str(value)


def patch_threshold(threshold: Threshold) -> str:
    """A threshold on patch scores and where it comes from, in one line."""
    return _line(score(threshold.value), threshold, "negative", "positive", "patches")


def patient_threshold(threshold: Threshold, of: Aggregation = Aggregation.FRACTION_POSITIVE) -> str:
    """A threshold on patients' values and where it comes from, in one line."""
    return _line(patient_value(threshold.value, of), threshold, "negative", "infected", "patients")


def density_threshold(threshold: Threshold | None) -> str:
    """The share of positive patches that parts low from high density and where it comes from, in one line."""
    if threshold is None:
        return "no threshold: density is not told"
    return _line(percent(threshold.value), threshold, "low", "high", "patients")


def aggregation(of: Aggregation, top_k: int) -> str:
    """What a patient's value is, in words."""
    match of:
        case Aggregation.FRACTION_POSITIVE:
            return "fraction of positive patches"
        case Aggregation.TOP_K_MEAN:
            return f"mean of the highest {top_k} % of the scores"
        case Aggregation.MAX:
            return "highest score"


def short_aggregation(of: Aggregation, top_k: int) -> str:
    """The same as the name of a column."""
    match of:
        case Aggregation.FRACTION_POSITIVE:
            return "fraction"
        case Aggregation.TOP_K_MEAN:
            return f"top {top_k} %"
        case Aggregation.MAX:
            return "max"


def patient_value(value: float, of: Aggregation) -> str:
    """A patient's value, or a threshold on it, as text: a fraction in per cent, a score as a score."""
    return score(value) if of.of_scores else percent(value)


def distance(value: float, threshold: Threshold, of: Aggregation) -> str:
    """A patient's value and how far it lies from the threshold, in one line.

    A fraction's distance is in percentage points; a score has no unit, so its distance is in scores.
    """
    side = "above" if threshold.decides(value) else "below"
    apart = abs(value - threshold.value)
    far = f"{apart:.3g}" if of.of_scores else f"{100 * apart:.1f} points"
    return f"{patient_value(value, of)}, {far} {side} the threshold of {patient_value(threshold.value, of)}"


def score(value: float) -> str:
    """A patch score as text; the smallest number above zero is a threshold that every score but zero passes."""
    return "just above 0" if 0 < value < _TINY else f"{value:.6g}"


def percent(fraction: float) -> str:
    """A fraction as a percentage."""
    return f"{100 * fraction:.1f} %"


def _line(value: str, threshold: Threshold, negative: str, positive: str, what: str) -> str:
    others = f" and {threshold.n_positive} {positive}" if threshold.n_positive else ""  # specificity asks for none
    chosen = {"user": "given by the user", "fallback": "fallback"}.get(
        threshold.criterion, f"{threshold.criterion} on {threshold.n_negative} {negative}{others} {what}"
    )
    note = f"; {threshold.note}" if threshold.note else ""
    return f"{value} ({chosen}{note})"
