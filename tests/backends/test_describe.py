"""Every kind of setting that a backend may have is put into words."""

from __future__ import annotations

from enum import Enum, StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from hpscan.backends import describe, registry


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Plain(Enum):
    ONE = 1


class Odd:
    """A type that JSON does not know."""


def described(annotation: Any, default: Any, **limits: Any) -> describe.Setting:
    kind = type(
        "Made",
        (BaseModel,),
        {
            "__annotations__": {"x": annotation},
            "model_config": ConfigDict(arbitrary_types_allowed=True),
            "x": Field(default, description="Something.", **limits),
        },
    )
    (setting,) = describe.settings(kind)
    assert setting.description == "Something."
    return setting


@pytest.mark.parametrize(
    ("annotation", "default", "limits", "takes", "shown"),
    [
        (int, 3, {"ge": 1, "le": 10_000_000}, ("int", "at least 1", "at most 10000000"), "3"),
        (float, 0.5, {"gt": 0, "lt": 1}, ("float", "above 0", "below 1"), "0.5"),
        (float, float("inf"), {}, ("float",), "inf"),
        (bool, True, {}, ("bool",), "true"),
        (str, "", {}, ("text",), '""'),
        (str, "resnet18", {}, ("text",), "resnet18"),
        (Path, Path("a"), {}, ("text",), "a"),
        (Colour, Colour.RED, {}, ("red", "blue"), "red"),
        (Plain, Plain.ONE, {}, ("1",), "1"),
        (Literal["fast", "slow"], "fast", {}, ("fast", "slow"), "fast"),
        (Literal["only"], "only", {}, ("only",), "only"),
        (int | None, None, {}, ("int", "none"), "null"),
        (Annotated[int, Field(ge=1)] | Literal["auto"], "auto", {}, ("auto", "int", "at least 1"), "auto"),
        (tuple[int, ...], (1, 2), {}, ("list",), "[1, 2]"),
        (dict[str, float], {"a": 1.5}, {}, ("table",), '{"a": 1.5}'),
        (Any, None, {}, ("any",), "null"),
    ],
)
def test_a_setting_says_what_it_takes_and_its_default(
    annotation: Any, default: Any, limits: dict[str, Any], takes: tuple[str, ...], shown: str
) -> None:
    setting = described(annotation, default, **limits)
    assert setting.takes == takes
    assert setting.default_text == shown


def test_a_type_that_json_does_not_know_stops_nobody() -> None:
    assert described(Odd, None).type == "any"


def test_every_setting_of_our_backends_is_described() -> None:
    for plugin in registry.plugins():
        if plugin.distribution == "hpscan" and not plugin.problem:
            kind = registry.load(plugin.name)[0].settings
            found = describe.settings(kind)
            assert [setting.name for setting in found] == list(kind.model_fields)
            for setting in found:
                assert setting.description, (plugin.name, setting.name)
                assert setting.type != "any", (plugin.name, setting.name)
