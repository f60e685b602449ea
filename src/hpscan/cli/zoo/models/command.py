"""`hpscan models`: list, show, remove, pin, rebuild."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hpscan.cli.failures import DONE
from hpscan.cli.options import (
    Force,
    Json,
    no_json_before,
)
from hpscan.cli.strict import StrictTyper
from hpscan.core.errors import HpscanError, SettingsError

if TYPE_CHECKING:
    from hpscan.store.default_model import Chosen

models_app = StrictTyper(help="List, show, remove models; choose the default; rebuild the bundled one.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name or path.", show_default=False)]


@models_app.callback(invoke_without_command=True)
def models(context: typer.Context, json: Json = False) -> int:
    """List, show, remove models; choose the default; rebuild the bundled one."""
    if context.invoked_subcommand is not None:
        no_json_before(context, json=json)
        return DONE
    return list_(json=json)


@models_app.command("list")
def list_(json: Json = False) -> int:
    """List trained models, the newest first, and the bundled one."""
    from hpscan.cli.output import console, documents
    from hpscan.cli.zoo.models import view
    from hpscan.store import models as store

    stored, damaged = store.stored()
    default, problem = _default()
    listed = [documents.model(model, default) for model in (*stored, store.bundled())]
    if json:
        console.print_json(listed)
    else:
        console.show(view.list_screen(listed, damaged))
    if problem is not None:
        console.remark(f"Without --model: {problem.message}. {problem.hint}.")
    return DONE


@models_app.command()
def show(name: Name, json: Json = False) -> int:
    """Show one model.

    What it was trained on, its thresholds and its settings.
    """
    from hpscan.cli.output import console, documents
    from hpscan.cli.zoo.models import view
    from hpscan.store import models as store

    model = store.find(name)
    if json:
        console.print_json(documents.model(model, documents.default_model()))
    else:
        console.show(view.model_screen(model))
    return DONE


@models_app.command()
def remove(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name.", show_default=False)],
    force: Annotated[bool, typer.Option("--force", help="Do not ask.")] = False,
) -> int:
    """Delete a model from the user's folder."""
    from hpscan.cli.output import console
    from hpscan.store import default_model
    from hpscan.store import models as store

    path = store.removable(name)
    if not force:
        if not sys.stdin.isatty():
            raise HpscanError(f"{name!r} is removed only when somebody says yes", hint="add --force")
        typer.confirm(f"Delete {path}?", abort=True)
    was_pinned = default_model.is_pinned(path)
    store.remove(name)
    console.out().print(f"Removed {path}", soft_wrap=True)
    if was_pinned:
        default_model.unpin()
        console.out().print("It was pinned: no model is, now.")
    return DONE


@models_app.command()
def use(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Name or path.", show_default=False)] = None,
    none: Annotated[bool, typer.Option("--none", help="Pin none: take the one trained last again.")] = False,
) -> int:
    """Pin a model: commands take it where no --model is given.

    Without a pin they take the one trained last, and where there is none, the bundled one.
    """
    from hpscan.backends import registry
    from hpscan.cli import model_choice
    from hpscan.cli.output import console
    from hpscan.store import default_model
    from hpscan.store import models as store

    if none == (name is not None):
        raise SettingsError("hpscan models use takes a model's name, or --none", hint="hpscan models lists the names")
    if name is None:
        before = default_model.unpin()
        console.out().print("Nothing was pinned." if before is None else f"No longer pinned: {before}", markup=False)
        default, problem = _default()
        console.remark(model_choice.line(default) if default is not None else f"{problem}")
        return DONE
    registry.load(store.find(name).manifest.backend.name)  # one that cannot be used is not pinned
    model = default_model.pin(name)
    console.out().print(
        f"Pinned {model.path.name}: taken where no --model is given, also after the next hpscan train",
        soft_wrap=True,
        markup=False,
    )
    return DONE


@models_app.command()
def rebuild(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A new folder for the model.", show_default=False)],
    force: Force = False,
    json: Json = False,
) -> int:
    """Make the bundled model anew, from synthetic patients alone, and compare it with the one that ships.

    On the CPU, with the same seed: on the machine that made it, it comes out the same, bit for bit. Takes minutes.
    """
    from hpscan.cli.output import console
    from hpscan.cli.zoo.models import view
    from hpscan.workflows.zoo.bundled import rebuild as workflow

    with console.progress() as progress:
        rebuilt = workflow(out, force=force, progress=progress)
    if json:
        console.print_json(view.rebuilt_document(rebuilt))
    else:
        console.show(view.rebuilt_screen(rebuilt))
    return DONE


def _default() -> tuple[Chosen | None, HpscanError | None]:
    """The model that is taken where none is named, or why there is none."""
    from hpscan.workflows.scoring.models import choose

    try:
        return choose(None), None
    except HpscanError as error:
        return None, error
