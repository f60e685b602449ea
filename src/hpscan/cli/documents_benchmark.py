"""Machine-readable output of `hpscan benchmark --dry-run`; what a benchmark prints is its `metrics.json`."""

from __future__ import annotations

from pydantic import Field

from hpscan.cli.output.documents import WarningDocument, _Document
from hpscan.store.benchmark import CohortRecord, FailureRecord


class RunDocument(_Document):
    """One run: a backend on a fold."""

    backend: str
    fold: int = Field(description="1, 2, ...")
    patients: dict[str, int] = Field(description="By what they are used for.")
    fit_patches: int = Field(description="Patches to learn from.")
    fit_positive: int | None = Field(
        description="Those of them labelled positive; null where labels are not learned from."
    )
    scored: int = Field(description="Patches to score.")
    stored: bool = Field(description="Whether an earlier run has finished it.")
    seconds: float | None = Field(description="Time taken if stored, else an estimate; null where there is none.")


class PlanDocument(_Document):
    """What `benchmark --dry-run --json` prints."""

    folder: str = Field(description="Where the results would go.")
    device: str
    cohort: CohortRecord
    runs: list[RunDocument]
    seconds: float | None = Field(description="Estimate for the runs that are not stored; null where one has none.")
    skipped: list[FailureRecord] = Field(description="Backends that would be left out.")
    linked: list[list[str]] = Field(description="Patients kept in one fold because they share an identical image.")
    remarks: list[str]
    warnings: list[WarningDocument] = Field(description="Folds that will hold out nobody infected, or nobody negative.")
