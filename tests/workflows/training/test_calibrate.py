from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from hpscan.core.choices import Aggregation
from hpscan.core.errors import LeakageError, NotEnoughDataError, SettingsError
from hpscan.store import default_model as chosen
from hpscan.store import models
from hpscan.store import paths as folders
from hpscan.store.manifest import Role
from hpscan.workflows.datasets.synth import synth
from hpscan.workflows.evaluation.evaluate import EvaluateRequest, evaluate
from hpscan.workflows.training.calibrate import CalibrateRequest, calibrate

if TYPE_CHECKING:
    from pathlib import Path

    from hpscan.core.decision import OperatingPoint
    from hpscan.store.models import StoredModel

pytestmark = pytest.mark.xdist_group("trained")


@pytest.fixture
def model(trained: StoredModel, tmp_path: Path) -> StoredModel:
    shutil.copytree(trained.path, tmp_path / "model")
    return models.read(tmp_path / "model")


def test_thresholds_change_and_weights_do_not(model: StoredModel, tmp_path: Path) -> None:
    synth(tmp_path / "other", patients=8, patches=6, seed=5)
    weights = (model.path / "weights.safetensors").read_bytes()
    made = calibrate(
        CalibrateRequest(tmp_path / "other", str(model.path), criterion="specificity=0.5", hold_out=0, device="cpu")
    )
    stored = models.read(model.path).manifest
    assert (model.path / "weights.safetensors").read_bytes() == weights
    assert stored.operating_point.patch.criterion == "specificity=0.5"
    assert stored.previous_operating_points == (model.manifest.operating_point,)
    assert made.n_patients == 8
    assert "specificity=0.5" in (model.path / "README.md").read_text()
    assert set(stored.files) == {"weights.safetensors"}


def test_the_picture_of_the_operating_point_is_replaced_and_no_other(model: StoredModel, tmp_path: Path) -> None:
    synth(tmp_path / "other", patients=8, patches=6, seed=5)
    before = {path.name: path.read_bytes() for path in model.plots}
    made = calibrate(CalibrateRequest(tmp_path / "other", str(model.path), hold_out=0, device="cpu"))
    after = {path.name: path.read_bytes() for path in model.plots}
    assert made.plot.name == "operating-point.png"
    assert {name for name, content in after.items() if content != before[name]} == {made.plot.name}


def test_patients_calibrated_on_are_refused_by_evaluate(model: StoredModel, tmp_path: Path) -> None:
    synth(tmp_path / "other", patients=8, patches=4, seed=5)
    made = calibrate(CalibrateRequest(tmp_path / "other", str(model.path), hold_out=0.25, device="cpu"))
    found = evaluate(EvaluateRequest(tmp_path / "other", str(model.path), device="cpu"))
    assert made.n_held_out == found.n_patients == 2
    assert len(found.refused) == 6


def test_calibrating_on_namesakes_forgets_no_training_patient(
    phantom: Path, model: StoredModel, tmp_path: Path
) -> None:
    synth(tmp_path / "other", patients=8, patches=4, seed=5)  # Patient1 to Patient8 again, but other people
    before = evaluate(EvaluateRequest(phantom, str(model.path), device="cpu"))
    calibrate(CalibrateRequest(tmp_path / "other", str(model.path), hold_out=0, device="cpu"))
    after = evaluate(EvaluateRequest(phantom, str(model.path), device="cpu"))
    assert (after.n_patients, sorted(after.refused)) == (before.n_patients, sorted(before.refused))
    with pytest.raises(LeakageError):
        evaluate(EvaluateRequest(tmp_path / "other", str(model.path), device="cpu"))


def test_patients_fitted_on_and_held_out_are_left_alone(phantom: Path, model: StoredModel) -> None:
    made = calibrate(CalibrateRequest(phantom, str(model.path), device="cpu"))
    assert made.n_patients == model.manifest.count(Role.CALIBRATION)
    assert made.n_held_out == model.manifest.count(Role.TEST)
    assert evaluate(EvaluateRequest(phantom, str(model.path), device="cpu")).n_patients == made.n_held_out


def test_a_criterion_that_needs_labels_says_so_without_them(model: StoredModel, tmp_path: Path) -> None:
    synth(tmp_path / "other", patients=4, patches=3, seed=5)
    shutil.rmtree(tmp_path / "other" / "Annotated_Patches")
    with pytest.raises(NotEnoughDataError, match="labelled patches of both classes"):
        calibrate(CalibrateRequest(tmp_path / "other", str(model.path), criterion="corner", device="cpu"))


def test_another_aggregation_is_fitted_and_kept_until_another_is_asked_for(model: StoredModel, tmp_path: Path) -> None:
    synth(tmp_path / "other", patients=8, patches=6, seed=5)

    def again(**asked: str | int) -> OperatingPoint:
        calibrate(CalibrateRequest(tmp_path / "other", str(model.path), hold_out=0, device="cpu", **asked))  # type: ignore[arg-type]
        return models.read(model.path).manifest.operating_point.point()

    assert again().aggregation is model.manifest.operating_point.aggregation
    assert again(aggregation="fraction-positive").aggregation is Aggregation.FRACTION_POSITIVE
    mean = again(aggregation="top-k-mean", top_k=2)
    assert (mean.aggregation, mean.top_k) == (Aggregation.TOP_K_MEAN, 2)
    assert "mean of the highest 2 % of the scores" in (model.path / "README.md").read_text()
    assert again() == mean
    assert again(top_k=3).top_k == 3
    assert again(aggregation="max").aggregation is Aggregation.MAX
    assert (
        evaluate(
            EvaluateRequest(tmp_path / "other", str(model.path), allow_training_patients=True, device="cpu")
        ).patient
        is not None
    )


def test_an_aggregation_that_cannot_be_stops_before_the_dataset_is_read(model: StoredModel, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="`top_k`"):
        calibrate(CalibrateRequest(tmp_path / "nothing", str(model.path), aggregation="max", top_k=3, device="cpu"))


def test_the_boxed_model_stays_as_it_is_and_a_copy_gets_the_thresholds(tmp_path: Path) -> None:
    synth(tmp_path / "other", patients=8, patches=6, seed=5)
    before = models.bundled()
    made = calibrate(
        CalibrateRequest(tmp_path / "other", "bundled", criterion="specificity=0.5", hold_out=0, device="cpu")
    )
    assert models.bundled().manifest == before.manifest
    assert made.model.path == folders.models() / "bundled-calibrated"
    assert made.model.plots == (made.plot,)
    assert models.read(made.model.path).manifest.operating_point.patch.criterion == "specificity=0.5"
    assert chosen.default().model.path == made.model.path
    again = calibrate(CalibrateRequest(tmp_path / "other", "bundled", hold_out=0, device="cpu"))
    assert again.model.path.name == "bundled-calibrated-2"
