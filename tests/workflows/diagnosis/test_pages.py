"""A page decodes each file once at most, and shows the same whether its pixels were kept or are read again."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from hpscan.workflows.cohort.gather import gather
from hpscan.workflows.diagnosis import pages
from hpscan.workflows.diagnosis.diagnose import DiagnoseRequest, diagnose
from hpscan.workflows.diagnosis.report import Report
from hpscan.workflows.scoring.models import restore

if TYPE_CHECKING:
    from pathlib import Path

    from hpscan.store.models import StoredModel

pytestmark = pytest.mark.xdist_group("trained")


def test_pages_are_the_same_with_kept_pixels_and_files_are_read_once(
    phantom: Path, trained: StoredModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: Counter[Path] = Counter()
    real = pages.read_image

    def counting(path: Path) -> object:
        read[path] += 1
        return real(path)

    monkeypatch.setattr(pages, "read_image", counting)
    monkeypatch.setattr(pages, "LARGE", 4)
    cohort = gather([phantom / "Cropped_Patches" / "Patient1"])
    model = restore(str(trained.path), "cpu")
    written = []
    for keep in (0, 4):
        diagnoses = diagnose(cohort, DiagnoseRequest(model, keep=keep))
        assert diagnoses.loaded is model
        (diagnosis,) = diagnoses.patients
        built = pages.patient_page(diagnosis, diagnoses, others=None, about=None)  # type: ignore[arg-type]
        written.append((built.page.large, built.page.small, built.page.typical, built.thumbnail))
        assert set(read.values()) == {1}
        assert len(read) == 10 - keep
        read.clear()
    assert written[0] == written[1]
    assert all(patch.heat and patch.reconstruction for patch in written[0][0])
    assert Report(tmp_path / "p.html", "").write(diagnoses).is_file()
