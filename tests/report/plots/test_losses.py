"""Losses of every kind of history are drawn, and the epoch that was kept is the one that training keeps."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from hpscan.report.plots import losses as learned
from hpscan.report.plots.losses import losses

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """The figures, as they were before they became bytes."""
    kept: list[Figure] = []

    def finished(figure: Figure, *_: Any) -> bytes:
        kept.append(figure)
        return b"png"

    monkeypatch.setattr(learned, "finished", finished)
    return kept


@pytest.mark.parametrize("history", [(), ({"epoch": 1.0, "accuracy": 0.5},), ({"epoch": 1.0, "loss": math.nan},)])
def test_without_losses_there_is_no_picture(history: tuple[dict[str, float], ...]) -> None:
    assert losses(history) is None


def test_the_epoch_with_the_lowest_validation_loss_is_marked(drawn: list[Figure]) -> None:
    validation = [0.5, math.nan, 0.25, 0.25, 0.75]
    losses([{"epoch": e, "loss": 1 / e, "validation_loss": v} for e, v in enumerate(validation, start=1)])
    (axis,) = drawn[0].axes
    assert "epoch 3 kept" in axis.get_title(loc="left")


def test_where_nothing_was_validated_no_epoch_is_marked(drawn: list[Figure]) -> None:
    losses([{"epoch": e, "loss": 1 / e} for e in (1, 2, 3)])
    (axis,) = drawn[0].axes
    assert "kept" not in axis.get_title(loc="left")


def test_every_network_has_its_panel_and_its_own_best(drawn: list[Figure]) -> None:
    rows = [(1, 1, 0.5), (1, 2, 0.25), (2, 3, 0.75), (2, 4, 1.0)]
    losses([{"network": n, "epoch": e, "loss": 1.0, "validation_loss": v} for n, e, v in rows])
    titles = [axis.get_title(loc="left") for axis in drawn[0].axes]
    assert ["epoch 2 kept" in titles[0], "epoch 3 kept" in titles[1]] == [True, True]


def test_a_picture_is_a_png() -> None:
    png = losses([{"epoch": 1, "loss": 1.0, "validation_loss": 0.001}])
    assert png is not None
    assert png.startswith(b"\x89PNG")
