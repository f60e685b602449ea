"""A backend and its settings as a user chose them: in a file, as key and value, and by arguments of their own."""

from __future__ import annotations

import difflib
import tomllib
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from hpscan.backends import registry
from hpscan.backends.settings import configure
from hpscan.core.backend import Checker, Quick
from hpscan.core.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pydantic import BaseModel

    from hpscan.backends.registry import Plugin
    from hpscan.core.backend import Backend, Supervision


@dataclass(frozen=True, slots=True)
class ConfiguredBackend:
    """A backend that was found and given its settings, ready to be fitted.

    Attributes:
        name: Its name.
        plugin: Where it comes from.
        backend: The backend itself.
        settings: All settings.
        chosen: The settings that a user chose; the others are defaults.
    """

    name: str
    plugin: Plugin
    backend: Backend[Any]
    settings: BaseModel
    chosen: Mapping[str, Any]

    @property
    def supervision(self) -> Supervision:
        """What it learns from with these settings."""
        return self.backend.learns_from(self.settings)

    def check(self) -> None:
        """See, where the backend can tell, that nothing will stop the fit."""
        if isinstance(self.backend, Checker):
            self.backend.check(self.settings)


def configured(
    name: str,
    chosen: Mapping[str, Any] = MappingProxyType({}),
    *,
    config: Path | None = None,
    short: Mapping[str, Any] = MappingProxyType({}),
    quick: bool = False,
) -> ConfiguredBackend:
    """The backend of that name, with its settings.

    Args:
        name: Its name.
        chosen: Settings that override the file; values may be text.
        config: A TOML file with settings.
        short: Settings that have an argument of their own, e.g. `epochs`, and override both.
        quick: Whether the backend's own quick settings, if it has some, take the place of defaults.

    Raises:
        SettingsError: When the file cannot be read, or a setting does not exist or has a wrong value.
        BackendError: When the backend cannot be used.
    """
    backend, plugin = registry.load(name)
    name = plugin.name
    for key in short:
        if key not in backend.settings.model_fields:
            raise SettingsError(
                f"backend {name!r} takes no `{key}`: it has no such setting",
                hint=f"see its settings with: hpscan backends show {name}",
            )
    typed = {**chosen, **short}
    read = {} if config is None else from_file(config, name)
    fast = dict(backend.quick) if quick and isinstance(backend, Quick) else {}
    every = {**fast, **read, **typed}
    settings = configure(backend.settings, name, every, file=config, from_file=read.keys() - typed.keys())
    return ConfiguredBackend(name, plugin, backend, settings, every)


def from_file(path: Path, backend: str) -> dict[str, Any]:
    """The settings of a backend in a TOML file: those of its own table before those at the top.

    Raises:
        SettingsError: When the file cannot be read, or holds a table that is no installed backend's.
    """
    content: dict[str, Any] = {}
    for key, value in _parsed(path).items():
        current = registry.current_name(key) if isinstance(value, dict) else key
        if current in content:
            raise SettingsError(
                f"tables [{current}] and [{key}] are for the same backend", hint=f"keep [{current}]", path=path
            )
        content[current] = value
    installed = registry.names()
    for key, value in content.items():
        table = isinstance(value, dict)
        if table and key not in installed:
            near = difflib.get_close_matches(key, installed, n=1)
            raise SettingsError(
                f"table [{key}] is for no installed backend",
                hint=f"did you mean [{near[0]}]?" if near else f"installed are: {', '.join(installed)}",
                path=path,
            )
        if key in installed and not table:
            raise SettingsError(
                f"{key} is a backend, and takes a table of settings",
                hint=f"write [{key}] on a line, and its settings as key = value below",
                path=path,
            )
    top = {key: value for key, value in content.items() if not isinstance(value, dict)}
    table_of_backend: dict[str, Any] = content.get(registry.current_name(backend), {})
    return {**top, **table_of_backend}


def tables_only(path: Path) -> None:
    """See that every setting of a file stands in a backend's table, where it is meant for several backends.

    Raises:
        SettingsError: When one does not.
    """
    loose = [key for key, value in _parsed(path).items() if not isinstance(value, dict)]
    if loose:
        raise SettingsError(
            f"{loose[0]} stands in no table, and there is more than one backend",
            hint=f"write it below the name of its backend, as in [cnn] and then {loose[0]} = ...",
            path=path,
        )


def _parsed(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(
            f"{path} cannot be read: {error.strerror or error}", hint="name a TOML file with settings", path=path
        ) from error
    except UnicodeDecodeError as error:
        raise SettingsError(
            f"{path} is no text in UTF-8, as TOML has to be", hint="save it as UTF-8", path=path
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(
            f"{path} is no TOML: {error}", hint='write settings as key = value, text in "..."', path=path
        ) from error
