"""What the terminal shows of `hpscan benchmark --dry-run`: folds, cells, and the time they would take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from hpscan.cli.benchmark.metric_tables import Grid
from hpscan.cli.output import account as accounts
from hpscan.cli.output.console import duration
from hpscan.cli.render import facts, warning_rows
from hpscan.cli.render_benchmark import cohort_rows, failure_rows, labels_rows, number

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import RenderableType

    from hpscan.store.benchmark import CohortRecord
    from hpscan.workflows.benchmark.outlook import RunPlan
    from hpscan.workflows.benchmark.plan import Plan

_ROLES = {"training": "training", "validation": "valid-\nation", "calibration": "calib-\nration", "test": "test"}


def plan(planned: Plan) -> Iterable[RenderableType]:
    """Everything."""
    yield facts(labels_rows(planned.cohort))
    yield _folds(planned.cohort)
    yield _cells(planned.runs)
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
    rows += [("remark", remark) for remark in planned.remarks]
    rows += [("folder", str(planned.folder)), ("dry run", "nothing was computed, nothing was written")]
    yield facts(rows)


def _time(cells: Sequence[RunPlan]) -> str:
    stored = sum(cell.stored for cell in cells)
    todo = [cell.seconds for cell in cells if not cell.stored]
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


def _cells(cells: Iterable[RunPlan]) -> RenderableType:
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
    return Grid("Runs in their order: patients by use, patches, time", heads, rows)
