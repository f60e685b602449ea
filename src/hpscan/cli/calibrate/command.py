"""`hpscan calibrate`: its options, and what it does with them."""

from __future__ import annotations

from typing import Annotated

import typer

from hpscan.cli.failures import DONE, INDETERMINATE
from hpscan.cli.options import (
    AccountFile,
    Criterion,
    Dataset,
    Device,
    Force,
    HoldOut,
    Json,
    Model,
    PatientFrom,
    Seed,
)
from hpscan.core.choices import Aggregation, DeviceName


def calibrate(
    data: Dataset,
    model: Model = None,
    criterion: Criterion = "specificity=0.99",
    aggregation: Annotated[
        Aggregation | None,
        typer.Option(
            help="How patch scores become a patient-level score: the proportion of positive patches, the mean of the "
            "highest scores, or the highest score; by default as before.",
            show_default=False,
        ),
    ] = None,
    top_k: Annotated[
        int | None,
        typer.Option(
            "--top-k",
            min=1,
            max=100,
            metavar="K",
            help="How many of every 100 scores, the highest, top-k-mean averages; at least one. By default as before.",
            show_default=False,
        ),
    ] = None,
    hold_out: HoldOut = 0.2,
    patient_from: PatientFrom = None,
    device: Device = DeviceName.AUTO,
    seed: Seed = 0,
    account: AccountFile = None,
    force: Force = False,
    json: Json = False,
) -> int:
    """Choose a model's thresholds anew.

    For another scanner or stain: its weights stay untouched, and the old thresholds are kept in its manifest.
    """
    from hpscan.cli import model_choice
    from hpscan.cli.calibrate import view
    from hpscan.cli.output import account as accounts
    from hpscan.cli.output import console, files
    from hpscan.workflows.training.calibrate import CalibrateRequest
    from hpscan.workflows.training.calibrate import calibrate as workflow

    aside = files.check_apart({"--account": account}, json=json)
    files.check(account, force=force)
    chosen = model_choice.announced(model)
    request = CalibrateRequest(
        data,
        chosen,
        criterion=criterion,
        aggregation=None if aggregation is None else aggregation.value,
        top_k=top_k,
        hold_out=hold_out,
        patient_from=patient_from,
        device=device.value,
        seed=seed,
    )
    with console.progress() as progress:
        calibration = workflow(request, progress=progress)
    accounts.write(account, calibration.account, force=force)
    if json:
        console.print_json(view.document(calibration))
    else:
        console.show(view.screen(calibration), aside=aside)
    return INDETERMINATE if calibration.rejected else DONE
