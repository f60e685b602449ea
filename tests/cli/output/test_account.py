"""What was not read is told to the one who asks for a result: on the screen, in JSON, in a file, and by the exit code."""

from __future__ import annotations

import csv
import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from dataset_builder import text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hpscan.store.models import StoredModel

    Run = Callable[..., Any]

pytestmark = pytest.mark.xdist_group("trained")


@pytest.fixture
def quiet(hpscan: Run, phantom: Path, trained: StoredModel) -> Path:
    """The folder of the negative patient with the lowest value."""
    found = json.loads(hpscan("diagnose", phantom, "--model", trained.path, "--json").out)
    lowest = min((one for one in found if one["finding"] == "not_detected"), key=lambda one: one["value"])
    return phantom / "Cropped_Patches" / lowest["patient"]


def _infected(hpscan: Run, phantom: Path, trained: StoredModel) -> Path:
    found = json.loads(hpscan("diagnose", phantom, "--model", trained.path, "--json").out)
    highest = max(found, key=lambda one: one["value"])
    assert highest["finding"] == "detected"
    return phantom / "Cropped_Patches" / highest["patient"]


def _beside(folder: Path, kind: str, n: int) -> None:
    for i in range(n):
        if kind == "webp":
            Image.new("RGB", (64, 64), (9, 9, i)).save(folder / f"w{i}.webp", lossless=True)
        elif kind == "below":
            (folder / "second").mkdir(exist_ok=True)
            Image.new("RGB", (64, 64), (9, 9, i)).save(folder / "second" / f"w{i}.png")
        else:
            text(folder / f"w{i}.png.part", "x")


@pytest.mark.parametrize(("kind", "named"), [("webp", ".webp"), ("below", "second/"), ("part", ".png.part")])
def test_absence_is_not_claimed_where_many_files_were_not_read(
    hpscan: Run, quiet: Path, trained: StoredModel, tmp_path: Path, kind: str, named: str
) -> None:
    folder = tmp_path / "Cropped_Patches" / "New"
    shutil.copytree(quiet, folder)
    _beside(folder, kind, 20)
    ran = hpscan("diagnose", tmp_path, "--model", trained.path, "--json", "--csv", tmp_path / "p.csv")
    (one,) = json.loads(ran.out)
    assert (ran.code, one["finding"], one["listed"]) == (3, "indeterminate", 10)
    (reason,) = [detail for detail in one["reason_details"] if detail["code"] == "not-read"]
    assert reason["message"] == f"20 of 30 files of this patient were not read: {named} (20)"
    assert reason["numbers"] == {"count": 20, "of": 30}
    assert sum(one["account"]["files"]["set_aside"].values()) == 20
    (row,) = csv.DictReader((tmp_path / "p.csv").open())
    assert (row["set_aside"], "not-read" in row["reason_codes"]) == ("20", True)


def test_one_file_in_eleven_or_fewer_changes_no_finding_and_is_told(
    hpscan: Run, quiet: Path, trained: StoredModel, tmp_path: Path
) -> None:
    folder = tmp_path / "Cropped_Patches" / "New"
    shutil.copytree(quiet, folder)
    _beside(folder, "webp", 1)
    for name in ("slide.svs", "all.zip"):
        text(folder / name, "x")
    ran = hpscan("diagnose", tmp_path, "--model", trained.path, "--json")
    (one,) = json.loads(ran.out)
    assert (ran.code, one["finding"], one["density"]) == (0, "not_detected", None)
    codes = [detail["code"] for detail in one["reason_details"]]
    assert [code for code in codes if code in {"not-read", "whole-slide-beside", "archive-beside"}] == [
        "not-read",
        "whole-slide-beside",
        "archive-beside",
    ]


def test_a_detected_patient_stays_so_with_the_same_line(
    hpscan: Run, phantom: Path, trained: StoredModel, tmp_path: Path
) -> None:
    folder = tmp_path / "Cropped_Patches" / "New"
    shutil.copytree(_infected(hpscan, phantom, trained), folder)
    _beside(folder, "webp", 20)
    ran = hpscan("diagnose", tmp_path, "--model", trained.path)
    shown = " ".join(ran.out.replace("│", " ").split())
    assert "H. pylori detected" in shown
    assert "20 of 30 files of this patient were not read: .webp (20)" in shown
    assert "30 found = 10 listed + 20 set aside (20 in other formats: .webp)" in shown


