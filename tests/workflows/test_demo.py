from __future__ import annotations

from typing import TYPE_CHECKING

from hpscan.workflows import demo as module
from hpscan.workflows.demo import demo

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_the_demo_diagnoses_held_out_patients_and_draws_pictures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENTS", 16)
    monkeypatch.setattr(module, "PATCHES", 8)
    monkeypatch.setattr(module, "EPOCHS", 1)
    made = demo(tmp_path / "demo", device="cpu")
    infected, negative = made.diagnoses.patients
    refused = set(made.evaluation.refused)
    assert not {infected.result.patient_id, negative.result.patient_id} & refused
    assert made.evaluation.patient is not None
    assert made.gallery.read_bytes().startswith(b"\x89PNG")
    assert made.curves.read_bytes().startswith(b"\x89PNG")
    assert infected.result.patient_id in made.report.read_text(encoding="utf-8")
