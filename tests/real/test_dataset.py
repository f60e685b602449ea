"""Facts about the real development set, read in place where HPSCAN_REAL_DATA points to it."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from hpscan.core.cohort import Density, Origin
from hpscan.core.notes import NoteKind
from hpscan.data.dataset.layout import Dataset, load
from hpscan.data.images.batches import ImagePatches
from hpscan.data.images.inspection import inspect
from hpscan.data.tables.labels import read_tables

WHERE = os.environ.get("HPSCAN_REAL_DATA", "")
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not WHERE, reason="HPSCAN_REAL_DATA is not set"),
    pytest.mark.xdist_group("real"),
]


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return load(Path(WHERE))


def test_the_cohort_is_what_was_published(dataset: Dataset) -> None:
    patches = dataset.cohort.patches(augmented=True)
    assert len(dataset.cohort.patients) == 98
    assert Counter(p.origin for p in patches) == {Origin.ANNOTATED: 929}
    assert Counter(p.label for p in patches) == {-1: 765, 0: 51, 1: 113}
    densities = Counter(p.density for p in dataset.cohort.patients)
    assert densities == {Density.NEGATIVE: 37, Density.LOW: 22, Density.HIGH: 39}
    assert sum(p.box is not None for p in patches) == 859


def test_the_tables_are_read_whole(dataset: Dataset) -> None:
    assert len(dataset.tables) == 3
    rows = Counter(row.source.suffix for row in read_tables(dataset.tables).labels)
    assert rows == {".csv": 931, ".xlsx": 1939}


def test_the_notes_name_the_known_quirks(dataset: Dataset) -> None:
    assert {note.kind: len(note.items) for note in dataset.notes} == {
        NoteKind.LABEL_WITHOUT_IMAGE: 170,
        NoteKind.AUGMENTED_LABEL_WITHOUT_IMAGE: 912,
        NoteKind.DIAGNOSIS_WITHOUT_FOLDER: 183,
        NoteKind.POSITIVE_PATCH_IN_NEGATIVE_PATIENT: 1,
        NoteKind.INFECTED_PATIENT_WITHOUT_POSITIVE_PATCH: 29,
    }


def test_every_file_is_sound_and_no_patients_share_one(dataset: Dataset) -> None:
    found = inspect(dataset.cohort.patches())
    assert not found.rejected
    assert found.sizes == {(256, 256): 929}
    assert not found.duplicates
    assert not found.linked_patients


def test_boxes_that_overlap_show_the_same_pixels(dataset: Dataset) -> None:
    """The published i is the row: read the other way round, overlapping windows would not match."""
    compared = 0
    for patient in dataset.cohort.patients:
        patches = [p for p in patient.patches if p.box is not None]
        pixels = ImagePatches(patches)
        for i, first in enumerate(patches):
            for j, second in enumerate(patches[:i]):
                assert first.box
                assert second.box
                dx, dy = second.box.x - first.box.x, second.box.y - first.box.y
                if first.section_id != second.section_id or max(abs(dx), abs(dy)) >= 200 or compared >= 20:
                    continue
                a, b = pixels.read(np.array([i, j])).astype(float)
                seen_a = a[max(0, dy) : 256 + min(0, dy), max(0, dx) : 256 + min(0, dx)]
                seen_b = b[max(0, -dy) : 256 + min(0, -dy), max(0, -dx) : 256 + min(0, -dx)]
                assert np.abs(seen_a - seen_b).mean() < 1
                compared += 1
    assert compared >= 10
