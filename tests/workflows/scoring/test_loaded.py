"""A Python user's five lines: load a model, score arrays, see where; wrong arrays are refused in one line."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import hpscan
from hpscan.core.errors import ImageError, ModelError
from hpscan.data.images.decoding import read_image
from hpscan.workflows.cohort.gather import gather
from hpscan.workflows.diagnosis.diagnose import DiagnoseRequest, diagnose
from hpscan.workflows.scoring.loaded import BATCH, LoadedModel

if TYPE_CHECKING:
    from pathlib import Path

    from hpscan.store.models import StoredModel

pytestmark = pytest.mark.xdist_group("trained")

IMAGES = np.zeros((2, 32, 48, 3), np.uint8)


class Bright:
    """A scorer that tells the mean brightness, and shows each image's red."""

    def __init__(self) -> None:
        self.seen: list[int] = []

    def score(self, images: np.ndarray) -> np.ndarray:
        self.seen.append(len(images))
        return images.mean(axis=(1, 2, 3))

    def heatmap(self, images: np.ndarray) -> np.ndarray:
        return images[..., 0].astype(np.float32) / 255

    def state(self) -> dict[str, np.ndarray]:
        return {}


def test_a_loaded_model_scores_arrays_as_diagnose_scores_files(phantom: Path, trained: StoredModel) -> None:
    model = hpscan.load_model(str(trained.path), device="cpu")
    folder = phantom / "Cropped_Patches" / "Patient1"
    (patient,) = diagnose(gather([folder]), DiagnoseRequest(model)).patients
    images = np.stack([read_image(patch.path) for patch in patient.patches])
    assert model.score(images) == pytest.approx(patient.scores, rel=1e-5)
    assert ((model.score(images) >= model.threshold) == [score >= model.threshold for score in patient.scores]).all()
    assert model.threshold == trained.manifest.operating_point.patch.value
    heat = model.heatmap(images[:2])
    assert (heat.shape, heat.dtype, heat.max() <= 1) == ((2, 256, 256), np.float32, True)


def test_many_images_go_through_in_batches_and_none_are_fine(trained: StoredModel) -> None:
    scorer = Bright()
    model = LoadedModel(trained, scorer, "cpu")
    images = np.arange(BATCH + 3, dtype=np.uint8)[:, None, None, None] * np.ones((1, 4, 4, 3), np.uint8)
    assert model.score(images).tolist() == list(range(BATCH + 3))
    assert scorer.seen == [BATCH, 3]
    assert model.heatmap(images).shape == (BATCH + 3, 4, 4)
    assert (model.score(images[:0]).shape, model.heatmap(images[:0]).shape) == ((0,), (0, 4, 4))


@pytest.mark.parametrize(
    ("images", "words"),
    [
        (IMAGES[0], r"have the shape \(N, H, W, 3\), and not \(32, 48, 3\)"),
        (np.zeros((2, 3, 32, 48), np.uint8), r"and not \(2, 3, 32, 48\)"),
        (np.zeros((2, 32, 48, 4), np.uint8), r"and not \(2, 32, 48, 4\)"),
        (IMAGES / 255, "are uint8, 0..255, and not float64"),
        (IMAGES.astype(np.int64), "and not int64"),
        ([IMAGES[0]], "are a numpy array, and no list"),
    ],
)
@pytest.mark.parametrize("method", ["score", "heatmap"])
def test_other_arrays_are_refused_in_one_line(trained: StoredModel, method: str, images: Any, words: str) -> None:
    model = LoadedModel(trained, Bright(), "cpu")
    with pytest.raises(ImageError, match=words) as caught:
        getattr(model, method)(images)
    assert "\n" not in caught.value.message
    assert ("* 255" in caught.value.hint) is (getattr(images, "dtype", None) == np.float64)


def test_a_model_without_heatmaps_says_so(trained: StoredModel) -> None:
    class Blind:
        score = Bright.score

    model = replace(LoadedModel(trained, Bright(), "cpu"), scorer=Blind())  # type: ignore[arg-type]
    with pytest.raises(ModelError, match="makes no heatmaps: its backend, autoencoder"):
        model.heatmap(IMAGES)
