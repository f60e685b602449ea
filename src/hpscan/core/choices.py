"""Choices that the command line offers, as enums that load nothing: `hpscan --help` must not wait for numpy."""

from __future__ import annotations

from enum import StrEnum


class DeviceName(StrEnum):
    """What to compute on."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"
    MPS = "mps"


class Split(StrEnum):
    """How a benchmark holds patients out.

    FOLDS: every patient once, in folds that part the diagnoses evenly. SEED42: the seed project's one test set.
    HOLD_OUT: the patients that the dataset itself holds out.
    """

    FOLDS = "folds"
    SEED42 = "seed42"
    HOLD_OUT = "hold-out"


class Aggregation(StrEnum):
    """How patch scores become a patient-level score."""

    FRACTION_POSITIVE = "fraction-positive"
    TOP_K_MEAN = "top-k-mean"
    MAX = "max"

    @property
    def of_scores(self) -> bool:
        """Whether a patient-level score is in units of the score; otherwise it is a proportion of patches, 0..1."""
        return self is not Aggregation.FRACTION_POSITIVE


DEFAULT_AGGREGATION = Aggregation.TOP_K_MEAN
"""What `train` and `benchmark` take; docs/explanation/operating-point.md says on what metrics."""
