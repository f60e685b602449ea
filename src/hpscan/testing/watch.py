"""Calls a backend in an empty folder and listens to what it writes and whom it asks for on the network."""

from __future__ import annotations

import os
import socket
import sys
import tempfile
from contextlib import chdir
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

T = TypeVar("T")

# Python's audit events.
_TEMPORARY = frozenset({"tempfile.mkstemp", "tempfile.mkdtemp"})
_NAMES = frozenset({"socket.getaddrinfo", "socket.gethostbyname"})
_CONNECTIONS = frozenset({"socket.connect", "socket.sendto"})
_CHANGES = {  # which argument is the path that changes, and which the open folder that it is relative to
    "os.mkdir": (0, 2),
    "os.rename": (1, 3),
    "os.remove": (0, 1),
    "os.rmdir": (0, 1),
    "os.link": (1, 3),
    "os.symlink": (1, 2),
}


def require(kept: bool, message: str) -> None:
    """Raises AssertionError unless the promise is kept, also under `python -O`."""
    if not kept:
        raise AssertionError(message)


def call(what: str, method: Callable[..., T], *arguments: Any, **named: Any) -> T:
    """What the method returns.

    Raises:
        AssertionError: When the method raises, writes a file or asks for the network.
    """
    raised: Exception | None = None
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        _ear.listen()
        try:
            result = method(*arguments, **named)
        except Exception as error:  # noqa: BLE001  a stranger's backend may raise anything
            raised = error
        finally:
            _ear.on = False
        complaint = _ear.heard()
        left = sorted(path.name for path in Path().iterdir())
    if left and not complaint:  # written by a C library
        complaint = f"must write no file, and left {', '.join(left)} in the working directory"
    if complaint or raised is not None:
        raise AssertionError(f"{what}: {complaint or f'raised {type(raised).__name__}: {raised}'}") from raised
    return result


class _Ear:
    """An audit hook. Once it listens it can be switched off, not removed."""

    def __init__(self) -> None:
        self.on = False
        self._hooked = False
        self._temporary: set[Path] = set()
        self._written: dict[Path, None] = {}
        self._asked: dict[str, None] = {}

    def listen(self) -> None:
        """Forget everything and switch on."""
        if not self._hooked:
            sys.addaudithook(self._hear)
            self._hooked = True
        self._temporary, self._written, self._asked = set(), {}, {}
        self.on = True

    def heard(self) -> str:
        """What was broken; empty where nothing was."""
        if self._asked:
            return f"must not use the network, and asked for {', '.join(self._asked)}"
        gone = {path for path in self._temporary if not os.path.lexists(path)}
        written = [path for path in self._written if not gone & {path, *path.parents}]
        return f"must write no file, and wrote {', '.join(map(str, written))}" if written else ""

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.on:
            return
        if event in _TEMPORARY:
            self._temporary.add(Path(os.path.realpath(arguments[0])))
        elif (path := _changed(event, arguments)) and not _importing():
            self._written[path] = None
        elif event in _NAMES or (event in _CONNECTIONS and _leaves_machine(arguments)):
            address = str(arguments[0] if event in _NAMES else arguments[1][0])
            self._asked[address] = None
            raise AssertionError(f"a backend must not use the network, and asked for {address}")


_ear = _Ear()


def _changed(event: str, arguments: tuple[Any, ...]) -> Path | None:
    """The file or folder that changes; None for open files, the null device and compiled code."""
    if event == "open":
        given, flags = arguments[0], arguments[2] or 0
        if not flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC):
            return None
    elif event in _CHANGES:
        at, folder = _CHANGES[event]
        given = arguments[at]
        if arguments[folder] != -1:  # part of a larger removal, whose last step names the folder itself
            return None
    else:
        return None
    if not isinstance(given, (str, bytes, os.PathLike)):
        return None
    path = Path(os.path.realpath(os.fsdecode(given)))
    nameless = event == "open" and path.is_dir()  # how Linux makes temporary files that nobody sees
    return None if nameless or path == Path(os.devnull) or "__pycache__" in path.parts else path


def _importing() -> bool:
    """Whether an import called for it: libraries make font caches and the like when they are loaded."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001  the only way to the callers
    while frame is not None and frame.f_code is not call.__code__:
        if frame.f_code.co_filename == "<frozen importlib._bootstrap>":
            return True
        frame = frame.f_back
    return False


def _leaves_machine(arguments: tuple[Any, ...]) -> bool:
    """Whether a socket is one of the internet's, not one between processes."""
    return arguments[0].family in (socket.AF_INET, socket.AF_INET6)
