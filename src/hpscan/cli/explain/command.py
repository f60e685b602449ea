"""`hpscan explain`: its options, and what it does with them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hpscan.cli.failures import DONE, INDETERMINATE
from hpscan.cli.options import (
    Device,
    Force,
    Json,
    Model,
)
from hpscan.core.choices import DeviceName

NO_PATIENT = "One patch tells no patient's result: this is what hpscan explain shows of it."


def explain(
    patch: Annotated[Path, typer.Argument(metavar="PATCH", help="One image file.", show_default=False)],
    model: Model = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The picture, PNG; by default <PATCH>-explained.png in this folder.",
            show_default=False,
        ),
    ] = None,
    device: Device = DeviceName.AUTO,
    force: Force = False,
    json: Json = False,
) -> int:
    """Show why one patch scores as it does.

    Draws the patch beside what the model sees in it, and its score among those of other patients' patches.
    """
    return show(patch, model, out=out, device=device, force=force, json=json)


def show(
    patch: Path,
    model: str | None,
    *,
    out: Path | None = None,
    device: DeviceName,
    force: bool,
    json: bool = False,
    alone: bool = False,
) -> int:
    """Explain a patch; with `alone`, one that somebody meant to diagnose."""
    from hpscan.cli import model_choice
    from hpscan.cli.explain import view
    from hpscan.cli.output import console, files
    from hpscan.store import atomic
    from hpscan.workflows.diagnosis.explain import ExplainRequest, check_file
    from hpscan.workflows.diagnosis.explain import explain as workflow

    target = Path(f"{patch.stem}-explained.png") if out is None else out
    check_file(patch)  # a folder is named as such, before anything about a file named after it
    aside = files.check_apart({"--out": target}, json=json)
    files.check(target, force=force)
    explanation = workflow(ExplainRequest(patch, model_choice.announced(model), device.value))
    atomic.write(target, explanation.picture, force=force)
    console.wrote(target)
    if json:
        console.print_json(view.document(explanation, target))
    else:
        if alone:
            console.show([NO_PATIENT], aside=aside)
        console.show(view.screen(explanation, target), aside=aside)
    return INDETERMINATE if explanation.doubts else DONE
