"""What a user types becomes settings, or an error that says which setting and what it takes."""

from __future__ import annotations

from pathlib import Path
from typing import Self

import pytest
from pydantic import BaseModel, Field, model_validator

from hpscan.backends.autoencoder.backend import AutoencoderSettings, Measure
from hpscan.backends.configure import configure
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
