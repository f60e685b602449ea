"""The table of commands. Each is loaded when it is called, so that a broken one and its imports cost the others nothing."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import typer
from typer.main import get_command, get_command_from_info
from typer.models import CommandInfo

from hpscan.cli.strict import StrictCommand, StrictGroup

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Entry:
    """A command or a group of commands.

    Attributes:
        module: Where it is, below `hpscan.cli`.
        summary: Its line in `hpscan --help`: the first line of its docstring.
    """

    module: str
    summary: str


COMMANDS: Mapping[str, Entry] = MappingProxyType(
    {
        "demo": Entry("upkeep.command:demo", "See hpscan work, with no data at all."),
        "train": Entry("train.command:train", "Train a model on a dataset."),
        "diagnose": Entry("diagnose.command:diagnose", "Diagnose patients from their patches."),
        "evaluate": Entry("evaluate.command:evaluate", "Measure a model on a labelled dataset."),
        "benchmark": Entry("benchmark.command:benchmark", "Compare backends on a labelled dataset."),
        "explain": Entry("explain.command:explain", "Show why one patch scores as it does."),
        "calibrate": Entry("calibrate.command:calibrate", "Choose a model's thresholds anew."),
        "doctor": Entry("upkeep.command:doctor", "Show what a bug report needs."),
        "data": Entry("data.command:data_app", "Check a dataset, or make a synthetic one."),
        "models": Entry(
            "zoo.models.command:models_app",
            "List, show, remove models; choose the default; rebuild the bundled one.",
        ),
        "backends": Entry("zoo.backends.command:backends_app", "List and show backends: what can be trained."),
        "weights": Entry("zoo.weights.command:weights_app", "Check and convert pretrained weights."),
    }
)
"""Name -> command, in the order of the help."""


def load(name: str) -> Any:
    """The click command of that name."""
    module, _, attribute = COMMANDS[name].module.partition(":")
    target = getattr(import_module(f"hpscan.cli.{module}"), attribute)
    if isinstance(target, typer.Typer):
        command = get_command(target)
        command.name = name
        return command
    info = CommandInfo(name=name, cls=StrictCommand, callback=target)
    return get_command_from_info(info, pretty_exceptions_short=False, rich_markup_mode=None)


class LazyGroup(StrictGroup):
    """The group of all commands: names and summaries come from the table, a command from its module."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.commands: dict[str, Any] = dict.fromkeys(COMMANDS)  # typer suggests names from here

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002  typer's argument
        """The names, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002  typer's argument
        """The command of that name; None where there is none."""
        if cmd_name not in COMMANDS:
            return None
        if self.commands[cmd_name] is None:
            self.commands[cmd_name] = load(cmd_name)
        return self.commands[cmd_name]

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002  typer's argument
        """Names and summaries; nothing is loaded."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.summary) for name, entry in COMMANDS.items()])
