"""Everything of the user's lies where HPSCAN_HOME says."""

from __future__ import annotations

from pathlib import Path

import platformdirs
import pytest

from hpscan.store import paths as folders


def test_models_and_logs_follow_hpscan_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HPSCAN_HOME", str(tmp_path / "elsewhere"))
    assert folders.models() == tmp_path / "elsewhere" / "models"
    assert folders.logs() == tmp_path / "elsewhere" / "logs"


def test_hpscan_home_may_start_with_the_user_s_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HPSCAN_HOME", "~/scans")
    assert folders.models() == Path.home() / "scans" / "models"


@pytest.mark.parametrize("value", [None, ""])
def test_without_hpscan_home_the_platform_s_folders_are_used(
    monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    monkeypatch.delenv("HPSCAN_HOME")
    if value is not None:
        monkeypatch.setenv("HPSCAN_HOME", value)
    assert folders.models() == Path(platformdirs.user_data_dir("hpscan", appauthor=False)) / "models"
    assert folders.logs() == Path(platformdirs.user_log_dir("hpscan", appauthor=False))


def test_asking_for_a_folder_makes_none(home: Path) -> None:
    folders.models()
    folders.logs()
    assert not home.exists()
