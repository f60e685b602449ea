from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from hpscan.core.errors import LeakageError, NotEnoughDataError
from hpscan.store import models
from hpscan.store.manifest import Role
from hpscan.workflows.calibrate import calibrate
from hpscan.workflows.evaluate import evaluate
from hpscan.workflows.synth import synth

if TYPE_CHECKING:
    from pathlib import Path

    from hpscan.store.models import StoredModel

pytestmark = pytest.mark.xdist_group("trained")


@pytest.fixture
def model(trained: StoredModel, tmp_path: Path) -> StoredModel:
    shutil.copytree(trained.path, tmp_path / "model")
    return models.read(tmp_path / "model")


def test_thresholds_change_and_weights_do_not(model: StoredModel, tmp_path: Path) -> None:
    synth(tmp_path / "other", patients=8, patches=6, seed=5)
    weights = (model.path / "weights.safetensors").read_bytes()
    made = calibrate(tmp_path / "other", str(model.path), criterion="specificity=0.5", hold_out=0, device="cpu")
    stored = models.read(model.path).manifest
    assert (model.path / "weights.safetensors").read_bytes() == weights
    assert stored.operating_point.patch.criterion == "specificity=0.5"
    assert stored.previous_operating_points == (model.manifest.operating_point,)
    assert made.n_patients == 8
    assert "specificity=0.5" in (model.path / "README.md").read_text()


def test_patients_calibrated_on_are_refused_by_evaluate(model: StoredModel, tmp_path: Path) -> None:
    synth(tmp_path / "other", patients=8, patches=4, seed=5)
    made = calibrate(tmp_path / "other", str(model.path), hold_out=0.25, device="cpu")
    found = evaluate(tmp_path / "other", str(model.path), device="cpu")
    assert made.n_held_out == found.n_patients == 2
    assert len(found.refused) == 6


def test_calibrating_on_namesakes_forgets_no_training_patient(
    phantom: Path, model: StoredModel, tmp_path: Path
) -> None:
    synth(tmp_path / "other", patients=8, patches=4, seed=5)  # Patient1 to Patient8 again, but other people
    before = evaluate(phantom, str(model.path), device="cpu")
    calibrate(tmp_path / "other", str(model.path), hold_out=0, device="cpu")
    after = evaluate(phantom, str(model.path), device="cpu")
    assert (after.n_patients, sorted(after.refused)) == (before.n_patients, sorted(before.refused))
    with pytest.raises(LeakageError):
        evaluate(tmp_path / "other", str(model.path), device="cpu")


def test_patients_fitted_on_and_held_out_are_left_alone(phantom: Path, model: StoredModel) -> None:
    made = calibrate(phantom, str(model.path), device="cpu")
    assert made.n_patients == model.manifest.count(Role.OPERATING_POINT)
    assert made.n_held_out == model.manifest.count(Role.HELD_OUT)
    assert evaluate(phantom, str(model.path), device="cpu").n_patients == made.n_held_out


def test_a_criterion_that_needs_labels_says_so_without_them(model: StoredModel, tmp_path: Path) -> None:
    synth(tmp_path / "other", patients=4, patches=3, seed=5)
    shutil.rmtree(tmp_path / "other" / "Annotated_Patches")
    with pytest.raises(NotEnoughDataError, match="labelled patches of both classes"):
        calibrate(tmp_path / "other", str(model.path), criterion="corner", device="cpu")
