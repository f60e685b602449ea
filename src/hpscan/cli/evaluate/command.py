"""`hpscan evaluate`: its options, and what it does with them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hpscan.cli.failures import DONE, INDETERMINATE
from hpscan.cli.options import (
    AccountFile,
    Dataset,
    Device,
    Force,
    Json,
    Model,
    PatientFrom,
)
from hpscan.core.choices import DeviceName


def evaluate(
    data: Dataset,
    model: Model = None,
    allow_training_patients: Annotated[
        bool, typer.Option("--allow-training-patients", help="Score patients that the model has seen, too: no test.")
    ] = False,
    patient_from: PatientFrom = None,
    device: Device = DeviceName.AUTO,
    csv: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the metrics.", show_default=False)] = None,
    plot: Annotated[
        Path | None,
        typer.Option(
            "--plot",
            "--figure",
            metavar="FILE",
            help="Plot the ROC curve, patch scores and patient-level scores into a PNG file. --figure is its old name.",
            show_default=False,
        ),
    ] = None,
    account: AccountFile = None,
    force: Force = False,
    json: Json = False,
) -> int:
    """Measure a model on a labelled dataset.

    Patients that the model was fitted or calibrated on are refused.
    """
    from hpscan.cli import model_choice
    from hpscan.cli.evaluate import tables, view
    from hpscan.cli.output import account as accounts
    from hpscan.cli.output import console, files
    from hpscan.store import atomic
    from hpscan.workflows.evaluation.evaluate import EvaluateRequest
    from hpscan.workflows.evaluation.evaluate import evaluate as workflow
    from hpscan.workflows.evaluation.plot import picture

    aside = files.check_apart({"--csv": csv, "--plot": plot, "--account": account}, json=json)
    for path in (csv, plot, account):
        files.check(path, force=force)
    chosen = model_choice.announced(model)
    request = EvaluateRequest(
        data,
        chosen,
        allow_training_patients=allow_training_patients,
        patient_from=patient_from,
        device=device.value,
    )
    with console.progress() as progress:
        evaluation = workflow(request, progress=progress)
    if csv is not None:
        tables.write_metrics(csv, evaluation, force=force)
    if plot is not None:
        atomic.write(plot, picture(evaluation), force=force)
        console.wrote(plot)
    accounts.write(account, evaluation.account, force=force)
    if json:
        console.print_json(view.document(evaluation))
    else:
        console.show(view.screen(evaluation), aside=aside)
    doubtful = evaluation.rejected or (evaluation.patient and evaluation.patient.n_indeterminate)
    return INDETERMINATE if doubtful else DONE
