"""What a finished benchmark leaves: its metrics, tables as CSV, and plots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hpscan.core.backend import Progress
from hpscan.evaluation.intervals import RESAMPLES
from hpscan.report.text.results import RESEARCH_USE
from hpscan.store import atomic
from hpscan.store.account import record
from hpscan.store.benchmark import PLOTS, FailureRecord, MetricsFile
from hpscan.workflows.benchmark.plan import books
from hpscan.workflows.benchmark.results import plots, tables
from hpscan.workflows.benchmark.results.cases import Sampled
from hpscan.workflows.benchmark.results.comparisons import comparisons, ranked_alike
from hpscan.workflows.benchmark.results.held_out import judge
from hpscan.workflows.benchmark.results.metrics import backend_metrics, records

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from hpscan.core.account import Account
    from hpscan.store.runs import RunRecord
    from hpscan.workflows.benchmark.plan import Prepared
    from hpscan.workflows.benchmark.request import BenchmarkRequest
    from hpscan.workflows.benchmark.results.held_out import BackendResult


@dataclass(frozen=True, slots=True)
class Assembled:
    """A benchmark's results, by patch and patient and as metrics."""

    results: tuple[BackendResult, ...]
    metrics: MetricsFile
    account: Account


def assemble(
    prepared: Prepared,
    request: BenchmarkRequest,
    found: Sequence[RunRecord],
    failures: Sequence[FailureRecord],
    progress: Callable[[Progress], None],
) -> Assembled:
    """Thresholds, decisions and metrics of all backends whose runs are there."""
    results, left_out = judge(prepared, found)
    backends = []
    sampled = [Sampled.of(result, request.seed) for result in results]
    for done, one in enumerate(sampled, start=1):
        backends.append(backend_metrics(one, str(prepared.criterion), request.seed))
        progress(Progress("intervals", done, len(results), "backends"))
    dataset, first = prepared.plan.dataset, results[0].folds if results else ()
    settled = books(dataset, prepared.whole, prepared.division, [fold.scored for fold in first])
    metrics = MetricsFile(
        research_use=RESEARCH_USE,
        split=request.split.value,
        criterion=str(prepared.criterion),
        aggregation=prepared.aggregation,
        top_k=prepared.top_k,
        seed=request.seed,
        resamples=RESAMPLES,
        quick=request.quick,
        cohort=prepared.plan.cohort.model_copy(update={"account": record(settled, names=True)}),
        backends=tuple(backends),
        comparisons=comparisons(sampled, request.reference),
        failures=(*failures, *left_out),
        warnings=records(prepared.plan.warnings),
        remarks=(
            *prepared.plan.remarks,
            *[_alike(name, request.reference) for name in ranked_alike(results, request.reference)],
        ),
    )
    return Assembled(tuple(results), metrics, settled)


def _alike(name: str, reference: str | None) -> str:
    return f"{name} puts the labelled patches in nearly the same order as {reference}: what it learned adds next to nothing"


def write(folder: Path, assembled: Assembled, progress: Callable[[Progress], None]) -> tuple[Path, ...]:
    """Write tables and plots into a benchmark's folder; the files, in order.

    Raises:
        OutputError: When one cannot be written.
    """
    files = tables.write(folder, assembled.results, assembled.metrics)
    pictures = dict(plots.pictures(assembled.results, assembled.metrics))
    with atomic.writing(folder):
        (folder / PLOTS).mkdir(exist_ok=True)
        plots.remove_earlier(folder, keep=pictures)
    for done, (file, draw) in enumerate(pictures.items(), start=1):
        path = folder / PLOTS / file
        atomic.write(path, draw(), force=True)
        files.append(path)
        progress(Progress("plots", done, len(pictures), "pictures"))
    return tuple(files)
