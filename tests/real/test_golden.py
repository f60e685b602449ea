"""The bundled model's scores of thirty real patches, and the results of their three patients, are the golden ones."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

from golden import builder

DATA = os.environ.get("HPSCAN_REAL_DATA", "")

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not DATA, reason="HPSCAN_REAL_DATA is not set"),
    pytest.mark.xdist_group("real"),
]

PATIENTS = ("B22-163_0", "B22-50_0", "B22-77_0")


def test_real_scores_and_results(tmp_path: Path) -> None:
    place = builder.Place(tmp_path, Path(DATA))
    folders = [Path(DATA) / "AnnotatedPatches" / patient for patient in PATIENTS]
    document = place.document(
        "diagnose", *folders, "--model", "bundled", "--device", "cpu", "--patches-csv", place / "patches.csv"
    )
    with (place / "patches.csv").open(encoding="utf-8", newline="") as file:
        scores = {row["patch"]: float(row["score"]) for row in csv.DictReader(file)}
    assert len(scores) == 31
    builder.check("real-bundled", {"scores": dict(sorted(scores.items())), "diagnose": document})
