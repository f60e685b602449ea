"""How a model learned: its losses by epoch. Values in, PNG bytes out."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING

from hpscan.report.plots.drawing import FAINT, INK, NEGATIVE, POSITIVE, finished, head, panels

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hpscan.report.plots.drawing import Legend

_LOSSES = {"loss": ("training", POSITIVE, "--", "^"), "validation_loss": ("validation", NEGATIVE, "-", "o")}
_WIDE = 10.0  # highest over lowest loss from which a logarithmic scale shows more


def losses(history: Sequence[Mapping[str, float]], aside: str = "") -> bytes | None:
    """Training and validation loss by epoch, a panel a network; None where the history holds no loss.

    The epoch with the lowest validation loss, whose weights are kept, is marked where every epoch was validated. `aside` ends the footnote.
    """
    from matplotlib.ticker import MaxNLocator

    networks: dict[float, list[Mapping[str, float]]] = defaultdict(list)
    for row in history:
        networks[row.get("network", 0.0)].append(row)
    drawn = {name: _lines(rows) for name, rows in networks.items()}
    drawn = {name: lines for name, lines in drawn.items() if lines}
    if not drawn:
        return None
    figure, axes = panels(len(drawn), 2.6, "epoch", "loss")
    legend: Legend = {}
    ranges = [[loss for points in lines.values() for _, loss in points] for lines in drawn.values()]
    logarithmic = all(min(own) > 0 for own in ranges) and any(max(own) > _WIDE * min(own) for own in ranges)
    for axis, (name, lines) in zip(axes, drawn.items(), strict=True):
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
        head(axis, reached if len(drawn) == 1 else f"network {name:g}", "" if len(drawn) == 1 else reached)
    note = (
        "Training: mean over an epoch, while the weights still changed. Validation: patients that were not fitted on, "
        "after the epoch; the weights of its lowest value are kept (ring)."
        if "validation" in legend
        else "Mean over an epoch, while the weights still changed; there was no validation, and the last weights are kept."
    )
    return finished(
        figure, "Loss by epoch", f"{note}{' The scale is logarithmic.' * logarithmic} {aside}".rstrip(), legend
    )


def _lines(rows: Sequence[Mapping[str, float]]) -> dict[str, list[tuple[float, float]]]:
    """Loss -> (epoch, value), where there are finite values."""
    found = {
        key: [
            (row.get("epoch", place), row[key])
            for place, row in enumerate(rows, start=1)
            if key in row and math.isfinite(row[key])
        ]
        for key in _LOSSES
    }
    return {key: points for key, points in found.items() if points}


def _best(rows: Sequence[Mapping[str, float]], validated: Sequence[tuple[float, float]]) -> tuple[float, float] | None:
    """The first epoch with the lowest validation loss, and that loss; None where an epoch was not validated."""
    if not validated or not all("validation_loss" in row for row in rows):
        return None
    return min(validated, key=lambda point: point[1])
