"""Files that a user names: that they can be written, and are not one another."""

from __future__ import annotations

import os
from itertools import combinations
from typing import TYPE_CHECKING

from hpscan.core.errors import OutputError, SettingsError
from hpscan.store import atomic

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def check(path: Path | None, *, force: bool, marker: str = "") -> None:
    """Fail before the work, not after it, when what was asked for cannot be written.

    `marker` is the file by which a folder is known to be ours; empty for a file.
    """
    if path is None or (not marker and atomic.is_stream(path)):
        return
    if not path.absolute().parent.is_dir():
        raise OutputError(f"{path.absolute().parent} is no folder", hint="make the folder first", path=path)
    atomic.check_free(path, force=force, marker=marker)


def check_apart(named: Mapping[str, Path | None], *, json: bool) -> bool:
    """Fail before the work when one of the files and folders that options name is another one, or lies in it.

    Standard output holds one thing. Returns whether one of the files goes there, so that nothing else does.
    """
    to_stdout = [option for option, path in named.items() if path is not None and atomic.is_stdout(path)]
    if len(to_stdout) > 1 or (to_stdout and json):
        other = to_stdout[1] if len(to_stdout) > 1 else "--json"
        raise SettingsError(
            f"{to_stdout[0]} and {other} both go to standard output",
            hint="name a file for one of the two, or leave it out",
        )
    named_paths = [
        (option, path.absolute())
        for option, path in named.items()
        if path is not None and option not in to_stdout and str(path) != os.devnull
    ]
    for (option, first), (other, second) in combinations(named_paths, 2):
        if first == second:
            raise SettingsError(f"{option} and {other} name the same file", hint="give each a file of its own")
        if first.is_relative_to(second) or second.is_relative_to(first):
            raise SettingsError(f"{option} and {other} lie in one another", hint="give each a place of its own")
    return bool(to_stdout)
