"""The benchmark's pictures: backends side by side over folds. Values and arrays in, PNG bytes out.

Every picture has a footnote that says what its bands, bars and marks mean, and can be read without colour.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from hpscan.core.choices import Aggregation
from hpscan.core.decision import TOP_K
from hpscan.report.plots.curves import Curve
from hpscan.report.plots.drawing import (
    FAINT,
    INK,
    NEGATIVE,
    POSITIVE,
    SMALL,
    blank,
    finished,
    footnote,
    head,
    labels,
    nothing,
    panels,
)
from hpscan.report.plots.patches import histograms, precision_recall, roc
from hpscan.report.text.thresholds import describe_aggregation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Literal

    from matplotlib.axes import Axes

    from hpscan.report.plots.drawing import Legend

__all__ = [
    "Curve",
    "accuracy_speed",
    "confusions",
    "fold_boxes",
    "histograms",
    "patient_values",
    "precision_recall",
    "roc",
]

_MARKERS = "os^Dv<>pPX"
_PALE = "#e3ebf2"


def confusions(tables: Mapping[str, tuple[float, float, float, float]], unit: str, aside: str = "") -> bytes:
    """A confusion matrix a backend, of (tn, fp, fn, tp): counts, and proportions of the row; `unit` says of what.

    `aside` is a sentence for the footnote.
    """
    title = f"Confusion matrices of held-out {unit}"
    if not tables:
        return nothing(title)
    figure, axes = panels(len(tables), 2.3, "called", "reference standard")
    for axis, (name, table) in zip(axes, tables.items(), strict=True):
        counts = np.asarray(table, dtype=np.float64).reshape(2, 2)
        totals = counts.sum(axis=1, keepdims=True)
        proportions = np.divide(counts, totals, out=np.zeros((2, 2)), where=totals > 0)
        for row, column in np.ndindex(2, 2):
            proportion = float(proportions[row, column])
            colour = _tint(NEGATIVE if row == column else POSITIVE, proportion)
            axis.fill_between(
                [column - 0.5, column + 0.5], row - 0.5, row + 0.5, facecolor=colour, edgecolor="white", lw=2
            )
            of_row = f"{proportion:.1%}".replace("%", " %") if totals[row, 0] > 0 else "–"
            count = f"{counts[row, column]:,.6g}"
            axis.text(column, row - 0.12, count, color=INK, fontsize=13, ha="center", va="center")
            axis.text(column, row + 0.24, of_row, color=INK, fontsize=9, ha="center", va="center")
        axis.set(xlim=(-0.5, 1.5), ylim=(1.5, -0.5))
        axis.set_xticks([0, 1], ["negative", "positive"])
        axis.set_yticks([0, 1], ["negative", "positive"], rotation=90, va="center")
        axis.tick_params(length=0)
        axis.spines[:].set_visible(False)
        head(axis, name)
    note = f"{unit.capitalize()} of all folds, and their proportion of the row. Blue: called right; orange: called wrong. {aside}"
    return finished(figure, title, note.rstrip())


def _tint(colour: str, proportion: float) -> tuple[float, float, float]:
    """The more, the darker, but never so dark that ink could not be read on it."""
    from matplotlib.colors import to_rgb

    strength = 0.06 + 0.44 * proportion
    red, green, blue = (1 + strength * (part - 1) for part in to_rgb(colour))
    return red, green, blue


def _box(
    axis: Axes,
    values: Sequence[float],
    place: int,
    orientation: Literal["horizontal", "vertical"],
    whiskers: float | tuple[float, float],
) -> None:
    line = {"color": INK, "lw": 0.9}
    axis.boxplot(
        [values],
        positions=[place],
        orientation=orientation,
        whis=whiskers,
        widths=0.66,
        showfliers=False,
        patch_artist=True,
        manage_ticks=False,
        zorder=2,
        boxprops={"facecolor": _PALE, "edgecolor": INK, "lw": 0.7},
        capprops=line,
        whiskerprops=line,
        medianprops={"color": INK, "lw": 2},
    )


def fold_boxes(values: Mapping[str, Mapping[str, Sequence[float]]]) -> bytes:
    """A panel a metric, a row a backend: a box over its folds with every fold's value on it."""
    title = "Spread over folds"
    names = list(dict.fromkeys(name for rows in values.values() for name in rows))
    if not names:
        return nothing(title)
    figure, axes = panels(len(values), 0.3 * len(names) + 0.9, "", "")
    legend: Legend = {}
    for axis, (merit, rows) in zip(axes, values.items(), strict=True):
        head(axis, merit)
        seen = [v for name in names for v in rows.get(name, ()) if math.isfinite(v)]
        for row, name in enumerate(names):
            found = [(fold, v) for fold, v in enumerate(rows.get(name, ())) if math.isfinite(v)]
            if not found:
                axis.annotate("no value", (0.02, row), xycoords=("axes fraction", "data"), fontsize=SMALL, va="center")
                continue
            _box(axis, [v for _, v in found], row, "horizontal", (0, 100))
            n = len(rows[name])
            for fold, v in found:
                lane = row + 0.4 * (fold / (n - 1) - 0.5) if n > 1 else row
                (legend[f"fold {fold + 1}"],) = axis.plot(
                    v,
                    lane,
                    _MARKERS[fold % len(_MARKERS)],
                    ms=5,
                    color=POSITIVE,
                    mec="white",
                    mew=0.5,
                    zorder=5,
                    clip_on=False,
                )
        axis.set_yticks(range(len(names)), names if _leftmost(axis) else [""] * len(names))
        axis.tick_params(axis="y", length=0)
        axis.set_ylim(len(names) - 0.4, -0.6)
        if seen:
            margin = 0.06 * (max(seen) - min(seen)) or 0.01
            axis.set_xlim(min(seen) - margin, max(seen) + margin)
            axis.locator_params(axis="x", nbins=5)
        else:
            axis.set_xticks([])
        axis.grid(axis="x", color=FAINT, lw=0.4, alpha=0.6)
    note = "Box: quartiles; thick line: median; whiskers: lowest and highest fold. Axes span the values and need not start at 0."
    return finished(figure, title, note, dict(sorted(legend.items(), key=lambda item: int(item[0].split()[1]))))


