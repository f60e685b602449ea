"""One process at a time in an output folder: a file that the system unlocks when its process ends, however it ends."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from hpscan.core.errors import OutputError
from hpscan.store import atomic

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOCK = ".lock"

_HELD = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)


@contextmanager
def lock(folder: Path, what: str) -> Iterator[None]:
    """Hold a folder, which is made if it is not there; `what` names the work that goes on in it, for people.

    A file system that knows no locks is written to without one.

    Raises:
        OutputError: When another process holds the folder, or it cannot be written to.
    """
    path = folder / LOCK
    with atomic.writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        file = _held(path)
    if file is None:
        raise OutputError(
            f"another {what}{_owner(path)} is running in {folder}",
            hint="wait until it has ended, or choose another folder for `out`",
            path=folder,
        )
    try:
        yield
    finally:
        with contextlib.suppress(OSError):  # Windows removes no open file: there the lock goes with its closing
            path.unlink(missing_ok=True)
        os.close(file)


def _held(path: Path) -> int | None:
    """The open and locked file; None where another process holds it."""
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            if not _lock(file):
                os.close(file)
                return None
            current = _same(path, file)
        except BaseException:
            os.close(file)
            raise
        if current:
            os.ftruncate(file, 0)
            os.lseek(file, 0, os.SEEK_SET)
            os.write(file, str(os.getpid()).encode())
            return file
        os.close(file)  # whoever held it has removed it meanwhile


def _same(path: Path, file: int) -> bool:
    try:
        return path.stat().st_ino == os.fstat(file).st_ino
    except FileNotFoundError:
        return False


def _lock(file: int) -> bool:
    """Whether the file is ours now, or the file system knows no locks."""
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(file, _BEYOND, os.SEEK_SET)  # a locked byte cannot be read, and the process id is to be
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in _HELD
    return True


_BEYOND = 1024


def _owner(path: Path) -> str:
    """The process that holds the lock, in words; empty where it does not say."""
    try:
        process = path.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""
    return f" (process {process})" if process.isdigit() else ""
