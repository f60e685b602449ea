"""What `hpscan diagnose` does: hand arguments to the workflows, write what was asked for, and tell the exit code."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

from hpscan.cli import console, describe, exports, render
from hpscan.cli.failures import DONE, INDETERMINATE
from hpscan.core.decision import Finding

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hpscan.core.cohort import Patient
    from hpscan.workflows.diagnose import Diagnoses
    from hpscan.workflows.slides import Slides


def diagnose(
    paths: Sequence[Path],
    model: str | None,
    *,
    threshold: float | None,
    device: str,
    csv: Path | None,
    patches_csv: Path | None,
    report: Path | None,
    geojson: Path | None,
    force: bool,
    json: bool,
) -> int:
    """`hpscan diagnose`."""
    from hpscan.workflows.diagnose import diagnose as workflow
    from hpscan.workflows.report import Report
    from hpscan.workflows.slides import Slides

    command = f"hpscan {shlex.join(sys.argv[1:])}"
    pages = None if report is None else Report(report, command, device=device, force=force)
    slides = None if geojson is None else Slides(geojson, command, force=force)
    exports.check_apart({"--csv": csv, "--patches-csv": patches_csv, "--report": report, "--geojson": geojson})
    for path in (csv, patches_csv):
        exports.check(path, force=force)
    for output in (pages, slides):
        if output is not None:
            exports.check(output.path, force=force, marker=output.marker)

    def accept(patients: Sequence[Patient]) -> None:
        for output in (pages, slides):
            if output is not None:
                output.accept(patients)

    with console.progress() as progress:
        found = workflow(paths, model, threshold=threshold, device=device, accept=accept, progress=progress)
    if csv is not None:
        exports.write_patients(csv, found, force=force)
    if patches_csv is not None:
        exports.write_patches(patches_csv, found, force=force)
    if slides is not None:
        _write_slides(found, slides)
    if pages is not None:
        with console.progress() as progress:
            first = pages.write(found, progress)
        console.wrote(first)
    if json:
        console.print_json(describe.diagnoses(found))
    else:
        console.show(render.diagnoses(found))
    doubtful = any(d.rejected or d.result.finding is Finding.INDETERMINATE for d in found.patients)
    return INDETERMINATE if doubtful else DONE


def _write_slides(found: Diagnoses, slides: Slides) -> None:
    missing, total = slides.write(found)
    console.wrote(slides.path)
    if missing:
        console.remark(f"{missing:,} of {total:,} scored windows have no coordinates and are not in it.")
