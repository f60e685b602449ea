"""What is said of patients who are known by selected patches only, and of those that nothing sure can be said of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from dataset_builder import text
from hpscan.evaluation.intervals import wilson
from hpscan.workflows.benchmark import benchmark as module
from hpscan.workflows.benchmark import run as running
from hpscan.workflows.benchmark.benchmark import benchmark
from hpscan.workflows.benchmark.request import BenchmarkRequest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hpscan.workflows.benchmark.show import Finished

BROWN, BLUE = (140, 80, 40), (120, 130, 180)


class _Quiet:
    def runs(self, progress: Any) -> None: ...

    def step(self, progress: Any) -> None: ...


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Finished]:
    monkeypatch.setattr(module, "run_apart", lambda job, _log, _progress: running.run(job))

    def made(data: Path, **options: Any) -> Finished:
        return benchmark(
            BenchmarkRequest(data=data, backends=("redness",), folds=3, out=tmp_path / "out", device="cpu", **options),
            watch=_Quiet(),
        )

    return made


def _patch(path: Path, rods: int, seed: int, *, blank: bool = False) -> None:
    """Bluish noise with so many brown dashes on it; or glass."""
    rng = np.random.default_rng(seed)
    image = np.clip(rng.normal(BLUE, 20, (64, 64, 3)), 0, 255).astype(np.uint8)
    for _ in range(rods):
        y, x = rng.integers(0, 56, 2)
        image[y : y + 3, x : x + 8] = BROWN
    if blank:
        image[:] = 240
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(path)


def _annotated(root: Path) -> Path:
    """12 patients, 4 of each diagnosis, with 4 selected patches each; of the 8 infected 6 have positive ones."""
    labels, diagnoses = ["ID,Presence"], ["CODI,DENSITAT"]
    for i in range(12):
        word = ("NEGATIVA", "BAIXA", "ALTA")[i % 3]
        diagnoses.append(f"B22-{i},{word}")
        shows = word != "NEGATIVA" and i < 10
        for k in range(4):
            positive = shows and k == 0
            _patch(root / "Annotated_Patches" / f"B22-{i}_0" / f"{k}.png", 5 * positive, 10 * i + k)
            labels.append(f"B22-{i}_0.{k},{1 if positive else -1}")
    text(root / "w.csv", "\n".join(labels) + "\n")
    text(root / "d.csv", "\n".join(diagnoses) + "\n")
    return root


def test_selected_patches_are_marked_and_judged_by_both_standards_with_the_ceiling(
    tmp_path: Path, run: Callable[..., Finished]
) -> None:
    (backend,) = run(_annotated(tmp_path / "data")).metrics.backends
    by_diagnosis, by_patch = backend.patients
    assert [r.reference_standard for r in backend.patients] == ["diagnosis", "any positive patch"]
    assert all(r.selected_patches for r in backend.patients)
    assert by_diagnosis.ceiling is not None
    assert (by_diagnosis.ceiling.sensitivity, by_diagnosis.ceiling.specificity) == (6 / 8, 1.0)
    assert by_patch.ceiling is None
    assert (by_diagnosis.metrics.n_positive, by_patch.metrics.n_positive) == (8, 6)
    recall = by_diagnosis.metrics.pooled["recall_positive"]
    assert (recall.value, recall.low, recall.high) == (
        wilson(6, 8).value,
        pytest.approx(wilson(6, 8).low),
        pytest.approx(wilson(6, 8).high),
    )
    assert backend.density is None


def test_a_share_without_an_error_gets_the_interval_of_its_patients_and_an_auc_of_1_gets_none(
    tmp_path: Path, run: Callable[..., Finished]
) -> None:
    (backend,) = run(_annotated(tmp_path / "data")).metrics.backends
    assert backend.patches is not None
    recall, auc = (backend.patches.pooled[name] for name in ("recall_positive", "auc"))
    assert (recall.value, recall.low) == (1.0, pytest.approx(wilson(6, 6).low))
    assert (auc.value, auc.low, auc.high) == (1.0, None, None)


def test_indeterminate_patients_are_counted_once_as_positive_and_once_as_negative(
    tmp_path: Path, run: Callable[..., Finished]
) -> None:
    data = tmp_path / "data"
    diagnoses = ["CODI,DENSITAT"]
    for i in range(12):
        diagnoses.append(f"B22-{i},{('NEGATIVA', 'ALTA')[i % 2]}")
        for k in range(6):
            _patch(data / f"Cropped_Patches/B22-{i}_0/{k}.png", 5 * (i % 2), 10 * i + k, blank=i in (0, 1))
    text(data / "d.csv", "\n".join(diagnoses) + "\n")
    (backend,) = run(data).metrics.backends
    as_negative, as_positive = backend.patients
    assert [r.indeterminate_as for r in backend.patients] == ["not_detected", "detected"]
    assert as_negative.indeterminate == as_positive.indeterminate == 2
    one, other = as_negative.metrics.confusion, as_positive.metrics.confusion
    assert (one.true_negative - other.true_negative, one.false_negative - other.false_negative) == (1, 1)
    assert backend.patches is None


def test_few_patients_with_positive_patches_are_remarked(tmp_path: Path, run: Callable[..., Finished]) -> None:
    remarks = run(_annotated(tmp_path / "data")).metrics.remarks
    assert any("positive patches are those of 6 patients only" in remark for remark in remarks)


def test_a_criterion_that_cannot_be_met_is_told_beside_the_others(tmp_path: Path, run: Callable[..., Finished]) -> None:
    data = _annotated(tmp_path / "data")
    table = (data / "w.csv").read_text().replace(",1\n", ",-1\n")
    text(data / "w.csv", table)
    (backend,) = run(data).metrics.backends
    found = {c.criterion: c for c in backend.criteria}
    assert found["specificity=0.99"].metrics is not None
    assert found["max-f1"].metrics is None
    assert "needs labelled patches of both classes" in found["max-f1"].problem
