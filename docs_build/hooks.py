"""Builds the generated parts of the site: the commands and the settings of the backends, as the code has them.

A page asks for a part with a comment: `<!-- commands -->`, `<!-- settings -->` or, for a model card, `<!-- card PATH -->`.
Parts that are committed in the pages themselves are made by committed_parts.py; here only their markers are taken out.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


def on_page_markdown(markdown: str, **_: Any) -> str:
    """MkDocs calls this with each page before it is rendered."""
    for name, make in (("commands", commands), ("settings", settings)):
        marker = f"<!-- {name} -->"
        if marker in markdown:
            markdown = markdown.replace(marker, make())
    markdown = re.sub(r"<!-- card (\S+) -->", lambda found: card(found[1]), markdown)
    return re.sub(r"^<!-- (?:generated: .*|end) -->\n?", "", markdown, flags=re.MULTILINE)


def card(path: str) -> str:
    """A Markdown file of the repository without its title, its headings one level lower."""
    text = (Path(__file__).parents[1] / path).read_text(encoding="utf-8").partition("\n")[2]
    return re.sub(r"^#", "##", text, flags=re.MULTILINE)


def walk() -> Iterator[tuple[str, Any, Any]]:
    """Every command of the app: its full name, e.g. `hpscan data check`, itself and its context; the app comes first."""
    from typer.main import get_command

    from hpscan.cli.app import app

    top = get_command(app)
    waiting = [("hpscan", top, top.make_context("hpscan", [], resilient_parsing=True))]
    while waiting:
        name, command, context = waiting.pop(0)
        yield name, command, context
        waiting[:0] = [
            (f"{name} {child}", below, below.make_context(child, [], parent=context, resilient_parsing=True))
            for child, below in _children(command, context)
        ]


def _children(command: Any, context: Any) -> list[tuple[str, Any]]:
    """The commands of a group by name; none of a command."""
    names = command.list_commands(context) if hasattr(command, "list_commands") else ()
    return [(name, command.get_command(context, name)) for name in names]


def commands() -> str:
    """All commands as Markdown: usage, help, arguments, options and their defaults."""
    return "\n".join(line for name, command, context in walk() for line in _command(name, command, context))


def _command(name: str, command: Any, context: Any) -> list[str]:
    usage = " ".join(command.collect_usage_pieces(context))
    lines = [f"### {name}", "", f"```text\n{name} {usage}\n```", "", command.help or "", ""]
    parameters = [(p, p.get_help_record(context)) for p in command.get_params(context)]
    arguments = [_row(f"`{p.metavar or p.name}`", p.help) for p, _ in parameters if p.param_type_name == "argument"]
    if arguments:
        lines += ["| Argument | Meaning |", "|---|---|", *arguments, ""]
    options = [_row(*_option(*found)) for p, found in parameters if p.param_type_name == "option" and found]
    if options:
        lines += ["| Option | Meaning | Default | Range |", "|---|---|---|---|", *options, ""]
    children = _children(command, context)
    if children:
        lines += ["| Command | What it does |", "|---|---|"]
        for child, below in children:
            link = f"[`{name} {child}`](#{name.replace(' ', '-')}-{child})"
            lines.append(_row(link, below.help.partition("\n")[0]))
        lines.append("")
    return lines


def _option(name: str, text: str) -> tuple[str, str, str, str]:
    """An option, its help, its default and its range, which typer puts in brackets behind the help."""
    meaning, bracket, extra = text.rpartition("  [")
    if not bracket:
        return f"`{name}`", text, "", ""
    default, span = "", ""
    for part in extra.removesuffix("]").split("; "):
        if part.startswith("default: "):
            default = f"`{part.removeprefix('default: ')}`"
        else:
            span = f"`{part}`"
    return f"`{name}`", meaning, default, span


def _row(*cells: str) -> str:
    """A row of a table; within backticks a bar parts no cells."""
    return f"| {' | '.join(cell if cell.startswith('`') else cell.replace('|', '&#124;') for cell in cells)} |"


def settings() -> str:
    """The settings of every backend that hpscan itself brings, as Markdown."""
    from hpscan.backends import registry
    from hpscan.backends.settings import describe

    lines = []
    for plugin in registry.plugins():
        if plugin.distribution != "hpscan":
            continue
        backend, _ = registry.load(plugin.name)
        lines += [f"### Settings of {plugin.name}", "", f"Learns from: `{plugin.learns_from}`.", ""]
        lines += ["| Setting | Meaning | Values | Default |", "|---|---|---|---|"]
        for setting in describe(backend.settings):
            takes = ", ".join(f"`{word}`" if word in setting.choices else word for word in setting.takes)
            lines.append(_row(f"`{setting.name}`", setting.description, takes, f"`{setting.default_text}`"))
        lines.append("")
    return "\n".join(lines)
