"""What `hpscan diagnose` does: hand arguments to the workflows, write what was asked for, and tell the exit code."""

from __future__ import annotations

import shlex
import sys
from collections import Counter
from typing import TYPE_CHECKING

from hpscan.cli import choice, commands_explain, describe, render
from hpscan.cli.failures import DONE, INDETERMINATE
from hpscan.cli.output import account as accounts
from hpscan.cli.output import console
from hpscan.cli.output import files as exports
from hpscan.core.decision import Finding
from hpscan.core.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from hpscan.workflows.diagnosis.diagnose import Diagnoses
    from hpscan.workflows.diagnosis.geojson import GeoJson


def diagnose(
    paths: Sequence[Path],
    model: str | None,
    *,
    threshold: float | None,
    patient_from: str | None,
    device: str,
    csv: Path | None,
    patches_csv: Path | None,
    report: Path | None,
    geojson: Path | None,
    account: Path | None,
    force: bool,
    json: bool,
) -> int:
    """`hpscan diagnose`."""
    from hpscan.data.dataset import inputs as given
    from hpscan.workflows.cohort.gather import gather
    from hpscan.workflows.diagnosis.diagnose import DiagnoseRequest
    from hpscan.workflows.diagnosis.diagnose import diagnose as workflow

    named = {"--csv": csv, "--patches-csv": patches_csv, "--report": report, "--geojson": geojson, "--account": account}
    if len(paths) == 1 and given.is_image(paths[0]):
        about_patients = {"--threshold": threshold, "--patient-from": patient_from, "--json": json or None}
        _check_alone(paths[0], {**named, **about_patients})
        return commands_explain.explain(paths[0], model, out=None, device=device, force=force, json=False, alone=True)
    command = f"hpscan {shlex.join(sys.argv[1:])}"
    pages = slides = None
    if report is not None:  # who wants no page does not load what builds it
        from hpscan.workflows.diagnosis.report import Report

        pages = Report(report, command, force=force)
    if geojson is not None:
        from hpscan.workflows.diagnosis.geojson import GeoJson

        slides = GeoJson(geojson, command, force=force)
    aside = exports.check_apart(named, json=json)
    for path in (csv, patches_csv, account):
        exports.check(path, force=force)
    for output in (pages, slides):
        if output is not None:
            exports.check(output.path, force=force, marker=output.marker)

    twice = [path for path, n in Counter(path.absolute() for path in paths).items() if n > 1]
    chosen = choice.announced(model)
    for path in twice:
        console.remark(f"{path} is named twice: its patients are diagnosed once.")

    request = DiagnoseRequest(chosen, threshold, device, keep=0 if pages is None else pages.in_full)
    cohort = gather(paths, patient_from)
    for output in (pages, slides):
        if output is not None:
            output.accept(cohort.patients)
    with console.progress() as progress:
        found = workflow(cohort, request, progress=progress)
    if csv is not None:
        exports.write_patients(csv, found, force=force)
    if patches_csv is not None:
        exports.write_patches(patches_csv, found, force=force)
    accounts.write(account, found.account, force=force)
    if slides is not None:
        _write_slides(found, slides)
    if pages is not None:
        with console.progress() as progress:
            first = pages.write(found, progress)
        console.wrote(first)
    if json:
        console.print_json(describe.diagnoses(found))
    else:
        console.show(render.diagnoses(found), aside=aside)
    doubtful = any(d.rejected or d.result.finding is Finding.INDETERMINATE for d in found.patients)
    return INDETERMINATE if doubtful else DONE


def _check_alone(patch: Path, options: Mapping[str, object]) -> None:
    """Refuse what is about patients, where one patch was given."""
    for option, value in options.items():
        if value is not None:
            raise SettingsError(
                f"{patch} is one patch, and tells no patient's result: {option} has nothing to be about",
                hint=f"give the patient's folder, or look at the patch with: hpscan explain {shlex.quote(str(patch))}",
            )


def _write_slides(found: Diagnoses, slides: GeoJson) -> None:
    missing, total = slides.write(found)
    console.wrote(slides.path)
    if missing:
        console.remark(f"{missing:,} of {total:,} scored windows have no coordinates and are not in it.")
