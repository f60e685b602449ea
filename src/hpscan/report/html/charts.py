"""Where the marks of the page's charts lie: plain numbers in, plain numbers out; templates/charts.j2 draws them as SVG.

Every chart is laid out once for a wide and once for a narrow screen, so that its text keeps its size on both.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

WIDE, NARROW = 760, 340
"""Widths of the two layouts, in CSS pixels."""

_LEFT, _RIGHT = 70, 18
_ROW, _TOP, _BOTTOM = 24, 34, 34
_LETTER = 6.4  # width of an average letter of a chart's text


@dataclass(frozen=True, slots=True)
class Label:
    """Text at a place.

    Attributes:
        x: Where it is anchored.
        text: The text.
        anchor: `start`, `middle` or `end`: which part of the text lies at `x`.
    """

    x: float
    text: str
    anchor: str = "middle"


@dataclass(frozen=True, slots=True)
class Row:
    """The patients of one diagnosis on a scale: `y` of the row, and x, y of each patient."""

    name: str
    kind: str
    y: float
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Scale:
    """One value between a threshold and other patients' values.

    Attributes:
        width: Of the drawing.
        height: Of the drawing.
        floor: y of the axis.
        rows: Other patients, a row a diagnosis.
        own: Where the value lies; None without one.
        threshold: Where the threshold lies; None without one.
        ticks: Labels of the axis.
        own_label: What is written above `own`.
        threshold_label: What is written above `threshold`.
    """

    width: int
    height: int
    floor: float
    rows: tuple[Row, ...]
    own: float | None
    threshold: float | None
    ticks: tuple[Label, ...]
    own_label: Label | None
    threshold_label: Label | None


def scale(
    width: int,
    groups: Mapping[str, Sequence[float]],
    *,
    own: float | None,
    threshold: float | None,
    form: Callable[[float], str],
    own_text: str = "this patient",
    threshold_text: str = "threshold",
    kinds: Mapping[str, str],
    floor: float | None = None,
) -> Scale:
    """A scale that holds all values.

    Args:
        width: Of the drawing.
        groups: Other patients' values by the name of their row.
        own: The value that it is all about.
        threshold: What parts the findings.
        form: A tick's value as text.
        own_text: What is written above `own`.
        threshold_text: What is written above `threshold`.
        kinds: The style of each row, by name.
        floor: Where the axis starts at the latest: 0 for a share.
    """
    values = [v for group in groups.values() for v in group] + [v for v in (own, threshold) if v is not None]
    values += [] if floor is None else [floor]
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    margin = 0.05 * (high - low) or abs(high) * 0.1 or 1.0
    low, high = low - (margin if floor is None else 0), high + margin
    inner = width - _LEFT - _RIGHT

    def place(value: float) -> float:
        return round(_LEFT + inner * (value - low) / (high - low), 1)

    bottom = _TOP + _ROW * max(1, len(groups))
    rows = []
    for number, (name, group) in enumerate(groups.items()):
        y = _TOP + _ROW * (number + 0.5)
        spread = (np.arange(len(group)) * 0.618 + 0.5) % 1 - 0.5  # golden steps: neighbours in value lie far apart
        points = tuple((place(v), round(y + 13 * s, 1)) for v, s in zip(sorted(group), spread.tolist(), strict=True))
        rows.append(Row(name, kinds[name], y, points))
    ticks = tuple(Label(place(v), form(v)) for v in _round_numbers(low, high, max(2, inner // 110)))
    own_label = None if own is None else _beside(place(own), own_text, width)
    threshold_label = None if threshold is None else _beside(place(threshold), threshold_text, width)
    if own is not None and threshold is not None and abs(place(own) - place(threshold)) < len(threshold_text) * _LETTER:
        # The patient's own line must not strike through the threshold's name.
        threshold_label = _away(place(threshold), place(own), threshold_text)
    return Scale(
        width,
        bottom + _BOTTOM,
        bottom,
        tuple(rows),
        None if own is None else place(own),
        None if threshold is None else place(threshold),
        ticks,
        own_label,
        threshold_label,
    )


def _beside(x: float, text: str, width: int) -> Label:
    """A label above its mark that stays within the drawing."""
    half = len(text) * _LETTER / 2
    if x - half < 0:
        return Label(x, text, "start")
    return Label(x, text, "end") if x + half > width else Label(x, text)


def _away(x: float, other: float, text: str) -> Label:
    """A label on the side of its mark that another mark is not on."""
    return Label(x - 4, text, "end") if other >= x else Label(x + 4, text, "start")


def _round_numbers(low: float, high: float, most: int) -> list[float]:
    """Few round numbers between the two: steps of 1, 2 or 5 times a power of ten."""
    raw = (high - low) / most
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= raw)
    first, last = math.ceil(low / step), math.floor(high / step)
    return [round(k * step, 12) for k in range(first, last + 1)]


@dataclass(frozen=True, slots=True)
class Histogram:
    """A patient's patch scores as bars, those of other patients as lines; heights are shares, logarithmic.

    Attributes:
        width: Of the drawing.
        height: Of the drawing.
        floor: y of the axis.
        bars: x, y, width and height of each bar.
        lines: Corners of a line, as SVG's `points`, by the kind of patients.
        threshold: Where the patch threshold lies; None where it lies outside.
        x_ticks: Labels below the axis.
        y_ticks: y and text of each line of the grid.
        left: Where the axis starts.
        right: Where it ends.
        threshold_label: What is written above the threshold.
    """

    width: int
    height: int
    floor: float
    bars: tuple[tuple[float, float, float, float], ...]
    lines: Mapping[str, str]
    threshold: float | None
    x_ticks: tuple[Label, ...]
    y_ticks: tuple[tuple[float, str], ...]
    left: float
    right: float
    threshold_label: Label | None


_LEAST = 1e-3
"""The share at which the histogram's axis begins."""