def _leftmost(axis: Axes) -> bool:
    spec = axis.get_subplotspec()
    return spec is None or spec.is_first_col()


def patient_values(
    values: Mapping[str, Mapping[str, Sequence[float]]],
    thresholds: Mapping[str, Sequence[float]],
    of: Aggregation = Aggregation.FRACTION_POSITIVE,
    top_k: int = TOP_K,
    aside: str = "",
) -> bytes:
    """Patient-level scores by density, a panel a backend, with the folds' patient thresholds.

    Fractions of positive patches, 0..1, share an axis in per cent; scores have one of their own in every panel.
    `aside` is a sentence for the footnote.
    """
    name = describe_aggregation(of, top_k) if of.of_scores else "positive patches"
    title = f"{name[0].upper()}{name[1:]} of each held-out patient, by diagnosed density"
    if not values:
        return nothing(title)
    figure, axes = panels(len(values), 2.7, "diagnosed density (patients)", name)
    legend: Legend = {}
    ticks = [0, 0.005, 0.01, 0.03, 0.1, 0.3, 1]
    for axis, (name, groups) in zip(axes, values.items(), strict=True):
        if not any(groups.values()):
            head(axis, name)
            blank(axis, "no patient with a density")
            continue
        limits = [t for t in thresholds.get(name, ()) if math.isfinite(t)]
        for limit in limits:
            legend["threshold of a fold"] = axis.axhline(limit, color=INK, lw=0.6, alpha=0.35, zorder=1)
        if limits:
            middle = float(np.median(limits))
            legend["their median"] = axis.axhline(middle, color=INK, lw=1.5, ls="--", zorder=3)
        known = ["negative", "low", "high"]
        densities = [d for d in known if d in groups] + [d for d in groups if d not in known]
        for place, density in enumerate(densities):
            found = np.sort([v for v in groups[density] if math.isfinite(v)])
            if not len(found):
                continue
            _box(axis, found.tolist(), place, "vertical", 1.5)
            spread = (np.arange(len(found)) * 0.618 + 0.5) % 1 - 0.5  # golden steps: neighbours in value lie far apart
            mark, colour = ("o", NEGATIVE) if density == "negative" else ("^", POSITIVE)
            x = place + 0.55 * spread
            axis.plot(x, found, mark, ms=4, color=colour, mec="white", mew=0.4, zorder=4, clip_on=False)
        axis.set_xlim(-0.6, len(densities) - 0.4)
        if not of.of_scores:
            axis.set_yscale("symlog", linthresh=0.01, linscale=0.8)
            axis.set_ylim(-0.0007, 1)
            axis.set_yticks(ticks, [f"{100 * tick:g} %" for tick in ticks])
        axis.minorticks_off()
        axis.set_xticks(range(len(densities)), [f"{d}\n({len(groups[d])})" for d in densities])
        axis.grid(axis="y", color=FAINT, lw=0.4, alpha=0.6)
        head(axis, name, "" if limits else "no finite threshold")
    scale = "Scores of two backends have different scales." if of.of_scores else "Linear below 1 %, logarithmic above."
    note = f"A mark is a patient. Box: quartiles and median; whiskers: up to 1.5 quartile ranges. {scale} {aside}"
    return finished(figure, title, note.rstrip(), legend)


