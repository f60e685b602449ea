"""Machine-readable output: the documents that `--json` prints. Their JSON schemas are in docs/reference/schemas."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Density = Literal["negative", "low", "high"]


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class WarningDocument(_Document):
    """What a reader must know of figures."""

    code: str = Field(description="Its kind.")
    message: str
    numbers: dict[str, float]
    items: list[str] = Field(description="What it is about.")


class ThresholdDocument(_Document):
    """A threshold and where it comes from."""

    value: float = Field(description="At or above this a value is positive.")
    criterion: str
    n_negative: int = Field(description="Negative cases that it was chosen on.")
    n_positive: int = Field(description="Positive cases that it was chosen on.")
    note: str = Field(description="What to know before trusting it; empty if nothing.")
    note_code: str = Field(description="threshold-separates-nothing where no finding can rest on it; otherwise empty.")


class ThresholdsDocument(_Document):
    """The thresholds of an operating point."""

    patch: ThresholdDocument
    patient: ThresholdDocument
    density: ThresholdDocument | None
    aggregation: Literal["fraction-positive", "top-k-mean", "max"] = Field(
        description="How patch scores become a patient's value, which the patient and the density threshold part."
    )
    top_k: int | None = Field(
        description="The share of highest scores that top-k-mean averages, in per cent; null for the others."
    )


class ModelDocument(_Document):
    """A stored model."""

    name: str
    path: str
    boxed: bool = Field(description="Whether it ships with hpscan.")
    backend: str
    created: str = Field(description="ISO 8601.")
    hpscan: str = Field(description="Version that made it.")
    seed: int
    interrupted: bool
    bytes: int = Field(description="Size of the weights.")
    patients: dict[str, int] = Field(description="Patients by what they were used for.")
    cohort_fingerprint: str
    thresholds: ThresholdsDocument


class RejectionDocument(_Document):
    """A file that could not be used."""

    file: str
    reason: str


class TopDocument(_Document):
    """A patch and its score."""

    patch: str
    score: float


class DiagnosisDocument(_Document):
    """One patient's result."""

    patient: str
    finding: Literal["detected", "not_detected", "indeterminate"]
    density: Density | None
    listed: int
    scored: int
    rejected: int
    duplicate: int
    positive: int
    value: float | None = Field(
        description="What the aggregation makes of the scores: the fraction of scored patches that are positive, the "
        "mean of the highest scores, or the highest score."
    )
    reasons: list[str]
    thresholds: ThresholdsDocument
    model: str = Field(description="The model's folder.")
    rejections: list[RejectionDocument]
    top: list[TopDocument] = Field(description="The ten most suspicious patches.")


class ClassDocument(_Document):
    """Figures of one class."""

    precision: float | None
    recall: float | None
    f1: float | None


class MetricsDocument(_Document):
    """Metrics of a binary decision."""

    n: int
    n_positive: int
    auc: float | None
    average_precision: float | None
    threshold: float
    positive: ClassDocument
    negative: ClassDocument


class PatchMetricsDocument(MetricsDocument):
    """Metrics of labelled patches, pooled, and with patients weighted equally."""

    patient_weighted: MetricsDocument


class CeilingDocument(_Document):
    """What a patch model without an error would reach."""

    sensitivity: float | None
    specificity: float | None


class PatientMetricsDocument(MetricsDocument):
    """Metrics of patients' results; indeterminate ones count as not detected."""

    truth: Literal["diagnosis", "any positive patch"]
    selected_patches: bool = Field(description="Whether results rest on selected patches instead of all windows.")
    n_indeterminate: int
    indeterminate_as_detected: MetricsDocument | None = Field(description="The same, counting them as detected.")
    ceiling: CeilingDocument | None


class DensityMetricsDocument(_Document):
    """Three classes, negative / low / high."""

    n: int
    accuracy: float
    macro_f1: float


class CohortDocument(_Document):
    """What was evaluated."""

    path: str
    fingerprint: str = Field(description="SHA-256 over patch ids and file contents.")
    patients: int = Field(description="Patients evaluated.")
    evaluated: list[str] = Field(description="Their ids.")
    refused: list[str] = Field(description="Patients left out because the model has seen them.")
    includes_seen: list[str] = Field(description="Patients evaluated although the model has seen them.")
    rejected: list[RejectionDocument]


class EvaluationDocument(_Document):
    """What `evaluate --json` prints."""

    model: str
    cohort: CohortDocument
    patch: PatchMetricsDocument | None
    patient: PatientMetricsDocument | None
    density: DensityMetricsDocument | None
    warnings: list[WarningDocument] = Field(
        description="What is wrong with the scores: all the same, or an AUC below chance."
    )


class NoteDocument(_Document):
    """An observation about a dataset."""

    kind: str
    message: str
    items: list[str]


class CheckDocument(_Document):
    """What `data check --json` prints."""

    path: str
    fingerprint: str = Field(description="SHA-256 over patch ids and file contents.")
    tables: list[str]
    patients: dict[str, int] = Field(description="Patients by diagnosis.")
    patches: dict[str, int] = Field(description="Patches listed, by origin.")
    labels: dict[str, int] = Field(description="Patches by label.")
    listed: int
    readable: int
    rejected: int
    duplicate: int
    sizes: dict[str, int] = Field(description="Patches by width x height.")
    rejections: list[RejectionDocument]
    shared: list[list[str]] = Field(description="Groups of patients that share identical images.")
    notes: list[NoteDocument]


class TrainingDocument(_Document):
    """What `train --json` prints."""

    model: ModelDocument
    patches: int = Field(description="Patches fitted on.")
    positive: int | None = Field(description="Those of them labelled positive; null where labels are not learned from.")
    rejected: list[RejectionDocument]
    seconds: float
    patches_per_second: float | None
    scored_per_second: float
    peak_memory: int = Field(description="Bytes.")
    figures: list[str] = Field(description="Pictures in the model's folder.")
    warnings: list[WarningDocument] = Field(
        description="What is wrong with the scores: all the same, or an AUC below chance."
    )


class DemoDocument(_Document):
    """What `demo --json` prints."""

    folder: str
    training: TrainingDocument
    diagnoses: list[DiagnosisDocument]
    evaluation: EvaluationDocument
    pictures: list[str]
    report: str = Field(description="The page to open first.")


class CalibrationDocument(_Document):
    """What `calibrate --json` prints."""

    model: ModelDocument
    before: ThresholdsDocument
    patients: int
    held_out: int
    rejected: list[RejectionDocument]
    figures: list[str] = Field(description="Pictures that were replaced in the model's folder.")
    warnings: list[WarningDocument] = Field(
        description="What is wrong with the scores: all the same, or an AUC below chance."
    )


class SynthDocument(_Document):
    """What `data synth --json` prints."""

    path: str
    patients: dict[str, int] = Field(description="Patients by diagnosis.")
    patches: int
    seed: int


class PluginDocument(_Document):
    """An installed backend."""

    name: str
    distribution: str
    version: str
    problem: str


class DeviceDocument(_Document):
    """Something to compute on."""

    name: str
    description: str


class FolderDocument(_Document):
    """A folder of the user's."""

    path: str
    writable: bool


class DoctorDocument(_Document):
    """What `doctor --json` prints."""

    versions: dict[str, str]
    system: str
    devices: list[DeviceDocument]
    folders: dict[str, FolderDocument]
    hpscan_home: str | None
    plugins: list[PluginDocument]
    models: int
    problems: list[str]
