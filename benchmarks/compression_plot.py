"""The plot of `compression.py`: recall, average precision and F1 by quality, a line for each sampling, a row for each model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpscan.report.plots.drawing import FAINT, INK, SMALL, panels, titled

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.compression import Row
    from matplotlib.axes import Axes

METRICS = {"recall": "Recall", "average_precision": "Average precision", "f1": "F1 of positive patches"}
_COLOURS = {"444": "#3572a5", "422": "#6b8f3c", "420": "#c0592b"}  # apart also without colour vision, with the markers
_MARKS = {"444": "o", "422": "s", "420": "^"}


def draw(rows: Sequence[Row], path: Path, says: str) -> None:
    """Write the plot, in the format that the name of the file says."""
    import matplotlib as mpl

    models = list(dict.fromkeys(row.model for row in rows))
    figure, grid = panels(3 * len(models), 2.6, "JPEG quality", "")
    lowest = min(min(getattr(row, metric) for metric in METRICS) for row in rows)
    legend = {}
    for place, model in enumerate(models):
        of_model = [row for row in rows if row.model == model]
        for column, (metric, title) in enumerate(METRICS.items()):
            axis = grid[3 * place + column]
            axis.set_title(f"{title}\n{model}" if len(models) > 1 else title, fontsize=9.5, color=INK, loc="left")
            axis.set_ylim(max(0.0, lowest - 0.03), 1.005)
            legend |= _lines(axis, of_model, metric)
    title = "Patches saved as JPEG again" if len(models) > 1 else f"Patches saved as JPEG again, model {models[0]}"
    note = f"Thresholds as stored with the model. Dashed: patches as published. {says[0].upper()}{says[1:]}."
    titled(figure, title, note, legend)
    mpl.rcParams["svg.hashsalt"] = "hpscan"  # the same bytes for the same rows
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)


def _lines(axis: Axes, rows: Sequence[Row], metric: str) -> dict[str, object]:
    known = sorted({row.quality for row in rows if row.quality is not None})
    axis.set_xticks(known)
    axis.tick_params(labelsize=SMALL)
    axis.grid(axis="y", color=FAINT, linewidth=0.4)
    for row in rows:
        if not row.sampling:
            axis.axhline(getattr(row, metric), color=INK, linewidth=1, linestyle="--")
    drawn: dict[str, object] = {}
    for sampling in dict.fromkeys(row.sampling for row in rows if row.quality is not None):
        points = sorted(
            (row.quality or 0, getattr(row, metric))
            for row in rows
            if row.quality is not None and row.sampling == sampling
        )
        (line,) = axis.plot(*zip(*points, strict=True), color=_COLOURS[sampling], marker=_MARKS[sampling], markersize=4)
        drawn[":".join(sampling)] = line
    return drawn