def accuracy_speed(points: Mapping[str, tuple[float, float, float, float]], metric: str) -> bytes:
    """A metric over speed: (patches per second, value, low, high) of each backend, speed on a log scale."""
    from matplotlib.ticker import LogLocator, NullFormatter
    from matplotlib.transforms import Bbox

    title = f"Speed and {metric}"
    shown = {name: p for name, p in points.items() if p[0] > 0 and all(map(math.isfinite, p[:2]))}
    if not shown:
        return nothing(title)
    picture, (axis,) = panels(1, 3.0, "patches per second (log scale)", metric)
    picture.set_figwidth(7.6)
    speed, value, low, high = (np.array([p[i] for p in shown.values()], dtype=np.float64) for i in range(4))
    low, high = np.fmin(low, value), np.fmax(high, value)
    axis.set_xscale("log")
    axis.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.xaxis.set_major_formatter("{x:,.10g}")
    axis.xaxis.set_minor_formatter(NullFormatter())
    axis.errorbar(
        speed, value, [value - low, high - value], fmt="none", ecolor=INK, elinewidth=1.1, capsize=3, zorder=2
    )
    for place, (x, y) in enumerate(zip(speed, value, strict=True)):
        axis.plot(
            x, y, _MARKERS[place % len(_MARKERS)], color=POSITIVE, markersize=8, markeredgecolor="white", zorder=3
        )
    margin = 0.08 * float(high.max() - low.min()) or 0.01
    axis.set(xlim=(speed.min() / 2.5, speed.max() * 2.5), ylim=(low.min() - margin, high.max() + margin))
    axis.grid(color=FAINT, lw=0.4, alpha=0.6)
    left = sorted(set(points) - set(shown))
    note = f"Bar: 95 % interval. Upper right is better.{' Not shown: ' + ', '.join(left) + '.' if left else ''}"
    footnote(picture, note)
    picture.suptitle(title, fontsize=12)
    picture.draw_without_rendering()  # lays the panel out, so that labels know where points are
    at = axis.transData.transform
    bars = [Bbox([at((x, a)) - 5, at((x, b)) + 5]) for x, a, b in zip(speed, low, high, strict=True)]
    bars += [Bbox([at((x, y)) - 8, at((x, y)) + 8]) for x, y in zip(speed, value, strict=True)]
    labels(axis, list(shown), list(speed), list(value), bars)
    return finished(picture, title, note)
