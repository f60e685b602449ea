"""The charts of a page: patients' scores on one scale, and a histogram of patch scores.

Each is a matplotlib figure of one unit a CSS pixel. Lines, marks and texts carry classes as their `gid`; svg.py turns
them into SVG that style.css colours.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

WIDE, NARROW = 760, 340
"""Widths of the two layouts, in CSS pixels: text keeps its size on a wide and on a narrow screen."""

_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 18, 34, 34
_ROW = 24
_LETTER = 6.4
"""Pixels of an average letter of a chart's text."""

_LOWEST = 1e-3
"""The proportion at which the histogram's axis begins."""

_MARKS = {"negative": ("o", 7.2), "infected": ("^", 8.4), "own-mark": ("o", 7.2)}
"""Shape and size in pixels of each class of marks."""


def scale(
    width: int,
    groups: Mapping[str, Sequence[float]],
    kinds: Mapping[str, str],
    *,
    value: float | None,
    threshold: float | None,
    format_tick: Callable[[float], str],
    threshold_label: str = "threshold",
    start: float | None = None,
) -> Figure:
    """One patient's score between a threshold and other patients' scores.

    Args:
        width: Of the drawing.
        groups: Other patients' scores by the name of their row.
        kinds: The class of each row's marks, by name.
        value: This patient's score; None on a scale of many patients.
        threshold: What separates the findings; None without one.
        format_tick: A tick's value as text.
        threshold_label: What stands above the threshold.
        start: Where the axis starts at the latest: 0 for a proportion.
    """
    scores = [v for group in groups.values() for v in group] + [v for v in (value, threshold, start) if v is not None]
    low, high = (min(scores), max(scores)) if scores else (0.0, 1.0)
    margin = 0.05 * (high - low) or abs(high) * 0.1 or 1.0
    height = _ROW * max(1, len(groups))
    figure, axis = _axes(width, height)
    axis.set(xlim=(low - margin if start is None else low, high + margin), ylim=(height, 0))
    axis.set_yticks([_ROW * (row + 0.5) for row in range(len(groups))], list(groups))
    axis.tick_params(axis="y", length=0, pad=8)
    _ticks(axis, width, format_tick)
    for row, (name, group) in enumerate(groups.items()):
        spread = (np.arange(len(group)) * 0.618 + 0.5) % 1 - 0.5  # golden steps: neighbours in value lie far apart
        shape, size = _MARKS[kinds[name]]
        axis.plot(sorted(group), _ROW * (row + 0.5) + 13 * spread, shape, ms=size, gid=f"mark {kinds[name]}")
    if threshold is not None:
        above = 2 if value is not None else 16
        axis.axvline(threshold, ymax=1 + above / height, gid="threshold")
        _label(axis, threshold, above + 4, threshold_label, "tick", width, aside=value)
    if value is not None:
        axis.axvline(value, ymax=1 + 17 / height, gid="own")
        axis.plot(value, height - 7, "D", ms=8, gid="own-head")
        _label(axis, value, 22, "this patient", "own-text", width)
    return figure


def histogram(
    width: int,
    scores: Sequence[float],
    edges: Sequence[float],
    others: Mapping[str, Sequence[int]],
    threshold: float,
    format_tick: Callable[[float], str],
) -> Figure:
    """A patient's patch scores as an area, those of others as lines; heights are proportions, logarithmic.

    Args:
        width: Of the drawing.
        scores: The patient's patch scores.
        edges: Of the bins that `others` counts in; scores beyond them widen the axis by bins of the same width.
        others: Patches by bin, by the kind of patients.
        threshold: The patch threshold; left out where it lies beyond the axis.
        format_tick: A tick's score as text.
    """
    figure, axis = _axes(width, 160)
    every = _widened(np.asarray(edges, dtype=np.float64), scores)
    floor = 0.85 * _LOWEST
    axis.set(xlim=(every[0], every[-1]), yscale="log", ylim=(floor, 1.05))
    axis.set_yticks([1, 0.1, 0.01, 0.001], ["100 %", "10 %", "1 %", "0.1 %"])
    axis.minorticks_off()
    axis.tick_params(axis="y", length=0, pad=8)
    axis.grid(axis="y", gid="grid")
    axis.set_axisbelow(True)
    _ticks(axis, width, format_tick)
    counts = np.histogram(np.asarray(scores, dtype=np.float64), every)[0]
    axis.stairs(_proportions(counts, floor), every, baseline=floor, fill=True, gid="bar")
    for kind, patches in others.items():
        if any(patches):
            axis.stairs(_proportions(np.asarray(patches), floor), edges, baseline=floor, gid=f"line {kind}")
    if holds(threshold, scores, edges):
        axis.axvline(threshold, ymax=1.05, gid="threshold")
        _label(axis, threshold, 12, "patch threshold", "tick", width)
    return figure


