"""The real development set as GeoJSON, read in place where HPSCAN_REAL_DATA points to it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hpscan.data.dataset.layout import load

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Ran

WHERE = os.environ.get("HPSCAN_REAL_DATA", "")
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not WHERE, reason="HPSCAN_REAL_DATA is not set"),
    pytest.mark.xdist_group("real"),
]


def test_every_patch_with_coordinates_lies_where_the_table_says(hpscan: Callable[..., Ran], tmp_path: Path) -> None:
    out = tmp_path / "slides"
    ran = hpscan("diagnose", WHERE, "--model", "bundled", "--geojson", out)
    assert ran.code in {0, 3}
    boxes = {p.id: p.box for p in load(Path(WHERE)).cohort.patches() if p.box is not None}
    assert len(boxes) == 859
    assert "70 of 929 scored patches have no coordinates" in ran.err
    seen = {}
    for path in out.glob("*.geojson"):
        for feature in json.loads(path.read_text())["features"]:
            (ring,) = feature["geometry"]["coordinates"]
            assert ring[0] == ring[-1]
            seen[feature["properties"]["name"]] = ring[0] + ring[2]
    assert seen == {one: [b.x, b.y, b.x + b.width, b.y + b.height] for one, b in boxes.items()}
