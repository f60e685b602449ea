"""Benchmark backends on one dataset: the same folds for all, a run for each backend and fold, and what they are worth.

Runs are stored one by one, so that a benchmark that was stopped goes on, and a changed setting computes its own
runs only.
"""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from hpscan.core.errors import BackendBrokenError, OutputError
from hpscan.store import atomic, runs
from hpscan.store import benchmark as store
from hpscan.store.benchmark import BenchmarkFile, FailureRecord, RunListing
from hpscan.store.lock import lock
from hpscan.store.manifest import now
from hpscan.store.versions import versions
from hpscan.workflows.benchmark.plan import prepare
from hpscan.workflows.benchmark.request import REFERENCE
from hpscan.workflows.benchmark.results.assemble import assemble, write
from hpscan.workflows.benchmark.run import RunFailedError, run_apart
from hpscan.workflows.benchmark.show import Finished

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from hpscan.core.backend import Progress
    from hpscan.core.reasons import Reason
    from hpscan.store.runs import RunRecord
    from hpscan.workflows.benchmark.outlook import RunPlan
    from hpscan.workflows.benchmark.plan import Plan, Prepared
    from hpscan.workflows.benchmark.request import BenchmarkRequest

LOGS = "logs"


@dataclass(frozen=True, slots=True)
class RunsProgress:
    """How far a benchmark has come.

    Attributes:
        done: Runs finished.
        failed: Runs that came to nothing.
        total: All runs.
        running: The one being computed, for people; empty when there is none.
        seconds_left: An estimate; None where none can be made.
        finished: The run just ended and how, for people; empty when none has.
        warnings: What to know of the folds; before the first run only.
    """

    done: int
    failed: int
    total: int
    running: str
    seconds_left: float | None
    finished: str
    warnings: tuple[Reason, ...] = ()


class Watch(Protocol):
    """Who follows a benchmark."""

    def runs(self, progress: RunsProgress) -> None:
        """Called when a run begins and when the last one has ended."""

    def step(self, progress: Progress) -> None:
        """Called now and then within a run."""


def plan(request: BenchmarkRequest, *, progress: Callable[[Progress], None]) -> Plan:
    """What a benchmark would do; computes and writes nothing.

    Raises:
        NotEnoughDataError: When the dataset cannot be split so, or no backend can learn from it.
        SettingsError: When a setting is wrong.
    """
    prepared = prepare(request, progress)
    try:
        store.open_folder(request.out, prepared.key, _arguments(request), force=request.force)
    except OutputError as error:
        stop = f"as it is, the benchmark would stop: {error.message} ({error.hint})"
        return replace(prepared.plan, remarks=(*prepared.plan.remarks, stop))
    return prepared.plan


def benchmark(request: BenchmarkRequest, *, watch: Watch) -> Finished:
    """Compute the runs that are not stored yet, and make tables, files and plots of all.

    A run that fails stands in the results, and the others go on.

    Raises:
        NotEnoughDataError: When the dataset cannot be split so, or no backend can learn from it.
        OutputExistsError: When the folder holds a finished benchmark of other data or arguments.
        OutputError: When it cannot be written to, or another benchmark is running in it.
        BackendBrokenError: When every run failed.
    """
    prepared = prepare(request, watch.step)
    before = store.open_folder(request.out, prepared.key, _arguments(request), force=request.force)
    with lock(request.out, "benchmark"):
        return _carry_out(prepared, request, before, watch)


def _carry_out(prepared: Prepared, request: BenchmarkRequest, before: BenchmarkFile | None, watch: Watch) -> Finished:
    out = request.out
    started = before.started if before and before.key == prepared.key else now()
    store.write(out, store.BENCHMARK, _record(prepared, request, started))
    found, failures = _compute(prepared, out, watch)
    made = assemble(prepared, request, found, (*prepared.plan.skipped, *failures), watch.step)
    if not made.results:
        raise BackendBrokenError(
            f"no backend has all its runs: {made.metrics.failures[-1].reason}",
            hint=f"what each printed is in {out / LOGS}; the same command tries the failed ones again",
        )
    files = write(out, made, watch.step)
    store.write(out, store.METRICS, made.metrics)
    record = _record(prepared, request, started).model_copy(update={"finished": True, "ended": now()})
    store.write(out, store.BENCHMARK, record)
    return Finished(out, made.metrics, record, (*files, out / store.METRICS, out / store.BENCHMARK), made.account)


