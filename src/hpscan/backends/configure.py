"""From what a user gave to a backend's settings."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from hpscan.backends import describe
from hpscan.core.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from pydantic_core import ErrorDetails


def configure(
    kind: type[BaseModel],
    name: str,
    given: Mapping[str, Any],
    *,
    file: Path | None = None,
    from_file: Collection[str] = (),
) -> BaseModel:
    """Settings of a backend, its defaults changed as `given`; values may be text, as typed.

    Args:
        kind: The settings' type.
        name: The backend's name.
        given: Values by setting.
        file: A file that some of them were read from.
        from_file: Which ones; an error about one of them names the file.

    Raises:
        SettingsError: When a setting does not exist, or a value is not one that it takes.
    """
    fields = kind.model_fields
    for key in given:
        if key not in fields:
            near = difflib.get_close_matches(key, fields, n=1)
            there = ", ".join(fields) or "none"
            hint = f"did you mean {near[0]}?" if near else f"its settings are: {there}"
            path = file if key in from_file else None
            raise SettingsError(f"backend {name!r} has no setting {key!r}", hint=hint, path=path)
    try:
        return kind.model_validate(dict(given))
    except ValidationError as error:
        first = error.errors()[0]
        if not first["loc"]:  # two settings that do not go together, by the backend's own validator
            raise SettingsError(
                f"settings of backend {name!r} do not fit together: {_reason(first)}",
                hint=f"its settings are: {', '.join(fields)}",
                path=file if from_file else None,
            ) from None
        key = str(first["loc"][0])
        near = difflib.get_close_matches(str(given.get(key)), _choices(kind, key), n=1)
        raise SettingsError(
            f"setting {key} of backend {name!r} cannot be {first['input']!r}: {_reason(first)}",
            hint=f"did you mean {near[0]}?" if near else f"{key}: {fields[key].description}",
            path=file if key in from_file else None,
        ) from None


def _reason(error: ErrorDetails) -> str:
    """Why a value is wrong, without the words of a parser."""
    if error["type"] in ("int_type", "int_parsing", "int_from_float"):
        return "it should be a whole number"
    if error["type"] in ("float_type", "float_parsing"):
        return "it should be a number"
    return error["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")


def _choices(kind: type[BaseModel], key: str) -> tuple[str, ...]:
    return next((setting.choices for setting in describe.settings(kind) if setting.name == key), ())
