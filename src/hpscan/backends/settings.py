"""Settings of backends: from what a user gave to their values, and what they are in words.

The words are for the listing, the documentation and the messages about wrong values.
"""

from __future__ import annotations

import difflib
import json
import math
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError
from pydantic.errors import PydanticInvalidForJsonSchema

from hpscan.core.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from pydantic_core import ErrorDetails

_TYPES = {
    "boolean": "bool",
    "integer": "int",
    "number": "float",
    "string": "text",
    "array": "list",
    "object": "table",
    "null": "none",
}
_LIMITS = (
    ("minimum", "at least"),
    ("exclusiveMinimum", "above"),
    ("maximum", "at most"),
    ("exclusiveMaximum", "below"),
)


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of a backend.

    Attributes:
        name: Its name.
        type: `choice`, `bool`, `int`, `float`, `text`, `list`, `table`, alternatives joined by `or`, or `any`.
        default: Its default, as JSON has it.
        choices: The values that it takes, where they are few.
        bounds: Its limits in words, e.g. `at least 1`, `at most 10000`.
        description: What it means.
    """

    name: str
    type: str
    default: Any
    choices: tuple[str, ...]
    bounds: tuple[str, ...]
    description: str

    @property
    def takes(self) -> tuple[str, ...]:
        """What it takes: its choices, or its type and its limits."""
        types = [name for name in self.type.split(" or ") if name != "choice"]
        return (*self.choices, *types, *self.bounds)

    @property
    def default_text(self) -> str:
        """The default as a file of settings would have it, text without quotes unless it is empty."""
        return self.default if isinstance(self.default, str) and self.default else json.dumps(self.default)


def describe(kind: type[BaseModel]) -> tuple[Setting, ...]:
    """All settings of a model whose fields have defaults, in their order."""
    try:
        schema = kind.model_json_schema(by_alias=False)
    except PydanticInvalidForJsonSchema:  # a field of a type that JSON does not know
        schema = {}
    fields = schema.get("properties", {})
    defaults = kind()
    return tuple(
        _setting(name, _alternatives(fields.get(name, {}), schema.get("$defs", {})), getattr(defaults, name), about)
        for name, about in ((name, field.description or "") for name, field in kind.model_fields.items())
    )


def _setting(name: str, kinds: list[Mapping[str, Any]], default: Any, description: str) -> Setting:
    types = [_type(kind) for kind in kinds]
    return Setting(
        name=name,
        type=" or ".join(dict.fromkeys(types)),
        default=_plain(default),
        choices=tuple(str(value) for kind in kinds for value in _values(kind)),
        bounds=tuple(f"{words} {_number(kind[key])}" for kind in kinds for key, words in _LIMITS if key in kind),
        description=description,
    )


def _alternatives(field: Mapping[str, Any], definitions: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The schemas of which a value has to fit one, their references followed."""
    if "$ref" in field:
        return _alternatives(definitions[field["$ref"].rpartition("/")[2]], definitions)
    among = field.get("anyOf") or field.get("allOf")
    return [kind for part in among for kind in _alternatives(part, definitions)] if among else [field]


def _values(kind: Mapping[str, Any]) -> list[Any]:
    return [kind["const"]] if "const" in kind else list(kind.get("enum", []))


def _type(kind: Mapping[str, Any]) -> str:
    return "choice" if _values(kind) else _TYPES.get(kind.get("type", ""), "any")


def _number(value: float) -> str:
    return f"{value:.10g}"


def _plain(value: Any) -> Any:
    """A default as JSON has it, or as text where JSON has no such value."""
    if isinstance(value, Enum):
        return _plain(value.value)
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    return str(value)


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
    return next((setting.choices for setting in describe(kind) if setting.name == key), ())
