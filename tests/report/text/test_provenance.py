"""Facts about a patient or a file, in words with their sources."""

from __future__ import annotations

import pytest

from hpscan.core.provenance import Fact, FactKind, Provenance, Source
from hpscan.report.text.provenance import describe_facts

ROW = Source("labels.csv", 3, "P1.a", "1")
FACTS = [
    (
        Fact.of(FactKind.FOLDER, folder="A/P1", images=2, origin="cropped", rule="name", name="P1", label="P1"),
        "folder",
        "A/P1/ (2 images, cropped): the outermost folder with a name of its own that holds images is the patient's",
    ),
    (
        Fact.of(FactKind.DIAGNOSIS_FROM_TABLES, Source("d.csv", 2, "P1", "low"), ROW, diagnosis="low"),
        "diagnosis",
        "low: d.csv, row 2: P1 is low; labels.csv, row 3: P1.a is 1",
    ),
    (
        Fact.of(FactKind.DIAGNOSIS_FROM_FOLDER, diagnosis="infected"),
        "diagnosis",
        "infected: the name of a class folder says so, no table does",
    ),
    (Fact.of(FactKind.NO_DIAGNOSIS), "diagnosis", "none: no table names this patient, and no class folder"),
    (
        Fact.of(FactKind.LABEL_COUNTS, Source("a.csv"), Source("b.csv"), negative=2, positive=1),
        "labels",
        "2 negative, 1 positive: a.csv, b.csv",
    ),
    (Fact.of(FactKind.PATCHES, count=5), "patches", "5 listed"),
    (
        Fact.of(FactKind.FILES_SET_ASIDE, count=2, aside="loose", group="x/"),
        "set aside",
        "2 loose images: x/",
    ),
    (
        Fact.of(FactKind.PATCH, id="P1.a", origin="annotated", augmented=True),
        "patch",
        "P1.a (annotated, an augmented copy)",
    ),
    (Fact.of(FactKind.PATIENT, patient="P1", section="0"), "patient", "P1, section 0"),
    (Fact.of(FactKind.PATIENT, patient="P1", section=""), "patient", "P1"),
    (Fact.of(FactKind.LABEL, ROW, label="positive"), "label", "positive: labels.csv, row 3: P1.a is 1"),
    (Fact.of(FactKind.NO_LABEL), "label", "none: no row of a table means this patch"),
    (
        Fact.of(FactKind.PLACE, Source("c.csv", 6, "P1.a"), x=7, y=8),
        "place",
        "7, 8: c.csv, row 6: P1.a",
    ),
    (
        Fact.of(FactKind.SET_ASIDE, aside="archive", group=".zip"),
        "set aside",
        "as one of those archives (.zip)",
    ),
    (Fact.of(FactKind.OWNER, patient=""), "patient", "nobody's"),
    (Fact.of(FactKind.MAY_HOLD_PATCHES, may=True), "matters", "it may hold patches of this patient"),
    (Fact.of(FactKind.MAY_HOLD_PATCHES, may=False), "matters", "no"),
    (Fact.of(FactKind.NOT_UNDERSTOOD, reason="its columns are a"), "not understood", "its columns are a"),
    (Fact.of(FactKind.ROWS_READ, topic="labels", count=4), "labels", "4"),
    (Fact.of(FactKind.ROW_NOT_USED, reason="row 2: x"), "not used", "row 2: x"),
]


@pytest.mark.parametrize(("fact", "topic", "words"), FACTS, ids=[fact.kind for fact, *_ in FACTS])
def test_a_fact_is_told_with_its_sources(fact: Fact, topic: str, words: str) -> None:
    assert describe_facts(Provenance("P1", "patient", (fact,))) == [(topic, words)]


def test_every_kind_has_its_words() -> None:
    assert {fact.kind for fact, *_ in FACTS} == set(FactKind)
