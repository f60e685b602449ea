"""What `hpscan benchmark --dry-run` shows: the JSON document and the screen of a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import AliasChoices, Field
from rich.text import Text

from hpscan.cli.benchmark.metric_tables import Grid
from hpscan.cli.benchmark.view import cohort_rows, failure_rows, labels_rows, number
from hpscan.cli.output import account as accounts
from hpscan.cli.output import documents
from hpscan.cli.output.console import duration
from hpscan.cli.output.documents import (
    Document,
    WarningDocument,
)
from hpscan.cli.output.flags import flags
from hpscan.cli.output.panels import (
    facts,
    warning_rows,
)
from hpscan.store.benchmark import CohortRecord, FailureRecord

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import RenderableType

    from hpscan.workflows.benchmark.outlook import RunPlan
    from hpscan.workflows.benchmark.plan import Plan


_ROLES = {"training": "training", "validation": "valid-\nation", "calibration": "calib-\nration", "test": "test"}


class RunDocument(Document):
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


class PlanDocument(Document):
    """What `benchmark --dry-run --json` prints."""

    folder: str = Field(description="Where the results would go.")
    device: str
    cohort: CohortRecord
    runs: list[RunDocument] = Field(validation_alias=AliasChoices("runs", "cells"))
    seconds: float | None = Field(description="Estimate for the runs that are not stored; null where one has none.")
    skipped: list[FailureRecord] = Field(description="Backends that would be left out.")
    linked: list[list[str]] = Field(description="Patients kept in one fold because they share an identical image.")
    remarks: list[str]
    warnings: list[WarningDocument] = Field(description="Folds that will hold out nobody infected, or nobody negative.")


def document(planned: Plan) -> PlanDocument:
    """The whole plan."""
    runs = [
        RunDocument(
            backend=run.backend,
            fold=run.fold,
            patients=dict(run.patients),
            fit_patches=run.fit_patches,
            fit_positive=run.fit_positive,
            scored=run.scored,
            stored=run.stored,
            seconds=run.seconds,
        )
        for run in planned.runs
    ]
    return PlanDocument(
        folder=str(planned.folder),
        device=planned.device,
        cohort=planned.cohort,
        runs=runs,
        seconds=planned.seconds,
        skipped=list(planned.skipped),
        linked=[list(group) for group in planned.linked],
        remarks=list(planned.remarks),
        warnings=documents.warnings(planned.warnings),
    )


def screen(planned: Plan) -> Iterable[RenderableType]:
    """Everything."""
    yield facts(labels_rows(planned.cohort))
    yield _folds(planned.cohort)
    yield _runs(planned.runs)
    yield ""
    rows: list[tuple[str, RenderableType]] = [
        ("time", _time(planned.runs)),
        ("device", planned.device),
        *failure_rows(planned.skipped),
        *cohort_rows(planned.cohort, planned.linked),
    ]
    if planned.cohort.left_out:
        rows.append(("left out", f"{number(planned.cohort.left_out, 'patient')} in no fold"))
    rows += accounts.rows(planned.account.sums(), "to be scored", "in folds")
    rows += warning_rows(planned.warnings)
    rows += [("remark", flags(remark)) for remark in planned.remarks]
    rows += [("folder", str(planned.folder)), ("dry run", "nothing was computed, nothing was written")]
    yield facts(rows)


def _time(runs: Sequence[RunPlan]) -> str:
    stored = sum(run.stored for run in runs)
    todo = [run.seconds for run in runs if not run.stored]
    if not todo:
        return f"none: all {stored} runs are done already"
    known = [seconds for seconds in todo if seconds is not None]
    parts = [f"about {duration(sum(known))} for {number(len(known), 'run')}"] if known else []
    if len(known) < len(todo):
        parts.append(f"unknown for {len(todo) - len(known)}, as none of their backends is done yet")
    if stored:
        parts.append(f"{stored} done already")
    return "; ".join(parts)


def _folds(cohort: CohortRecord) -> RenderableType:
    names = [name for name in cohort.densities if any(name in fold.densities for fold in cohort.folds)]
    rows = []
    for fold in cohort.folds:
        counts = [fold.patients, *[fold.densities.get(name, 0) for name in names]]
        counts += [fold.patches, fold.labelled_negative, fold.labelled_positive]
        rows.append((f"fold {fold.fold}", [Text(str(n)) for n in counts]))
    heads = ["patients", *names, "patches\nto score", "labelled\n-", "labelled\n+"]
    return Grid("Held out", heads, rows)


def _runs(runs: Iterable[RunPlan]) -> RenderableType:
    rows = []
    for run in runs:
        taken = "?" if run.seconds is None else duration(run.seconds)
        columns = [
            str(run.fold),
            *[str(run.patients.get(role, 0)) for role in _ROLES],
            str(run.fit_patches),
            "-" if run.fit_positive is None else str(run.fit_positive),
            str(run.scored),
            "done" if run.stored else taken,
        ]
        rows.append((run.backend, [Text(text) for text in columns]))
    heads = ["fold", *_ROLES.values(), "learnt\nfrom", "of it\n+", "to\nscore", "time"]
    return Grid("Runs in their order: patients by use, patches, time", heads, rows)
