"""How the published datasets name patients, sections and windows, and how hpscan compares those names."""

from __future__ import annotations

import re

_UNDERSCORED_SECTION = re.compile(r"(?P<base>.*[0-9].*?)_+(?P<section>[0-9]+)")
_DASHED_SECTION = re.compile(r"(?P<base>[A-Za-z]+[0-9]+-[0-9]+)-(?P<section>[0-9]+)")
_WINDOW = re.compile(r"(?P<number>[0-9]+)(?:\.0+)?(?P<copy>_aug[0-9]*)?", re.IGNORECASE)
_AUGMENTED = re.compile(r"_aug[0-9]*$", re.IGNORECASE)
_DIGITS = re.compile(r"([0-9]+)")

NaturalKey = tuple[tuple[str | int, ...], str]


def split_folder(name: str, codes: frozenset[str] = frozenset()) -> tuple[str, str]:
    """The patient's base id and the section that a folder's name stands for.

    `B22-101_0`, `B22-94__1` and `B22-94-1` are sections of B22-101 and B22-94; `Patient_1` is no section of
    a patient called `Patient`, since what remains must still hold a number.

    Args:
        name: The folder's name.
        codes: The codes of the diagnosis tables. A name that stands there as a whole is a patient.

    Returns:
        The base id and the section without leading zeros, an empty string where there is none.
    """
    base, section = name, ""
    if name not in codes and (found := _UNDERSCORED_SECTION.fullmatch(name)):
        base, section = found["base"], str(int(found["section"]))
    if base not in codes and (found := _DASHED_SECTION.fullmatch(base)):
        inner = str(int(found["section"]))
        base, section = found["base"], f"{inner}_{section}" if section else inner
    return base, section


def window_key(text: str) -> str:
    """What two spellings of one window have in common: `180`, `00180` and `180.0` are the same window.

    An augmented copy is a window of its own: `00900_Aug12` and `900_aug12` are the same copy. A name that is
    no number stays as it is.
    """
    text = text.strip()
    found = _WINDOW.fullmatch(text)
    if found is None:
        return text
    return f"{int(found['number'])}{(found['copy'] or '').lower()}"


def is_augmented(stem: str) -> bool:
    """Whether a file name without suffix, or a window, is that of an augmented copy."""
    return _AUGMENTED.search(stem) is not None


def natural(text: str) -> NaturalKey:
    """A sort key that puts Patient2 before Patient10."""
    parts = _DIGITS.split(text)
    return tuple(int(p) if i % 2 else p for i, p in enumerate(parts)), text
