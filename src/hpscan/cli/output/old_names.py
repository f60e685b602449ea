"""Keys of JSON that were renamed are printed under their old names, too, so that who reads them goes on.

A field's old names stand in its `validation_alias`, under which files of earlier versions are read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import AliasChoices, BaseModel

if TYPE_CHECKING:
    from collections.abc import Iterator


def old_names(model: type[BaseModel]) -> Iterator[tuple[str, str]]:
    """Each renamed field of a model: its name, and the old one."""
    for name, field in model.model_fields.items():
        if isinstance(field.validation_alias, AliasChoices):
            yield from ((name, str(old)) for old in field.validation_alias.choices if old != name)


def dumped(model: BaseModel) -> dict[str, Any]:
    """A model as JSON has it, old names at the end of each object."""
    content = model.model_dump(mode="json", by_alias=True)
    _add(model, content)
    return content


def _add(value: object, content: Any) -> None:
    if isinstance(value, BaseModel):
        for name, field in type(value).model_fields.items():
            _add(getattr(value, name), content[field.serialization_alias or name])
        for name, old in old_names(type(value)):
            content[old] = content[name]
    elif isinstance(value, Mapping):
        for part, plain in zip(value.values(), content.values(), strict=True):
            _add(part, plain)
    elif isinstance(value, list | tuple):
        for part, plain in zip(value, content, strict=True):
            _add(part, plain)
