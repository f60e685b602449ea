"""The signature of `hpscan diagnose`."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003  typer reads annotations
from typing import Annotated

import typer

from hpscan.cli.options import AccountFile, Device, DeviceName, Force, Json, Model, PatientFrom


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
            help="Write what was found as a page to look at: one patient as one HTML file, or a folder with an index and "
            "a page per patient.",
            show_default=False,
        ),
    ] = None,
    geojson: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.geojson|DIR",
            help="Write the windows for QuPath, coloured by result: one slide as one file, or a folder with a file per "
            "slide. The dataset's tables must give coordinates.",
            show_default=False,
        ),
    ] = None,
    account: AccountFile = None,
    force: Force = False,
    json: Json = False,
) -> int:
    """Tell patients' results from patches."""
    from hpscan.cli import commands_diagnose

    return commands_diagnose.diagnose(
        paths,
        model,
        threshold=threshold,
        patient_from=patient_from,
        device=device.value,
        csv=csv,
        patches_csv=patches_csv,
        report=report,
        geojson=geojson,
        account=account,
        force=force,
        json=json,
    )
