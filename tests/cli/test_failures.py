from __future__ import annotations

import errno
import importlib
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hpscan.backends import registry
from hpscan.cli import failures
from hpscan.core.errors import DataError, OutputError, SettingsError
from plugin_builder import WHOLE, installer

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Ran


def _left(command: Callable[[], object]) -> int:
    with pytest.raises(SystemExit) as left:
        failures.run(command)
    return int(left.value.code or 0)


def _raise(error: BaseException) -> Callable[[], object]:
    def command() -> None:
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (DataError("m", hint="h"), 1),
        (SettingsError("m", hint="h"), 2),
        (OutputError("m", hint="h"), 4),
        (KeyboardInterrupt(), 130),
        (RuntimeError("m"), 70),
    ],
)
def test_every_kind_of_failure_has_its_exit_code(error: BaseException, code: int) -> None:
    assert _left(_raise(error)) == code


def test_a_foreseen_error_is_one_line_with_the_file_and_one_with_what_to_do(
    capsys: pytest.CaptureFixture[str],
) -> None:
    _left(_raise(DataError("no\nimage", hint="look\nhere", path=Path("some/file.png"))))
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == ["Error: some/file.png: no image", "Hint: look here"]


def test_a_bug_leaves_a_traceback_file(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _left(_raise(RuntimeError("unforeseen")))
    (file,) = (home / "logs").iterdir()
    assert "RuntimeError: unforeseen" in file.read_text()
    err = capsys.readouterr().err
    assert str(file) in err
    assert len(err.splitlines()) == 2


def test_a_bug_is_told_even_when_no_file_can_be_written(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(_text: str) -> Path:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(failures, "_keep", refuse)
    assert _left(_raise(RuntimeError("unforeseen"))) == 70
    assert "Traceback" in capsys.readouterr().err


def test_usage_errors_exit_2_with_a_hint(hpscan: Callable[..., Ran]) -> None:
    for arguments in (["trian"], ["train", "--epochs", "x"], ["diagnose"], ["train", "--hold-out", "0.9"]):
        ran = hpscan(*arguments)
        assert ran.code == 2
        assert ran.out == ""
        lines = ran.err.splitlines()
        assert lines[0].startswith("Error: ")
        assert lines[1].startswith("Hint: hpscan")
        assert len(lines) == 2


def test_no_arguments_show_the_help(hpscan: Callable[..., Ran]) -> None:
    ran = hpscan()
    assert ran.code == 2
    assert "Commands:" in ran.err.splitlines()


def test_a_full_disk_is_no_bug() -> None:
    assert _left(_raise(OSError(errno.ENOSPC, "No space left on device"))) == 4
    assert _left(_raise(OSError(errno.EINVAL, "something else"))) == 70


@pytest.fixture
def darkness(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], object]:
    """A function of an installed plugin that raises."""
    install = installer(tmp_path, monkeypatch)
    raising = "\ndef boom():\n    raise ValueError('boom')\n"
    install("hpscan-darkness", "darkness", "darkness_of_a_test:backend", darkness_of_a_test=WHOLE + raising)
    return lambda: importlib.import_module("darkness_of_a_test").boom()


def test_the_fault_of_a_plugin_is_not_called_a_bug_of_hpscan(
    darkness: Callable[[], object], home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _left(darkness) == 70
    error, place = capsys.readouterr().err.splitlines()
    assert error == "Error: backend 'darkness' of hpscan-darkness 1.5 failed: ValueError: boom"
    (file,) = (home / "logs").iterdir()
    assert place.startswith(f"The traceback is in {file}; tell its authors")
    assert "hpscan.testing.check_backend" in place


@pytest.mark.usefixtures("darkness")
def test_a_bug_of_hpscan_is_not_blamed_on_an_installed_plugin(capsys: pytest.CaptureFixture[str]) -> None:
    assert _left(_raise(RuntimeError("ours"))) == 70
    assert "Error: hpscan has a bug: RuntimeError: ours" in capsys.readouterr().err


def test_a_plugin_that_cannot_be_looked_up_hides_no_error(
    darkness: Callable[[], object], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def damaged(_modules: object) -> None:
        raise OSError("metadata cannot be read")

    monkeypatch.setattr(registry, "owner", damaged)
    assert _left(darkness) == 70
    assert "ValueError: boom" in capsys.readouterr().err


def test_a_reader_that_has_seen_enough_of_a_table_is_no_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "hpscan", "backends", "show", "cnn"],
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")
