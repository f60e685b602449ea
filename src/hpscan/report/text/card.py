"""The model card: what a stored model is, for whoever finds its folder."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from hpscan.report.text.results import RESEARCH_USE, describe_roles
from hpscan.report.text.thresholds import (
    describe_aggregation,
    describe_density_threshold,
    describe_patch_threshold,
    describe_patient_threshold,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hpscan.core.decision import OperatingPoint

_DIGITS = 12
"""Hex digits of a SHA-256 that people are shown."""


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
        galleries: Pictures in the model's folder that show patches of patients, each as `folder/file`.
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
        *([f"- Started from: {describe_pretrained(pretrained)}"] if pretrained else []),
        f"- Training cohort: SHA-256 {cohort}",
        f"- Patients: {describe_roles(patients)}",
        *(["", f"**{_privacy(galleries)}**"] if galleries else []),
        "",
        "## Thresholds",
        "",
        f"- Patch: {describe_patch_threshold(point.patch)}",
        (
            f"- Patient ({describe_aggregation(point.aggregation, point.top_k)}): "
            f"{describe_patient_threshold(point.patient, point.aggregation)}"
        ),
        f"- Low / high density: {describe_density_threshold(point.density)}",
        "",
        (
            "They hold for the scanner and stain of the patients on whom they were chosen. `hpscan calibrate` chooses "
            "them anew for others."
        ),
        "",
        "## Settings",
        "",
        *[f"- {key}: {format_setting(value)}" for key, value in settings.items()],
    ]
    return "\n".join(lines) + "\n"


def _privacy(galleries: Sequence[str]) -> str:
    folder = galleries[0].partition("/")[0]
    verb = "shows" if len(galleries) == 1 else "show"
    return f"{' and '.join(galleries)} {verb} patches of patients. Remove the folder `{folder}` before you share the model."


def describe_pretrained(pretrained: Mapping[str, str]) -> str:
    """Which pretrained weights training started from, in one line."""
    known = {"backbone": "", "source": "", "where": "", "sha256": "SHA-256 "}
    parts = [f"{words}{_short(key, pretrained[key])}" for key, words in known.items() if pretrained.get(key)]
    parts += [f"{key} {value}" for key, value in pretrained.items() if key not in known]
    return ", ".join(parts)


def _short(key: str, value: str) -> str:
    return f"{value[:_DIGITS]}..." if key == "sha256" else value


def format_setting(value: object) -> str:
    """A setting's value as text; an empty one as quotes, so that it is seen."""
    return '""' if value == "" else str(value)
