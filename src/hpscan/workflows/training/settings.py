"""A backend's settings as a user gave them: in a file, as KEY=VALUE, and by their short options."""

from __future__ import annotations

import difflib
import tomllib
from typing import TYPE_CHECKING, Any

from hpscan.backends import registry
from hpscan.backends.settings import configure
from hpscan.core.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def gather(backend: str, config: Path | None, given: Mapping[str, Any], short: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that differ from the backend's defaults, seen to be ones that it takes.

    Args:
        backend: Its name.
        config: A TOML file with settings.
        given: Settings that override the file.
        short: Settings that have an option of their own, e.g. `epochs`, and override both.

    Raises:
        SettingsError: When the file cannot be read, or a setting does not exist or has a wrong value.
        BackendError: When the backend cannot be used.
    """
    kind, _ = registry.load(backend)
    for key in short:
        if key not in kind.settings.model_fields:
            raise SettingsError(
                f"backend {backend!r} takes no --{key}: it has no such setting",
                hint=f"see its settings with: hpscan backends show {backend}",
            )
    typed = {**given, **short}
    read = {} if config is None else from_file(config, backend)
    configure(kind.settings, backend, {**read, **typed}, file=config, from_file=read.keys() - typed.keys())
    return {**read, **typed}


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
    own: dict[str, Any] = content.get(registry.current_name(backend), {})
    return {**top, **own}


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
