"""Reports of real patients, in a real browser: densely infected, sparsely infected, negative."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hpscan.core.cohort import Density
from hpscan.data.dataset import layout

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Ran

REAL = os.environ.get("HPSCAN_REAL_DATA")
pytestmark = [
    pytest.mark.real,
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(not REAL, reason="HPSCAN_REAL_DATA names no dataset"),
]


def test_pages_of_real_patients_open_show_their_patches_and_ask_for_nothing(
    tmp_path: Path, hpscan: Callable[..., Ran], opened: Callable[..., Any]
) -> None:
    patients = layout.load(Path(str(REAL))).cohort.patients
    chosen = [
        max((p for p in patients if p.density is density), key=lambda p: len(p.patches))
        for density in (Density.HIGH, Density.LOW, Density.NEGATIVE)
    ]
    folders = {patch.path.parent for patient in chosen for patch in patient.patches}
    archive = tmp_path / "archive"
    hpscan("diagnose", *sorted(folders), "--model", "bundled", "--report", archive)
    index = opened(archive / "index.html")
    links = index.tab.locator("#patients tbody a")
    assert sorted(links.all_inner_texts()) == sorted(patient.id for patient in chosen)
    for patient in chosen:
        path = archive / "patients" / f"{patient.id}.html"
        assert path.stat().st_size < 5_000_000
        seen = opened(path)
        assert seen.complaints == []
        assert [url for url in seen.requests if not url.startswith("data:")] == [path.as_uri()]
        n_shown = seen.tab.locator(".patches li").count() + seen.tab.locator(".thumbs li").count()
        assert n_shown == len(patient.patches)
        assert seen.tab.locator(".map .map-patch").count() == sum(p.box is not None for p in patient.patches)
