"""File names for things that are called anything at all: a patient's id may hold slashes, quotes or control characters."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from pathvalidate import is_valid_filename

if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST = 100
"""Characters of a stem; every file system takes it, with a suffix and beside the temporary name of `atomic`."""

_KEPT = ("index",)
"""What a folder of pages keeps for itself, beside the names of devices on Windows, whatever suffix follows."""
_PORTABLE = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_-])?")
_DIGITS = 8


def unique_names(names: Sequence[str]) -> list[str]:
    """A portable stem for each name, in the same order; no two are equal, not even where case does not count.

    A stem has ASCII letters, digits, `.`, `_` and `-`, and at most `LONGEST` characters; it starts with a letter,
    a digit or `_` and ends in none of `.`. A name that is such a stem already stays as it is; any other has a
    short digest of the whole name at its end, so a stem rests on the name alone, not on its neighbours, unless
    they differ in case only, or are equal: then all but the first have a digest.
    """
    kept = [_is_stem(name) for name in names]
    stems: list[str] = [""] * len(names)
    taken: set[str] = set()
    # Names that can stay come first: no digest made for another name may take theirs.
    for index in sorted(range(len(names)), key=lambda i: not kept[i]):
        name, turn = names[index], 0
        stem = name if kept[index] else _with_digest(name, turn)
        while stem.lower() in taken:
            turn += 1
            stem = _with_digest(name, turn)
        taken.add(stem.lower())
        stems[index] = stem
    return stems


def _is_stem(name: str) -> bool:
    return _PORTABLE.fullmatch(name) is not None and _is_allowed(name)


def _is_allowed(name: str) -> bool:
    """Whether every system takes the name, and no page has it already."""
    return is_valid_filename(name, platform="universal", max_len=LONGEST, additional_reserved_names=_KEPT)


def _with_digest(name: str, turn: int) -> str:
    """What of the name is portable, and a digest of all of it; another digest at each turn."""
    # A path from a damaged disk may hold lone surrogates, which UTF-8 alone cannot write.
    whole = name.encode("utf-8", "surrogatepass") + (f"\0{turn}".encode() if turn else b"")
    digest = hashlib.sha256(whole).hexdigest()[:_DIGITS]
    # Of a long name the end is kept: a path ends in the patient, and a patient's name in the section.
    readable = re.sub(r"[^A-Za-z0-9._-]+", "_", name).strip("._-")[-(LONGEST - _DIGITS - 1) :].lstrip("._-")
    if not readable:
        return f"unnamed-{digest}"
    if not _is_allowed(readable):
        # A suffix after a dot would leave the device's name standing alone before it.
        readable = readable.replace(".", "_")
    return f"{readable}-{digest}"
