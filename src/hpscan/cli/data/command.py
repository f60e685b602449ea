"""`hpscan data`: check a dataset, or make a synthetic one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hpscan.cli.failures import DONE, INDETERMINATE
from hpscan.cli.options import (
    AccountFile,
    Dataset,
    Force,
    Json,
    PatientFrom,
    Seed,
)
from hpscan.cli.strict import StrictTyper

data_app = StrictTyper(no_args_is_help=True, help="Check a dataset, or make a synthetic one.")


@data_app.callback()
def data() -> None:
    """Check a dataset, or make a synthetic one."""


@data_app.command()
def check(
    data: Dataset,
    patient_from: PatientFrom = None,
    explain: Annotated[
        str | None,
        typer.Option(
            metavar="PATIENT|FILE",
            help="Say of one patient, or of one file, which rule, table and row said what.",
            show_default=False,
        ),
    ] = None,
    account: AccountFile = None,
    force: Force = False,
    json: Json = False,
) -> int:
    """Read a dataset through and say what is wrong.

    Every file is decoded: what is there, what cannot be read, what contradicts what.
    """
    from hpscan.cli.data import view
    from hpscan.cli.output import account as accounts
    from hpscan.cli.output import console, files
    from hpscan.workflows.datasets.check import check as workflow
    from hpscan.workflows.datasets.provenance import trace

    if explain is not None:
        provenance = trace(data, explain, patient_from=patient_from)
        if json:
            console.print_json(view.provenance_document(provenance))
        else:
            console.show(view.provenance_screen(provenance))
        return DONE
    aside = files.check_apart({"--account": account}, json=json)
    files.check(account, force=force)
    with console.progress() as progress:
        checked = workflow(data, patient_from=patient_from, progress=progress)
    document = view.check_document(checked)
    accounts.write(account, checked.account, force=force)
    if json:
        console.print_json(document)
    else:
        console.show(view.check_screen(checked, document), aside=aside)
    return INDETERMINATE if checked.doubtful else DONE


@data_app.command()
def synth(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder for it.", show_default=False)],
    patients: Annotated[int, typer.Option(min=1, metavar="N", help="Synthetic patients.")] = 24,
    patches: Annotated[int, typer.Option(min=1, metavar="N", help="Patches of each patient.")] = 40,
    seed: Seed = 0,
    force: Force = False,
    json: Json = False,
) -> int:
    """Make a synthetic cohort with known bacteria.

    It lies in the folder in the layout of a real dataset, with a mask of the bacteria for each patch.
    """
    from hpscan.cli.data import view
    from hpscan.cli.output import console
    from hpscan.workflows.datasets.synth import synth as workflow

    with console.progress() as progress:
        counts = workflow(folder, patients=patients, patches=patches, seed=seed, force=force, progress=progress)
    if json:
        console.print_json(
            view.SynthDocument(path=str(folder), patients=dict(counts), patches=patients * patches, seed=seed)
        )
    else:
        by_diagnosis = ", ".join(f"{n} {name}" for name, n in counts.items())
        console.out().print(f"Made {patients} patients ({by_diagnosis}) with {patches} patches each in {folder}")
        console.out().print(f"Next: hpscan train --data {folder}", soft_wrap=True)
    return DONE
