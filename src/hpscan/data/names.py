"""How the published datasets name patients, sections and patches, and how hpscan compares those names."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

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
        codes: The codes of the diagnosis tables in one form (`same_form`). A name that stands there as a whole is a patient.

    Returns:
        The base id and the section without leading zeros, an empty string where there is none.
    """
    base, section = name, ""
    if same_form(name) not in codes and (match := _UNDERSCORED_SECTION.fullmatch(name)):
        base, section = match["base"], str(int(match["section"]))
    if same_form(base) not in codes and (match := _DASHED_SECTION.fullmatch(base)):
        inner = str(int(match["section"]))
        base, section = match["base"], f"{inner}_{section}" if section else inner
    return base, section


def window_key(text: str) -> str:
    """What two spellings of one patch in its section (`Window_ID`) have in common: `180`, `00180` and `180.0` are the same.

    An augmented copy is a patch of its own: `00900_Aug12` and `900_aug12` are the same copy. A name that is
    no number stays as it is.
    """
    text = text.strip()
    match = _WINDOW.fullmatch(text)
    if match is None:
        return text
    return f"{int(match['number'])}{(match['copy'] or '').lower()}"


def is_augmented(stem: str) -> bool:
    """Whether a file name without suffix, or a `Window_ID`, is that of an augmented copy."""
    return _AUGMENTED.search(stem) is not None


def natural(text: str) -> NaturalKey:
    """A sort key that puts Patient2 before Patient10."""
    parts = _DIGITS.split(text)
    return tuple(int(p) if i % 2 else p for i, p in enumerate(parts)), text


def same_form(text: str) -> str:
    """A name in the one form in which names are compared: accents composed (NFC), no space at the ends.

    macOS stores `Secció` with a separate accent, and a table usually without; they are one name.
    """
    return unicodedata.normalize("NFC", text).strip()


class Lookup:
    """Names that are there, found by how somebody else wrote them: the exact text first, then lenient readings.

    Lenient are another Unicode form, `7.0` for `7`, which spreadsheets and pandas write, and other capitals. A lenient
    reading that fits several names fits none.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._exact = frozenset(names)
        self._by_form: dict[str, list[str]] = defaultdict(list)
        self._by_fold: dict[str, list[str]] = defaultdict(list)
        for name in sorted(self._exact):
            self._by_form[same_form(name)].append(name)
            self._by_fold[same_form(name).casefold()].append(name)

    def find(self, text: str) -> str | None:
        """The name that a text means; None where it means none, or several."""
        if text in self._exact:
            return text
        for reading in (same_form(text), _without_point(same_form(text))):
            if hits := self._by_form.get(reading):
                return hits[0] if len(hits) == 1 else None
        hits = self._by_fold.get(same_form(text).casefold(), [])
        return hits[0] if len(hits) == 1 else None

    def nearly(self, text: str) -> str | None:
        """The name that a text would mean but for zeros in front, case, spaces, hyphens and underscores."""
        wanted = _loose(text)
        hits = [name for name in self._exact if _loose(name) == wanted]
        return hits[0] if len(hits) == 1 else None


def _without_point(text: str) -> str:
    return re.sub(r"(?<=[0-9])\.0+$", "", text) if re.fullmatch(r"[0-9]+\.0+", text) else text


def _loose(text: str) -> str:
    plain = re.sub(r"[\W_]", "", _without_point(same_form(text)).casefold())
    return re.sub(r"(?<![0-9])0+(?=[0-9])", "", plain)
