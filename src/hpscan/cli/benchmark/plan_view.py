"""What `hpscan benchmark --dry-run` shows: the JSON document and the screen of a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field
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

    from hpscan.workflows.benchmark.outlook import CellPlan
    from hpscan.workflows.benchmark.plan import Plan


_ROLES = {"training": "training", "validation": "valid-\nation", "calibration": "calib-\nration", "test": "test"}


class CellDocument(Document):
    """One cell: a backend in a fold."""

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
    cells: list[CellDocument]
    seconds: float | None = Field(description="Estimate for the cells that are not stored; null where one has none.")
    skipped: list[FailureRecord] = Field(description="Backends that would be left out.")
    linked: list[list[str]] = Field(description="Patients kept in one fold because they share an identical image.")
    remarks: list[str]
    warnings: list[WarningDocument] = Field(description="Folds that will hold out nobody infected, or nobody negative.")


def document(planned: Plan) -> PlanDocument:
    """The whole plan."""
    return PlanDocument(
        folder=str(planned.folder),
        device=planned.device,
        cohort=planned.cohort,
        cells=[
            CellDocument(
                backend=cell.backend,
                fold=cell.fold,
                patients=dict(cell.patients),
                fit_patches=cell.fit_patches,
                fit_positive=cell.fit_positive,
                scored=cell.scored,
                stored=cell.stored,
                seconds=cell.seconds,
            )
            for cell in planned.cells
        ],
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
    yield _cells(planned.cells)
    yield ""
    rows: list[tuple[str, RenderableType]] = [
        ("time", _time(planned.cells)),
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


def _time(cells: Sequence[CellPlan]) -> str:
    stored = sum(cell.stored for cell in cells)
    todo = [cell.seconds for cell in cells if not cell.stored]
    if not todo:
        return f"none: all {stored} cells are done already"
    known = [seconds for seconds in todo if seconds is not None]
    parts = [f"about {duration(sum(known))} for {number(len(known), 'cell')}"] if known else []
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


def _cells(cells: Iterable[CellPlan]) -> RenderableType:
    rows = []
    for cell in cells:
        taken = "?" if cell.seconds is None else duration(cell.seconds)
        figures = [
            str(cell.fold),
            *[str(cell.patients.get(role, 0)) for role in _ROLES],
            str(cell.fit_patches),
            "-" if cell.fit_positive is None else str(cell.fit_positive),
            str(cell.scored),
            "done" if cell.stored else taken,
        ]
        rows.append((cell.backend, [Text(text) for text in figures]))
    heads = ["fold", *_ROLES.values(), "learnt\nfrom", "of it\n+", "to\nscore", "time"]
    return Grid("Cells in the order in which they run: patients by use, patches, time", heads, rows)
