from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from hpscan.core.errors import DeviceError, LeakageError, NotEnoughDataError
from hpscan.data.dataset import layout
from hpscan.store.manifest import Role
from hpscan.workflows.datasets.synth import synth
from hpscan.workflows.evaluation.evaluate import EvaluateRequest, Reference, evaluate
from hpscan.workflows.training.settings import configured
from hpscan.workflows.training.train import TrainRequest, train

if TYPE_CHECKING:
    from pathlib import Path

    from hpscan.core.backend import Progress
    from hpscan.store.models import StoredModel

pytestmark = pytest.mark.xdist_group("trained")


def test_only_patients_that_the_model_has_not_seen_are_evaluated(phantom: Path, trained: StoredModel) -> None:
    found = evaluate(EvaluateRequest(phantom, str(trained.path), device="cpu"))
    assert found.n_patients == trained.manifest.count(Role.TEST)
    assert len(found.refused) == 16 - found.n_patients
    assert not {d.result.patient_id for d in found.diagnoses} & set(found.refused)


def test_training_patients_can_be_allowed_and_are_named(phantom: Path, trained: StoredModel) -> None:
    found = evaluate(EvaluateRequest(phantom, str(trained.path), allow_training_patients=True, device="cpu"))
    assert found.n_patients == 16
    assert len(found.includes_seen) == 16 - trained.manifest.count(Role.TEST)


def test_training_patients_under_other_names_are_refused_too(
    phantom: Path, trained: StoredModel, tmp_path: Path
) -> None:
    renamed = tmp_path / "Cropped_Patches"
    shutil.copytree(phantom / "Cropped_Patches", renamed)
    rows = (phantom / "PatientDiagnosis.csv").read_text().splitlines()
    for folder in list(renamed.iterdir()):
        folder.rename(renamed / folder.name.replace("Patient", "Case"))
    (tmp_path / "PatientDiagnosis.csv").write_text("\n".join(rows).replace("Patient", "Case"))
    found = evaluate(EvaluateRequest(tmp_path, str(trained.path), device="cpu"))
    assert found.n_patients == trained.manifest.count(Role.TEST)


def test_empty_glass_in_common_makes_nobody_a_training_patient(tmp_path: Path) -> None:
    glass = Image.fromarray(np.full((256, 256, 3), 240, np.uint8))
    for name, seed in (("mine", 1), ("theirs", 2)):
        synth(tmp_path / name, patients=8, patches=3, seed=seed)
        for folder in (tmp_path / name / "Cropped_Patches").iterdir():
            glass.save(folder / "00000.png")
            folder.rename(folder.with_name(f"{name}{folder.name}"))
        table = (tmp_path / name / "PatientDiagnosis.csv").read_text()
        (tmp_path / name / "PatientDiagnosis.csv").write_text(table.replace("Patient", f"{name}Patient"))
        shutil.rmtree(tmp_path / name / "Annotated_Patches")
    model = train(TrainRequest(tmp_path / "mine", configured("redness"), out=tmp_path / "m", device="cpu")).model
    assert evaluate(EvaluateRequest(tmp_path / "theirs", str(model.path), device="cpu")).n_patients == 8


def test_training_patients_whose_images_were_saved_again_are_refused_too(
    phantom: Path, trained: StoredModel, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(phantom, copy)
    for path in copy.rglob("*.png"):
        Image.open(path).convert("RGB").save(path.with_suffix(".jpg"), quality=85)
        path.unlink()
    found = evaluate(EvaluateRequest(copy, str(trained.path), device="cpu"))
    assert found.n_patients == trained.manifest.count(Role.TEST)
    assert found.namesakes == ()


def test_other_patients_of_the_same_names_are_evaluated_and_noted(trained: StoredModel, tmp_path: Path) -> None:
    synth(tmp_path / "other", patients=4, patches=3, seed=7)
    found = evaluate(EvaluateRequest(tmp_path / "other", str(trained.path), device="cpu"))
    assert found.n_patients == 4
    assert len(found.namesakes) == 4


def test_with_nobody_left_it_refuses(phantom: Path, trained: StoredModel, tmp_path: Path) -> None:
    used = {r.digest for r in trained.manifest.patients if r.role is not Role.TEST}
    target = tmp_path / "Cropped_Patches"
    for patient in layout.load(phantom).cohort.patients:
        if trained.manifest.digest(patient.id) in used:
            shutil.copytree(phantom / "Cropped_Patches" / patient.id, target / patient.id)
    with pytest.raises(LeakageError):
        evaluate(EvaluateRequest(tmp_path, str(trained.path), device="cpu"))


def test_annotated_patches_alone_are_marked_as_selected_with_a_ceiling(
    phantom: Path, trained: StoredModel, tmp_path: Path
) -> None:
    shutil.copytree(phantom / "Annotated_Patches", tmp_path / "Annotated_Patches")
    shutil.copy(phantom / "PatientDiagnosis.csv", tmp_path)
    found = evaluate(EvaluateRequest(tmp_path, str(trained.path), device="cpu"))
    assert found.patient is not None
    assert found.patient.selected_patches
    assert found.patient.reference is Reference.DIAGNOSIS
    assert found.patient.ceiling is not None
    assert found.patient.ceiling.specificity == 1.0
    assert found.patient.density is None


def test_without_diagnoses_the_truth_is_any_positive_patch(phantom: Path, trained: StoredModel, tmp_path: Path) -> None:
    shutil.copytree(phantom / "Annotated_Patches", tmp_path / "Annotated_Patches")
    found = evaluate(EvaluateRequest(tmp_path, str(trained.path), device="cpu"))
    assert found.patient is not None
    assert found.patient.reference is Reference.ANY_POSITIVE_PATCH
    assert found.patient.ceiling is not None
    assert found.patient.ceiling.sensitivity == 1.0


def test_cropped_patients_give_patient_and_density_metrics(phantom: Path, trained: StoredModel) -> None:
    found = evaluate(EvaluateRequest(phantom, str(trained.path), allow_training_patients=True, device="cpu"))
    assert found.patient is not None
    assert not found.patient.selected_patches
    assert found.patient.metrics.n == 16
    assert found.patient.metrics.n_positive == 8
    assert found.patient.density is not None
    assert found.patient.density.n == 16


def test_a_dataset_with_nothing_to_compare_with_says_so(phantom: Path, trained: StoredModel, tmp_path: Path) -> None:
    held_out = {r.digest for r in trained.manifest.patients if r.role is Role.TEST}
    name = next(p.id for p in layout.load(phantom).cohort.patients if trained.manifest.digest(p.id) in held_out)
    shutil.copytree(phantom / "Cropped_Patches" / name, tmp_path / "Cropped_Patches" / name)
    with pytest.raises(NotEnoughDataError):
        evaluate(EvaluateRequest(tmp_path, str(trained.path), device="cpu"))


def test_a_device_that_is_not_there_is_told_before_any_file_is_read(phantom: Path, trained: StoredModel) -> None:
    steps: list[Progress] = []
    with pytest.raises(DeviceError):
        evaluate(EvaluateRequest(phantom, str(trained.path), device="tpu"), progress=steps.append)
    assert steps == []
