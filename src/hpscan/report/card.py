"""The model card: what a stored model is, for whoever finds its folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hpscan.core.decision import OperatingPoint, Threshold

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
        f"- Training cohort: SHA-256 {cohort}",
        "- Patients: " + ", ".join(f"{count} {role}" for role, count in patients.items()),
        "",
        "## Thresholds",
        "",
        f"- Patch: {threshold_line(point.patch, PATCHES)}",
        f"- Patient ({point.aggregation.value}): {threshold_line(point.patient, PATIENTS)}",
        f"- Low / high density: {threshold_line(point.density, DENSITIES) if point.density else 'none was chosen'}",
        "",
        (
            "They hold for the scanner and stain of the patients that they were chosen on. `hpscan calibrate` chooses "
            "them anew for others."
        ),
        "",
        "## Settings",
        "",
        *[f"- {key}: {value}" for key, value in settings.items()],
    ]
    return "\n".join(lines) + "\n"


PATCHES = ("negative", "positive patches")
PATIENTS = ("negative", "infected patients")
DENSITIES = ("low", "high patients")


def threshold_line(threshold: Threshold, cases: tuple[str, str]) -> str:
    """A threshold and where it comes from, in one line; `cases` says what it parts."""
    chosen = f"{threshold.criterion} on {threshold.n_negative} {cases[0]} and {threshold.n_positive} {cases[1]}"
    if threshold.criterion == "user":
        chosen = "given by the user"
    elif threshold.criterion == "fallback":
        chosen = "fallback"
    note = f"; {threshold.note}" if threshold.note else ""
    return f"{threshold.value:.6g} ({chosen}{note})"
