"""The model that ships with hpscan: it is whole, says what it is, works from a fresh installation, and can be made again."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from hpscan.backends.synthetic.settings import DetectorSettings
from hpscan.store import models
from hpscan.workflows.cohort.gather import gather
from hpscan.workflows.datasets.synth import synth
from hpscan.workflows.diagnosis.diagnose import DiagnoseRequest, diagnose
from hpscan.workflows.evaluation.evaluate import EvaluateRequest, evaluate
from hpscan.workflows.zoo import bundled

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.xdist_group("synthetic")


def test_what_ships_is_whole_and_small() -> None:
    shipped = models.bundled()
    (record,) = shipped.manifest.files.values()
    content = (shipped.path / "weights.safetensors").read_bytes()
    assert hashlib.sha256(content).hexdigest() == record.sha256
    assert sum(file.stat().st_size for file in shipped.path.iterdir()) < 5e6


def test_it_was_trained_on_phantoms_with_the_settings_that_its_backend_restores_it_with() -> None:
    manifest = models.bundled().manifest
    assert manifest.phantom
    assert manifest.training.seed == bundled.SEED
    assert sum(manifest.densities.values()) == bundled.PATIENTS
    network = DetectorSettings.model_validate({})
    assert manifest.settings["backbone"] == network.backbone
    assert manifest.settings["coarsest_stride"] == network.coarsest_stride


def test_its_card_is_that_of_the_weights_that_ship() -> None:
    shipped = models.bundled()
    card = (shipped.path / "README.md").read_text(encoding="utf-8")
    (record,) = shipped.manifest.files.values()
    assert record.sha256 in card
    assert f"{shipped.manifest.operating_point.patch.value:.6g}" in card
    assert "For research use only. Not for use in diagnostic procedures." in card


def test_without_a_model_of_one_s_own_patients_are_diagnosed_and_evaluated_with_it(tmp_path: Path) -> None:
    synth(tmp_path / "data", patients=8, patches=12, seed=11)
    found = diagnose(gather([tmp_path / "data"]), DiagnoseRequest(device="cpu"))
    assert found.model.bundled
    assert len(found.patients) == 8
    measured = evaluate(EvaluateRequest(tmp_path / "data", device="cpu"))
    assert measured.model.bundled
    assert not measured.refused
    assert measured.patch is not None
    assert measured.patch.auc > 0.9


def test_it_is_made_again_and_compared_with_what_ships(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundled, "PATIENTS", 12)
    monkeypatch.setattr(bundled, "PATCHES", 4)
    monkeypatch.setattr(bundled, "SETTINGS", {"steps": 10, "batch_size": 4})
    made = bundled.rebuild(tmp_path / "one")
    again = bundled.rebuild(tmp_path / "two")
    assert made.same is False
    assert made.sha256 == again.sha256
    first, second = (m.model.manifest for m in (made, again))
    assert first.operating_point.patch.value == second.operating_point.patch.value
    assert first.name == "bundled"
    assert first.patients == ()
    assert not made.model.plots


def test_what_already_ships_is_recognised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundled, "PATIENTS", 12)
    monkeypatch.setattr(bundled, "PATCHES", 4)
    monkeypatch.setattr(bundled, "SETTINGS", {"steps": 10, "batch_size": 4})
    made = bundled.rebuild(tmp_path / "one")
    monkeypatch.setattr(models, "bundled", lambda: made.model)
    assert bundled.rebuild(tmp_path / "two").same is True
