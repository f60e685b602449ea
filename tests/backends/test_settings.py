"""Settings of backends: what a user types becomes values or a clear error, and every kind of setting is put into words."""

from __future__ import annotations

from enum import Enum, StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import pytest
from pydantic import BaseModel, ConfigDict, Field, model_validator

from hpscan.backends import registry
from hpscan.backends.autoencoder.settings import AutoencoderSettings, Measure
from hpscan.backends.settings import Setting, configure, describe
from hpscan.core.errors import SettingsError


def _configure(**given: object) -> BaseModel:
    return configure(AutoencoderSettings, "autoencoder", given)


def test_what_is_not_given_keeps_its_default() -> None:
    assert _configure() == AutoencoderSettings()
    assert _configure(epochs=3) == AutoencoderSettings(epochs=3)


def test_values_may_be_text_as_typed() -> None:
    made = _configure(epochs="3", learning_rate="1e-4", hue_low="-10.5", score="f-red")
    assert isinstance(made, AutoencoderSettings)
    assert (made.epochs, made.learning_rate, made.hue_low, made.score) == (3, 1e-4, -10.5, Measure.F_RED)


def test_a_typo_is_answered_with_the_nearest_setting() -> None:
    with pytest.raises(SettingsError, match="'autoencoder' has no setting 'learning_rat'") as caught:
        _configure(learning_rat="0.1")
    assert caught.value.hint == "did you mean learning_rate?"


def test_a_setting_near_to_nothing_is_answered_with_all_there_are() -> None:
    with pytest.raises(SettingsError) as caught:
        _configure(zzz=1)
    assert caught.value.hint.startswith("its settings are: ")
    assert "patches_per_patient" in caught.value.hint


def test_a_backend_without_settings_says_so() -> None:
    with pytest.raises(SettingsError) as caught:
        configure(BaseModel, "bare", {"x": 1})
    assert caught.value.hint == "its settings are: none"


@pytest.mark.parametrize(
    ("key", "value"),
    [("epochs", "many"), ("epochs", "0"), ("epochs", "2.5"), ("hue_low", "nan"), ("score", "zzz"), ("crop", "16")],
)
def test_a_wrong_value_is_answered_with_the_setting_and_its_description(key: str, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        _configure(**{key: value})
    assert caught.value.message.startswith(f"setting {key} of backend 'autoencoder' cannot be {value!r}: ")
    assert caught.value.hint == f"{key}: {AutoencoderSettings.model_fields[key].description}"


class _Pair(BaseModel):
    low: int = Field(0, description="Low.")
    high: int = Field(1, description="High.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.low > self.high:
            raise ValueError("low is above high")
        return self


def test_settings_that_do_not_fit_together_are_told_in_the_backend_s_own_words() -> None:
    with pytest.raises(SettingsError, match=r"'pair' do not fit together: low is above high$") as caught:
        configure(_Pair, "pair", {"low": "5"})
    assert caught.value.hint == "its settings are: low, high"


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("epochs", "many", "it should be a whole number"),
        ("epochs", "2.5", "it should be a whole number"),
        ("hue_low", "red", "it should be a number"),
    ],
)
def test_a_wrong_number_is_told_in_plain_words(key: str, value: str, reason: str) -> None:
    with pytest.raises(SettingsError) as caught:
        _configure(**{key: value})
    assert caught.value.message.endswith(f"cannot be {value!r}: {reason}")


def test_a_wrong_choice_is_answered_with_the_nearest() -> None:
    with pytest.raises(SettingsError, match="cannot be 'unett'") as caught:
        _configure(network="unett")
    assert caught.value.hint == "did you mean unet?"


@pytest.mark.parametrize(
    ("given", "from_file", "named"),
    [
        ({"epochs": "many"}, {"epochs"}, True),
        ({"epochs": "many", "crop": 64}, {"crop"}, False),
        ({"epoch": 3}, {"epoch"}, True),
        ({"epoch": 3}, set(), False),
    ],
)
def test_an_error_names_the_file_when_its_value_stands_there(
    given: dict[str, object], from_file: set[str], named: bool
) -> None:
    file = Path("settings.toml")
    with pytest.raises(SettingsError) as caught:
        configure(AutoencoderSettings, "autoencoder", given, file=file, from_file=from_file)
    assert caught.value.path == (file if named else None)


# --- in words


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Plain(Enum):
    ONE = 1


class Unknown:
    """A type that JSON does not know."""


def described(annotation: Any, default: Any, **limits: Any) -> Setting:
    kind = type(
        "Made",
        (BaseModel,),
        {
            "__annotations__": {"x": annotation},
            "model_config": ConfigDict(arbitrary_types_allowed=True),
            "x": Field(default, description="Something.", **limits),
        },
    )
    (setting,) = describe(kind)
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
    assert described(Unknown, None).type == "any"


def test_every_setting_of_our_backends_is_described() -> None:
    for plugin in registry.plugins():
        if plugin.distribution == "hpscan" and not plugin.problem:
            kind = registry.load(plugin.name)[0].settings
            found = describe(kind)
            assert [setting.name for setting in found] == list(kind.model_fields)
            for setting in found:
                assert setting.description, (plugin.name, setting.name)
                assert setting.type != "any", (plugin.name, setting.name)
