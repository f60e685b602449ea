"""A benchmark's results on disk: `metrics.json`, and `benchmark.json`, which says how they came about.

Folders of earlier versions are read, too: what has another name in them is given with its alias.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeVar

from pydantic import AliasChoices, AwareDatetime, BaseModel, Field, ValidationError

from hpscan.core.choices import Aggregation
from hpscan.core.decision import TOP_K
from hpscan.core.errors import OutputError, OutputExistsError, ResultsError
from hpscan.store import atomic
from hpscan.store.account import AccountRecord
from hpscan.store.manifest import _Part

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


FORMAT: Literal[1] = 1
METRICS, BENCHMARK = "metrics.json", "benchmark.json"
OLD_BENCHMARK = "run.json"
"""What earlier versions call it."""

PLOTS, OLD_PLOTS = "plots", "figures"

File = TypeVar("File", bound=BaseModel)


class EstimateRecord(_Part):
    """A metric and its 95 % interval; null where it is not defined."""

    value: float | None
    low: float | None
    high: float | None
    folds: int | None = Field(
        default=None, description="Of a mean over folds: how many folds have the metric, of which it is the mean."
    )
    patients: int | None = Field(default=None, description="Of a mean over folds: patients in those folds.")


class WarningRecord(_Part):
    """What a reader must know of metrics."""

    code: str = Field(description="Its kind.")
    message: str
    numbers: dict[str, float]
    items: tuple[str, ...]


Metrics = dict[str, EstimateRecord]
"""precision_positive, recall_positive (the sensitivity), f1_positive, the same of the negative class
(recall_negative is the specificity), auc, average_precision."""


class ConfusionRecord(_Part):
    """Cases by reference standard and decision."""

    true_negative: int
    false_positive: int
    false_negative: int
    true_positive: int


class FoldMetrics(_Part):
    """One fold's metrics, without intervals."""

    fold: int
    patients: int
    n: int = Field(description="Cases.")
    n_positive: int
    confusion: ConfusionRecord
    metrics: dict[str, float | None] = Field(validation_alias=AliasChoices("metrics", "figures"))


class BinaryRecord(_Part):
    """Metrics of a binary decision on all held-out cases."""

    patients: int
    n: int = Field(description="Cases.")
    n_positive: int
    confusion: ConfusionRecord
    pooled: Metrics = Field(description="All folds' cases together; AUC and average precision mix models' scales.")
    by_patient: Metrics | None = Field(
        description="The same with patients weighted equally; null where cases are patients."
    )
    mean_over_folds: Metrics
    folds: tuple[FoldMetrics, ...]


class CeilingRecord(_Part):
    """What a patch model without an error would reach on patients judged by selected patches."""

    sensitivity: float | None
    specificity: float | None


class PatientsRecord(_Part):
    """Metrics of the finding."""

    reference_standard: Literal["diagnosis", "any positive patch"] = Field(
        validation_alias=AliasChoices("reference_standard", "truth")
    )
    selected_patches: bool = Field(description="Whether results rest on patches that somebody selected.")
    indeterminate: int = Field(description="Indeterminate patients.")
    indeterminate_as: Literal["not_detected", "detected"]
    metrics: BinaryRecord
    ceiling: CeilingRecord | None


class DensityRecord(_Part):
    """Three classes, negative / low / high."""

    n: int
    accuracy: EstimateRecord
    macro_f1: EstimateRecord
    f1: dict[Literal["negative", "low", "high"], EstimateRecord]


class FoldThresholds(_Part):
    """The operating point of one fold's model; a value of null is one above every score."""

    fold: int
    patch: float | None
    patch_criterion: str
    patient: float | None
    patient_criterion: str
    density: float | None
    notes: tuple[str, ...]


