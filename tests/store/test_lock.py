"""Two processes do not work in one output folder, and one that was killed leaves it free."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from hpscan.core.errors import OutputError
from hpscan.store.lock import LOCK, lock

if TYPE_CHECKING:
    from pathlib import Path

_HOLDER = """
import sys
from pathlib import Path
from hpscan.store.lock import lock
with lock(Path(sys.argv[1]), "benchmark"):
    print("held", flush=True)
    sys.stdin.read()
"""


def _holder(folder: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_process_is_refused_and_told_which_one_is_there(tmp_path: Path) -> None:
    first = _holder(tmp_path / "out")
    try:
        with pytest.raises(OutputError, match=rf"another benchmark \(process {first.pid}\) is running") as refused:
            lock(tmp_path / "out", "benchmark").__enter__()
        assert "\n" not in refused.value.message
        assert "`out`" in refused.value.hint
    finally:
        first.communicate("")
    assert first.returncode == 0
    with lock(tmp_path / "out", "benchmark"):
        pass
    assert list((tmp_path / "out").iterdir()) == []


def test_a_killed_process_holds_nothing(tmp_path: Path) -> None:
    first = _holder(tmp_path)
    first.kill()
    first.communicate()
    assert (tmp_path / LOCK).is_file()
    with lock(tmp_path, "benchmark"):
        pass
    assert not (tmp_path / LOCK).exists()


def test_an_error_inside_lets_go(tmp_path: Path) -> None:
    with pytest.raises(KeyError), lock(tmp_path, "benchmark"):
        raise KeyError
    with lock(tmp_path, "benchmark"):
        pass