def histogram(
    width: int,
    scores: Sequence[float],
    edges: Sequence[float],
    others: Mapping[str, Sequence[int]],
    threshold: float,
    form: Callable[[float], str],
) -> Histogram:
    """The distribution of a patient's patch scores over that of others.

    Args:
        width: Of the drawing.
        scores: The patient's patch scores.
        edges: Of the bins that `others` counts in; scores beyond them widen the axis by bins of the same width.
        others: Patches by bin, by the kind of patients.
        threshold: The patch threshold.
        form: A tick's score as text.
    """
    height, top, bottom = 220, 26, 186
    wide = _widened(np.asarray(edges, dtype=np.float64), scores)
    inner = width - _LEFT - _RIGHT
    low, high = float(wide[0]), float(wide[-1])

    def x(value: float) -> float:
        return round(_LEFT + inner * (value - low) / (high - low), 1)

    def y(share: float) -> float:
        if share <= 0:
            return float(bottom)
        return round(bottom - (bottom - top) * (1 - math.log(max(share, _LEAST)) / math.log(_LEAST)) * 0.98 - 3, 1)

    own = np.histogram(np.asarray(scores, dtype=np.float64), wide)[0] / max(1, len(scores))
    bars = tuple(
        (x(left), y(share), round(max(1.0, x(right) - x(left) - 1), 1), round(bottom - y(share), 1))
        for left, right, share in zip(wide[:-1].tolist(), wide[1:].tolist(), own.tolist(), strict=True)
        if share > 0
    )
    lines = {}
    for kind, counts in others.items():
        total = sum(counts)
        if not total:
            continue
        corners = [(x(edges[0]), float(bottom))]
        for i, count in enumerate(counts):
            corners += [(x(edges[i]), y(count / total)), (x(edges[i + 1]), y(count / total))]
        corners.append((x(edges[len(counts)]), float(bottom)))
        lines[kind] = " ".join(f"{a:g},{b:g}" for a, b in corners)
    inside = low <= threshold <= high
    ticks = tuple(Label(x(v), form(v)) for v in _round_numbers(low, high, max(2, inner // 110)))
    return Histogram(
        width,
        height,
        bottom,
        bars,
        lines,
        x(threshold) if inside else None,
        ticks,
        tuple((y(share), text) for share, text in ((1.0, "100 %"), (0.1, "10 %"), (0.01, "1 %"), (0.001, "0.1 %"))),
        _LEFT,
        width - _RIGHT,
        _beside(x(threshold), "patch threshold", width) if inside else None,
    )


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
