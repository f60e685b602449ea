"""A benchmark on the real patches, with the one backend that learns nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hpscan.workflows.benchmark.benchmark import RunsProgress, benchmark
from hpscan.workflows.benchmark.request import BenchmarkRequest

REAL = os.environ.get("HPSCAN_REAL_DATA")
pytestmark = [pytest.mark.real, pytest.mark.skipif(not REAL, reason="HPSCAN_REAL_DATA is not set")]


class _Quiet:
    def runs(self, progress: RunsProgress) -> None: ...

    def step(self, progress: object) -> None: ...


def test_the_yardstick_is_where_it_was_measured(tmp_path: Path) -> None:
    options = BenchmarkRequest(
        data=Path(REAL or ""), backends=("redness",), folds=3, out=tmp_path / "out", device="cpu"
    )
    made = benchmark(options, watch=_Quiet())
    cohort = made.metrics.cohort
    assert cohort.patients == sum(fold.patients for fold in cohort.folds)
    (backend,) = made.metrics.backends
    assert backend.patches is not None
    auc = backend.patches.pooled["auc"]
    assert auc.value is not None
    assert auc.low is not None
    assert auc.high is not None
    assert 0.96 < auc.value < 0.995
    assert auc.low < auc.value < auc.high
    assert backend.patches.n == cohort.labelled_negative + cohort.labelled_positive
    assert all(record.selected_patches for record in backend.patients)
