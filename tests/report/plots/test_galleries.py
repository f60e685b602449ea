from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from hpscan.core.choices import Aggregation
from hpscan.core.decision import OperatingPoint, Threshold
from hpscan.report.plots import galleries as figures

POINT = OperatingPoint(
    Threshold(0.15, "corner"), Threshold(0.2, "corner"), Threshold(0.5, "corner"), Aggregation.TOP_K_MEAN
)


def _pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def _colours(png: bytes) -> set[tuple[int, ...]]:
    return {tuple(c) for c in _pixels(png).reshape(-1, 3)}


def _patch(*colour: int) -> np.ndarray:
    return np.full((32, 32, 3), colour, np.uint8)


def test_a_gallery_shows_patches_of_all_groups_with_reconstruction_and_heatmap() -> None:
    hot = np.ones((32, 32), np.float32)
    one = figures.Shown(_patch(10, 200, 30), "$a_1^", _patch(30, 10, 200), hot)
    other = figures.Shown(_patch(200, 10, 30), "b", _patch(30, 10, 100), 0 * hot)
    png = figures.gallery({"negative": [one], "infected": [other, other], "nobody": []}, "title")
    assert {(10, 200, 30), (30, 10, 200), (200, 10, 30), (30, 10, 100)} <= _colours(png)
    for colour in ((252, 253, 191), (0, 0, 3)):  # magma's ends; the colour bar has only a few of such pixels
        assert (np.abs(_pixels(png).astype(int) - colour) < 3).all(axis=-1).sum() > 5000


def test_curves_are_the_same_bytes_for_the_same_scores() -> None:
    truth = np.array([False, False, True, True])
    score = np.array([-1.0, 0.2, 0.1, 0.9])
    patients = {"negative": [0.1], "low": [0.2, 0.3]}
    assert figures.curves(truth, score, POINT, patients) == figures.curves(truth, score, POINT, patients)
    assert figures.curves(truth, score, POINT, patients) != figures.curves(truth, score, POINT, {})


@pytest.mark.parametrize(
    ("truth", "patients"),
    [([], {"infected": [0.3]}), ([True, True], {}), ([False, False], {"negative": [0.3], "high": [0.5]})],
)
def test_an_evaluation_without_labels_or_with_one_class_is_drawn_as_far_as_it_goes(
    truth: list[bool], patients: dict[str, list[float]]
) -> None:
    table = np.array(truth, np.bool_)
    png = figures.curves(table, np.linspace(0, 1, len(table)), POINT, patients)
    assert len(_colours(png)) > 10
