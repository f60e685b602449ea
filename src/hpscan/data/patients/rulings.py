"""Whose the images in one folder are, by the names of the folders above and the codes of the tables: one step of the rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hpscan.core.notes import Rule
from hpscan.data.folders.parts import Level, level
from hpscan.data.names import same_form, split_folder

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Ruling:
    """Whose a folder is: the first `depth` of its names are the patient's folder; None where it is nobody's."""

    depth: int | None
    sections: tuple[int, ...]
    rule: Rule
    listed: bool


def ruling(levels: Sequence[Level]) -> Ruling:
    """Whose the images in a folder are, by what the names from the dataset's root down to it are."""
    n = len(levels)
    for j in range(n - 1):
        if levels[j] is Level.NAME and levels[j + 1] is Level.SECTION:
            end = _run(levels, j + 1, Level.SECTION)
            listed = all(inner is Level.TILES for inner in levels[end:])
            return Ruling(j + 1, tuple(range(j + 1, end)), Rule.SLIDE, listed)
    i = n
    while i and (levels[i - 1] is Level.TILES or (levels[i - 1] is Level.PART and Level.NAME in levels[: i - 1])):
        i -= 1
    rule = Rule.NAME if i == n else Rule.TILES
    if i == 0:
        return Ruling(0, (), rule, listed=True)
    if levels[i - 1] is Level.NAME:
        return Ruling(i, (), rule, listed=True)
    if levels[i - 1] is Level.SECTION:
        first = i - 1
        while first and levels[first - 1] in {Level.SECTION, Level.TILES}:
            first -= 1
        slides = tuple(k for k in range(first, i) if levels[k] is Level.SECTION)
        if first == 0 or levels[first - 1] is Level.NAME:
            return Ruling(first, slides, Rule.SLIDE, listed=True)
        # Below a part or a class there is no patient above that they could be slides of.
        return Ruling(slides[0] + 1, slides[1:], rule, listed=True)
    return Ruling(None, (), rule, listed=False)


def _run(levels: Sequence[Level], start: int, wanted: Level) -> int:
    """The end of the run of `wanted` that begins at `start`."""
    end = start
    while end < len(levels) and levels[end] is wanted:
        end += 1
    return end


class Rulings:
    """The rulings on the folders of one dataset, whose tables name some of them as patients.

    Args:
        codes: The codes of the tables, in one form (`names.same_form`).
        with_images: The folders that hold images themselves, by their names from below the root.
    """

    def __init__(self, codes: frozenset[str], with_images: set[tuple[str, ...]]) -> None:
        self._codes, self._with_images = codes, with_images
        self._rulings: dict[tuple[str, ...], Ruling] = {}

    def level(self, name: str) -> Level:
        """What a folder of this name is; a code of the tables is a patient's name, whatever it looks like."""
        plain = level(name)
        return Level.NAME if plain in {Level.TILES, Level.SECTION} and self.is_code(name) else plain

    def is_code(self, name: str) -> bool:
        """Whether a table names a patient so."""
        return same_form(name) in self._codes or same_form(split_folder(name, self._codes)[0]) in self._codes

    def of(self, names: tuple[str, ...]) -> Ruling:
        """Whose the images in the folder of these names are."""
        if names not in self._rulings:
            self._rulings[names] = self._by_code(names) or ruling([self.level(name) for name in names])
        return self._rulings[names]

    def _by_code(self, names: tuple[str, ...]) -> Ruling | None:
        """The innermost folder that a table names as a patient, with no image of its own, has the folders in it as slides."""
        levels = [self.level(name) for name in names]
        known = [k for k, name in enumerate(names) if levels[k] is Level.NAME and self.is_code(name)]
        if not known or known[-1] == len(names) - 1 or names[: known[-1] + 1] in self._with_images:
            return None
        inner = range(known[-1] + 1, len(names))
        if any(levels[k] in {Level.PART, Level.CLASS} for k in inner):
            return None
        slides = tuple(k for k in inner if levels[k] is not Level.TILES)
        return Ruling(known[-1] + 1, slides, Rule.SLIDE if slides else Rule.TILES, listed=True)
