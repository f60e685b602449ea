"""Writing that either happens whole or not at all, and never over something of the user's unasked.

A stream (standard output, a pipe, a device) holds nothing that could be lost: it is written to as it is.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import stat
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from hpscan.core.errors import OutputError, OutputExistsError

if TYPE_CHECKING:
    from collections.abc import Iterator


STDOUT = "-"
"""The path that means standard output."""

_DESCRIPTORS = {"/dev/stdin": 0, "/dev/stdout": 1, "/dev/stderr": 2}


def is_stream(path: Path) -> bool:
    """Whether a path names something that is written to and not replaced: `-`, an open file, a pipe, a device."""
    if _descriptor(path) is not None:
        return True
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISCHR(mode)


def is_stdout(path: Path) -> bool:
    """Whether a path names standard output."""
    return _descriptor(path) == 1


def _descriptor(path: Path) -> int | None:
    """The number of the open file that a path names, whatever lies behind it; None for any other path."""
    name = path.as_posix()
    if name == STDOUT:
        return 1
    numbered = re.fullmatch(r"/(?:dev|proc/self)/fd/(\d+)", name)
    return int(numbered[1]) if numbered else _DESCRIPTORS.get(name)


def check_free(path: Path, *, force: bool, marker: str = "") -> None:
    """Fail now rather than after an hour of work.

    A folder is replaced, with `force`, only when it holds a file called `marker`: then hpscan made it. Without
    `marker`, `path` is to become a file.

    Raises:
        OutputExistsError: When something stands at `path` and `force` is not given.
        OutputError: When a folder stands where a file is meant or the other way round, or the folder that `path`
            would stand in cannot be made or written to.
    """
    if not marker and is_stream(path):
        return
    with writing(path):
        if not marker and path.is_dir():
            raise OutputError(
                f"{path} is a folder, and a file is to be written",
                hint="name a file, in that folder or elsewhere",
                path=path,
            )
        if marker and path.exists() and not path.is_dir():
            raise OutputError(f"{path} is a file, and no folder replaces it", hint="choose another name", path=path)
        if path.exists() and not force and not (path.is_dir() and not any(path.iterdir())):
            raise OutputExistsError(f"{path} exists already", hint="choose another name, or add `force`", path=path)
        if path.is_dir() and any(path.iterdir()) and not (path / marker).is_file():
            raise OutputError(
                f"{path} is a folder that hpscan did not make, and is not replaced",
                hint="choose another name",
                path=path,
            )
        path.parent.mkdir(parents=True, exist_ok=True)
    if not os.access(path.parent, os.W_OK):
        raise OutputError(f"{path.parent} cannot be written to", hint="choose another folder", path=path)


def write(path: Path, content: bytes, *, force: bool = False) -> None:
    """Write a file by way of a temporary one beside it; a stream as it is.

    Raises:
        OutputExistsError: When `path` exists and `force` is not given.
        OutputError: When it cannot be written.
    """
    check_free(path, force=force)
    if is_stream(path):
        _pour(path, content)
        return
    with writing(path):
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        temporary = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.chmod(0o666 & ~_umask())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def _pour(path: Path, content: bytes) -> None:
    """Write to a stream. A reader that has seen enough of it is no error; what else is written goes on."""
    if is_stdout(path):
        try:
            sys.stdout.flush()
            sys.stdout.buffer.write(content)
            sys.stdout.buffer.flush()
        except BrokenPipeError:
            # What the buffer still holds goes nowhere, or the interpreter would fail over it when it leaves.
            with open(os.devnull, "wb") as nowhere:  # noqa: PTH123
                os.dup2(nowhere.fileno(), 1)
        return
    descriptor = _descriptor(path)
    with (
        contextlib.suppress(BrokenPipeError),
        writing(path),
        os.fdopen(os.open(path, os.O_WRONLY) if descriptor is None else os.dup(descriptor), "wb") as file,
    ):
        file.write(content)


@contextmanager
def folder(path: Path, marker: str, *, force: bool = False) -> Iterator[Path]:
    """A new folder to fill; it takes its place at `path` when the block ends well, and vanishes otherwise.

    With `force` it replaces one that holds a file called `marker`, and no other.

    Raises:
        OutputExistsError: When `path` exists and `force` is not given.
        OutputError: When it cannot be written.
    """
    check_free(path, force=force, marker=marker)
    with writing(path):
        temporary = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
        try:
            yield temporary
            temporary.chmod(0o777 & ~_umask())
            if path.exists():
                old = temporary.with_name(temporary.name + ".old")
                path.rename(old)
                try:
                    temporary.rename(path)
                except OSError:
                    old.rename(path)
                    raise
                shutil.rmtree(old)
            else:
                temporary.rename(path)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Within this block, what the system says of `path` becomes an `OutputError`."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(
            f"{path} cannot be written: {reason}",
            hint="check the disk's space and the folder's rights",
            path=path,
        ) from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
