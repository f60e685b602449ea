"""Numbers as people read them."""

from __future__ import annotations

import pytest

from hpscan.report.text.numbers import counted, counted_of, format_number, format_percent, format_score, shortened


@pytest.mark.parametrize(("value", "shown"), [(5e-324, "just above 0"), (0.0, "0"), (1.25e-05, "1.25e-05")])
def test_scores_are_shown_so_that_people_can_read_them(value: float, shown: str) -> None:
    assert format_score(value) == shown


def test_a_count_comes_with_its_noun() -> None:
    assert [counted(n, "patch") for n in (0, 1, 2)] == ["0 patches", "1 patch", "2 patches"]
    assert counted(1939, "label") == "1,939 labels"
    assert counted(2, "diagnosis", "diagnoses") == "2 diagnoses"
    assert (counted_of(3, 9, "patch"), counted_of(1, None, "patch")) == ("3 of 9 patches", "1 patch")


def test_numbers_and_proportions() -> None:
    assert (format_number(1234), format_number(0.25), format_percent(0.125)) == ("1,234", "0.25", "12.5 %")


def test_a_long_list_of_names_is_shortened_and_says_by_how_many() -> None:
    assert shortened(list("abcde")) == "a, b, c, d, e"
    assert shortened(list("abcdefg"), most=3) == "a, b, c and 4 more"
