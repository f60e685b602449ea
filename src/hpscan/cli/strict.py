"""Commands that drop nothing of what was typed: an option given twice, an empty value, a name that says another format.

Every command of the app is of these classes, so a new option is checked like the others.
"""

from __future__ import annotations

from collections import Counter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

import typer
from typer.core import TyperCommand, TyperGroup

from hpscan.cli.output import destinations
from hpscan.core.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Command = TypeVar("Command", bound="Callable[..., int]")

_INSTEAD: Mapping[str, str] = MappingProxyType(
    {
        "--data": "put the folders of all patients into one folder, and give that; or run it once for each dataset",
        "--model": "run it once for each model",
        "--backend": "train them one after the other; hpscan benchmark --backends A,B compares backends",
        "--backends": "write all names in one, with a comma between two of them",
        "--config": "put the settings of all backends into one file",
    }
)
"""What to do where somebody may have meant both."""


class StrictCommand(TyperCommand):
    """A command that refuses what it would drop."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """As typer does, and then a look at what was typed."""
        typed = list(args)
        rest: list[str] = super().parse_args(ctx, args)
        _check(self, ctx, typed)
        return rest


class StrictGroup(TyperGroup):
    """A group of commands that refuses what it would drop."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """As typer does, and then a look at what was typed."""
        typed = list(args)
        rest: list[str] = super().parse_args(ctx, args)
        _check(self, ctx, typed)
        return rest


class StrictTyper(typer.Typer):
    """An app all of whose commands are strict."""

    def __init__(self, *, cls: type[StrictGroup] = StrictGroup, add_completion: bool = False, **options: Any) -> None:
        super().__init__(
            cls=cls,
            add_completion=add_completion,
            pretty_exceptions_enable=False,
            rich_markup_mode=None,
            **options,
        )

    def command(self, name: str | None = None, **options: Any) -> Callable[[Command], Command]:
        """As typer's, with the strict class."""
        return super().command(name, cls=StrictCommand, **options)


def _check(command: StrictCommand | StrictGroup, ctx: Any, typed: Sequence[str]) -> None:
    """Look at what was typed for one command.

    Raises:
        SettingsError: For an option of one value that is there twice, for two spellings of a flag that contradict
            each other, for an empty value, and for an output whose name says another format.
    """
    if ctx.resilient_parsing:  # completion, or the documentation: nothing is asked for
        return
    given, _, order = command.make_parser(ctx).parse_args(args=list(typed))
    count = Counter(order)
    place = ctx.command_path.partition(" ")[2]
    for parameter in command.get_params(ctx):
        option = parameter.param_type_name == "option"
        name = parameter.opts[0] if option else parameter.metavar or parameter.name
        if option and count[parameter] > 1:
            _check_once(parameter, name, count[parameter], typed, ctx.command_path)
        value = given.get(parameter.name)
        words = [v for v in (value if isinstance(value, (list, tuple)) else [value]) if isinstance(v, str)]
        for word in words:
            if not word.strip():
                raise SettingsError(
                    f"{name} is empty", hint=f"give it a value, or leave it out; see {ctx.command_path} --help"
                )
            kind = destinations.KINDS.get(f"{place} {name}")
            if kind is not None:
                destinations.check(name, kind, word)


def _check_once(parameter: Any, name: str, times: int, typed: Sequence[str], command: str) -> None:
    if parameter.multiple or parameter.count:
        return
    if parameter.is_flag:
        said = [
            next((word for word in typed if word in side), "") for side in (parameter.opts, parameter.secondary_opts)
        ]
        if all(said):
            raise SettingsError(f"{said[0]} and {said[1]} contradict each other", hint="leave out one of the two")
        return
    often = "twice" if times == 2 else f"{times} times"
    raise SettingsError(f"{name} is given {often}, and {command} takes one", hint=_INSTEAD.get(name, "give it once"))
