"""`hpscan weights`: check and convert pretrained weights."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hpscan.cli.failures import DONE
from hpscan.cli.options import (
    Force,
    Json,
    WeightsFile,
)
from hpscan.cli.strict import StrictTyper

weights_app = StrictTyper(no_args_is_help=True, help="Check and convert pretrained weights.")


@weights_app.command()
def check(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="The backbone's name in timm. The weights of tf_efficientnet_lite0 come with hpscan.",
            show_default=False,
        ),
    ],
    weights: WeightsFile = None,
    json: Json = False,
) -> int:
    """Say whether a backbone's pretrained weights can be had here.

    They are looked for in the file that --weights names, in what is installed, in the hub's cache, on the hub.
    Nothing is downloaded.
    """
    from hpscan.backends.pretrained.weights import find
    from hpscan.cli.output import console
    from hpscan.cli.zoo.weights import view

    found = find(name, "" if weights is None else str(weights))
    if json:
        console.print_json(view.weights_document(found))
    else:
        console.show(view.weights_screen(found))
    return DONE


@weights_app.command()
def convert(
    source: Annotated[
        Path, typer.Argument(metavar="IN", help="A checkpoint that torch.save wrote.", show_default=False)
    ],
    target: Annotated[Path, typer.Argument(metavar="OUT", help="A new file called .safetensors.", show_default=False)],
    force: Force = False,
    json: Json = False,
) -> int:
    """Convert a PyTorch checkpoint to safetensors.

    A checkpoint can hold code. None of it runs: only tensors are read, and a file that asks for more is refused.
    """
    from hpscan.cli.output import console, files
    from hpscan.cli.zoo.weights import view
    from hpscan.workflows.zoo.checkpoints import convert as workflow

    files.check(target, force=force)
    converted = workflow(source, target, force=force)
    if json:
        console.print_json(view.converted_document(converted))
    else:
        console.show(view.converted_screen(converted))
        console.out().print(f"\nNext: hpscan weights check NAME --weights {target}", soft_wrap=True)
    return DONE
