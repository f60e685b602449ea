"""Pictures are stored with a model, show no patient that it was fitted on, and never cost it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hpscan.backends.redness.backend import RednessScorer
from hpscan.data.dataset import layout
from hpscan.store import models
from hpscan.store.manifest import Role
from hpscan.workflows.training import plots as pictures
from hpscan.workflows.training.settings import configured
from hpscan.workflows.training.train import TrainRequest, train

if TYPE_CHECKING:
    from pathlib import Path

    from hpscan.core.cohort import Patch
    from hpscan.workflows.training.train import Training

pytestmark = pytest.mark.xdist_group("trained")


def test_a_model_that_paints_has_its_losses_reconstructions_and_operating_point(training: Training) -> None:
    names = [path.name for path in training.model.plots]
    assert names == ["loss.png", "operating-point.png", "reconstructions.png"]
    assert not training.undrawn
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in training.model.plots)


def test_patients_shown_were_not_fitted_on_and_come_from_both_sides(
    phantom: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[Patch] = []
    seen = pictures._shown

    def watched(scorer: Any, scored: Any, row: int, record: Any) -> Any:
        shown.append(scored.patches[row])
        return seen(scorer, scored, row, record)

    monkeypatch.setattr(pictures, "_shown", watched)
    made = train(TrainRequest(phantom, configured("redness"), out=tmp_path / "model", device="cpu"))
    assert [path.name for path in made.model.plots] == ["heatmaps.png", "operating-point.png"]
    role = {record.digest: record.role for record in made.model.manifest.patients}
    patients = {p.id: p for p in layout.load(phantom).cohort.patients}
    assert {role[made.model.manifest.digest(patch.patient_id)] for patch in shown} == {Role.CALIBRATION}
    infected = [patients[patch.patient_id].infected for patch in shown]
    assert infected == [False] * 4 + [True] * 4
    assert len({patch.patient_id for patch in shown}) == 8


def test_a_heatmap_that_fails_leaves_its_picture_out_and_the_model_whole(
    phantom: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("out of memory,\nsay")

    monkeypatch.setattr(RednessScorer, "heatmap", fail)
    made = train(TrainRequest(phantom, configured("redness"), out=tmp_path / "model", device="cpu"))
    assert made.undrawn == {"heatmaps.png": "RuntimeError: out of memory, say"}
    assert [path.name for path in models.read(tmp_path / "model").plots] == ["operating-point.png"]


def test_an_interrupted_training_has_its_pictures_too(phantom: Path, tmp_path: Path) -> None:
    stages: list[str] = []
    made = train(
        TrainRequest(
            phantom,
            configured("autoencoder", {"epochs": 9, "crop": 32, "batch_size": 8}),
            out=tmp_path / "model",
            device="cpu",
        ),
        progress=lambda step: stages.append(step.stage),
        should_stop=lambda: "epoch 2/9" in stages,
    )
    assert made.model.manifest.training.interrupted
    assert [path.name for path in made.model.plots] == ["loss.png", "operating-point.png", "reconstructions.png"]


def test_the_card_warns_of_a_gallery_of_real_patients_and_of_no_phantom(training: Training) -> None:
    from hpscan.workflows.training.records import card

    manifest = training.model.manifest
    names = [path.name for path in training.model.plots]
    assert "plots/reconstructions.png" not in card(manifest, names)
    real = manifest.model_copy(update={"phantom": False})
    assert "plots/reconstructions.png" in card(real, names)
    assert "plots/" not in card(real, ["operating-point.png"])
