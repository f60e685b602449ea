"""From what a user typed to a backend's settings."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from hpscan.core.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping


def configure(kind: type[BaseModel], name: str, given: Mapping[str, Any]) -> BaseModel:
    """Settings of a backend, its defaults changed as `given`; values may be text, as typed.

    Raises:
        SettingsError: When a setting does not exist, or a value is not one that it takes.
    """
    fields = kind.model_fields
    for key in given:
        if key not in fields:
            near = difflib.get_close_matches(key, fields, n=1)
            there = ", ".join(fields) or "none"
            hint = f"did you mean {near[0]}?" if near else f"its settings are: {there}"
            raise SettingsError(f"backend {name!r} has no setting {key!r}", hint=hint)
    try:
        return kind.model_validate(dict(given))
    except ValidationError as error:
        first = error.errors()[0]
        if not first["loc"]:  # two settings that do not go together, by the backend's own validator
            raise SettingsError(
                f"settings of backend {name!r} do not fit together: {first['msg']}",
                hint=f"its settings are: {', '.join(fields)}",
            ) from None
        key = str(first["loc"][0])
        raise SettingsError(
            f"setting {key} of backend {name!r} cannot be {first['input']!r}: {first['msg']}",
            hint=f"{key}: {fields[key].description}",
        ) from None
