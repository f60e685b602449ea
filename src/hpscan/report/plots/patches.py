"""Curves and scores of held-out patches, a panel a backend: part of `charts`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from hpscan.report.plots.curves import operating_points, relative_scores
from hpscan.report.plots.drawing import FAINT, INK, NEGATIVE, POSITIVE, blank, finished, head, nothing, panels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from hpscan.report.plots.curves import Band, Curve
    from hpscan.report.plots.drawing import Legend

_BAND = "Band: 95 %, patients resampled within folds, models as they are."
_DOTS = "Dots: each fold's own operating point, which lies on that fold's curve and not on the mean"
_NEAR = 0.3  # of 1 - specificity: beyond it, good backends have nothing left to show


def roc(curves: Sequence[Curve]) -> bytes:
    """ROC curves of held-out patches, a panel a backend, averaged over folds, with a band and each fold's point.

    1 - specificity stands on a square-root scale, and both axes are cut where nothing is lost by it.
    """
    title = "ROC curves of held-out patches"
    if not curves:
        return nothing(title)
    bands = [curve.roc for curve in curves]
    points = [[(p.false_positive, p.recall) for p in operating_points(c)] for c in curves]
    right, bottom = _window(bands, [point for some in points for point in some])
    ticks = [0, 0.01, 0.05, 0.1, 0.2, 0.3] if right < 1 else [0, 0.01, 0.1, 0.3, 0.6, 1]
    figure, axes = panels(len(curves), 2.5, "1 - specificity (square-root scale)", "sensitivity")
    legend: Legend = {}
    for axis, curve, band, some in zip(axes, curves, bands, points, strict=True):
        if band is None:
            _without_curve(axis, curve)
            continue
        axis.set_xscale("function", functions=(lambda x: np.sqrt(np.maximum(x, 0)), np.square))
        legend |= _banded(axis, curve, band, bands, some, "AUC")
        axis.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        axis.set(xlim=(0, right), ylim=(bottom, 1.0))
    parts = [f"1 - specificity up to {right:g}"] * (right < 1) + [f"sensitivity from {bottom:g}"] * (bottom > 0)
    cut = f"Shown is {' and '.join(parts)}; AUC is that of whole curves. " if parts else ""
    note = f"Line: mean of {_folds(bands)} at equal specificity; AUC: mean of theirs. {_BAND} {cut}{_DOTS}."
    return finished(figure, title, note, legend)


def _window(bands: Sequence[Band | None], points: Sequence[tuple[float | None, float | None]]) -> tuple[float, float]:
    """How far 1 - specificity goes, and where sensitivity begins, so that no point and no mean curve is cut off."""
    there = [band for band in bands if band is not None]
    flat = all(float(np.interp(_NEAR, band.x, band.mean)) >= 0.85 for band in there)
    near = flat and all(x is None or x < 0.97 * _NEAR for x, _ in points)
    lowest = min([float(band.low[0]) for band in there] + [y for _, y in points if y is not None], default=0.0)
    return _NEAR if near else 1.0, min(0.5, max(0.0, math.floor(10 * lowest - 0.3) / 10))


def precision_recall(curves: Sequence[Curve]) -> bytes:
    """Precision-recall curves of held-out patches, as in `roc`; a dashed line shows what chance would reach."""
    title = "Precision and recall of held-out patches"
    if not curves:
        return nothing(title)
    bands = [curve.precision_recall for curve in curves]
    figure, axes = panels(len(curves), 2.5, "recall (sensitivity)", "precision")
    legend: Legend = {}
    for axis, curve, band in zip(axes, curves, bands, strict=True):
        if band is None:
            _without_curve(axis, curve)
            continue
        some = [(p.recall, p.precision) for p in operating_points(curve)]
        legend["prevalence"] = axis.axhline(float(curve.reference.mean()), color=INK, lw=1, ls="--")
        legend |= _banded(axis, curve, band, bands, some, "average precision")
        axis.set(xlim=(0, 1), ylim=(0, 1))
        axis.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", ".25", ".5", ".75", "1"])
    note = f"Line: mean of {_folds(bands)} at equal recall; average precision: mean of theirs. {_BAND} {_DOTS}; "
    return finished(figure, title, note + "a fold that calls no patch positive has none.", legend)


def _without_curve(axis: Axes, curve: Curve) -> None:
    head(axis, curve.name)
    blank(axis, "no fold with both classes")


def _banded(
    axis: Axes,
    curve: Curve,
    band: Band,
    others: Sequence[Band | None],
    points: Sequence[tuple[float | None, float | None]],
    area: str,
) -> Legend:
    legend: Legend = {}
    for other in others:
        if other is not None and other is not band:
            (legend["other backends"],) = axis.plot(other.x, other.mean, color=FAINT, lw=0.8, zorder=1)
    legend["95 % band"] = axis.fill_between(band.x, band.low, band.high, color=NEGATIVE, alpha=0.3, lw=0, zorder=2)
    (legend["mean of folds"],) = axis.plot(band.x, band.mean, color=INK, lw=1.8, zorder=3)
    shown = np.array([(x, y) for x, y in points if x is not None and y is not None]).reshape(-1, 2)
    if len(shown):
        (legend["operating points"],) = axis.plot(
            *shown.T, "o", color=POSITIVE, markersize=6, markeredgecolor="white", clip_on=False, zorder=4
        )
    head(axis, curve.name, f"{area} {band.area:.3f}")
    axis.grid(color=FAINT, lw=0.4, alpha=0.6)
    return legend


def _folds(bands: Sequence[Band | None]) -> str:
    counts = {band.n_folds for band in bands if band is not None} or {0}
    few, many = min(counts), max(counts)
    return f"{many} fold{'s' * (many != 1)}" if few == many else f"{few} to {many} folds"


def histograms(curves: Sequence[Curve]) -> bytes:
    """Scores of held-out patches by class, positive ones upward and negative ones downward, around the thresholds."""
    title = "Scores of held-out patches, by class"
    if not curves:
        return nothing(title)
    figure, axes = panels(len(curves), 2.4, "relative score (logarithmic beyond 1)", "patches (logarithmic beyond 1)")
    legend: Legend = {}
    relative = [relative_scores(curve) for curve in curves]
    heights, edges = zip(*[_counts(value, reference) for value, reference, _ in relative], strict=True)
    most = max(1.0, *(float(np.max(height, initial=0)) for height in heights)) * 1.6
    ticks = [10**k for k in range(math.ceil(math.log10(most))) if 10**k <= most]
    for axis, curve, (_, _, n_folds), height, edge in zip(axes, curves, relative, heights, edges, strict=True):
        if not n_folds:
            head(axis, curve.name)
            blank(axis, "no fold with a finite threshold")
            continue
        up = axis.bar(
            edge[:-1], height[0], np.diff(edge), align="edge", color=POSITIVE, edgecolor="white", lw=0.4, hatch="////"
        )
        down = axis.bar(edge[:-1], -height[1], np.diff(edge), align="edge", color=NEGATIVE, edgecolor="white", lw=0.4)
        legend |= {"positive, upward": up.patches[0], "negative, downward": down.patches[0]}
        axis.axhline(0, color=INK, lw=0.8)
        legend["threshold"] = axis.axvline(0, color=INK, lw=1.5, ls="--")
        axis.set_xscale("asinh", linear_width=1)
        axis.set_yscale("symlog", linthresh=1)
        axis.set(ylim=(-most, most), xlim=(edge[0], edge[-1]))
        axis.set_yticks([-t for t in ticks] + [0, *ticks], [f"{t}" for t in [*ticks, 0, *ticks]])
        marks = _marks(float(edge[0]), float(edge[-1]))
        axis.set_xticks(marks, [f"{mark:g}" for mark in marks])
        axis.minorticks_off()
        total = len(curve.folds())
        head(axis, curve.name, "" if n_folds == total else f"{n_folds} of {total} folds")
    note = (
        "Each fold's model has a scale of its own; so here 0 is the fold's threshold and -1 its median negative patch: "
        "(score - threshold) / |median of negatives - threshold|. Folds without a finite threshold are left out."
    )
    return finished(figure, title, note, legend)


def _counts(value: NDArray[np.float64], reference: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Patches of the positive and of the negative class, (2, bins), and the edges, one of which is the threshold, 0."""
    spread = np.arcsinh(value)
    low, high = min(-1.0, float(spread.min(initial=0))), max(1.0, float(spread.max(initial=0)))
    width = (high - low) / 34
    edges = np.sinh(np.arange(math.floor(low / width) - 1, math.ceil(high / width) + 2) * width)
    return np.stack([np.histogram(value[reference], edges)[0], np.histogram(value[~reference], edges)[0]]), edges


def _marks(low: float, high: float) -> list[float]:
    """Few ticks between the two, whole ones or powers of ten, the same on both sides of 0."""
    far = max(-low, high)
    steps = [1.0, 2.0, 3.0, 4.0, 5.0] if far < 6 else [10.0**k for k in range(0, 7, 1 if far < 1e4 else 2)]
    return [mark for mark in [*(-s for s in reversed(steps)), 0.0, *steps] if low < mark < high]
