from __future__ import annotations

import dataclasses
import io
import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from hpscan.core.choices import Aggregation
from hpscan.evaluation.cases import Cases
from hpscan.evaluation.curves import mean_curves
from hpscan.report.plots import benchmark as charts
from hpscan.report.plots.curves import Curve, operating_points, relative_scores

if TYPE_CHECKING:
    from collections.abc import Callable


def _curve(name: str = "cnn", folds: int = 5, seed: int = 0) -> Curve:
    """98 patients, 929 patches, about 150 of them positive, every fold on a scale of its own."""
    rng = np.random.default_rng(seed)
    patient = rng.integers(0, 98, 929)
    fold = (patient % folds).astype(np.intp)
    reference = rng.random(929) < np.where(patient < 49, 0.31, 0.01)
    score = (rng.normal(size=929) + 2.6 * reference - 3) * (1 + fold)
    threshold = {k: float(np.quantile(score[(fold == k) & ~reference], 0.98)) for k in range(folds)}
    decision = score >= np.array([threshold[int(k)] for k in fold])
    return _with_bands(Curve(name, reference, score, decision, fold, threshold))


def _with_bands(curve: Curve) -> Curve:
    """The curve with bands about its ROC and precision-recall curves, of cases that are one patient each."""
    name = np.arange(len(curve.score)).astype(np.str_)
    bands = mean_curves(Cases(curve.reference, curve.score, curve.decision, name, curve.fold)) or (None, None)
    return dataclasses.replace(curve, roc=bands[0], precision_recall=bands[1])


def _size(png: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(png)) as image:
        image.load()
        return image.size


_OF_CURVES: list[Callable[[list[Curve]], bytes]] = [charts.roc, charts.precision_recall, charts.histograms]
_NAMES = [f"backend-of-20-chars{i}" for i in range(8)]


def test_a_fold_without_positive_patches_has_a_point_without_recall() -> None:
    curve = _curve()
    blind = dataclasses.replace(curve, reference=curve.reference & (curve.fold > 1))
    assert operating_points(blind)[0].recall is None


def test_relative_scores_put_every_threshold_at_0_and_the_median_negative_at_minus_1() -> None:
    curve = _curve()
    value, reference, folds = relative_scores(curve)
    assert folds == 5
    np.testing.assert_array_equal(np.sort(value >= 0), np.sort(curve.decision))
    assert np.median(value[~reference]) == pytest.approx(-1, abs=0.02)
    _, _, folds = relative_scores(dataclasses.replace(curve, threshold={**curve.threshold, 0: math.inf, 1: math.nan}))
    assert folds == 3


@pytest.mark.parametrize("draw", _OF_CURVES)
def test_pictures_of_patches_are_the_same_bytes_for_the_same_patches(draw: Callable) -> None:
    picture = draw([_curve("a"), _curve("b", seed=1)])
    assert picture == draw([_curve("a"), _curve("b", seed=1)])
    assert picture != draw([_curve("a"), _curve("b", seed=2)])


@pytest.mark.parametrize("draw", _OF_CURVES)
@pytest.mark.filterwarnings("error")
def test_pictures_of_patches_bear_degenerate_backends(draw: Callable) -> None:
    curve = _curve()
    none, every = np.zeros(929, np.bool_), np.ones(929, np.bool_)
    odd = [
        dataclasses.replace(curve, name="no positive patch", reference=none, decision=none),
        dataclasses.replace(curve, name="no negative patch", reference=every),
        dataclasses.replace(curve, name="constant", score=np.zeros(929), threshold=dict.fromkeys(range(5), 0.0)),
        dataclasses.replace(curve, name="never", decision=none, threshold=dict.fromkeys(range(5), math.inf)),
        _curve("one fold", folds=1),
    ]
    assert _size(draw(list(map(_with_bands, odd))))[0] == 1100
    for curve in odd:
        assert _size(draw([_with_bands(curve)]))[0] > 500
    assert _size(draw([]))[0] > 500


@pytest.mark.parametrize("count", [1, 8])
@pytest.mark.filterwarnings("error")
def test_pictures_of_results_have_a_plausible_size_and_stay_the_same(count: int) -> None:
    names = _NAMES[:count]
    patients = {n: {"negative": [0.0, 0.004], "low": [0.02], "high": [0.6, 1.0]} for n in names}
    pictures = [
        lambda: charts.confusions(dict.fromkeys(names, (771.0, 8.0, 9.0, 141.0)), "patches"),
        lambda: charts.fold_boxes({m: {n: [0.9, 0.95, 0.99] for n in names} for m in ("AUC", "F1 +")}),
        lambda: charts.patient_values(patients, {n: [0.01, 0.02] for n in names}),
        lambda: charts.patient_values(patients, {n: [0.01, 0.02] for n in names}, Aggregation.TOP_K_MEAN, 3),
        lambda: charts.accuracy_speed({n: (100.0 * i + 9, 0.9, 0.8, 0.95) for i, n in enumerate(names)}, "AUC"),
    ]
    for draw in pictures:
        picture = draw()
        width, height = _size(picture)
        assert 500 < width <= 1100
        assert 200 < height < 1000
        assert draw() == picture


@pytest.mark.filterwarnings("error")
def test_pictures_of_results_bear_what_is_missing() -> None:
    pictures = [
        charts.confusions({}, "patients"),
        charts.confusions({"a": (0.0, 0.0, 0.0, 0.0)}, "patients"),
        charts.fold_boxes({}),
        charts.fold_boxes({"AUC": {"a": [], "b": [math.nan]}, "F1 +": {"b": [0.5]}}),
        charts.patient_values({}, {}),
        charts.patient_values({"a": {"negative": [], "high": [0.5]}, "b": {}}, {"a": [math.inf]}),
        charts.patient_values({"a": {"negative": [], "high": [-5.0]}, "b": {}}, {"a": [math.inf]}, Aggregation.MAX),
        charts.accuracy_speed({}, "AUC"),
        charts.accuracy_speed({"a": (0.0, 0.9, 0.8, 1.0), "b": (5.0, 0.9, math.nan, math.nan)}, "AUC"),
    ]
    for picture in pictures:
        assert _size(picture)[0] > 500