class CriterionRecord(_Part):
    """What the patch threshold would have given, had another criterion chosen it on the same training patients."""

    criterion: str
    thresholds: tuple[float | None, ...] = Field(description="By fold; null where a fold could not choose one.")
    metrics: Metrics | None = Field(
        validation_alias=AliasChoices("metrics", "figures"),
        description="Pooled, without AUC and average precision; null if a fold has none.",
    )
    problem: str = Field(description="Why there are no metrics; empty if there are.")


class CostRecord(_Part):
    """Time and memory, mean over folds."""

    fit_seconds: float
    fitted_patches: float
    fitted_per_second: float | None
    scored_per_second: float
    peak_memory: int = Field(description="Bytes, most of all folds.")
    device: str


class BackendMetrics(_Part):
    """Everything about one backend."""

    name: str
    distribution: str
    version: str
    learns_from: str
    settings: dict[str, Any]
    patches: BinaryRecord | None
    patients: tuple[PatientsRecord, ...]
    density: DensityRecord | None
    thresholds: tuple[FoldThresholds, ...]
    criteria: tuple[CriterionRecord, ...]
    cost: CostRecord
    rejected: int = Field(description="Held-out patches that could not be read.")
    warnings: tuple[WarningRecord, ...] = Field(default=(), description="What is wrong with its scores.")


class ComparisonRecord(_Part):
    """A paired difference: backend less reference, on the same resampled patients."""

    level: Literal["patches", "patients"]
    metric: str = Field(validation_alias=AliasChoices("metric", "figure"))
    weighting: Literal["pooled", "mean-over-folds"]
    backend: str
    reference: str
    against: str = Field(description="`best`, or the backend that all others are compared with.")
    difference: EstimateRecord
    verdict: Literal["better", "worse", "not distinguishable"] | None


class FailureRecord(_Part):
    """A run that came to nothing, or a backend that was left out (fold null)."""

    backend: str
    fold: int | None
    reason: str
    log: str | None = Field(default=None, description="File with the traceback, within the benchmark's folder.")


class FoldCohort(_Part):
    """Who is held out in one fold."""

    fold: int
    patients: int
    densities: dict[str, int]
    patches: int = Field(description="Patches scored.")
    labelled_negative: int
    labelled_positive: int


class CohortRecord(_Part):
    """What was benchmarked on."""

    fingerprint: str
    phantom: bool
    patients: int
    densities: dict[str, int]
    labelled_negative: int
    labelled_positive: int
    uncertain: int = Field(description="Labelled uncertain: scored, and in no metric.")
    patches_per_patient: int | None = Field(
        validation_alias=AliasChoices("patches_per_patient", "windows_per_patient"),
        description="Most cropped patches scored of each patient; null for all.",
    )
    linked_patients: int = Field(description="Patients kept in one fold because they share an identical image.")
    left_out: int = Field(description="Patients in no fold.")
    account: AccountRecord | None = Field(
        default=None, description="What became of everything in the dataset; earlier versions have none."
    )
    folds: tuple[FoldCohort, ...]


class MetricsFile(_Part):
    """`metrics.json`."""

    format: Literal[1] = FORMAT
    research_use: str
    split: str
    criterion: str
    aggregation: Aggregation = Field(
        default=Aggregation.FRACTION_POSITIVE, description="How patch scores become a patient-level score."
    )
    top_k: int = Field(
        default=TOP_K, description="Per cent of the scores that `top-k-mean` averages; nothing to another aggregation."
    )
    seed: int
    resamples: int
    quick: bool
    cohort: CohortRecord
    backends: tuple[BackendMetrics, ...]
    comparisons: tuple[ComparisonRecord, ...]
    failures: tuple[FailureRecord, ...]
    remarks: tuple[str, ...]
    warnings: tuple[WarningRecord, ...] = Field(default=(), description="Folds that hold out one class only.")


class RunListing(_Part):
    """One run of a benchmark."""

    backend: str
    fold: int
    file: str = Field(description="Within the benchmark's folder.")
    patients: dict[str, int] = Field(description="By what they were used for.")


