from __future__ import annotations

from itertools import combinations, pairwise

import pytest

from hpscan.phantom import slide
from hpscan.phantom.cohort import SIZE


def _apart(a: slide.Box, b: slide.Box) -> int:
    return max(abs(a.x - b.x), abs(a.y - b.y))


@pytest.mark.parametrize("count", [1, 2, 40, 300])
def test_windows_lie_side_by_side_on_a_slide_and_none_overlaps(count: int) -> None:
    for number in range(6):
        boxes = slide.places(0, number, count)
        assert len(boxes) == count
        assert {(box.width, box.height) for box in boxes} == {(SIZE, SIZE)}
        assert all(0 <= box.x < 100_000 and 0 <= box.y < 100_000 for box in boxes)
        assert all(_apart(a, b) >= SIZE for a, b in combinations(boxes, 2))
        # A border comes near itself at most where the walk ends, so neighbours touch nearly everywhere.
        assert sum(_apart(a, b) > SIZE + 20 for a, b in pairwise(boxes)) <= 1 + count // 50


def test_the_border_is_curved() -> None:
    boxes = slide.places(0, 0, 40)
    assert min(len({box.x for box in boxes}), len({box.y for box in boxes})) > 10


def test_a_place_depends_on_seed_and_patient_alone() -> None:
    assert slide.places(1, 2, 10) == slide.places(1, 2, 10)
    assert len({slide.places(*key, 10) for key in ((1, 2), (1, 3), (2, 2))}) == 3
