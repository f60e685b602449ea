from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from hpscan.core.decision import Finding
from hpscan.core.errors import ModelNotFoundError
from hpscan.core.reasons import Reason, ReasonKind
from hpscan.data.dataset import layout
from hpscan.store.manifest import Role
from hpscan.workflows.cohort.gather import gather
from hpscan.workflows.diagnosis.diagnose import DiagnoseRequest, diagnose

if TYPE_CHECKING:
    from pathlib import Path

    from hpscan.store.models import StoredModel
    from hpscan.workflows.diagnosis.diagnose import Diagnosis

pytestmark = pytest.mark.xdist_group("trained")


def _kinds(found: Diagnosis) -> set[ReasonKind]:
    return {reason.kind for reason in found.result.reasons}


def _high(phantom: Path) -> str:
    return next(p.id for p in layout.load(phantom).cohort.patients if p.density == "high")


def test_no_patch_vanishes(phantom: Path, trained: StoredModel, tmp_path: Path) -> None:
    folder = tmp_path / "Cropped_Patches" / "Patient9"
    shutil.copytree(phantom / "Cropped_Patches" / "Patient1", folder)
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (folder / "empty.png").touch()
    shutil.copy(folder / "00003.png", folder / "copy.png")
    (found,) = diagnose(gather([folder]), DiagnoseRequest(str(trained.path), device="cpu")).patients
    r = found.result
    assert (r.n_listed, r.n_scored, r.n_rejected, r.n_duplicate) == (13, 10, 2, 1)
    assert {x.patch.path.name for x in found.rejected} == {"broken.png", "empty.png"}
    assert all(x.reason for x in found.rejected)


def test_a_folder_of_unreadable_patches_is_indeterminate(trained: StoredModel, tmp_path: Path) -> None:
    (tmp_path / "Patient1").mkdir()
    (tmp_path / "Patient1" / "1.png").write_bytes(b"nothing")
    (found,) = diagnose(gather([tmp_path / "Patient1"]), DiagnoseRequest(str(trained.path), device="cpu")).patients
    assert found.result.finding is Finding.INDETERMINATE
    assert found.result.value is None


def test_a_blank_slide_is_indeterminate_and_says_why(trained: StoredModel, tmp_path: Path) -> None:
    (tmp_path / "Patient1").mkdir()
    for number in range(3):
        Image.fromarray(np.full((64, 64, 3), 230 + number, np.uint8)).save(tmp_path / "Patient1" / f"{number}.png")
    (found,) = diagnose(gather([tmp_path / "Patient1"]), DiagnoseRequest(str(trained.path), device="cpu")).patients
    assert found.result.finding is Finding.INDETERMINATE
    assert found.result.reasons[0] == Reason.of(ReasonKind.BLANK, count=3, of=3)
    assert (found.result.n_scored, found.result.density) == (3, None)


def test_the_most_suspicious_patches_come_first(phantom: Path, trained: StoredModel) -> None:
    (found,) = diagnose(
        gather([phantom / "Cropped_Patches" / _high(phantom)]), DiagnoseRequest(str(trained.path), device="cpu")
    ).patients
    assert list(found.scores) == sorted(found.scores, reverse=True)
    assert found.scores[0] > 0


def test_a_threshold_of_the_user_replaces_the_models(phantom: Path, trained: StoredModel) -> None:
    path = phantom / "Cropped_Patches" / _high(phantom)
    (low,) = diagnose(gather([path]), DiagnoseRequest(str(trained.path), threshold=-1, device="cpu")).patients
    (high,) = diagnose(gather([path]), DiagnoseRequest(str(trained.path), threshold=2, device="cpu")).patients
    assert (low.result.n_positive, high.result.n_positive) == (10, 0)
    assert low.point.patch.criterion == "user"


