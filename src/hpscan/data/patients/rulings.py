"""Whose the images in one folder are, by the names of the folders above alone: one step of the rule in `whose`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hpscan.core.notes import Rule
from hpscan.data.folders.parts import Level

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
            listed = all(one is Level.TILES for one in levels[end:])
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
