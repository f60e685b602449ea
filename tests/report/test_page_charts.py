"""Where a page's charts put their marks."""

from __future__ import annotations

import itertools

import pytest

from hpscan.core.cohort import Box
from hpscan.report.page_charts import LEVELS, NARROW, WIDE, histogram, scale, slide_map

GROUPS = {"negative": [0.1, 0.2], "high": [0.9]}
KINDS = {"negative": "negative", "high": "infected"}


@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("own", [-40.0, 0.5, 1e6])
def test_scale_holds_every_value_in_order(width: int, own: float) -> None:
    made = scale(width, GROUPS, own=own, threshold=0.4, form=str, kinds=KINDS)
    assert made.own is not None
    assert made.threshold is not None
    assert all(0 <= x <= width for x in (made.own, made.threshold))
    assert (made.own < made.threshold) == (own < 0.4)
    negative, high = made.rows
    assert max(x for x, _ in negative.points) <= made.threshold <= min(x for x, _ in high.points)


def test_scale_of_one_value_alone_has_ticks() -> None:
    made = scale(WIDE, {}, own=0.0, threshold=None, form=str, kinds={}, floor=0.0)
    assert len(made.ticks) >= 2
    assert made.threshold_label is None


def test_bars_are_shares_of_the_patients_own_patches() -> None:
    edges = [0.0, 1.0, 2.0]
    made = histogram(WIDE, [0.5] * 9 + [1.5], edges, {"negative": [10, 0]}, 1.0, str)
    (_, high, _, tall), (_, low, _, short) = made.bars
    assert (high, low) == (pytest.approx(30, abs=6), pytest.approx(made.y_ticks[1][0], abs=0.2))
    assert tall > short
    assert made.threshold == pytest.approx((made.left + made.right) / 2, abs=1)


def test_scores_beyond_the_bins_widen_the_histogram_instead_of_vanishing() -> None:
    made = histogram(WIDE, [-3.0, 0.5, 7.9, 500.0], [0.0, 1.0, 2.0], {"negative": [1, 1]}, 1.0, str)
    assert len(made.bars) >= 3
    assert all(made.left <= x and x + width <= made.right + 1 for x, _, width, _ in made.bars)


def test_map_keeps_the_shape_of_the_slide_and_its_colours_follow_the_score() -> None:
    boxes = [Box(1000, 2000, 256, 256), Box(1256, 2000, 256, 256), Box(1000, 4000, 256, 256)]
    made = slide_map("s", boxes, [9.0, 0.5, -9.0], [True, False, False], [1, 2, 3], ["a", "b", "c"], (0.0, 1.0))
    by_rank = {window.rank: window for window in made.windows}
    assert made.extent == (512, 2256)
    assert made.width / made.height == pytest.approx(512 / 2256, rel=1e-3)
    assert [by_rank[rank].level for rank in (1, 2, 3)] == [LEVELS - 1, LEVELS // 2, 0]
    assert by_rank[2].x == pytest.approx(by_rank[1].x + by_rank[1].width, abs=0.2)
    assert all(a.rank > b.rank for a, b in itertools.pairwise(made.windows))  # the highest is drawn last, on top