def _compute(prepared: Prepared, out: Path, watch: Watch) -> tuple[list[RunRecord], list[FailureRecord]]:
    """All runs that could be computed, those stored before among them, and those that could not."""
    planned = list(zip(prepared.jobs, prepared.plan.runs, strict=True))
    stored = {job.key: runs.read(out, job.backend, job.fold, job.key) for job in prepared.jobs}
    found = [record for record in stored.values() if record is not None]
    failures: list[FailureRecord] = []
    ended, warnings = "", prepared.plan.warnings
    waiting = [pair for pair in planned if stored[pair[0].key] is None]
    for at, (job, _) in enumerate(waiting):
        label = f"{job.backend}, fold {job.fold} of {len(prepared.division.folds)}"
        left = _left([pair[1] for pair in waiting[at:]], found)
        watch.runs(RunsProgress(len(found), len(failures), len(planned), label, left, ended, warnings))
        warnings = ()
        log = Path(LOGS) / f"{job.backend}-{job.fold:02d}.txt"
        with atomic.writing(out):
            (out / LOGS).mkdir(exist_ok=True)
        try:
            record = run_apart(job, out / log, watch.step)
        except RunFailedError as error:
            failures.append(FailureRecord(backend=job.backend, fold=job.fold, reason=str(error), log=log.as_posix()))
            ended = f"{label}: failed: {error}"
        else:
            runs.write(out, record)
            found.append(record)
            ended = f"{label}: {record.seconds:.0f} s"
    watch.runs(RunsProgress(len(found), len(failures), len(planned), "", 0, ended, warnings))
    if not found:
        raise BackendBrokenError(
            f"none of the {len(planned)} runs could be computed; the first: {failures[0].reason}",
            hint=f"what it printed is in {out / (failures[0].log or LOGS)}",
        )
    return found, failures


def _left(waiting: list[RunPlan], found: list[RunRecord]) -> float | None:
    """Seconds that these runs will take: as planned, corrected by how long finished runs of the backend took."""
    total = 0.0
    for run in waiting:
        timed = [record.seconds for record in found if record.backend.name == run.backend]
        if timed:
            total += sum(timed) / len(timed)
        elif run.seconds is not None:
            total += run.seconds
        else:
            return None
    return total


def _record(prepared: Prepared, request: BenchmarkRequest, started: datetime) -> BenchmarkFile:
    plan = prepared.plan
    return BenchmarkFile(
        finished=False,
        key=prepared.key,
        hpscan=version("hpscan"),
        started=started,
        ended=None,
        command=request.command,
        arguments=_arguments(request),
        seed=request.seed,
        device=plan.device,
        machine=f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors",
        versions=versions(),
        data=str(request.data),
        fingerprint=plan.cohort.fingerprint,
        folds=tuple(tuple(p.id for p in fold.held_out) for fold in prepared.division.folds),
        linked_patients=plan.linked,
        left_out=prepared.division.left_out,
        runs=tuple(
            RunListing(
                backend=job.backend,
                fold=job.fold,
                file=runs.place(request.out, job.backend, job.fold, job.key).relative_to(request.out).as_posix(),
                patients=run.patients,
            )
            for job, run in zip(prepared.jobs, plan.runs, strict=True)
        ),
    )


def _arguments(request: BenchmarkRequest) -> dict[str, Any]:
    """What was asked for, as JSON has it."""
    return {
        "data": str(request.data),
        "backends": list(request.backends) if request.backends else None,
        "folds": request.folds,
        "split": request.split.value,
        "quick": request.quick,
        "config": str(request.config) if request.config else None,
        "settings": {backend: {k: str(v) for k, v in given.items()} for backend, given in request.settings.items()},
        "device": request.device,
        "seed": request.seed,
        "criterion": request.criterion,
        "aggregation": request.aggregation,
        "top_k": request.top_k,
        **({} if request.patient_from is None else {"patient_from": request.patient_from}),
        **({} if request.reference == REFERENCE else {"reference": request.reference}),
    }
