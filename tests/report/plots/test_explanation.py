"""The plot of one patch shows what the model gives for it, whatever the patch is called."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from hpscan.core.decision import Threshold
from hpscan.report.plots.explanation import ExplainedPatch, draw_explanation, explanation_png

PATCH, RECONSTRUCTION = (10, 200, 30), (30, 10, 200)


@dataclass(frozen=True)
class Counted:
    edges: tuple[float, ...] = (0.0, 0.5, 1.0)
    negative: tuple[int, ...] = (90, 1)
    infected: tuple[int, ...] = (50, 7)


def _patch(**changes: Any) -> ExplainedPatch:
    image = np.full((40, 64, 3), PATCH, np.uint8)
    return ExplainedPatch(
        **{
            "name": "Patient1/00001.png",
            "model": "mine (redness)",
            "image": image,
            "score": 0.7,
            "threshold": Threshold(0.5, "corner"),
            "bins": Counted(),
            **changes,
        }
    )


@pytest.mark.parametrize("reconstructed", [False, True])
@pytest.mark.parametrize("hot", [False, True])
def test_what_a_model_does_not_give_is_not_shown(reconstructed: bool, hot: bool) -> None:
    patch = _patch(
        reconstruction=np.full((40, 64, 3), RECONSTRUCTION, np.uint8) if reconstructed else None,
        heatmap=np.ones((40, 64), np.float32) if hot else None,
    )
    axes = {axis.get_title(loc="left"): axis for axis in draw_explanation(patch).axes}
    expected = {"patch", "score among those of other patches"}
    expected |= {"reconstruction"} if reconstructed else set()
    expected |= {"heatmap, highest 1.00", "heatmap over the patch", ""} if hot else set()  # "" is the colour bar
    assert set(axes) == expected
    shown = {
        name: tuple(np.asarray(axes[name].images[0].get_array())[0, 0])
        for name in {"patch", "reconstruction"} & set(axes)
    }
    assert shown.get("patch") == PATCH
    assert shown.get("reconstruction") == (RECONSTRUCTION if reconstructed else None)


def test_the_title_says_the_result_and_the_plot_marks_score_and_threshold() -> None:
    figure = draw_explanation(_patch(notes=("look twice",)))
    name, verdict, model, note = figure.get_suptitle().split("\n")
    assert (name, model, note) == ("Patient1/00001.png", "model mine (redness)", "Note: look twice")
    assert verdict == "positive, score 0.7, 0.2 above the threshold of 0.5"
    scores = next(axis for axis in figure.axes if axis.get_title(loc="left").startswith("score"))
    assert {0.5, 0.7} <= {float(np.ravel(line.get_xdata())[0]) for line in scores.lines}


@pytest.mark.parametrize("name", ["$a_1^$ {\\bf", "<img onerror=x>\n\u202egnp", "\u4e2d\u6587 \U0001f52c", "x" * 900])
def test_hostile_names_change_nothing(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert explanation_png(_patch(name=name)).startswith(b"\x89PNG")
