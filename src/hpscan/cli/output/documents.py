"""Machine-readable output: the documents that `--json` prints. Their JSON schemas are in docs/reference/schemas."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

ModelChosen = Literal["named", "pinned", "newest", "bundled"]


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
    bundled: bool = Field(description="Whether it ships with hpscan.")
    backend: str
    created: str = Field(description="ISO 8601.")
    hpscan: str = Field(description="Version that made it.")
    seed: int
    interrupted: bool
    bytes: int = Field(description="Size of the weights.")
    patients: dict[str, int] = Field(description="Patients by what they were used for.")
    cohort_fingerprint: str
    thresholds: ThresholdsDocument
    default: Literal["pinned", "newest", "bundled"] | None = Field(
        description="Why commands take it where no --model is given; null where they do not."
    )


class RejectionDocument(_Document):
    """A file that could not be used."""

    file: str
    reason: str


class TopDocument(_Document):
    """A patch and its score."""

    patch: str
    score: float


class ReasonDocument(_Document):
    """What a reader must know of a result, for people and for scripts."""

    code: str = Field(description="What it is about, one of docs/reference/codes.md; it does not change.")
    message: str = Field(description="The sentence that people read; it may be worded anew.")
    numbers: dict[str, float] = Field(description="The numbers behind it, by name.")
    items: list[str] = Field(description="The names concerned, all of them.")


class FilesDocument(_Document):
    """files found = listed + set aside; tables are counted apart."""

    found: int
    listed: int
    set_aside: dict[str, int] = Field(description="Files by why they are no listed patch.")


class PatchSumDocument(_Document):
    """patches listed = used + rejected + duplicate + left out."""

    listed: int
    used: int = Field(description="Scored, fitted on or, where nothing else was asked for, readable.")
    rejected: int
    duplicate: int
    left_out: int = Field(description="Augmented copies, and what this command had no need of.")


class PatientSumDocument(_Document):
    """patients found = used + refused + without truth + unreadable."""

    found: int
    used: int
    refused: int = Field(description="Left out because the model has seen them.")
    without_truth: int = Field(description="Without a diagnosis and without a labelled patch, where that is needed.")
    unreadable: int = Field(description="Without a patch that could be read.")


class LabelSumDocument(_Document):
    """labels given = used + without image + ambiguous + contradictory."""

    given: int
    used: int
    without_image: int
    ambiguous: int
    contradictory: int


class TableSumDocument(_Document):
    """tables found = used + not understood."""

    found: int
    used: int
    not_understood: int


class AsideDocument(_Document):
    """A file that is no listed patch."""

    file: str
    kind: str = Field(description="A stable code; docs/reference/codes.md lists them.")
    patient: str = Field(description="In whose folder it lies; empty where in nobody's.")


class NotUsedDocument(_Document):
    """By name what was not used; notes, hidden files and what hpscan wrote are counted only."""

    files: list[AsideDocument]
    refused: list[str]
    without_truth: list[str]
    unreadable: list[str]
    tables: list[str]


class AccountDocument(_Document):
    """What became of everything in the dataset."""

    clean: bool = Field(description="Whether everything was used that could matter.")
    files: FilesDocument
    patches: PatchSumDocument
    patients: PatientSumDocument
    labels: LabelSumDocument
    tables: TableSumDocument
    not_used: NotUsedDocument


class DiagnosisDocument(_Document):
    """One patient's result."""

    patient: str
    finding: Literal["detected", "not_detected", "indeterminate"]
    density: Literal["low", "high"] | None = Field(
        description="Of a detected patient whose density can be told; null for everybody else."
    )
    listed: int
    scored: int
    rejected: int
    duplicate: int
    positive: int
    value: float | None = Field(
        description="What the aggregation makes of the scores: the fraction of scored patches that are positive, the "
        "mean of the highest scores, or the highest score."
    )
    reasons: list[str] = Field(description="The messages of `reason_details`.")
    thresholds: ThresholdsDocument
    model: str = Field(description="The model's folder.")
    rejections: list[RejectionDocument]
    top: list[TopDocument] = Field(description="The ten most suspicious patches.")
    reason_details: list[ReasonDocument] = Field(description="Why the result is indeterminate, and what else to know.")
    account: AccountDocument = Field(description="What became of the patient's files; --account has all patients'.")
    model_chosen: ModelChosen = Field(description="Why this model: named, pinned, trained last, or none of the user's.")


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
    namesakes: list[str] = Field(description="Patients named like ones that the model has seen, with other images.")


class IndeterminateDocument(_Document):
    """An indeterminate patient of an evaluation."""

    patient: str
    reasons: list[str]
    reason_details: list[ReasonDocument]


class EvaluationDocument(_Document):
    """What `evaluate --json` prints."""

    model: str
    cohort: CohortDocument
    patch: PatchMetricsDocument | None
    patient: PatientMetricsDocument | None
    density: DensityMetricsDocument | None
    indeterminate: list[IndeterminateDocument] = Field(description="The indeterminate patients, each with why.")
    account: AccountDocument
    model_chosen: ModelChosen = Field(description="Why this model: named, pinned, trained last, or none of the user's.")
    warnings: list[WarningDocument] = Field(
        description="What is wrong with the scores: all the same, or an AUC below chance."
    )


class NoteDocument(_Document):
    """An observation about a dataset."""

    kind: str = Field(description="A stable code; docs/reference/codes.md lists them.")
    message: str
    items: list[str]
    numbers: dict[str, int] = Field(description="The numbers behind it; `count` is that of the items.")


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
    account: AccountDocument


class FactDocument(_Document):
    """Something known of a patient or a file."""

    about: str
    says: str = Field(description="What is known, and which rule, table and row says so.")


class WhenceDocument(_Document):
    """What `data check --explain --json` prints."""

    what: str
    kind: Literal["patient", "patch", "set aside", "table"]
    facts: list[FactDocument]


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
    account: AccountDocument
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
    account: AccountDocument
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
