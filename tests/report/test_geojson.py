"""GeoJSON for QuPath: what QuPath's reader asks for, as strict JSON."""

from __future__ import annotations

import json
import uuid
from itertools import pairwise
from typing import Any

import pytest

from hpscan.core.cohort import Box, PatchLabel
from hpscan.report.geojson import LABEL, MARGIN, SCORE, Tile, feature_collection

BOX = Box(x=4000, y=300, width=250, height=256)


def _tile(name: str = "B22-1_0.7", score: float = 0.5, **more: Any) -> Tile:
    return Tile(name, "ab" * 32, BOX, score, positive=score >= 0.25, **more)


def _strictly(content: bytes) -> Any:
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    return json.loads(content.decode("utf-8"), parse_constant=refuse)


def _features(*tiles: Tile, threshold: float = 0.25) -> list[Any]:
    return _strictly(feature_collection(tiles, threshold))["features"]


def test_a_window_is_a_closed_ring_with_x_to_the_right_and_y_down() -> None:
    (feature,) = _features(_tile())
    assert feature["geometry"]["type"] == "Polygon"
    (ring,) = feature["geometry"]["coordinates"]
    assert ring[0] == ring[-1]
    assert len(ring) == 5
    assert {tuple(corner) for corner in ring} == {(4000, 300), (4250, 300), (4250, 556), (4000, 556)}
    # Neighbours in the ring share a side: no bow tie.
    assert all((a[0] == b[0]) != (a[1] == b[1]) for a, b in pairwise(ring))


def test_a_tile_says_what_qupath_asks_for() -> None:
    positive, negative = _features(_tile(label=PatchLabel.NEGATIVE), _tile("other", 0.125))
    assert positive["type"] == "Feature"
    assert positive["properties"]["objectType"] == "tile"
    assert positive["properties"]["name"] == "B22-1_0.7"
    assert positive["properties"]["measurements"] == {SCORE: 0.5, MARGIN: 0.25, LABEL: -1}
    assert negative["properties"]["measurements"] == {SCORE: 0.125, MARGIN: -0.125}
    classes = [feature["properties"]["classification"] for feature in (positive, negative)]
    assert classes[0]["name"] != classes[1]["name"]
    for kind in classes:
        assert ":" not in kind["name"]  # would make it a class within a class
        assert len(kind["color"]) == 3
        assert all(isinstance(c, int) and 0 <= c <= 255 for c in kind["color"])
    (red, _, less_blue), (less_red, _, blue) = (kind["color"] for kind in classes)
    assert red - less_red > 100 < blue - less_blue  # reddish and bluish, whichever cones are missing


def test_ids_are_uuids_that_stay_and_differ() -> None:
    first = [feature["id"] for feature in _features(_tile(), _tile("B22-1_0.8"))]
    assert first == [feature["id"] for feature in _features(_tile(score=0.1), _tile("B22-1_0.8"))]
    assert len({uuid.UUID(one) for one in first}) == 2


@pytest.mark.parametrize("score", [float("nan"), float("inf")])
def test_a_score_that_is_no_number_is_left_out(score: float) -> None:
    (feature,) = _features(_tile(score=score))
    assert feature["properties"]["measurements"] == {}


@pytest.mark.parametrize(
    "name", ['"><img onerror=alert(1)>', "a\\b\n\t", "\u202egnp", "Núñez", "\udce9", "\U0001f9a0\x00"]
)
def test_any_name_makes_strict_json_that_every_encoding_reads_alike(name: str) -> None:
    content = feature_collection([_tile(name)], 0.25, {"patient": name, "patch_threshold": float("nan")})
    assert content.isascii()
    document = _strictly(content)
    read = document["features"][0]["properties"]["name"]
    assert read == document["hpscan"]["patient"]
    assert read == name or "\udce9" in name
    read.encode()  # no half of a surrogate pair
    assert document["hpscan"]["patch_threshold"] is None


def test_no_tile_is_a_collection_of_none() -> None:
    assert _features() == []
