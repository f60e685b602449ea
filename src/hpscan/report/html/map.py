"""Where the patches of a page's map lie: plain numbers in, plain numbers out; templates/map.j2 draws them as SVG."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hpscan.core.cohort import Box

LEVELS = 10
"""Colours of the map."""

_SEEN = 16.0
"""Side of the smallest patch that can be seen, in thousandths of the map."""


@dataclass(frozen=True, slots=True)
class MapPatch:
    """One patch of the map.

    Attributes:
        x: Left, in the map's units.
        y: Top.
        width: Its width.
        height: Its height.
        level: Its score's colour, 0 to `LEVELS` - 1.
        positive: Whether it is at or above the patch threshold.
        rank: Its place in the ranking, from 1.
        text: Its name and score.
    """

    x: float
    y: float
    width: float
    height: float
    level: int
    positive: bool
    rank: int
    text: str


@dataclass(frozen=True, slots=True)
class Map:
    """The patches of one slide, the lowest scores first, so that high ones lie on top.

    Attributes:
        name: The slide.
        width: Of the part of the slide that has patches, in the map's units.
        height: The same.
        patches: The patches.
        extent: How large that part is on the slide, in pixels at full resolution.
    """

    name: str
    width: float
    height: float
    patches: tuple[MapPatch, ...]
    extent: tuple[int, int]


def slide_map(
    name: str,
    boxes: Sequence[Box],
    scores: Sequence[float],
    positive: Sequence[bool],
    ranks: Sequence[int],
    texts: Sequence[str],
    span: tuple[float, float],
) -> Map:
    """The patches of a slide, from 0 at its first patch; `span` holds the scores of the first and the last colour.

    A patch that would be too small to see is drawn larger, around its own middle.
    """
    left, top = min(b.x for b in boxes), min(b.y for b in boxes)
    right, bottom = max(b.x + b.width for b in boxes), max(b.y + b.height for b in boxes)
    unit = max(right - left, bottom - top) / 1000
    low, high = span
    patches = [
        MapPatch(
            round((b.x + b.width / 2 - left) / unit - max(b.width / unit, _SEEN) / 2, 1),
            round((b.y + b.height / 2 - top) / unit - max(b.height / unit, _SEEN) / 2, 1),
            round(max(b.width / unit, _SEEN), 1),
            round(max(b.height / unit, _SEEN), 1),
            min(LEVELS - 1, max(0, int(LEVELS * (score - low) / ((high - low) or 1.0)))),
            is_positive,
            rank,
            text,
        )
        for b, score, is_positive, rank, text in zip(boxes, scores, positive, ranks, texts, strict=True)
    ]
    patches.sort(key=lambda patch: -patch.rank)
    extent = (right - left, bottom - top)
    return Map(name, round(extent[0] / unit, 1), round(extent[1] / unit, 1), tuple(patches), extent)
