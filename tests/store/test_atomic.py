"""Written whole or not at all, and never over something of the user's unasked."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hpscan.core.errors import OutputError, OutputExistsError
from hpscan.store import atomic

MARKER = "manifest.json"


def _full(*_: object) -> None:
    raise OSError(28, "No space left on device")


def _names(path: Path) -> list[str]:
    return sorted(p.name for p in path.iterdir())


def _made_by_us(path: Path) -> Path:
    path.mkdir()
    (path / MARKER).write_text("old")
    (path / "weights").write_text("old")
    return path


def _interrupted(path: Path, error: type[BaseException]) -> None:
    with atomic.folder(path, MARKER, force=True) as temporary:
        (temporary / MARKER).write_text("half")
        raise error


# --- one file


def test_a_file_is_written_with_the_folders_that_it_needs(tmp_path: Path) -> None:
    atomic.write(tmp_path / "a" / "b" / "out.csv", b"x,y\n")
    assert (tmp_path / "a" / "b" / "out.csv").read_bytes() == b"x,y\n"
    assert _names(tmp_path / "a" / "b") == ["out.csv"]


def test_a_file_that_exists_is_kept_unless_forced(tmp_path: Path) -> None:
    file = tmp_path / "out.csv"
    file.write_bytes(b"mine")
    with pytest.raises(OutputExistsError) as caught:
        atomic.write(file, b"new")
    assert file.read_bytes() == b"mine"
    assert "`force`" in caught.value.hint
    assert caught.value.path == file
    atomic.write(file, b"new", force=True)
    assert file.read_bytes() == b"new"


@pytest.mark.parametrize("fails", ["fsync", "replace"])
def test_when_the_disk_is_full_the_old_file_stays_and_nothing_is_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    file = tmp_path / "out.csv"
    file.write_bytes(b"old")
    monkeypatch.setattr(*((os, "fsync") if fails == "fsync" else (Path, "replace")), _full)
    with pytest.raises(OutputError, match="No space left on device"):
        atomic.write(file, b"new", force=True)
    assert _names(tmp_path) == ["out.csv"]
    assert file.read_bytes() == b"old"


def test_a_file_in_place_of_the_folder_to_write_to_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="cannot be written"):
        atomic.write(tmp_path / "file" / "out.csv", b"")


def test_a_name_too_long_for_the_file_system_is_an_output_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        atomic.write(tmp_path / ("x" * 300), b"")


def test_a_written_file_has_the_rights_that_the_user_s_files_have(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        atomic.write(tmp_path / "out.csv", b"")
        with atomic.folder(tmp_path / "model", MARKER):
            pass
    finally:
        os.umask(before)
    assert (tmp_path / "out.csv").stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "model").stat().st_mode & 0o777 == 0o750


def test_a_folder_of_the_user_s_is_never_replaced_by_a_file(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("")
    with pytest.raises(OutputError):
        atomic.write(tmp_path / "mine", b"", force=True)
    assert _names(tmp_path / "mine") == ["thesis.txt"]


# --- a folder


def test_a_folder_appears_only_when_it_is_complete(tmp_path: Path) -> None:
    target = tmp_path / "model"
    with atomic.folder(target, MARKER) as temporary:
        (temporary / MARKER).write_text("new")
        assert not target.exists()
    assert _names(target) == [MARKER]
    assert _names(tmp_path) == ["model"]


def test_a_folder_whose_making_fails_vanishes(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        _interrupted(tmp_path / "model", KeyError)
    assert _names(tmp_path) == []


def test_the_old_folder_stays_when_making_the_new_one_fails(tmp_path: Path) -> None:
    target = _made_by_us(tmp_path / "model")
    with pytest.raises(KeyboardInterrupt):
        _interrupted(target, KeyboardInterrupt)
    assert _names(tmp_path) == ["model"]
    assert (target / "weights").read_text() == "old"


def test_the_old_folder_comes_back_when_the_new_one_cannot_take_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = _made_by_us(tmp_path / "model")
    rename = Path.rename

    def fails_for_the_new(self: Path, to: Path) -> Path:
        if to == target and not self.name.endswith(".old"):
            _full()
        return rename(self, to)

    monkeypatch.setattr(Path, "rename", fails_for_the_new)
    with pytest.raises(OutputError, match="No space left"), atomic.folder(target, MARKER, force=True):
        pass
    assert _names(tmp_path) == ["model"]
    assert (target / "weights").read_text() == "old"


def test_a_folder_of_ours_is_replaced_whole_when_forced(tmp_path: Path) -> None:
    target = _made_by_us(tmp_path / "model")
    with atomic.folder(target, MARKER, force=True) as temporary:
        (temporary / MARKER).write_text("new")
    assert _names(target) == [MARKER]
    assert _names(tmp_path) == ["model"]


def test_a_folder_of_ours_is_kept_unless_forced(tmp_path: Path) -> None:
    target = _made_by_us(tmp_path / "model")
    with pytest.raises(OutputExistsError), atomic.folder(target, MARKER):
        pytest.fail("the block must not run")
    assert (target / "weights").read_text() == "old"


def test_a_folder_that_we_did_not_make_is_not_replaced_even_when_forced(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("")
    with pytest.raises(OutputError, match="did not make"), atomic.folder(tmp_path / "mine", MARKER, force=True):
        pytest.fail("the block must not run")
    assert _names(tmp_path / "mine") == ["thesis.txt"]


def test_a_file_is_not_replaced_by_a_folder_even_when_forced(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("thesis")
    with pytest.raises(OutputError, match="is a file"), atomic.folder(tmp_path / "mine", MARKER, force=True):
        pytest.fail("the block must not run")
    assert (tmp_path / "mine").read_text() == "thesis"
    assert _names(tmp_path) == ["mine"]


def test_an_empty_folder_may_be_filled_without_force(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    with atomic.folder(tmp_path / "model", MARKER) as temporary:
        (temporary / MARKER).write_text("new")
    assert _names(tmp_path / "model") == [MARKER]
