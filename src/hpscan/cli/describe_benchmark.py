"""From a benchmark's plan to the document that `--dry-run --json` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpscan.cli import describe
from hpscan.cli.documents_benchmark import PlanDocument, RunDocument

if TYPE_CHECKING:
    from hpscan.workflows.benchmark.plan import Plan


def plan(planned: Plan) -> PlanDocument:
    """The whole plan."""
    return PlanDocument(
        folder=str(planned.folder),
        device=planned.device,
        cohort=planned.cohort,
        runs=[
            RunDocument(
                backend=cell.backend,
                fold=cell.fold,
                patients=dict(cell.patients),
                fit_patches=cell.fit_patches,
                fit_positive=cell.fit_positive,
                scored=cell.scored,
                stored=cell.stored,
                seconds=cell.seconds,
            )
            for cell in planned.runs
        ],
        seconds=planned.seconds,
        skipped=list(planned.skipped),
        linked=[list(group) for group in planned.linked],
        remarks=list(planned.remarks),
        warnings=describe.warnings(planned.warnings),
    )
