"""Losses by epoch: values in, a figure or PNG bytes out."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING

from hpscan.report.plots.drawing import FAINT, INK, NEGATIVE, POSITIVE, head, panels, png, titled

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.figure import Figure

    from hpscan.report.plots.drawing import Legend

_LOSSES = {"loss": ("training", POSITIVE, "--", "^"), "validation_loss": ("validation", NEGATIVE, "-", "o")}
_WIDE = 10.0  # highest over lowest loss from which a logarithmic scale shows more


def losses_png(history: Sequence[Mapping[str, float]], aside: str = "") -> bytes | None:
    """PNG bytes of `draw_losses`; None where there is nothing to draw."""
    figure = draw_losses(history, aside)
    return None if figure is None else png(figure)


def draw_losses(history: Sequence[Mapping[str, float]], aside: str = "") -> Figure | None:
    """Training and validation loss by epoch, a panel a network; None where the history holds no loss.

    The epoch with the lowest validation loss, whose weights are kept, is marked where every epoch was validated.
    `aside` ends the footnote.
    """
    from matplotlib.ticker import MaxNLocator

    networks: dict[float, list[Mapping[str, float]]] = defaultdict(list)
    for row in history:
        networks[row.get("network", 0.0)].append(row)
    lines_of = {name: _lines(rows) for name, rows in networks.items()}
    lines_of = {name: lines for name, lines in lines_of.items() if lines}
    if not lines_of:
        return None
    figure, axes = panels(len(lines_of), 2.6, "epoch", "loss")
    legend: Legend = {}
    values = [[loss for points in lines.values() for _, loss in points] for lines in lines_of.values()]
    logarithmic = all(min(network) > 0 for network in values) and any(
        max(network) > _WIDE * min(network) for network in values
    )
    for axis, (name, lines) in zip(axes, lines_of.items(), strict=True):
        for key, points in lines.items():
            words, colour, style, mark = _LOSSES[key]
            (legend[words],) = axis.plot(*zip(*points, strict=True), color=colour, ls=style, marker=mark, ms=4, lw=1.6)
        if logarithmic:
            axis.set_yscale("log")
        best = _best(networks[name], lines.get("validation_loss", []))
        if best is not None:
            legend["kept"] = axis.axvline(best[0], color=INK, lw=1, ls=":")
            axis.plot(*best, "o", ms=11, mfc="none", mec=INK, mew=1.5)
        axis.xaxis.set_major_locator(MaxNLocator(nbins=8, integer=True))
        axis.grid(color=FAINT, lw=0.4, alpha=0.6)
        reached = "" if best is None else f"epoch {best[0]:g} kept, validation loss {best[1]:.4g}"
        head(axis, reached if len(lines_of) == 1 else f"network {name:g}", "" if len(lines_of) == 1 else reached)
    note = (
        "Training: mean over an epoch, while the weights changed. Validation: patients of the validation set, "
        "after the epoch; the weights of its lowest value are kept (ring)."
        if "validation" in legend
        else "Mean over an epoch, while the weights changed; there was no validation, and the last weights are kept."
    )
    return titled(
        figure, "Loss by epoch", f"{note}{' The scale is logarithmic.' * logarithmic} {aside}".rstrip(), legend
    )


def _lines(rows: Sequence[Mapping[str, float]]) -> dict[str, list[tuple[float, float]]]:
    """Loss -> (epoch, value), where there are finite values."""
    points = {
        key: [
            (row.get("epoch", place), row[key])
            for place, row in enumerate(rows, start=1)
            if key in row and math.isfinite(row[key])
        ]
        for key in _LOSSES
    }
    return {key: values for key, values in points.items() if values}


def _best(rows: Sequence[Mapping[str, float]], validated: Sequence[tuple[float, float]]) -> tuple[float, float] | None:
    """The first epoch with the lowest validation loss, and that loss; None where an epoch was not validated."""
    if not validated or not all("validation_loss" in row for row in rows):
        return None
    return min(validated, key=lambda point: point[1])
