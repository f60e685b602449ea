"""A benchmark's files: what is written is read back, and so are the files of earlier versions."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from hpscan.store import benchmark as store
from hpscan.store.benchmark import read_benchmark, read_metrics, write
from hpscan.workflows.benchmark.show import show

ROOT = Path(__file__).parents[2]
PUBLISHED = ROOT / "docs" / "reference" / "results"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A folder of an earlier version: `run.json`, cells, figures, and their old names within."""
    for name in ("metrics.json", "run.json"):
        shutil.copy(PUBLISHED / name, tmp_path)
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "roc.png").touch()
    return tmp_path


def test_files_of_earlier_versions_are_read(old: Path) -> None:
    before, metrics = json.loads((old / "metrics.json").read_text()), read_metrics(old)
    backend, first = metrics.backends[0], before["backends"][0]
    assert backend.patches is not None
    assert backend.patches.folds[0].metrics == first["patches"]["folds"][0]["figures"]
    assert [c.metrics is None for c in backend.criteria] == [c["figures"] is None for c in first["criteria"]]
    assert [p.reference_standard for p in backend.patients] == [p["truth"] for p in first["patients"]]
    assert [c.metric for c in metrics.comparisons] == [c["figure"] for c in before["comparisons"]]
    assert metrics.cohort.patches_per_patient == before["cohort"]["windows_per_patient"]
    run = json.loads((old / "run.json").read_text())
    assert [listed.file for listed in read_benchmark(old).runs] == [listed["file"] for listed in run["cells"]]


def test_a_folder_of_an_earlier_version_is_shown_with_its_figures(old: Path) -> None:
    files = {path.relative_to(old).as_posix() for path in show(old).files}
    assert files == {"metrics.json", "run.json", "figures/roc.png"}


def test_what_is_written_has_the_new_names_alone_and_comes_back_equal(old: Path) -> None:
    metrics, record = read_metrics(old), read_benchmark(old)
    write(old, store.METRICS, metrics)
    write(old, store.BENCHMARK, record)
    assert not (old / "run.json").exists()
    assert (read_metrics(old), read_benchmark(old)) == (metrics, record)
    text = (old / "metrics.json").read_text() + (old / "benchmark.json").read_text()
    for key in ("figures", "figure", "truth", "windows_per_patient", "cells"):
        assert f'"{key}":' not in text
