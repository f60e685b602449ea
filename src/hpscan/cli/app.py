"""The program `hpscan`: its table of commands is in `commands`, each command in a folder of its own."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from hpscan.cli import failures
from hpscan.cli.commands import LazyGroup
from hpscan.cli.strict import StrictTyper

app = StrictTyper(
    name="hpscan",
    cls=LazyGroup,
    help="Find Helicobacter pylori in immunohistochemistry patches of gastric biopsies.",
    epilog="For research use only. Not for use in diagnostic procedures.",
    no_args_is_help=True,
    add_completion=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"hpscan {version('hpscan')}")
        raise typer.Exit


@app.callback()
def hpscan(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """Find Helicobacter pylori in immunohistochemistry patches of gastric biopsies."""


def main() -> None:
    """Run the command line and leave the process with the exit code that failures.py lists."""
    failures.run(_invoke)


def _invoke() -> Any:
    return app(args=sys.argv[1:], prog_name="hpscan", standalone_mode=False)
