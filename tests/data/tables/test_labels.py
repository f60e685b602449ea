from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dataset_builder import text, workbook
from hpscan.core.cohort import Box, Density, PatchLabel
from hpscan.data.tables.labels import read_tables

if TYPE_CHECKING:
    from pathlib import Path

COORDINATES = ("Pat_ID", "Section_ID", "Window_ID", "i", "j", "h", "w", "Presence")


@pytest.mark.parametrize(
    ("said", "density", "infected"),
    [
        ("NEGATIVA", Density.NEGATIVE, False),
        ("BAIXA", Density.LOW, True),
        ("ALTA", Density.HIGH, True),
        (" alta ", Density.HIGH, True),
        ("low", Density.LOW, True),
        ("Negative", Density.NEGATIVE, False),
        ("positive", None, True),
        ("NEGATIVO", Density.NEGATIVE, False),
        ("POSITIVO", None, True),
        ("Infected", None, True),
        ("ALTO", Density.HIGH, True),
        ("BAJA", Density.LOW, True),
    ],
)
def test_diagnoses_are_read_in_any_language_they_were_written(
    tmp_path: Path, said: str, density: Density | None, infected: bool
) -> None:
    (row,) = read_tables([text(tmp_path / "any name.csv", f"CODI,DENSITAT\nB22-1,{said}\n")]).diagnoses
    assert (row.code, row.density, row.infected) == ("B22-1", density, infected)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_the_encoding_and_the_separator_do_not_matter(tmp_path: Path, encoding: str, separator: str) -> None:
    table = "CODI,DENSITAT,hospital\r\nB22-1,ALTA,Sant Martí\r\n".replace(",", separator)
    (row,) = read_tables([text(tmp_path / "d.csv", table, encoding)]).diagnoses
    assert row.density is Density.HIGH


def test_a_patch_label_by_id(tmp_path: Path) -> None:
    path = text(tmp_path / "w.csv", "ID,Presence\nB22-101_0.00180,-1\nB22-1_0.7.png,1\nB22-1_0.521.0,0\n")
    rows = read_tables([path]).labels
    assert [(str(r.about), r.label, r.number) for r in rows] == [
        ("B22-101_0.00180", PatchLabel.NEGATIVE, 2),
        ("B22-1_0.7", PatchLabel.POSITIVE, 3),
        ("B22-1_0.521.0", PatchLabel.UNCERTAIN, 4),
    ]


def test_coordinates_make_a_box_with_i_as_the_row(tmp_path: Path) -> None:
    rows = [COORDINATES, ("B22-1", 0, 521, 100, 2000, 256, 206, 1), ("B22-1", 0, "521_Aug3", 1, 2, 256, 256, -1)]
    tables = read_tables([workbook(tmp_path / "c.xlsx", rows)])
    plain, copy = tables.labels
    assert (str(plain.about), plain.augmented) == ("B22-1_0.521", False)
    assert (str(copy.about), copy.augmented) == ("B22-1_0.521_Aug3", True)
    first = tables.boxes[0]
    assert (str(first.about), first.box) == ("B22-1_0.521", Box(x=2000, y=100, width=206, height=256))


@pytest.mark.parametrize(
    "table",
    [
        "Pat_ID,Section_ID,Window_ID,i,j,h,w\nB22-1,0,7,10,20,256,255\n",
        "Pat_ID,Section_ID,Window_ID,i,j,h,w,Presence\nB22-1,0,7,10.0,20,256,255,\n",
        "ID,w,h,j,i\nB22-1_0.7,255,256,20,10\n",
        "PATH,i,j,h,w\nCropped/B22-1_0/7.png,10,20,256,255\n",
    ],
)
def test_coordinates_without_a_label_say_where_and_nothing_else(tmp_path: Path, table: str) -> None:
    tables = read_tables([text(tmp_path / "c.csv", table)])
    (row,) = tables.boxes
    assert (str(row.about), row.box) == ("B22-1_0.7", Box(x=20, y=10, width=255, height=256))
    assert not tables.labels
    assert not tables.bad_rows


@pytest.mark.parametrize("place", ["1,2,0,9", "1,2,9,-9", "1,2,9,", "1,x,9,9", "1.5,2,9,9"])
def test_a_place_that_cannot_be_is_told_and_its_label_is_kept(tmp_path: Path, place: str) -> None:
    header = "Pat_ID,Section_ID,Window_ID,i,j,h,w,Presence\n"
    tables = read_tables([text(tmp_path / "c.csv", f"{header}B22-1,0,7,{place},1\nB22-1,0,8,{place},\n")])
    assert not tables.boxes
    assert [(row.about.window, row.label) for row in tables.labels] == [("7", PatchLabel.POSITIVE)]
    assert [remark.reason.split(":")[0] for remark in tables.bad_rows] == ["row 2", "row 3"]


def test_withdrawn_windows_of_the_older_table_are_left_out(tmp_path: Path) -> None:
    header = ("", "Pat_ID", "WSI_ID", "Window_ID", *"ijhw", "Presence", "Cropped", "Deleted")
    rows = [(0, "B22-1", 0, n, 1, 1, 9, 9, -1, *flags) for n, flags in enumerate([(0, 0), (0, None), (1, 0), (0, 1)])]
    tables = read_tables([workbook(tmp_path / "old.xlsx", [header, *rows])])
    assert [row.about.window for row in tables.labels] == ["0", "1"]
    assert [remark.reason for remark in tables.withdrawn] == ["B22-1_0.2", "B22-1_0.3"]


