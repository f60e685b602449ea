"""Where patients, patches, tables and files that were set aside come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dataset_builder import patches, text
from hpscan.core.errors import DataError
from hpscan.core.provenance import Fact, FactKind, Source
from hpscan.workflows.datasets.provenance import trace

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    patches(tmp_path, "Annotated/P1_0/a.png", "Annotated/P1_0/b.png", "Annotated/P2/1.png")
    text(tmp_path / "Annotated/P1_0/c.webp", "no patch")
    text(tmp_path / "d.csv", "CODI,DENSITAT\nP1,BAIXA\n")
    text(tmp_path / "l.csv", "ID,Presence\nP1_0.a,1\nP1_0.x,1\n,1\n")
    text(tmp_path / "c.csv", "ID,i,j,h,w\nP1_0.a,8,7,9,9\n")
    text(tmp_path / "other.csv", "weight,height\n1,2\n")
    return tmp_path


def test_a_patient_comes_with_folders_diagnosis_labels_and_what_lies_beside(data: Path) -> None:
    found = trace(data, "P1")
    assert (found.what, found.kind) == ("P1", "patient")
    (folder, diagnosis, labels, listed, beside) = found.facts
    assert dict(folder.values) == {
        "folder": "Annotated/P1_0",
        "images": 2,
        "origin": "annotated",
        "rule": "name",
        "name": "P1_0",
        "label": "P1_0",
    }
    assert diagnosis == Fact.of(FactKind.DIAGNOSIS_FROM_TABLES, Source("d.csv", 2, "P1", "low"), diagnosis="low")
    assert labels == Fact.of(FactKind.LABEL_COUNTS, Source("l.csv"), positive=1)
    assert listed == Fact.of(FactKind.PATCHES, count=2)
    assert beside == Fact.of(FactKind.FILES_SET_ASIDE, count=1, aside="other-format", group=".webp")


def test_a_patient_in_no_table_has_no_diagnosis(data: Path) -> None:
    assert Fact.of(FactKind.NO_DIAGNOSIS) in trace(data, "p2").facts


@pytest.mark.parametrize("what", ["P1_0.a", "Annotated/P1_0/a.png"])
def test_a_patch_comes_with_label_and_place(data: Path, what: str) -> None:
    found = trace(data, what)
    assert (found.what, found.kind) == ("Annotated/P1_0/a.png", "patch")
    patch, patient, _, label, place = found.facts
    assert patch == Fact.of(FactKind.PATCH, id="P1_0.a", origin="annotated", augmented=False)
    assert patient == Fact.of(FactKind.PATIENT, patient="P1", section="0")
    assert label == Fact.of(FactKind.LABEL, Source("l.csv", 2, "P1_0.a", "1"), label="positive")
    assert place == Fact.of(FactKind.PLACE, Source("c.csv", 2, "P1_0.a"), x=7, y=8)
    assert trace(data, "P1_0.b").facts[-1] == Fact.of(FactKind.NO_LABEL)


def test_a_file_that_was_set_aside_says_whose_it_may_be(data: Path) -> None:
    found = trace(data, "Annotated/P1_0/c.webp")
    assert found.kind == "set aside"
    assert [fact.values for fact in found.facts] == [
        (("aside", "other-format"), ("group", ".webp")),
        (("patient", "P1"),),
        (("may", True),),
    ]


def test_a_table_says_what_was_read_of_it(data: Path) -> None:
    found = trace(data, "l.csv")
    assert found.kind == "table"
    assert [dict(f.values) for f in found.facts if f.kind is FactKind.ROWS_READ] == [
        {"topic": "diagnoses", "count": 0},
        {"topic": "labels", "count": 2},
        {"topic": "places", "count": 0},
    ]
    assert found.facts[-1].kind is FactKind.ROW_NOT_USED
    assert trace(data, "other.csv").facts[0].kind is FactKind.NOT_UNDERSTOOD


def test_what_is_nowhere_is_an_error_that_names_what_is_near(data: Path) -> None:
    with pytest.raises(DataError) as caught:
        trace(data, "p-1")
    assert "P1" in caught.value.hint
    with pytest.raises(DataError) as caught:
        trace(data, "nobody")
    assert "P1, P2" in caught.value.hint
