"""Where the map puts a slide's patches."""

from __future__ import annotations

import itertools

import pytest

from hpscan.core.cohort import Box
from hpscan.report.html.map import LEVELS, slide_map


def test_map_keeps_the_shape_of_the_slide_and_its_colours_follow_the_score() -> None:
    boxes = [Box(1000, 2000, 256, 256), Box(1256, 2000, 256, 256), Box(1000, 4000, 256, 256)]
    slide = slide_map("s", boxes, [9.0, 0.5, -9.0], [True, False, False], [1, 2, 3], ["a", "b", "c"], (0.0, 1.0))
    by_rank = {patch.rank: patch for patch in slide.patches}
    assert slide.extent == (512, 2256)
    assert slide.width / slide.height == pytest.approx(512 / 2256, rel=1e-3)
    assert [by_rank[rank].level for rank in (1, 2, 3)] == [LEVELS - 1, LEVELS // 2, 0]
    assert by_rank[2].x == pytest.approx(by_rank[1].x + by_rank[1].width, abs=0.2)
    assert all(a.rank > b.rank for a, b in itertools.pairwise(slide.patches))  # the highest is drawn last, on top