def test_zero_is_negative_only_in_a_table_of_zeros_and_ones(tmp_path: Path) -> None:
    binary = text(tmp_path / "b.csv", "ID,Presence\nB22-1_0.1,0\nB22-1_0.2,1\n")
    published = text(tmp_path / "p.csv", "ID,Presence\nB22-1_0.3,0\nB22-1_0.4,1\nB22-1_0.5,-1\n")
    zeros = text(tmp_path / "z.csv", "ID,Presence\nB22-1_0.6,0\n")
    tables = read_tables([binary, published, zeros])
    assert [int(row.label) for row in tables.labels] == [-1, 1, 0, 1, -1, 0]
    assert tables.binary == (binary,)


@pytest.mark.parametrize("path", ["Annotated/B22-1_0/00180.png", r"C:\data\B22-1_0\00180.PNG", "B22-1_0/00180"])
def test_a_label_by_path(tmp_path: Path, path: str) -> None:
    (row,) = read_tables([text(tmp_path / "t.csv", f"CODI,PATH,PRESENCE\nB22-1,{path},1\n")]).labels
    assert str(row.about) == "B22-1_0.00180"


def test_a_label_by_file_name_belongs_to_the_code(tmp_path: Path) -> None:
    (row,) = read_tables([text(tmp_path / "t.csv", "CODI,PATH,PRESENCE\nB22-1,00180.png,1\n")]).labels
    assert str(row.about) == "B22-1.00180"


def test_rows_that_cannot_be_used_are_listed_with_their_number(tmp_path: Path) -> None:
    path = text(tmp_path / "w.csv", "ID,Presence\nB22-1_0.1,yes\n\n,1\nB22-1_0.2,2\nB22-1_0.3,1\n")
    tables = read_tables([path])
    assert len(tables.labels) == 1
    assert [remark.reason.split(":")[0] for remark in tables.bad_rows] == ["row 2", "row 4", "row 5"]


def test_a_table_of_something_else_is_listed_with_its_columns(tmp_path: Path) -> None:
    # What hpscan itself writes must never be read back as a pathologist's word.
    path = text(tmp_path / "results.csv", "patient_id,finding,density\nB22-1,detected,high\n")
    tables = read_tables([path])
    assert not tables.understood
    assert not tables.diagnoses
    assert "finding" in tables.not_understood[0].reason


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.csv", b""),
        ("blank.csv", b"\n\n"),
        ("binary.csv", b"PK\x03\x04\x00\x00\x00\n\x00\x00"),
        ("empty.xlsx", b""),
        ("damaged.xlsx", b"PK\x03\x04 and no more"),
        ("encrypted.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512)),
        ("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
    ],
)
def test_an_unreadable_table_is_listed_and_stops_nothing(tmp_path: Path, name: str, content: bytes) -> None:
    bad = tmp_path / name
    bad.write_bytes(content)
    good = text(tmp_path / "good.csv", "CODI,DENSITAT\nB22-1,ALTA\n")
    tables = read_tables([bad, tmp_path / "gone.csv", good])
    assert [remark.source for remark in tables.not_understood] == [bad, tmp_path / "gone.csv"]
    assert all(remark.reason and "\n" not in remark.reason for remark in tables.not_understood)
    assert tables.understood == (good,)


@pytest.mark.parametrize("said", ["N", "0", "1", "ALTA*", "?", "high?", ""])
def test_what_may_be_a_doubt_is_no_diagnosis(tmp_path: Path, said: str) -> None:
    tables = read_tables([text(tmp_path / "d.csv", f"CODI,DENSITAT\nB22-1,{said}\n")])
    assert not tables.diagnoses
    assert len(tables.bad_rows) == 1


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("patient,label,filename", "P1,1,00001.png"),
        ("Patient ID,File Name,Class", "P1,00001.png,positive"),
        ("image_path,label", "Annotated/P1/00001.png,1"),
        ("patch,label", "P1.00001,1"),
        ("case_id,tile,presence", "P1,00001,1"),
    ],
)
def test_tables_that_people_make_are_understood(tmp_path: Path, header: str, row: str) -> None:
    (found,) = read_tables([text(tmp_path / "t.csv", f"{header}\n{row}\n")]).labels
    assert (str(found.about), found.label) == ("P1.00001", PatchLabel.POSITIVE)


@pytest.mark.parametrize("header", ["patient,diagnosis", "Patient,label", "code,Density", "patient,filename,diagnosis"])
def test_diagnoses_that_people_write_are_understood(tmp_path: Path, header: str) -> None:
    cells = ["P1", *["1.png"] * (header.count(",") - 1), "negative"]
    tables = read_tables([text(tmp_path / "t.csv", f"{header}\n{','.join(cells)}\n")])
    assert {(row.code, row.infected) for row in tables.diagnoses} == {("P1", False)}
    assert not tables.labels


def test_what_hpscan_writes_is_no_table_of_truth(tmp_path: Path) -> None:
    results = text(tmp_path / "r.csv", "patient,finding,density,listed\nP1,detected,high,3\n")
    scores = text(tmp_path / "s.csv", "patient,patch,status,score,label\nP1,P1.1,scored,0.5,1\n")
    tables = read_tables([results, scores])
    assert not tables.understood
    assert not tables.diagnoses + tables.labels
