"""`hpscan backends`: list and show."""

from __future__ import annotations

from typing import Annotated

import typer

from hpscan.cli.failures import DONE
from hpscan.cli.options import (
    Json,
    no_json_before,
)
from hpscan.cli.strict import StrictTyper

backends_app = StrictTyper(help="List and show backends: what can be trained.")


@backends_app.callback(invoke_without_command=True)
def backends(context: typer.Context, json: Json = False) -> int:
    """List and show backends: what can be trained."""
    if context.invoked_subcommand is not None:
        no_json_before(context, json=json)
        return DONE
    return list_(json=json)


@backends_app.command("list")
def list_(json: Json = False) -> int:
    """List installed backends.

    What each learns from, what installed it, and whether it can be used. One that is broken stops nobody.
    """
    from hpscan.backends import registry
    from hpscan.cli.output import console
    from hpscan.cli.zoo.backends import view

    plugins = registry.plugins()
    if json:
        console.print_json([view.backend_document(plugin) for plugin in plugins])
    else:
        console.show(view.list_screen(plugins))
    return DONE


@backends_app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The backend's name.", show_default=False)],
    json: Json = False,
) -> int:
    """Show one backend and its settings."""
    from hpscan.backends import registry
    from hpscan.backends.settings import describe
    from hpscan.cli.output import console
    from hpscan.cli.zoo.backends import view

    backend, plugin = registry.load(name)
    described = describe(backend.settings)
    if json:
        console.print_json(view.settings_document(plugin, described))
    else:
        console.show(view.settings_screen(plugin, described))
    return DONE