def test_sections_of_one_patient_meet(phantom: Path, trained: StoredModel, tmp_path: Path) -> None:
    for section in ("B22-7_0", "B22-7_1"):
        shutil.copytree(phantom / "Cropped_Patches" / "Patient1", tmp_path / "Cropped_Patches" / section)
    one = tmp_path / "Cropped_Patches" / "B22-7_0"
    both = [one, tmp_path / "Cropped_Patches" / "B22-7_1"]
    assert diagnose(gather([one]), DiagnoseRequest(str(trained.path), device="cpu")).patients[0].result.n_listed == 10
    (found,) = diagnose(gather(both), DiagnoseRequest(str(trained.path), device="cpu")).patients
    assert found.result.patient_id == "B22-7"
    assert (found.result.n_listed, found.result.n_duplicate) == (20, 10)


def test_patients_of_one_name_in_two_datasets_stay_two(phantom: Path, trained: StoredModel, tmp_path: Path) -> None:
    other = tmp_path / "Cropped_Patches" / "Patient1"
    shutil.copytree(phantom / "Cropped_Patches" / "Patient1", other)
    found = diagnose(
        gather([phantom / "Cropped_Patches" / "Patient1", other]), DiagnoseRequest(str(trained.path), device="cpu")
    ).patients
    assert [d.result.patient_id for d in found] == [f"{phantom}/Patient1", f"{tmp_path}/Patient1"]
    assert [d.result.n_scored for d in found] == [10, 10]


def test_annotated_patches_alone_are_diagnosed_with_a_warning(phantom: Path, trained: StoredModel) -> None:
    (found,) = diagnose(
        gather([phantom / "Annotated_Patches" / "Patient1"]), DiagnoseRequest(str(trained.path), device="cpu")
    ).patients
    assert ReasonKind.SELECTED_PATCHES in _kinds(found)


def test_a_whole_dataset_gives_every_patient_once(phantom: Path, trained: StoredModel) -> None:
    found = diagnose(gather([phantom]), DiagnoseRequest(str(trained.path), device="cpu")).patients
    assert [d.result.patient_id for d in found] == [f"Patient{n}" for n in range(1, 17)]
    assert all(d.result.n_listed == 10 for d in found)  # the cropped windows, not the annotated copies


def test_patients_that_the_model_has_seen_are_marked(phantom: Path, trained: StoredModel) -> None:
    found = diagnose(gather([phantom]), DiagnoseRequest(str(trained.path), device="cpu")).patients
    assert sum(ReasonKind.SEEN not in _kinds(d) for d in found) == trained.manifest.count(Role.TEST)


def test_without_a_model_of_one_s_own_it_takes_the_boxed_one(phantom: Path) -> None:
    assert diagnose(gather([phantom / "Cropped_Patches" / "Patient1"]), DiagnoseRequest(device="cpu")).model.bundled


def test_a_model_that_is_not_there_is_an_error(phantom: Path) -> None:
    with pytest.raises(ModelNotFoundError) as caught:
        diagnose(gather([phantom]), DiagnoseRequest("nobody", device="cpu"))
    assert "bundled" in caught.value.hint


def test_few_patches_and_patches_of_another_size_are_remarked(
    phantom: Path, trained: StoredModel, tmp_path: Path
) -> None:
    whole = phantom / "Cropped_Patches" / "Patient1"
    (tmp_path / "Patient1").mkdir()
    for path in sorted(whole.iterdir())[:4]:
        Image.open(path).resize((128, 128)).save(tmp_path / "Patient1" / path.name)
    (small,) = diagnose(gather([tmp_path / "Patient1"]), DiagnoseRequest(str(trained.path), device="cpu")).patients
    few, size = small.result.reasons[:2]
    assert few == Reason.of(ReasonKind.FEW_PATCHES, scored=4, least=10)
    assert size == Reason.of(ReasonKind.OTHER_SIZE, "128 x 128", count=4, of=4, fitted_width=256, fitted_height=256)
    (usual,) = diagnose(gather([whole]), DiagnoseRequest(str(trained.path), device="cpu")).patients
    assert not {ReasonKind.FEW_PATCHES, ReasonKind.OTHER_SIZE} & _kinds(usual)
