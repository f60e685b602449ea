"""Benchmark backends on one dataset: the same folds for all, a cell for each backend and fold, and what they are worth.

Cells are stored one by one, so that a benchmark that was stopped goes on, and a changed setting computes its own
cells only.
"""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from hpscan.core.errors import BackendBrokenError, OutputError, ResultsError
from hpscan.store import atomic
from hpscan.store import benchmark as store
from hpscan.store import runs as cells
from hpscan.store.benchmark import CellListing, FailureRecord, MetricsFile, RunFile
from hpscan.store.manifest import now
from hpscan.store.versions import versions
from hpscan.workflows.benchmark import results
from hpscan.workflows.benchmark.plan import prepare
from hpscan.workflows.benchmark.run import CellFailedError, run_apart

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from hpscan.core.account import Account
    from hpscan.core.backend import Progress
    from hpscan.core.reasons import Reason
    from hpscan.store.runs import CellRecord
    from hpscan.workflows.benchmark.outlook import CellPlan
    from hpscan.workflows.benchmark.plan import Options, Plan, Prepared

LOGS = "logs"


@dataclass(frozen=True, slots=True)
class CellsProgress:
    """How far a benchmark has come.

    Attributes:
        done: Cells finished.
        failed: Cells that came to nothing.
        total: All cells.
        running: The one being computed, for people; empty when there is none.
        seconds_left: An estimate; None where none can be made.
        finished: The cell just ended and how, for people; empty when none has.
        warnings: What to know of the folds; before the first cell only.
    """

    done: int
    failed: int
    total: int
    running: str
    seconds_left: float | None
    finished: str
    warnings: tuple[Reason, ...] = ()


class Watch(Protocol):
    """Who is told how a benchmark goes."""

    def cells(self, progress: CellsProgress) -> None:
        """Called when a cell begins and when the last one has ended."""

    def step(self, progress: Progress) -> None:
        """Called now and then within a cell."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A finished benchmark: its folder, its values, the files that it wrote, and, of one just run, its account."""

    folder: Path
    metrics: MetricsFile
    run: RunFile
    files: tuple[Path, ...]
    account: Account | None = None


def plan(options: Options, *, progress: Callable[[Progress], None]) -> Plan:
    """What a benchmark would do; computes and writes nothing.

    Raises:
        NotEnoughDataError: When the dataset cannot be split so, or no backend can learn from it.
        SettingsError: When a setting is wrong.
    """
    prepared = prepare(options, progress)
    try:
        store.open_folder(options.out, prepared.key, _arguments(options), force=options.force)
    except OutputError as error:
        stop = f"as it is, the benchmark would stop: {error.message} ({error.hint})"
        return replace(prepared.plan, remarks=(*prepared.plan.remarks, stop))
    return prepared.plan


def benchmark(options: Options, *, watch: Watch) -> Finished:
    """Compute the cells that are not stored yet, and make tables, files and figures of all.

    A cell that fails is told in the results, and the others go on.

    Raises:
        NotEnoughDataError: When the dataset cannot be split so, or no backend can learn from it.
        OutputExistsError: When the folder holds a finished benchmark of other data or arguments.
        BackendBrokenError: When every cell failed.
    """
    prepared = prepare(options, watch.step)
    out = options.out
    before = store.open_folder(out, prepared.key, _arguments(options), force=options.force)
    run = _run_file(prepared, options, started=before.started if before and before.key == prepared.key else now())
    store.write(out, store.RUN, run)
    found, failures = _compute(prepared, out, watch)
    made = results.assemble(prepared, options, found, (*prepared.plan.skipped, *failures), watch.step)
    if not made.results:
        raise BackendBrokenError(
            f"no backend has all its cells: {made.metrics.failures[-1].reason}",
            hint=f"what each said is in {out / LOGS}; the same command tries the failed ones again",
        )
    files = results.write(out, made, watch.step)
    store.write(out, store.METRICS, made.metrics)
    run = run.model_copy(update={"finished": True, "ended": now()})
    store.write(out, store.RUN, run)
    return Finished(out, made.metrics, run, (*files, out / store.METRICS, out / store.RUN), made.account)