class BenchmarkFile(_Part):
    """`benchmark.json`; written first when the benchmark starts, and again when it ends."""

    format: Literal[1] = FORMAT
    tool: Literal["hpscan benchmark"] = "hpscan benchmark"
    finished: bool
    key: str = Field(description="Digest of the runs and arguments: the same for the same benchmark.")
    hpscan: str
    started: AwareDatetime
    ended: AwareDatetime | None
    command: str
    arguments: dict[str, Any]
    seed: int
    device: str
    machine: str
    versions: dict[str, str]
    data: str
    fingerprint: str
    folds: tuple[tuple[str, ...], ...] = Field(description="Ids of the patients held out, by fold.")
    linked_patients: tuple[tuple[str, ...], ...] = Field(description="Patients that share an identical image.")
    left_out: dict[str, str] = Field(description="Patients in no fold, and why.")
    runs: tuple[RunListing, ...] = Field(validation_alias=AliasChoices("runs", "cells"))


def read_metrics(folder: Path) -> MetricsFile:
    """The metrics of a finished benchmark.

    Raises:
        ResultsError: When the folder holds none.
    """
    return _read(folder, METRICS, MetricsFile)


def read_benchmark(folder: Path) -> BenchmarkFile:
    """How a benchmark was run.

    Raises:
        ResultsError: When the folder does not say.
    """
    return _read(folder, record_file(folder), BenchmarkFile)


def holds_benchmark(folder: Path) -> bool:
    """Whether a benchmark, finished or not, lies in a folder."""
    return (folder / record_file(folder)).is_file()


def record_file(folder: Path) -> str:
    """What the file that tells of the benchmark is called in this folder."""
    old = not (folder / BENCHMARK).is_file() and (folder / OLD_BENCHMARK).is_file()
    return OLD_BENCHMARK if old else BENCHMARK


def _read(folder: Path, name: str, kind: type[File]) -> File:
    path = folder / name
    try:
        return kind.model_validate_json(path.read_bytes())
    except OSError as error:
        hint = "name the folder that hpscan benchmark wrote"
        if holds_benchmark(folder) and name == METRICS:
            hint = "it is not finished: run the same hpscan benchmark command again, and it goes on"
        raise ResultsError(
            f"{folder} holds no finished benchmark: {name} cannot be read ({error.strerror})", hint=hint, path=path
        ) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ResultsError(
            f"{path} is no {name} of a benchmark: {where}: {first['msg']}",
            hint="run the benchmark again, or use the version of hpscan that wrote it",
            path=path,
        ) from error


def open_folder(folder: Path, key: str, arguments: Mapping[str, Any], *, force: bool) -> BenchmarkFile | None:
    """The earlier benchmark that a folder holds, if one of this key and these arguments may go on in it; None for a new folder.

    Raises:
        OutputExistsError: When it holds a finished benchmark of other runs or arguments, and `force` is not given.
        OutputError: When it holds something else.
    """
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return None
    if not holds_benchmark(folder):
        raise OutputError(
            f"{folder} is no folder of a benchmark, and nothing is written into it",
            hint="choose another folder for `out`",
            path=folder,
        )
    before = read_benchmark(folder)
    if before.finished and before.key != key and not force:
        differing = [name for name, value in arguments.items() if before.arguments.get(name) != value]
        raise OutputExistsError(
            f"{folder} holds a finished benchmark that differs in {', '.join(differing) or 'data, code or versions'}",
            hint="choose another folder for `out`, or add `force`: its runs are kept, its tables and plots replaced",
            path=folder,
        )
    return before


def write(folder: Path, name: str, record: BaseModel) -> None:
    """Write `metrics.json` or `benchmark.json`, in place of what an earlier version calls so.

    Raises:
        OutputError: When it cannot be written.
    """
    atomic.write(folder / name, record.model_dump_json(indent=1).encode(), force=True)
    if name == BENCHMARK:
        (folder / OLD_BENCHMARK).unlink(missing_ok=True)
