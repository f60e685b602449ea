from __future__ import annotations

import errno
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hpscan.cli import failures
from hpscan.core.errors import DataError, OutputError, SettingsError

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
