"""Reports of real diagnoses: every patch is told, sizes hold, and nothing of the user's is overwritten."""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from hpscan.workflows.diagnosis.pages import LARGE
from hpscan.workflows.diagnosis.report import MARKER
from hpscan.workflows.training.settings import configured
from hpscan.workflows.training.train import TrainRequest, train

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Ran
    from hpscan.store.models import StoredModel

pytestmark = pytest.mark.xdist_group("trained")


@pytest.fixture
def patient(phantom: Path, tmp_path: Path) -> Path:
    """A copy of one drawn patient's folder, with a file that is no image and a copy of a patch."""
    folder = tmp_path / "Cropped_Patches" / "Patient1"
    shutil.copytree(phantom / "Cropped_Patches" / "Patient1", folder)
    shutil.copy(folder / "00000.png", folder / "00100.png")
    (folder / "00101.png").write_bytes(b"no image")
    return folder


def test_page_shows_every_patch_with_heatmap_and_reconstruction(
    patient: Path, trained: StoredModel, tmp_path: Path, hpscan: Callable[..., Ran]
) -> None:
    path = tmp_path / "patient.html"
    ran = hpscan("diagnose", patient, "--model", trained.path, "--report", path)
    assert ran.code == 3
    assert f"Wrote {path}" in ran.err
    text = path.read_text(encoding="utf-8")
    for number in range(10):
        assert f"Patient1.{number:05d}" in text
    assert text.count('class="heat"') == text.count('class="reconstruction"') == 10
    assert "00101.png" in text
    assert "duplicate: byte for byte" in text
    assert "Patient&#39;s files" in text
    weights = trained.manifest.files["weights.safetensors"].sha256
    assert weights in text


def test_scales_show_the_patients_that_the_thresholds_came_from(
    patient: Path, trained: StoredModel, tmp_path: Path, hpscan: Callable[..., Ran]
) -> None:
    path = tmp_path / "patient.html"
    hpscan("diagnose", patient, "--model", trained.path, "--report", path)
    known = trained.manifest.operating_point.patients
    wide = path.read_text(encoding="utf-8").split('<div class="narrow">')[0]
    groups = re.findall(r'<g class="mark (\w+)">(.*?)</g>', wide)
    marks = [kind for kind, group in groups for _ in range(group.count("<use"))]
    assert len(known) > 2
    assert marks.count("negative") == sum(one.diagnosis == "negative" for one in known)
    assert marks.count("infected") == sum(one.diagnosis != "negative" for one in known)


def test_archive_has_an_index_and_a_page_for_each_patient(
    phantom: Path, trained: StoredModel, tmp_path: Path, hpscan: Callable[..., Ran]
) -> None:
    path = tmp_path / "archive"
    folders = [phantom / "Cropped_Patches" / f"Patient{i}" for i in (1, 2, 3)]
    ran = hpscan("diagnose", *folders, "--model", trained.path, "--report", path, "--json")
    assert ran.code == 0
    assert [one["patient"] for one in json.loads(ran.out)] == ["Patient1", "Patient2", "Patient3"]
    assert sorted(p.name for p in (path / "patients").iterdir()) == [f"Patient{i}.html" for i in (1, 2, 3)]
    index = (path / "index.html").read_text(encoding="utf-8")
    assert all((path / link).is_file() for link in re.findall(r'href="(patients/[^"]+)"', index))
    assert 'href="../index.html"' in (path / "patients" / "Patient2.html").read_text(encoding="utf-8")
    record = json.loads((path / MARKER).read_text(encoding="utf-8"))
    found = {one["patient"]: one["value"] for one in record["patients"]}
    assert found == {one["patient"]: one["value"] for one in json.loads(ran.out)}


def test_one_page_for_several_patients_is_refused_before_scoring(
    phantom: Path, trained: StoredModel, tmp_path: Path, hpscan: Callable[..., Ran]
) -> None:
    ran = hpscan("diagnose", phantom, "--model", trained.path, "--report", tmp_path / "all.html")
    assert ran.code == 2
    assert "is one page, and there are 16 patients" in ran.err
    assert "scoring" not in ran.err


def test_name_of_another_kind_of_file_is_refused(
    phantom: Path, trained: StoredModel, tmp_path: Path, hpscan: Callable[..., Ran]
) -> None:
    one = phantom / "Cropped_Patches" / "Patient1"
    ran = hpscan("diagnose", one, "--model", trained.path, "--report", tmp_path / "a.pdf")
    assert ran.code == 2
    assert not (tmp_path / "a.pdf").exists()


@pytest.mark.parametrize("name", ["mine.html", "mine"])
def test_what_stands_there_is_not_overwritten(
    phantom: Path, trained: StoredModel, tmp_path: Path, hpscan: Callable[..., Ran], name: str
) -> None:
    path = tmp_path / name
    if path.suffix:
        path.write_text("mine", encoding="utf-8")
    else:
        path.mkdir()
        (path / "index.html").write_text("mine", encoding="utf-8")
    one = phantom / "Cropped_Patches" / "Patient1"
    force = [] if path.suffix else ["--force"]  # a folder that is not ours stays even then
    ran = hpscan("diagnose", one, "--model", trained.path, "--report", path, *force)
    assert ran.code == 4
    assert (path if path.suffix else path / "index.html").read_text(encoding="utf-8") == "mine"


def test_archive_of_ours_is_replaced_with_force(
    phantom: Path, trained: StoredModel, tmp_path: Path, hpscan: Callable[..., Ran]
) -> None:
    path = tmp_path / "archive"
    patients = [phantom / "Cropped_Patches" / f"Patient{i}" for i in (1, 2)]
    assert hpscan("diagnose", *patients, "--model", trained.path, "--report", path).code == 0
    assert hpscan("diagnose", patients[0], "--model", trained.path, "--report", path).code == 4
    assert hpscan("diagnose", patients[0], "--model", trained.path, "--report", path, "--force").code == 0
    assert [p.name for p in (path / "patients").iterdir()] == ["Patient1.html"]


def test_page_of_a_thousand_textured_patches_stays_below_five_megabytes(
    phantom: Path, tmp_path: Path, hpscan: Callable[..., Ran]
) -> None:
    model = train(TrainRequest(phantom, configured("redness"), out=tmp_path / "red", device="cpu")).model
    folder = tmp_path / "Cropped_Patches" / "Big"
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    coarse = rng.integers(90, 230, (64, 64, 3)).astype(np.uint8)
    for number in range(1000):
        turned = np.roll(coarse, (number // 64, number % 64), (0, 1))
        image = Image.fromarray(turned).resize((256, 256), Image.Resampling.BICUBIC)
        image.save(folder / f"{number:05d}.bmp")
    path = tmp_path / "big.html"
    hpscan("diagnose", folder, "--model", model.path, "--report", path)
    text = path.read_text(encoding="utf-8")
    assert text.count('class="heat"') == LARGE
    assert text.count("data:image/webp") >= 1000
    assert path.stat().st_size < 5_000_000
