"""The only place where an exception becomes text and an exit code."""

from __future__ import annotations

import errno
import io
import sys
import traceback
from datetime import datetime
from typing import TYPE_CHECKING, NoReturn

import typer
from typer.exceptions import TyperException

from hpscan.cli.output.flags import flags
from hpscan.core.errors import HpscanError, InterruptedTrainingError, OutputError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hpscan.backends.registry import Plugin

DONE, FORESEEN, USAGE, INDETERMINATE, NOT_WRITTEN, BUG, INTERRUPTED = 0, 1, 2, 3, 4, 70, 130


_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EIO)
"""What a full or broken disk answers when stdout is a file on it."""


def run(command: Callable[[], object]) -> NoReturn:
    """Run a command and leave the process with its exit code.

    0 done, 1 a foreseen error, 2 usage, 3 finished with something indeterminate or rejected, 4 could not write,
    70 a bug of hpscan or of an installed plugin, 130 interrupted.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without UTF-8 shows question marks, not a traceback
    try:
        code = command()
        sys.stdout.flush()
    except HpscanError as error:
        sys.exit(_foreseen(error))
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(INTERRUPTED)
    except TyperException as error:
        context = getattr(error, "ctx", None)
        if type(error).__name__ == "NoArgsIsHelpError":  # the message is the help, and wants its lines
            sys.stderr.write(error.format_message() + "\n")
            sys.exit(USAGE)
        _say(f"Error: {error.format_message()}", f"Hint: {context.command_path if context else 'hpscan'} --help")
        sys.exit(USAGE)
    except BrokenPipeError:  # `hpscan ... | head`: the reader has seen enough
        sys.stderr.close()
        sys.exit(DONE)
    except OSError as error:
        if error.errno not in _FULL:
            sys.exit(_bug(error))
        _say(f"Error: the output cannot be written: {error.strerror}", "Hint: check the disk's space")
        sys.exit(NOT_WRITTEN)
    except Exception as error:  # noqa: BLE001  the boundary: whatever is left is a bug of ours or of a plugin
        sys.exit(_bug(error))
    sys.exit(code if isinstance(code, int) else DONE)


def _foreseen(error: HpscanError) -> int:
    message = error.message
    if error.path is not None and str(error.path) not in message:
        message = f"{error.path}: {message}"
    _say(f"Error: {flags(message)}", f"Hint: {flags(error.hint)}")
    if isinstance(error, OutputError):
        return NOT_WRITTEN
    if isinstance(error, InterruptedTrainingError):
        return INTERRUPTED
    return USAGE if isinstance(error, SettingsError) else FORESEEN


def _bug(error: Exception) -> int:
    text = "".join(traceback.format_exception(error))
    try:
        place = f"The traceback is in {_keep(text)}"
    except OSError:
        sys.stderr.write(text)
        place = "The traceback is above"
    plugin = _plugin(error)
    what = f"{type(error).__name__}: {error}"
    if plugin is None:
        _say(
            f"Error: hpscan has a bug: {what}", f"{place}; please report it together with what `hpscan doctor` prints."
        )
    else:
        _say(
            f"Error: backend {plugin.name!r} of {plugin.distribution} {plugin.version} failed: {what}",
            f"{place}; tell its authors, who can check it with hpscan.testing.check_backend",
        )
    return BUG


def _plugin(error: Exception) -> Plugin | None:
    """The plugin of somebody else that the error passed through, if it did."""
    try:
        from hpscan.backends import registry

        frames = traceback.walk_tb(error.__traceback__)
        return registry.owner(str(frame.f_globals.get("__name__", "")) for frame, _ in frames)
    except Exception:  # noqa: BLE001  damaged metadata of a plugin must not hide the error itself
        return None


def _keep(text: str) -> Path:
    from hpscan.store import paths as folders

    folder = folders.logs()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"traceback-{datetime.now().astimezone():%Y%m%d-%H%M%S-%f}.txt"
    path.write_text(f"{' '.join(sys.argv)}\n\n{text}", encoding="utf-8", errors="backslashreplace")
    return path


def _say(*lines: str) -> None:
    for line in lines:
        sys.stderr.write(" ".join(line.split()) + "\n")