def show(folder: Path) -> Finished:
    """A finished benchmark, read back.

    Raises:
        ResultsError: When the folder holds none.
    """
    metrics, run = store.read_metrics(folder), store.read_run(folder)
    if not run.finished:
        raise ResultsError(
            f"{folder} holds a benchmark that is not finished, beside the tables of an earlier one",
            hint=f"run the same command again, and it goes on: {run.command}",
            path=folder,
        )
    files = sorted(
        path for part in (folder, folder / results.FIGURES_FOLDER) for path in part.glob("*.*") if path.is_file()
    )
    return Finished(folder, metrics, run, tuple(files))


def _compute(prepared: Prepared, out: Path, watch: Watch) -> tuple[list[CellRecord], list[FailureRecord]]:
    """All cells that could be computed, those stored before among them, and those that could not."""
    planned = list(zip(prepared.jobs, prepared.plan.cells, strict=True))
    stored = {job.key: cells.read(out, job.backend, job.fold, job.key) for job in prepared.jobs}
    found = [cell for cell in stored.values() if cell is not None]
    failures: list[FailureRecord] = []
    ended, warnings = "", prepared.plan.warnings
    waiting = [pair for pair in planned if stored[pair[0].key] is None]
    for at, (job, _) in enumerate(waiting):
        label = f"{job.backend}, fold {job.fold} of {len(prepared.division.folds)}"
        left = _left([pair[1] for pair in waiting[at:]], found)
        watch.cells(CellsProgress(len(found), len(failures), len(planned), label, left, ended, warnings))
        warnings = ()
        log = Path(LOGS) / f"{job.backend}-{job.fold:02d}.txt"
        with atomic.writing(out):
            (out / LOGS).mkdir(exist_ok=True)
        try:
            cell = run_apart(job, out / log, watch.step)
        except CellFailedError as error:
            failures.append(FailureRecord(backend=job.backend, fold=job.fold, reason=str(error), log=log.as_posix()))
            ended = f"{label}: failed: {error}"
        else:
            cells.write(out, cell)
            found.append(cell)
            ended = f"{label}: {cell.seconds:.0f} s"
    watch.cells(CellsProgress(len(found), len(failures), len(planned), "", 0, ended, warnings))
    if not found:
        raise BackendBrokenError(
            f"none of the {len(planned)} cells could be computed; the first: {failures[0].reason}",
            hint=f"what it said is in {out / (failures[0].log or LOGS)}",
        )
    return found, failures


def _left(waiting: list[CellPlan], found: list[CellRecord]) -> float | None:
    """Seconds that these cells will take: as planned, corrected by how long finished cells of the backend took."""
    total = 0.0
    for cell in waiting:
        timed = [c.seconds for c in found if c.backend.name == cell.backend]
        if timed:
            total += sum(timed) / len(timed)
        elif cell.seconds is not None:
            total += cell.seconds
        else:
            return None
    return total


def _run_file(prepared: Prepared, options: Options, started: datetime) -> RunFile:
    plan = prepared.plan
    return RunFile(
        finished=False,
        key=prepared.key,
        hpscan=version("hpscan"),
        started=started,
        ended=None,
        command=options.command,
        arguments=_arguments(options),
        seed=options.seed,
        device=plan.device,
        machine=f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors",
        versions=versions(),
        data=str(options.data),
        fingerprint=plan.cohort.fingerprint,
        folds=tuple(tuple(p.id for p in fold.held_out) for fold in prepared.division.folds),
        linked_patients=plan.linked,
        left_out=prepared.division.left_out,
        cells=tuple(
            CellListing(
                backend=job.backend,
                fold=job.fold,
                file=cells.place(Path(), job.backend, job.fold, job.key).as_posix(),
                patients=cell.patients,
            )
            for job, cell in zip(prepared.jobs, plan.cells, strict=True)
        ),
    )


def _arguments(options: Options) -> dict[str, Any]:
    """What was asked for, as JSON has it."""
    return {
        "data": str(options.data),
        "backends": list(options.backends) if options.backends else None,
        "folds": options.folds,
        "split": options.split.value,
        "quick": options.quick,
        "config": str(options.config) if options.config else None,
        "settings": {backend: {k: str(v) for k, v in given.items()} for backend, given in options.settings.items()},
        "device": options.device,
        "seed": options.seed,
        "criterion": options.criterion,
        "aggregation": options.aggregation,
        "top_k": options.top_k,
        **({} if options.patient_from is None else {"patient_from": options.patient_from}),
    }
