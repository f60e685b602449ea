"""Scored patches of one slide as GeoJSON that QuPath 0.4 and later import as tiles.

What QuPath reads was looked up in its source (qupath-core, `PathIO` and `QuPathTypeAdapters`): the members
`id`, `geometry` and `properties` of each feature, and of the properties `objectType`, `name`, `classification`,
`isLocked` and `measurements`. It reads a file in the computer's own encoding where Java is older than 18, so all text
is escaped to ASCII.
"""

from __future__ import annotations

import json
import math
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hpscan.core.cohort import Box, PatchLabel

SCORE, MARGIN, LABEL = "hpscan score", "hpscan score - threshold", "label (-1 negative, 0 uncertain, 1 positive)"
"""Names of the measurements."""

POSITIVE, NEGATIVE = "hpscan positive", "hpscan negative"
"""Names of the classes; QuPath has its own `Positive` and `Negative`, with other colours and rules."""

_COLOURS = {POSITIVE: [213, 94, 0], NEGATIVE: [0, 114, 178]}
"""Vermilion and blue: they stay apart without the one or the other kind of cones."""

_NAMESPACE = uuid.UUID("6f1d6f0e-3c0b-5e0c-9a53-4f2b8a6f7c11")
"""Random, and fixed: objects of two exports of one patch are the same object."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One scored patch and where it lies; QuPath calls it a tile.

    Attributes:
        patch_id: The patch's id.
        sha256: Hex digest of its file.
        box: Its place, in pixels of the slide at full resolution.
        score: Its score.
        positive: Whether the score reaches the patch threshold.
        label: Its label by a pathologist; None without one.
    """

    patch_id: str
    sha256: str
    box: Box
    score: float
    positive: bool
    label: PatchLabel | None = None


def feature_collection(
    tiles: Iterable[Tile], threshold: float, about: Mapping[str, str | float | None] | None = None
) -> bytes:
    """The file's content: strict JSON, the same bytes for the same values, one line a tile.

    Args:
        tiles: The patches of one slide.
        threshold: The patch threshold that their scores were held against.
        about: Where the file comes from; it stands beside the features, where QuPath does not look.
    """
    features = ",\n".join(_json(_feature(tile, threshold)) for tile in tiles)
    head = f'"hpscan":{_json({key: _strict(value) for key, value in about.items()})},\n' if about else ""
    return f'{{"type":"FeatureCollection",\n{head}"features":[\n{features}\n]}}\n'.encode("ascii")


def _feature(tile: Tile, threshold: float) -> dict[str, object]:
    name = _text(tile.patch_id)
    kind = POSITIVE if tile.positive else NEGATIVE
    measured = {SCORE: tile.score, MARGIN: tile.score - threshold}
    if tile.label is not None:
        measured[LABEL] = float(tile.label)
    return {
        "type": "Feature",
        "id": str(uuid.uuid5(_NAMESPACE, f"{tile.sha256} {name}")),
        "geometry": {"type": "Polygon", "coordinates": [_ring(tile.box)]},
        "properties": {
            "objectType": "tile",
            "name": name,
            "classification": {"name": kind, "color": _COLOURS[kind]},
            "isLocked": True,
            "measurements": {key: value for key, value in measured.items() if math.isfinite(value)},
        },
    }


def _ring(box: Box) -> list[list[int]]:
    """The outline, closed: it ends where it begins, and turns as GeoJSON asks where y goes up."""
    left, top, right, bottom = box.x, box.y, box.x + box.width, box.y + box.height
    return [[left, top], [right, top], [right, bottom], [left, bottom], [left, top]]


def _strict(value: str | float | None) -> str | float | None:
    """A value that strict JSON can hold."""
    if isinstance(value, str):
        return _text(value)
    return value if value is None or math.isfinite(value) else None


def _text(text: str) -> str:
    """Text in which bytes of a file's name that are no UTF-8 have become replacement characters."""
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def _json(value: object) -> str:
    return json.dumps(value, allow_nan=False, ensure_ascii=True, separators=(",", ":"))
