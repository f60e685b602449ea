"""What a benchmark is asked to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hpscan.core.choices import DEFAULT_AGGREGATION, Split
from hpscan.evaluation.thresholds import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Mapping

REFERENCE = "redness"
"""What backends are compared with unless somebody says otherwise: a fixed rule that learns nothing."""


@dataclass(frozen=True, slots=True)
class BenchmarkRequest:
    """What to benchmark, and how.

    Attributes:
        data: The dataset's folder.
        backends: Names; None for all that can learn from the data.
        folds: How many, for the split into folds.
        split: How patients are held out.
        out: The folder for runs, tables and plots.
        quick: Fewer epochs, and fewer cropped patches of each patient.
        config: A TOML file with a table of settings for each backend.
        settings: Settings by backend that override the file.
        device: `auto`, `cpu`, `cuda` or `mps`.
        seed: Decides folds, draws, initial weights and resampling.
        criterion: How patch thresholds are chosen.
        aggregation: How patch scores become a patient-level score.
        top_k: The proportion of highest scores that `top-k-mean` averages, in per cent; None for the usual one.
        force: Replace the tables and plots of another finished benchmark.
        command: What the user typed, for the record.
        patient_from: Where a patch's patient is read from; None for the usual places.
        reference: The backend that all others are compared with, beside the best one; None for the best one alone.
    """

    data: Path = Path()
    backends: tuple[str, ...] | None = None
    folds: int = 5
    split: Split = Split.FOLDS
    out: Path = Path("hpscan-benchmark")
    quick: bool = False
    config: Path | None = None
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    device: str = "auto"
    seed: int = 0
    criterion: str = str(DEFAULT)
    aggregation: str = DEFAULT_AGGREGATION.value
    top_k: int | None = None
    force: bool = False
    command: str = ""
    patient_from: str | None = None
    reference: str | None = REFERENCE
