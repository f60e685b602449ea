"""The same pictures as other programs save them have the same result; a profile that cannot be read is told."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image, ImageCms

from hpscan.core.notes import NoteKind
from hpscan.workflows.cohort.gather import gather
from hpscan.workflows.datasets.check import check
from hpscan.workflows.diagnosis.diagnose import DiagnoseRequest, diagnose
from image_builder import chunk, jfif, tiff, wide_gamut, with_chunk

if TYPE_CHECKING:
    from pathlib import Path

PATIENTS = ("Patient1", "Patient2")
pytestmark = pytest.mark.xdist_group("trained")


@pytest.fixture
def saved(phantom: Path, tmp_path: Path) -> Path:
    """Some windows of two drawn patients: as they are, with a wide profile, as QuPath exports them, and with remarks that are damaged."""
    profile = wide_gamut()
    there = ImageCms.buildTransform(
        ImageCms.createProfile("sRGB"), ImageCms.ImageCmsProfile(io.BytesIO(profile)), "RGB", "RGB"
    )
    root = tmp_path / "saved"
    for patient in PATIENTS:
        for kind in ("plain", "wide", "export", "remark"):
            (root / "Cropped_Patches" / f"{patient}{kind}").mkdir(parents=True)
        for path in sorted((phantom / "Cropped_Patches" / patient).glob("*.png"))[:4]:
            image = Image.open(path).convert("RGB")
            place = root / "Cropped_Patches"
            image.save(place / f"{patient}plain" / path.name)
            ImageCms.applyTransform(image, there).save(place / f"{patient}wide" / path.name, icc_profile=profile)
            pixels = np.asarray(image)
            exported = tiff(
                pixels,
                [jfif(pixels, quality=95)],
                tile=image.size,
                compression="jpeg",
                compressionargs={"outcolorspace": "rgb"},
                byteorder=">",
            )
            (place / f"{patient}export" / f"{path.stem}.tif").write_bytes(exported)
            plain = (place / f"{patient}plain" / path.name).read_bytes()
            damaged = chunk(b"tEXt", b"Software\0scanner", damaged=True) + chunk(b"iCCP", b"x\0\0none")
            (place / f"{patient}remark" / path.name).write_bytes(with_chunk(plain, damaged))
    return root


def test_the_result_hangs_on_the_picture_and_a_profile_that_cannot_be_read_is_told(saved: Path) -> None:
    found = {one.result.patient_id: one.result for one in diagnose(gather([saved]), DiagnoseRequest()).patients}
    for patient in PATIENTS:
        plain = found[f"{patient}plain"]
        assert plain.value is not None
        for kind in ("wide", "export", "remark"):
            other = found[f"{patient}{kind}"]
            assert (other.finding, other.density, other.n_rejected) == (plain.finding, plain.density, 0)
        assert found[f"{patient}wide"].value == pytest.approx(plain.value, rel=0.02, abs=0.2)  # twice rounded to 8 bits
        assert found[f"{patient}remark"].value == plain.value
    told = {name for name, result in found.items() if any("profile" in str(reason) for reason in result.reasons)}
    assert told == {f"{patient}remark" for patient in PATIENTS}


def test_a_look_over_a_dataset_notes_profiles_that_cannot_be_read(saved: Path) -> None:
    found = check(saved)
    (note,) = (note for note in found.dataset.notes if note.kind is NoteKind.COLOUR_PROFILE_UNREADABLE)
    assert len(note.items) == 8
    assert not found.inspection.rejected
