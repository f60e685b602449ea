"""CSV that a spreadsheet shows and never runs."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest

from hpscan.core.errors import OutputExistsError
from hpscan.store.tables import harmless, write_csv

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_text_that_a_spreadsheet_would_run_is_made_harmless(start: str) -> None:
    assert harmless(f"{start}1+1") == f"'{start}1+1"


@pytest.mark.parametrize("cell", ["Patient1", "a=b", "", -1, -0.5, None, True])
def test_other_text_and_numbers_stay_as_they_are(cell: object) -> None:
    assert harmless(cell) is cell


def test_rows_are_written_in_the_order_of_the_columns(tmp_path: Path) -> None:
    rows = [{"score": -0.25, "patient": "=cmd|' /C calc'!A0"}, {"patient": 'Ångström, "B"', "score": None, "x": 1}]
    write_csv(tmp_path / "out.csv", rows, ["patient", "score"], force=False)
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == [
            ["patient", "score"],
            ["'=cmd|' /C calc'!A0", "-0.25"],
            ['Ångström, "B"', ""],
        ]


def test_a_table_of_no_rows_still_has_its_header(tmp_path: Path) -> None:
    write_csv(tmp_path / "out.csv", [], ["patient", "score"], force=False)
    assert (tmp_path / "out.csv").read_bytes() == b"patient,score\n"


def test_a_score_is_written_to_the_last_digit(tmp_path: Path) -> None:
    write_csv(tmp_path / "out.csv", [{"score": 0.1 + 0.2}], ["score"], force=False)
    assert float((tmp_path / "out.csv").read_text().splitlines()[1]) == 0.1 + 0.2


def test_whole_numbers_stay_whole_beside_missing_ones(tmp_path: Path) -> None:
    write_csv(tmp_path / "out.csv", [{"n": 3}, {"n": None}], ["n"], force=False)
    assert (tmp_path / "out.csv").read_text().splitlines()[1] == "3"


def test_what_is_no_number_leaves_its_cell_empty(tmp_path: Path) -> None:
    write_csv(tmp_path / "out.csv", [{"a": float("nan"), "b": float("inf")}], ["a", "b"], force=False)
    assert (tmp_path / "out.csv").read_text().splitlines()[1] == ",inf"


def test_a_table_that_exists_is_kept_unless_forced(tmp_path: Path) -> None:
    (tmp_path / "out.csv").write_text("mine")
    with pytest.raises(OutputExistsError):
        write_csv(tmp_path / "out.csv", [], ["a"], force=False)
    assert (tmp_path / "out.csv").read_text() == "mine"
    write_csv(tmp_path / "out.csv", [], ["a"], force=True)
    assert (tmp_path / "out.csv").read_text() == "a\n"