def test_a_patient_of_whom_nothing_can_be_read_has_a_row_and_is_named(
    hpscan: Run, quiet: Path, trained: StoredModel, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    shutil.copytree(quiet, data / "Cropped_Patches" / "A")
    (data / "Cropped_Patches" / "B").mkdir()
    _beside(data / "Cropped_Patches" / "B", "webp", 3)
    text(data / "d.csv", "CODI,DENSITAT\nA,NEGATIVA\nB,ALTA\n")
    ran = hpscan("diagnose", data, "--model", trained.path, "--json", "--account", tmp_path / "a.csv")
    found = {one["patient"]: one for one in json.loads(ran.out)}
    assert (ran.code, found["B"]["finding"], found["B"]["scored"]) == (3, "indeterminate", 0)
    rows = list(csv.DictReader((tmp_path / "a.csv").open()))
    assert {row["name"] for row in rows if row["fate"] == "unreadable"} == {"B"}
    assert len([row for row in rows if row["sum"] in {"files", "patches"}]) == 13
    evaluated = hpscan("evaluate", data, "--model", trained.path, "--allow-training-patients", "--json")
    document = json.loads(evaluated.out)
    assert document["account"]["not_used"]["unreadable"] == ["B"]
    assert document["patient"]["n_indeterminate"] == 1
    assert evaluated.code == 3


def test_data_check_says_where_something_comes_from(hpscan: Run, quiet: Path, tmp_path: Path) -> None:
    shutil.copytree(quiet, tmp_path / "Case 7" / "tiles")
    text(tmp_path / "Case 7" / "macro.webp", "x")
    text(tmp_path / "d.csv", "CODI,DENSITAT\nCase 7,ALTA\n")
    text(tmp_path / "l.csv", "ID,Presence\nCase 7.00001,1\nCase 7.00002,-1\n")
    text(tmp_path / "other.csv", "a,b\n1,2\n")

    def told(what: str) -> dict[str, str]:
        document = json.loads(hpscan("data", "check", tmp_path, "--explain", what, "--json").out)
        return {"kind": document["kind"], **{fact["about"]: fact["says"] for fact in document["facts"]}}

    patient = told("Case 7")
    assert (patient["kind"], patient["diagnosis"]) == ("patient", "high: d.csv, row 2: Case 7 is high")
    assert "tiles is a folder of tiles" in patient["folder"]
    assert told("Case 7/tiles/00001.png")["label"] == "positive: l.csv, row 2: Case 7.00001 is 1"
    assert told("Case 7/macro.webp")["patient"] == "Case 7"
    assert told("other.csv")["not understood"] == "its columns are a, b"
    unknown = hpscan("data", "check", tmp_path, "--explain", "nobody")
    assert (unknown.code, "nobody is no patient" in unknown.err) == (1, True)


def test_tables_of_no_use_are_the_result_of_a_check_and_the_cause_of_an_error(
    hpscan: Run, quiet: Path, tmp_path: Path
) -> None:
    shutil.copytree(quiet, tmp_path / "Annotated_Patches" / "Patient1")
    text(tmp_path / "l.csv", "ID,Presence\nslide-Patient1.00000,1\n")
    ran = hpscan("data", "check", tmp_path)
    assert ran.code == 3
    line = "None of 1 label was used: the tables say slide-Patient1.00000, the patches are called Patient1.00000"
    assert line in " ".join(ran.out.split())
    trained = hpscan("train", "--data", tmp_path, "--backend", "redness", "--criterion", "corner", "--hold-out", "0")
    assert trained.code == 1
    assert "none of 1 label was used" in trained.err
    assert "0 positive" not in trained.err


def test_folders_that_can_be_read_in_two_ways_stop_until_somebody_says(
    hpscan: Run, quiet: Path, trained: StoredModel, tmp_path: Path
) -> None:
    for case in ("Case 7", "Case 9"):
        shutil.copytree(quiet, tmp_path / case / "A")
    ran = hpscan("diagnose", tmp_path, "--model", trained.path)
    assert ran.code == 1
    assert "Case 7/A and Case 9/A" in ran.err
    names = json.loads(
        hpscan("diagnose", tmp_path, "--model", trained.path, "--patient-from", "grandparent", "--json").out
    )
    assert [one["patient"] for one in names] == ["Case 7", "Case 9"]
