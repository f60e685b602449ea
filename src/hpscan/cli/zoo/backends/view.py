"""What the commands about backends show: the JSON documents and screens."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Literal

from pydantic import Field, JsonValue
from rich.console import Group
from rich.panel import Panel
from rich.text import Text

from hpscan.cli.output.console import table
from hpscan.cli.output.documents import (
    Document,
)
from hpscan.cli.output.panels import (
    facts,
)
from hpscan.core.backend import Supervision

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import RenderableType

    from hpscan.backends.registry import Plugin
    from hpscan.backends.settings import Setting


LearnsFrom = Literal["nothing", "negative-patients", "labelled-patches"]


_LEARNS_FROM = {
    None: "-",
    Supervision.NOTHING: "none",
    Supervision.NEGATIVE_PATIENTS: "one-class: patches of negative patients",
    Supervision.LABELLED_PATCHES: "supervised: labelled patches",
}


class BackendDocument(Document):
    """One line of what `backends --json` prints."""

    name: str
    learns_from: LearnsFrom | None = Field(description="With its default settings; null if it cannot be asked.")
    distribution: str
    status: str = Field(description="'ok', 'broken: REASON', or 'clash: claimed by A and B'.")


class SettingDocument(Document):
    """A setting of a backend."""

    name: str
    type: str = Field(description="choice, bool, int, float, text, list, table, none or any; alternatives with 'or'.")
    default: JsonValue
    choices: list[str] = Field(description="All values of a choice; empty for another type.")
    bounds: list[str] = Field(description="In words: at least, above, at most, below.")
    description: str


class BackendSettingsDocument(Document):
    """What `backends show --json` prints."""

    name: str
    distribution: str
    version: str
    learns_from: LearnsFrom = Field(description="With its default settings.")
    settings: list[SettingDocument]


def backend_document(value: Plugin) -> BackendDocument:
    """A backend in the listing."""
    learns = value.learns_from
    return BackendDocument(
        name=value.name,
        learns_from=None if learns is None else learns.value,
        distribution=value.distribution,
        status=value.status,
    )


def settings_document(value: Plugin, settings: Sequence[Setting]) -> BackendSettingsDocument:
    """A backend that can be used, with its settings."""
    return BackendSettingsDocument.model_validate(
        {
            **{name: getattr(value, name) for name in ("name", "distribution", "version", "learns_from")},
            "settings": [asdict(setting) for setting in settings],
        }
    )


def list_screen(plugins: Sequence[Plugin]) -> Iterable[RenderableType]:
    """All that is installed, and whether it can be used."""
    rows = [[p.name, _LEARNS_FROM[p.learns_from], f"{p.distribution} {p.version}", p.status] for p in plugins]
    listing = table("Backends", ["name", "learns from", "installed by", "status"], rows, left=4)
    if any(p.problem for p in plugins):  # a reason needs the room
        listing.columns[1].max_width = len("negative patients")
    yield listing
    if plugins:
        yield Text("The settings of one: hpscan backends show NAME", style="dim")


def settings_screen(plugin: Plugin, settings: Sequence[Setting]) -> Iterable[RenderableType]:
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
