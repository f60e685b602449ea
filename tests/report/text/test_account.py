"""The account in words: sums that can be added up by eye, and the names of what was not used."""

from __future__ import annotations

import re

import pytest

from hpscan.core.account import AsideKind, LabelFate, PatchFate, PatientFate, Sums, TableFate
from hpscan.report.text.account import SET_ASIDE, describe_sums


def _sums(**parts: dict[str, object]) -> Sums:
    usual: dict[str, dict[str, object]] = {
        "set_aside": {},
        "patches": {"used": 3},
        "patients": {"used": 1},
        "labels": {},
        "tables": {},
    }
    return Sums(**(usual | parts))  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", AsideKind)
def test_every_kind_of_what_was_set_aside_has_words(kind: AsideKind) -> None:
    assert SET_ASIDE[kind]
    files = dict(describe_sums(_sums(set_aside={kind.value: 2})))["files"]
    assert files == f"5 found = 3 listed + 2 set aside (2 {SET_ASIDE[kind]})"


@pytest.mark.parametrize("fate", [*PatchFate, *PatientFate, *LabelFate, *TableFate])
def test_every_fate_has_words(fate: PatchFate | PatientFate | LabelFate | TableFate) -> None:
    part = {PatchFate: "patches", PatientFate: "patients", LabelFate: "labels", TableFate: "tables"}[type(fate)]
    lines = dict(describe_sums(_sums(**{part: {fate.value: 7}})))[part]
    words = fate.value.replace("-", " ").replace("truth", "reference standard")
    assert f"7 {words}" in lines


def test_the_line_of_each_sum_adds_up_and_holds_all_terms() -> None:
    lines = describe_sums(
        Sums(
            set_aside={"other-format": 5, "whole-slide": 1, "own": 2},
            patches={"used": 1299, "rejected": 1, "duplicate": 2, "left-out": 3},
            patients={"used": 9, "refused": 1, "without-truth": 2, "unreadable": 1},
            labels={"used": 60, "without-image": 4, "ambiguous": 1, "contradictory": 2},
            tables={"used": 3, "not-understood": 1},
            groups={"other-format": (".webp",), "whole-slide": (".svs",), "own": ("phantom.json",)},
            names={"without-truth": ("A", "B"), "unreadable": ("C",), "not-understood": ("rooms.csv",)},
        )
    )
    aside = "5 in other formats: .webp, 1 whole slide: .svs, 2 written by hpscan"
    assert lines == [
        ("files", f"1,313 found = 1,305 listed + 8 set aside ({aside})"),
        ("patches", "1,305 listed = 1,299 used + 1 rejected + 2 duplicate + 3 left out"),
        ("patients", "13 found = 9 used + 1 refused + 2 without reference standard (A, B) + 1 unreadable (C)"),
        ("labels", "67 given = 60 used + 4 without image + 1 ambiguous + 2 contradictory"),
        ("tables", "4 found = 3 used + 1 not understood (rooms.csv)"),
    ]
    for _, text in lines:
        whole, terms = re.sub(r"\([^)]*\)", "", text).replace(",", "").split(" = ")
        assert int(whole.split()[0]) == sum(int(term.split()[0]) for term in terms.split(" + "))


def test_terms_of_zero_are_left_out_but_for_the_three_of_patches() -> None:
    assert describe_sums(_sums()) == [
        ("files", "3 found = 3 listed"),
        ("patches", "3 listed = 3 used + 0 rejected + 0 duplicate"),
        ("patients", "1 found = 1 used"),
    ]


def test_what_was_done_is_called_what_it_was() -> None:
    lines = dict(describe_sums(_sums(), "scored", "evaluated"))
    assert lines["patches"].startswith("3 listed = 3 scored")
    assert lines["patients"] == "1 found = 1 evaluated"


@pytest.mark.parametrize(
    ("kind", "one"),
    [("whole-slide", "1 whole slide"), ("archive", "1 archive"), ("loose", "1 loose image"), ("hidden", "1 hidden")],
)
def test_a_single_one_is_in_the_singular(kind: str, one: str) -> None:
    assert f"({one})" in dict(describe_sums(_sums(set_aside={kind: 1})))["files"]


def test_many_names_and_suffixes_are_shortened() -> None:
    sums = _sums(
        set_aside={"other-format": 9},
        groups={"other-format": (".a", ".b", ".c", ".d", ".e")},
        patients={"used": 1, "without-truth": 8},
        names={"without-truth": tuple("ABCDEFGH")},
    )
    lines = dict(describe_sums(sums))
    assert ".a, .b, .c and 2 more" in lines["files"]
    assert "8 without reference standard (A, B, C, D, E and 3 more)" in lines["patients"]
