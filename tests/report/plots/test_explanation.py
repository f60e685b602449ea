"""The picture of one patch shows what the model gives, whatever the patch is called."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from PIL import Image

from hpscan.core.decision import Threshold
from hpscan.report.plots.explanation import ExplainedPatch, explained

PATCH, PAINTED = (10, 200, 30), (30, 10, 200)
HOTTEST = (252, 253, 191)  # magma's end


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


def _shows(png: bytes, colour: tuple[int, ...]) -> bool:
    """Whether more than a colour bar's end is of this colour."""
    pixels = np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))
    return bool((np.abs(pixels.astype(int) - colour) < 3).all(axis=-1).sum() > 5000)


@pytest.mark.parametrize("painted", [False, True])
@pytest.mark.parametrize("hot", [False, True])
def test_what_a_model_does_not_give_is_not_shown(painted: bool, hot: bool) -> None:
    given = _patch(
        reconstruction=np.full((40, 64, 3), PAINTED, np.uint8) if painted else None,
        heatmap=np.ones((40, 64), np.float32) if hot else None,
    )
    png = explained(given)
    assert _shows(png, PATCH)
    assert (_shows(png, PAINTED), _shows(png, HOTTEST)) == (painted, hot)


@pytest.mark.parametrize("name", ["$a_1^$ {\\bf", "<img onerror=x>\n\u202egnp", "\u4e2d\u6587 \U0001f52c", "x" * 900])
def test_hostile_names_change_nothing(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert explained(_patch(name=name)).startswith(b"\x89PNG")
