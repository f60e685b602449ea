"""The main job on the real patches: train, evaluate and diagnose with the rule, which takes seconds."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Ran

DATA = os.environ.get("HPSCAN_REAL_DATA", "")

pytestmark = [pytest.mark.real, pytest.mark.skipif(not DATA, reason="HPSCAN_REAL_DATA is not set")]


def test_the_rule_separates_patches_of_patients_held_out(hpscan: Callable[..., Ran]) -> None:
    assert hpscan("train", "--backend", "redness", "--data", DATA, "--hold-out", "0.5").code == 0
    ran = hpscan("evaluate", DATA, "--json")
    assert ran.code == 0
    document = json.loads(ran.out)
    # On all labelled patches the rule has an AUC of 0.987 and an average precision of 0.93.
    assert document["patch"]["auc"] > 0.95
    assert document["patch"]["average_precision"] > 0.8
    assert document["patient"]["selected_patches"]
    assert not set(document["cohort"]["evaluated"]) & set(document["cohort"]["refused"])


def test_no_real_patient_is_indeterminate(hpscan: Callable[..., Ran]) -> None:
    hpscan("train", "--backend", "redness", "--data", DATA)
    patients = json.loads(hpscan("diagnose", DATA, "--json").out)
    assert len(patients) == 98
    assert {p["finding"] for p in patients} == {"detected", "not_detected"}
    assert all(p["listed"] == p["scored"] for p in patients)


def test_anomalib_ranks_real_patches_by_what_it_knows_of_negative_patients(hpscan: Callable[..., Ran]) -> None:
    assert hpscan("train", "--backend", "padim", "--data", DATA, "--device", "cpu").code == 0
    document = json.loads(hpscan("evaluate", DATA, "--device", "cpu", "--json").out)
    assert document["patch"]["auc"] > 0.9  # 0.953 when this was written
