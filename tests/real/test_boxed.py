"""The bundled model on the real patches, none of which it was trained on: what its card claims."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from hpscan.store import models

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Ran

DATA = os.environ.get("HPSCAN_REAL_DATA", "")

pytestmark = [pytest.mark.real, pytest.mark.skipif(not DATA, reason="HPSCAN_REAL_DATA is not set")]


def test_its_card_tells_what_it_scores_at_its_shipped_threshold(hpscan: Callable[..., Ran]) -> None:
    ran = hpscan("evaluate", DATA, "--model", "bundled", "--json")
    assert ran.code == 3
    # Patients of whom most patches are positive, and whose value is below the threshold, are not called negative.
    told = [one["reason_details"] for one in json.loads(ran.out)["indeterminate"]]
    assert told
    assert all("mostly-positive-yet-not-detected" in {detail["code"] for detail in own} for own in told)
    patch = json.loads(ran.out)["patch"]
    card = (models.bundled().path / "README.md").read_text(encoding="utf-8")
    for name, value in (
        ("AUC", patch["auc"]),
        ("average precision", patch["average_precision"]),
        ("F1, positive", patch["positive"]["f1"]),
        ("recall, positive", patch["positive"]["recall"]),
    ):
        row = next(line for line in card.splitlines() if line.startswith(f"| {name} |"))
        assert float(row.split("|")[2]) == pytest.approx(value, abs=0.004), name
    assert patch["auc"] >= 0.98
    assert patch["positive"]["f1"] >= 0.85
