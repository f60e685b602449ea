"""What the terminal shows of backends and pretrained weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.panel import Panel
from rich.text import Text

from hpscan.cli.output.console import table
from hpscan.cli.render import facts, shortened
from hpscan.core.backend import Supervision

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import RenderableType

    from hpscan.backends.pretrained.weights import Found
    from hpscan.backends.registry import Plugin
    from hpscan.backends.settings import Setting
    from hpscan.workflows.zoo.checkpoints import Converted

_LEARNS_FROM = {
    None: "-",
    Supervision.NOTHING: "nothing",
    Supervision.NEGATIVE_PATIENTS: "patches of negative patients",
    Supervision.LABELLED_PATCHES: "labelled patches",
}
_SOURCES = {
    "file": "the one given",
    "package": "installed with hpscan",
    "cache": "downloaded before",
    "hub": "to be downloaded when first used",
}


def backends(plugins: Sequence[Plugin]) -> Iterable[RenderableType]:
    """All that is installed, and whether it can be used."""
    rows = [[p.name, _LEARNS_FROM[p.learns_from], f"{p.distribution} {p.version}", p.status] for p in plugins]
    made = table("Backends", ["name", "learns from", "installed by", "status"], rows, left=4)
    if any(p.problem for p in plugins):  # a reason needs the room
        made.columns[1].max_width = len("negative patients")
    yield made
    if plugins:
        yield Text("The settings of one: hpscan backends show NAME", style="dim")


def backend(plugin: Plugin, settings: Sequence[Setting]) -> Iterable[RenderableType]:
    """One backend, and what it can be told."""
    rows: list[tuple[str, RenderableType]] = [
        ("learns from", _LEARNS_FROM[plugin.learns_from]),
        ("installed by", f"{plugin.distribution} {plugin.version}"),
        ("module", plugin.module),
    ]
    yield Panel(facts(rows), title=plugin.name, title_align="left", expand=False)
    if settings:
        yield Text("\nSettings", style="bold")
        yield facts([(s.name, _setting(s)) for s in settings])
        yield Text(f"Set one with: hpscan train --backend {plugin.name} --set KEY=VALUE", style="dim")
    else:
        yield Text("It has no settings.")


def _setting(setting: Setting) -> RenderableType:
    """What it takes, and its default; below that what it means."""
    return Group(Text(f"{', '.join(setting.takes)}; default {setting.default_text}"), Text(setting.description, "dim"))


def weights(found: Found) -> Iterable[RenderableType]:
    """Where the weights of a backbone are."""
    yield facts(
        [
            ("backbone", found.name),
            ("can be had", "yes"),
            ("source", f"{found.source.value}: {_SOURCES[found.source.value]}"),
            ("where", found.where),
            ("size", "not told" if found.size is None else f"{found.size / 1e6:.1f} MB"),
        ]
    )


def converted(made: Converted) -> Iterable[RenderableType]:
    """What the new file holds."""
    rows: list[tuple[str, RenderableType]] = [
        ("file", str(made.path)),
        ("tensors", f"{made.tensors}{f', those under {made.part!r}' if made.part else ''}"),
    ]
    if made.widened:
        rows.append(("", f"{made.widened} were bfloat16 and are float32 now, of exactly the same values"))
    if made.left_out:
        rows.append(("left out", f"{shortened(made.left_out)}: no tensors"))
    rows += [("size", f"{made.size / 1e6:.1f} MB"), ("SHA-256", made.sha256)]
    yield facts(rows)
