"""Losses of every kind of history are drawn, and the epoch that was kept is the one that training keeps."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from hpscan.report.plots.losses import draw_losses, losses_png

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def _figure(rows: list[dict[str, Any]]) -> Figure:
    figure = draw_losses(rows)
    assert figure is not None
    return figure


def _title(axis: Axes) -> str:
    return axis.get_title(loc="left")


def _points(axis: Axes, line: int) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in np.asarray(axis.lines[line].get_xydata())]


@pytest.mark.parametrize("history", [(), ({"epoch": 1.0, "accuracy": 0.5},), ({"epoch": 1.0, "loss": math.nan},)])
def test_without_losses_there_is_no_plot(history: tuple[dict[str, float], ...]) -> None:
    assert draw_losses(history) is None
    assert losses_png(history) is None


def test_both_losses_are_drawn_and_the_epoch_with_the_lowest_validation_loss_is_marked() -> None:
    validation = [0.5, math.nan, 0.25, 0.25, 0.75]
    rows = [{"epoch": e, "loss": 1 / e, "validation_loss": v} for e, v in enumerate(validation, start=1)]
    (axis,) = _figure(rows).axes
    assert _points(axis, 0) == [(e, 1 / e) for e in range(1, 6)]
    assert _points(axis, 1) == [(1, 0.5), (3, 0.25), (4, 0.25), (5, 0.75)]
    assert _points(axis, 3) == [(3, 0.25)]
    assert "epoch 3 kept" in _title(axis)


def test_where_nothing_was_validated_no_epoch_is_marked() -> None:
    figure = _figure([{"epoch": e, "loss": 1 / e} for e in (1, 2, 3)])
    (axis,) = figure.axes
    assert len(axis.lines) == 1
    assert "kept" not in _title(axis)
    assert "there was no validation" in figure.get_supxlabel()


def test_every_network_has_its_panel_and_its_own_best() -> None:
    rows = [(1, 1, 0.5), (1, 2, 0.25), (2, 3, 0.75), (2, 4, 1.0)]
    axes = _figure([{"network": n, "epoch": e, "loss": 1.0, "validation_loss": v} for n, e, v in rows]).axes
    assert ["epoch 2 kept" in _title(axes[0]), "epoch 3 kept" in _title(axes[1])] == [True, True]


@pytest.mark.parametrize(("last", "kind"), [(0.01, "log"), (0.5, "linear"), (-1.0, "linear")])
def test_the_scale_is_logarithmic_where_losses_differ_tenfold_and_none_is_negative(last: float, kind: str) -> None:
    (axis,) = _figure([{"epoch": 1, "loss": 1.0}, {"epoch": 2, "loss": last}]).axes
    assert axis.get_yscale() == kind


def test_the_file_is_a_png() -> None:
    png = losses_png([{"epoch": 1, "loss": 1.0, "validation_loss": 0.001}])
    assert png is not None
    assert png.startswith(b"\x89PNG")
