"""One patch is explained by its score, its threshold and other patients' patches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from hpscan.core.errors import ImageError
from hpscan.core.reasons import Reason, ReasonKind
from hpscan.data.dataset import layout
from hpscan.report.text import reasons as text
from hpscan.store.manifest import Role
from hpscan.workflows.cohort.gather import gather
from hpscan.workflows.diagnosis.diagnose import DiagnoseRequest, diagnose
from hpscan.workflows.diagnosis.explain import ExplainRequest, Proportion, at_least, explain

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Ran
    from hpscan.store.models import StoredModel

pytestmark = pytest.mark.xdist_group("trained")

EDGES, COUNTS = (0.0, 0.25, 0.5, 1.0), (6, 3, 1)


@pytest.mark.parametrize(
    ("score", "least", "most"),
    [
        (-1, 1.0, 1.0),
        (0.0, 1.0, 1.0),
        (0.1, 0.4, 1.0),  # the six of its bin may lie on either side
        (0.25, 0.4, 0.4),  # an edge belongs to the bin above
        (0.75, 0.0, 0.1),
        (1.0, 0.0, 0.1),  # the last bin holds its right edge
        (1.5, 0.0, 0.0),
    ],
)
def test_the_share_that_scores_as_high_lies_between_what_the_bins_allow(
    score: float, least: float, most: float
) -> None:
    assert at_least(score, EDGES, COUNTS) == Proportion(10, least, most)


def test_without_counted_patches_there_is_no_share() -> None:
    assert at_least(0.5, EDGES, (0, 0, 0)) is None


def test_a_patch_scores_as_in_a_diagnosis(phantom: Path, trained: StoredModel) -> None:
    patient = next(p for p in layout.load(phantom).cohort.patients if p.density == "high")
    found = diagnose(
        gather([phantom / "Cropped_Patches" / patient.id]), DiagnoseRequest(str(trained.path), device="cpu")
    ).patients[0]
    one = explain(ExplainRequest(found.patches[0].path, str(trained.path), device="cpu"))
    assert one.score == pytest.approx(found.scores[0], rel=1e-5)
    assert one.positive is found.point.patch.decides(found.scores[0])
    assert one.name == f"{patient.id}/{found.patches[0].path.name}"
    assert one.picture.startswith(b"\x89PNG")
    assert one.heatmap_peak is not None
    assert 0 < one.heatmap_peak <= 1
    assert (one.doubts, one.remarks) == ((), ())


def test_a_folder_or_no_file_is_told_as_such(phantom: Path, trained: StoredModel) -> None:
    with pytest.raises(ImageError, match="is a folder") as caught:
        explain(ExplainRequest(phantom, str(trained.path), device="cpu"))
    assert "hpscan diagnose" in caught.value.hint
    with pytest.raises(ImageError, match="there is no file"):
        explain(ExplainRequest(phantom / "nowhere.png", str(trained.path), device="cpu"))


def test_a_blank_patch_of_another_size_is_doubted_and_remarked(trained: StoredModel, tmp_path: Path) -> None:
    Image.fromarray(np.full((80, 120, 4), 255, np.uint8)).save(tmp_path / "a\nb.png")
    found = explain(ExplainRequest(tmp_path / "a\nb.png", str(trained.path), device="cpu"))
    assert found.size == (120, 80)
    assert [text.describe_reason(one) for one in found.doubts] == ["the patch shows nothing: it is nearly of one shade"]
    assert text.describe_reason(found.remarks[0]).startswith(
        "the patch has 120 x 80 pixels, and the model was fitted on 256 x 256"
    )
    assert "\n" not in found.name


def test_a_patch_that_the_model_has_seen_is_remarked(phantom: Path, trained: StoredModel) -> None:
    patients = {patient.id: patient for patient in layout.load(phantom).cohort.patients}
    manifest = trained.manifest
    held_out = {record.digest for record in manifest.patients if record.role is Role.TEST}
    seen = next(patient for patient in patients.values() if manifest.digest(patient.id) not in held_out)
    new = next(patient for patient in patients.values() if manifest.digest(patient.id) in held_out)
    remarks = [
        explain(ExplainRequest(patient.patches[0].path, str(trained.path), device="cpu")).remarks
        for patient in (seen, new)
    ]
    assert remarks[0] == (Reason.of(ReasonKind.SEEN_PATCH),)
    assert remarks[1] == ()


@pytest.mark.parametrize("name", ["a.jpg", "b.pdf"])
def test_a_picture_goes_by_no_other_kinds_name(
    phantom: Path, trained: StoredModel, tmp_path: Path, hpscan: Callable[..., Ran], name: str
) -> None:
    patch = phantom / "Cropped_Patches" / "Patient1" / "00000.png"
    assert hpscan("explain", patch, "--model", trained.path, "--out", tmp_path / name).code == 2
    assert not (tmp_path / name).exists()
