"""Recipes of datasets whose figures cannot be right, from the patches to what is said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from tests.dataset_builder import text

from hpscan.core.decision import Finding
from hpscan.core.errors import NotEnoughDataError
from hpscan.workflows.cohort.gather import gather
from hpscan.workflows.diagnosis.diagnose import DiagnoseRequest, diagnose
from hpscan.workflows.scoring.doubts import turned
from hpscan.workflows.training.settings import configured
from hpscan.workflows.training.train import TrainRequest, train

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def grey(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Labelled patches, half of them positive, in which nothing is red: every score is 0."""
    from PIL import Image

    monkeypatch.setenv("HPSCAN_HOME", str(tmp_path / "home"))
    root, rows = tmp_path / "grey", "ID,Presence\n"
    for k in range(4):
        for i in range(6):
            path = root / "Annotated_Patches" / f"P{k}" / f"{i}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            blue = np.random.default_rng(10 * k + i).integers(100, 256, (64, 64), dtype=np.uint8)
            Image.fromarray(np.stack([blue // 2, blue // 2, blue], axis=2)).save(path)
            rows += f"P{k}.{i},{1 if i % 2 else -1}\n"
    text(root / "labels.csv", rows)
    return root


@pytest.mark.parametrize("aggregation", ["top-k-mean", "max", "fraction-positive"])
@pytest.mark.parametrize("criterion", ["corner", "youden", "max-f1", "sensitivity=0.95"])
def test_nobody_is_detected_by_thresholds_that_tell_nothing_apart(grey: Path, criterion: str, aggregation: str) -> None:
    made = train(
        TrainRequest(
            grey,
            configured("redness"),
            name="g",
            criterion=criterion,
            aggregation=aggregation,
            hold_out=0,
            device="cpu",
        )
    )
    assert made.model.manifest.operating_point.patch.code == "threshold-separates-nothing"
    assert [one.kind.value for one in made.warnings] == ["scores-without-spread"]
    assert {p.result.finding for p in diagnose(gather([grey]), DiagnoseRequest("g", device="cpu")).patients} == {
        Finding.INDETERMINATE
    }


def test_where_every_patch_is_unreadable_the_error_says_so_first(grey: Path) -> None:
    for path in (grey / "Annotated_Patches").rglob("*.png"):
        path.write_bytes(b"broken" + path.as_posix().encode())
    with pytest.raises(NotEnoughDataError, match=r"^24 of 24 patches could not be read: ") as caught:
        train(TrainRequest(grey, configured("redness"), name="g", hold_out=0, device="cpu"))
    assert "--criterion" not in caught.value.hint


def test_turned_labels_are_told_with_their_numbers() -> None:
    infected = np.arange(12) < 6
    (one,) = turned("patients", infected, np.arange(12.0), np.array([str(i) for i in range(12)]))
    assert (one.kind.value, one.items, one.number("auc")) == ("auc-below-chance", ("patients",), 0.0)
    assert turned("patients", ~infected, np.arange(12.0), np.array([str(i) for i in range(12)])) == ()
