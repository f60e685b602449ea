"""Where a page's charts put their marks."""

from __future__ import annotations

import pytest

from hpscan.report.html.charts import NARROW, WIDE, histogram, scale

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
