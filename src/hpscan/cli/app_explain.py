"""The signature of `hpscan explain`."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003  typer reads annotations
from typing import Annotated

import typer

from hpscan.cli.options import Device, DeviceName, Force, Json, Model


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
    from hpscan.cli import commands_explain

    return commands_explain.explain(patch, model, out=out, device=device.value, force=force, json=json)
