"""What is written on and below plots: which model, which data, whose patches."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

NO_PATIENT_SCORES = (
    "No patient-level scores of other patients are known: the thresholds were chosen on selected patches, or by an hpscan "
    "that did not keep the scores (then hpscan calibrate makes them anew)."
)


def model_line(name: str, backend: str, *, synthetic: bool) -> str:
    """A model in one line, so that a plot can be traced."""
    return f"{name} ({backend}, made of synthetic patches)" if synthetic else f"{name} ({backend})"


def trace(model: str, created: datetime) -> str:
    """Which model a plot is of, and when its thresholds were chosen."""
    return f"Model {model}, {created:%Y-%m-%d}."


def evaluated(
    model: str, created: datetime, dataset: str, *, synthetic: bool, selected_patches: bool, n_seen: int
) -> str:
    """Which model was evaluated on which dataset, and what that is not."""
    sentences = [f"Model {model}, {created:%Y-%m-%d}; dataset {dataset}{', synthetic patches' * synthetic}."]
    if selected_patches:
        sentences.append("Patients were judged by selected patches, not by all patches of their biopsies.")
    if n_seen:
        sentences.append(f"Includes {n_seen} patients that the model has seen: this is no test.")
    return " ".join(sentences)


def gallery_title(*, reconstructions: bool) -> str:
    """What a gallery of patches shows."""
    return "Patches, their reconstructions and heatmaps" if reconstructions else "Patches and their heatmaps"


def gallery_note(n_shown: int, seed: int) -> str:
    """Whose patches a gallery shows, up to `n_shown` of each kind."""
    return (
        f"Patients of the calibration set, up to {n_shown} of each kind, drawn with seed {seed}. Of a negative patient a "
        "patch drawn with the same seed, of an infected one the patch with the highest score; where there are fewer "
        "patients, several patches of each. Heatmap: where the model sees signs of bacteria, on a scale of its own."
    )


def patch_line(score: float, *, positive: bool) -> str:
    """A patch of a gallery, without a name."""
    return f"score {score:.3g}, {'positive' if positive else 'negative'}"
