"""Signatures of the commands about models, backends and pretrained weights, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hpscan.cli import failures
from hpscan.cli.options import Force, Json, WeightsFile  # noqa: TC001  typer reads the annotations
from hpscan.cli.strict import StrictTyper
from hpscan.core.errors import SettingsError

models_app = StrictTyper(help="List, show, remove models; choose the default; rebuild the one that ships.")
backends_app = StrictTyper(help="List and show backends: what can be trained.")
weights_app = StrictTyper(no_args_is_help=True, help="Check and convert pretrained weights.")

BackendName = Annotated[str, typer.Argument(metavar="NAME", help="The backend's name.", show_default=False)]
Backbone = Annotated[
    str,
    typer.Argument(
        metavar="NAME",
        help="The backbone's name in timm. The weights of tf_efficientnet_lite0 come with hpscan.",
        show_default=False,
    ),
]
Checkpoint = Annotated[
    Path, typer.Argument(metavar="IN", help="A checkpoint that torch.save wrote.", show_default=False)
]
Safetensors = Annotated[Path, typer.Argument(metavar="OUT", help="A new file called .safetensors.", show_default=False)]


def _json_behind(context: typer.Context, *, json: bool) -> None:
    """Refuse `--json` before a subcommand, where it would be of no effect."""
    if json:
        command = f"{context.command_path} {context.invoked_subcommand}"
        raise SettingsError(f"--json belongs behind {context.invoked_subcommand}", hint=f"{command} --help")


@models_app.callback(invoke_without_command=True)
def models(context: typer.Context, json: Json = False) -> int:
    """List, show, remove models; choose the default; rebuild the one that ships."""
    if context.invoked_subcommand is not None:
        _json_behind(context, json=json)
        return failures.DONE
    from hpscan.cli import commands_zoo

    return commands_zoo.models_list(json=json)


@models_app.command("list")
def models_list(json: Json = False) -> int:
    """List trained models, the newest first, and the bundled one."""
    from hpscan.cli import commands_zoo

    return commands_zoo.models_list(json=json)


@models_app.command("show")
def models_show(name: Annotated[str, typer.Argument(help="Name or path.")], json: Json = False) -> int:
    """Show one model.

    What it was trained on, its thresholds and its settings.
    """
    from hpscan.cli import commands_zoo

    return commands_zoo.models_show(name, json=json)


@models_app.command("remove")
def models_remove(
    name: Annotated[str, typer.Argument(help="Name.")],
    force: Annotated[bool, typer.Option("--force", help="Do not ask.")] = False,
) -> int:
    """Delete a model from the user's folder."""
    from hpscan.cli import commands_zoo

    return commands_zoo.models_remove(name, force=force)


@models_app.command("use")
def models_use(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Name or path.", show_default=False)] = None,
    none: Annotated[bool, typer.Option("--none", help="Pin none: take the one trained last again.")] = False,
) -> int:
    """Pin a model: commands take it where no --model is given.

    Without a pin they take the one trained last, and where there is none, the one that ships with hpscan.
    """
    from hpscan.cli import commands_zoo

    return commands_zoo.models_use(name, none=none)


@models_app.command("rebuild")
def models_rebuild(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A new folder for the model.", show_default=False)],
    force: Force = False,
    json: Json = False,
) -> int:
    """Make the bundled model anew, from phantoms alone, and compare it with the one that ships.

    On the CPU, with the same seed: on the machine that made it, it comes out the same, bit for bit. Takes minutes.
    """
    from hpscan.cli import commands_zoo

    return commands_zoo.models_rebuild(out, force=force, json=json)


@backends_app.callback(invoke_without_command=True)
def backends(context: typer.Context, json: Json = False) -> int:
    """List and show backends: what can be trained."""
    if context.invoked_subcommand is not None:
        _json_behind(context, json=json)
        return failures.DONE
    from hpscan.cli import commands_zoo

    return commands_zoo.backends_list(json=json)


@backends_app.command("list")
def backends_list(json: Json = False) -> int:
    """List installed backends.

    What each learns from, what installed it, and whether it can be used. One that is broken stops nobody.
    """
    from hpscan.cli import commands_zoo

    return commands_zoo.backends_list(json=json)


@backends_app.command("show")
def backends_show(name: BackendName, json: Json = False) -> int:
    """Show one backend and its settings."""
    from hpscan.cli import commands_zoo

    return commands_zoo.backends_show(name, json=json)


@weights_app.command("check")
def weights_check(name: Backbone, weights: WeightsFile = None, json: Json = False) -> int:
    """Say whether a backbone's pretrained weights can be had here.

    They are looked for in the file that --weights names, in what is installed, in the hub's cache, on the hub.
    Nothing is downloaded.
    """
    from hpscan.cli import commands_zoo

    return commands_zoo.weights_check(name, weights, json=json)


@weights_app.command("convert")
def weights_convert(source: Checkpoint, target: Safetensors, force: Force = False, json: Json = False) -> int:
    """Convert a PyTorch checkpoint to safetensors.

    A checkpoint can hold code. None of it runs: only tensors are read, and a file that asks for more is refused.
    """
    from hpscan.cli import commands_zoo

    return commands_zoo.weights_convert(source, target, force=force, json=json)
