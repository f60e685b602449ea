"""Results in words: findings, density, how many patches, and what patients were used for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpscan.core.decision import Finding
from hpscan.report.text.numbers import format_percent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hpscan.core.cohort import Density
    from hpscan.core.decision import PatientResult

RESEARCH_USE = "For research use only. Not for use in diagnostic procedures."
"""Stands under every result."""

FINDINGS = {
    Finding.DETECTED: "H. pylori detected",
    Finding.NOT_DETECTED: "H. pylori not detected",
    Finding.INDETERMINATE: "indeterminate",
}
"""A patient's result in words."""

SHORT_FINDINGS = {finding: words.removeprefix("H. pylori ") for finding, words in FINDINGS.items()}
"""The same in a table or a count, where *H. pylori* is understood."""


def describe_density(density: Density | None) -> str:
    """How dense an infection is; it is unknown where the model has no threshold on it."""
    return density.value if density else "unknown"


def describe_patch_counts(result: PatientResult) -> str:
    """What became of a patient's patches, as a sum."""
    parts = f"{result.n_scored} scored + {result.n_rejected} rejected + {result.n_duplicate} duplicate"
    return f"{result.n_listed} listed = {parts}"


def describe_positive_patches(result: PatientResult) -> str:
    """How many of the scored patches are positive, with their proportion."""
    counts = f"{result.n_positive} of {result.n_scored} scored patches"
    return f"{counts} ({format_percent(result.n_positive / result.n_scored)})" if result.n_scored else counts


def describe_roles(patients: Mapping[str, int]) -> str:
    """How many patients were in each set: `12 training, 3 validation, 4 test`."""
    return ", ".join(f"{count} {role}" for role, count in patients.items())
