"""Settings come from a file, from --set and from short options, each overriding the one before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hpscan.core.errors import BackendNotFoundError, SettingsError
from hpscan.workflows.training.settings import configured, from_file
from plugin_builder import WHOLE, installer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Config = Callable[[str], Path]


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """Writes a file of settings."""

    def write(text: str) -> Path:
        path = tmp_path / "settings.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_the_backends_own_table_wins_over_the_top_and_other_tables_are_not_looked_at(config: Config) -> None:
    path = config('epochs = 3\ncrop = 64\n[autoencoder]\nepochs = 4\n[redness]\nhue_low = "no number"\n')
    assert from_file(path, "autoencoder") == {"epochs": 4, "crop": 64}


def test_one_file_serves_several_backends(config: Config) -> None:
    path = config("hue_high = 30\n[autoencoder]\nepochs = 4\n")
    assert configured("autoencoder", config=path).chosen == {"hue_high": 30, "epochs": 4}
    assert configured("redness", config=path).chosen == {"hue_high": 30}


def test_each_way_overrides_the_one_before(config: Config) -> None:
    path = config("[autoencoder]\nepochs = 4\ncrop = 64\npatience = 2\n")
    found = configured("autoencoder", {"crop": "96", "epochs": "5"}, config=path, short={"epochs": 6})
    assert found.chosen == {"epochs": 6, "crop": "96", "patience": 2}


def test_a_wrong_value_in_the_file_does_not_matter_once_it_is_overridden(config: Config) -> None:
    assert configured("autoencoder", config=config('epochs = "many"'), short={"epochs": 3}).chosen == {"epochs": 3}


def test_the_table_of_a_broken_backend_is_no_error(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installer(tmp_path, monkeypatch)("hpscan-odd", "odd", "odd_of_a_test:backend", odd_of_a_test=WHOLE[:50])
    assert configured("redness", config=config("[odd]\nx = 1\n")).chosen == {}


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("epochs = \n", r"is no TOML: .*line 1", "key = value"),
        ("epochs = 1\nepochs = 2\n", r"is no TOML: .*line 2", "key = value"),
        ("[autoencodr]\nepochs = 1\n", "table \\[autoencodr\\] is for no installed", "did you mean [autoencoder]?"),
        ("[zzz]\n", "table \\[zzz\\] is for no installed", "installed are: autoencoder"),
        ("[autoencoder.network]\na = 1\n", "setting network .* cannot be", "network: shallow"),
        ("autoencoder = 3\n", "takes a table", "write [autoencoder]"),
        ("[[autoencoder]]\nepochs = 3\n", "takes a table", "write [autoencoder]"),
        ("epoch = 3\n", "has no setting 'epoch'", "did you mean epochs?"),
        ('network = "unett"\n', "cannot be 'unett'", "did you mean unet?"),
        ("epochs = 2.5\n", "setting epochs .* cannot be 2.5", "epochs: Most"),
        ("epochs = 2026-01-01\n", "setting epochs .* cannot be", "epochs: Most"),
        ("hue_low = nan\n", "setting hue_low .* cannot be nan", "hue_low: "),
    ],
)
def test_what_is_wrong_in_the_file_is_told_with_the_file(config: Config, text: str, message: str, hint: str) -> None:
    path = config(text)
    with pytest.raises(SettingsError, match=message) as caught:
        configured("autoencoder", config=path)
    assert caught.value.path == path
    assert hint in caught.value.hint
    assert "\n" not in caught.value.message


def test_a_wrong_value_of_the_command_line_does_not_blame_the_file(config: Config) -> None:
    with pytest.raises(SettingsError, match="'many'") as caught:
        configured("autoencoder", {"epochs": "many"}, config=config("crop = 64"))
    assert caught.value.path is None


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "nowhere.toml", tmp_path, binary):
        with pytest.raises(SettingsError) as caught:
            configured("autoencoder", config=path)
        assert caught.value.path == path


@pytest.mark.parametrize("short", [{"weights": "file"}, {"epochs": 3}])
def test_a_short_option_for_a_setting_that_is_not_there_is_told_as_the_option(short: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match=f"'redness' takes no `{next(iter(short))}`") as caught:
        configured("redness", short=short)
    assert caught.value.hint == "see its settings with: hpscan backends show redness"


def test_an_unknown_backend_is_told_first(config: Config) -> None:
    with pytest.raises(BackendNotFoundError):
        configured("autoencodr", config=config("epochs = "))


def test_a_table_with_the_old_name_of_a_backend_is_its_own(config: Config) -> None:
    path = config("[boxed]\ntop = 7\n")
    assert from_file(path, "bundled") == {"top": 7}
    assert configured("boxed", config=path).chosen == {"top": 7}


def test_tables_with_the_old_and_the_new_name_are_not_put_together(config: Config) -> None:
    with pytest.raises(SettingsError, match="same backend"):
        from_file(config("[boxed]\ntop = 7\n[bundled]\ntop = 8\n"), "bundled")
