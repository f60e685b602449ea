"""`hpscan diagnose`: its options, and what it does with them."""

from __future__ import annotations

import shlex
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hpscan.cli.failures import DONE, INDETERMINATE
from hpscan.cli.options import (
    AccountFile,
    Device,
    Force,
    Json,
    Model,
    PatientFrom,
)
from hpscan.core.choices import DeviceName
from hpscan.core.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping


def diagnose(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="FOLDER", help="Patients' folders, or whole datasets.", show_default=False),
    ],
    model: Model = None,
    threshold: Annotated[
        float | None,
        typer.Option(metavar="SCORE", help="A patch threshold in place of the model's.", show_default=False),
    ] = None,
    patient_from: PatientFrom = None,
    device: Device = DeviceName.AUTO,
    csv: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the patients' results.", show_default=False)
    ] = None,
    patches_csv: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write every patch's score.", show_default=False)
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.html|DIR",
            help="Write a page to look at: one patient as one HTML file, or a folder with an index and a page per "
            "patient.",
            show_default=False,
        ),
    ] = None,
    geojson: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.geojson|DIR",
            help="Write the patches for QuPath, coloured by result: one slide as one file, or a folder with a file per "
            "slide. The dataset's tables must give coordinates.",
            show_default=False,
        ),
    ] = None,
    account: AccountFile = None,
    force: Force = False,
    json: Json = False,
) -> int:
    """Diagnose patients from their patches."""
    from hpscan.cli import model_choice
    from hpscan.cli.diagnose import tables, view
    from hpscan.cli.output import account as accounts
    from hpscan.cli.output import console, files
    from hpscan.core.decision import Finding
    from hpscan.data.dataset import inputs
    from hpscan.workflows.cohort.gather import gather
    from hpscan.workflows.diagnosis.diagnose import DiagnoseRequest
    from hpscan.workflows.diagnosis.diagnose import diagnose as workflow

    outputs = {
        "--csv": csv,
        "--patches-csv": patches_csv,
        "--report": report,
        "--geojson": geojson,
        "--account": account,
    }
    if len(paths) == 1 and inputs.is_image(paths[0]):
        about_patients = {"--threshold": threshold, "--patient-from": patient_from, "--json": json or None}
        return _explain(paths[0], {**outputs, **about_patients}, model, device, force=force)
    command = f"hpscan {shlex.join(sys.argv[1:])}"
    pages = slides = None
    if report is not None:  # who wants no page does not load what builds it
        from hpscan.workflows.diagnosis.report import Report

        pages = Report(report, command, force=force)
    if geojson is not None:
        from hpscan.workflows.diagnosis.geojson import GeoJson

        slides = GeoJson(geojson, command, force=force)
    aside = files.check_apart(outputs, json=json)
    for path in (csv, patches_csv, account):
        files.check(path, force=force)
    for output in (pages, slides):
        if output is not None:
            files.check(output.path, force=force, marker=output.marker)

    chosen = model_choice.announced(model)
    for path, n in Counter(path.absolute() for path in paths).items():
        if n > 1:
            console.remark(f"{path} is named twice: its patients are diagnosed once.")

    request = DiagnoseRequest(chosen, threshold, device.value, keep=0 if pages is None else pages.in_full)
    cohort = gather(paths, patient_from)
    for output in (pages, slides):
        if output is not None:
            output.accept(cohort.patients)
    with console.progress() as progress:
        diagnoses = workflow(cohort, request, progress=progress)
    if csv is not None:
        tables.write_patients(csv, diagnoses, force=force)
    if patches_csv is not None:
        tables.write_patches(patches_csv, diagnoses, force=force)
    accounts.write(account, diagnoses.account, force=force)
    if slides is not None:
        missing, total = slides.write(diagnoses)
        console.wrote(slides.path)
        if missing:
            console.remark(f"{missing:,} of {total:,} scored patches have no coordinates and are not in it.")
    if pages is not None:
        with console.progress() as progress:
            first = pages.write(diagnoses, progress)
        console.wrote(first)
    if json:
        console.print_json(view.document(diagnoses))
    else:
        console.show(view.screen(diagnoses), aside=aside)
    doubtful = any(d.rejected or d.result.finding is Finding.INDETERMINATE for d in diagnoses.patients)
    return INDETERMINATE if doubtful else DONE


def _explain(patch: Path, options: Mapping[str, object], model: str | None, device: DeviceName, *, force: bool) -> int:
    """Explain the patch that was given in place of patients.

    Raises:
        SettingsError: When one of the options is about patients.
    """
    from hpscan.cli.explain import command

    for option, value in options.items():
        if value is not None:
            raise SettingsError(
                f"{patch} is one patch, and tells no patient's result: {option} has nothing to be about",
                hint=f"give the patient's folder, or look at the patch with: hpscan explain {shlex.quote(str(patch))}",
            )
    return command.show(patch, model, device=device, force=force, alone=True)