def holds(threshold: float, scores: Sequence[float], edges: Sequence[float]) -> bool:
    """Whether the histogram's axis reaches as far as the threshold."""
    return min([*scores, edges[0]]) <= threshold <= max([*scores, edges[-1]])


def _axes(width: int, height: int) -> tuple[Figure, Axes]:
    """An empty figure whose panel is that high, in pixels, with an axis below and nothing else around it."""
    from matplotlib.figure import Figure

    total = _TOP + height + _BOTTOM
    figure = Figure(figsize=(width / 72, total / 72), dpi=72, frameon=False)
    inner = (_LEFT / width, _BOTTOM / total, (width - _LEFT - _RIGHT) / width, height / total)
    axis = figure.add_axes(inner, frameon=True, facecolor="none")
    axis.patch.set_visible(False)
    axis.spines[["left", "top", "right"]].set_visible(False)
    axis.spines["bottom"].set_gid("axis")
    return figure, axis


def _ticks(axis: Axes, width: int, format_tick: Callable[[float], str]) -> None:
    """Few round numbers."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis.xaxis.set_major_locator(MaxNLocator(max(2, (width - _LEFT - _RIGHT) // 110), steps=[1, 2, 5, 10]))
    axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: format_tick(value)))
    axis.tick_params(axis="x", length=4, labelsize=12)


def _label(axis: Axes, x: float, up: float, text: str, kind: str, width: int, aside: float | None = None) -> None:
    """A label above the panel, at x, within the drawing, and on the side where the line at `aside` does not cross it."""
    low, high = axis.get_xlim()
    unit = (width - _LEFT - _RIGHT) / (high - low)
    long = _LETTER * len(text)
    place = _LEFT + unit * (x - low)
    right, anchor = 0, "center"
    if aside is not None and abs(aside - x) * unit < long:
        right, anchor = (-4, "right") if aside >= x else (4, "left")
    elif place < long / 2:
        anchor = "left"
    elif place > width - long / 2:
        anchor = "right"
    above = axis.get_xaxis_transform()
    axis.annotate(text, (x, 1), (right, up), above, textcoords="offset points", ha=anchor, gid=kind)


def _proportions(counts: NDArray[np.int64], floor: float) -> NDArray[np.float64]:
    """Heights on the logarithmic axis: a bin without a patch lies on its floor, one with few just above."""
    proportions = counts / max(1, counts.sum())
    return np.where(counts > 0, np.maximum(proportions, _LOWEST), floor)


def _widened(edges: NDArray[np.float64], scores: Sequence[float]) -> NDArray[np.float64]:
    """The edges with as many further bins on both sides as the scores need.

    No more than twice as many bins are added: a wild score makes them wider instead.
    """
    step = float(edges[1] - edges[0])
    low, high = (min(scores), max(scores)) if len(scores) else (float(edges[0]), float(edges[-1]))
    most = len(edges)
    before = math.ceil(max(0.0, (float(edges[0]) - low) / step))
    after = math.ceil(max(0.0, (high - float(edges[-1])) / step + 1e-9))
    left = np.linspace(min(low, float(edges[0])), float(edges[0]), min(before, most) + 1)[:-1]
    right = np.linspace(float(edges[-1]), max(high, float(edges[-1])), min(after, most) + 1)[1:]
    return np.concatenate((left, edges, right))
