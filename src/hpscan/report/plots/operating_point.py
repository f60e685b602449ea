"""An operating point as a plot: scores of patches and of patients around their thresholds.

Its panels also stand in the plots of an evaluation and of an explained patch.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Protocol

import numpy as np

from hpscan.report.plots.drawing import FAINT, INK, NEGATIVE, POSITIVE, SMALL, blank, head, plain, png, sheet, titled
from hpscan.report.text.numbers import format_percent
from hpscan.report.text.thresholds import (
    describe_aggregation,
    describe_density_threshold,
    describe_patch_threshold,
    describe_patient_threshold,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from hpscan.core.choices import Aggregation
    from hpscan.core.decision import OperatingPoint, Threshold
    from hpscan.report.plots.drawing import Legend

_KNOWN = ("negative", "low", "high", "infected")
_SKEWED = 20.0
"""Highest value over the threshold beyond which a linear scale puts nearly all patients on one line."""

_PROPORTIONS = (0, 0.01, 0.03, 0.1, 0.3, 1)


class Bins(Protocol):
    """Counted scores of patches."""

    @property
    def edges(self) -> Sequence[float]:
        """One more than there are bins."""

    @property
    def negative(self) -> Sequence[int]:
        """Patches by bin."""

    @property
    def infected(self) -> Sequence[int]:
        """Likewise."""


def operating_point_png(
    point: OperatingPoint,
    bins: Bins,
    scores: Mapping[str, Sequence[float]],
    proportions: Mapping[str, Sequence[float]],
    aside: str = "",
) -> bytes:
    """PNG bytes of `draw_operating_point`."""
    return png(draw_operating_point(point, bins, scores, proportions, aside))


def draw_operating_point(
    point: OperatingPoint,
    bins: Bins,
    scores: Mapping[str, Sequence[float]],
    proportions: Mapping[str, Sequence[float]],
    aside: str = "",
) -> Figure:
    """What the thresholds were chosen on.

    Args:
        point: The thresholds.
        bins: The patches' scores.
        scores: Diagnosis (`negative`, `low`, `high`, `infected`) -> the patient-level scores.
        proportions: The same with their proportions of positive patches, 0..1.
        aside: What else the footnote says.
    """
    infected = {name: patients for name, patients in proportions.items() if name in ("low", "high")}
    third = point.density is not None and any(infected.values())
    figure = sheet(11.5 if third else 9, 4.2)
    patches, patients, *rest = figure.subplots(1, 2 + third, width_ratios=[1.5, 1, *([0.8] if third else [])])
    legend = draw_patch_scores(patches, bins, point.patch)
    head(patches, "patches of these patients")
    draw_patient_scores(patients, scores, point.patient, point.aggregation, point.top_k)
    head(patients, "patients")
    if rest and point.density is not None:
        draw_proportions(rest[0], infected, point.density)
        head(rest[0], "infected patients: density")
    note = (
        f"Patch threshold: {describe_patch_threshold(point.patch)}. "
        f"Patient threshold: {describe_patient_threshold(point.patient, point.aggregation)}. "
        f"Low / high density: {describe_density_threshold(point.density)}. "
        "A mark is a patient; the short line is the median. These are patients of whom every patch was cropped; "
        f"the model was not fitted on them. {aside}"
    )
    return titled(figure, "Operating point: what the thresholds were chosen on", note.rstrip(), legend)


def draw_patch_scores(
    axis: Axes,
    bins: Bins,
    threshold: Threshold,
    mark: float | None = None,
    names: tuple[str, str] = ("negative patients", "infected patients"),
) -> Legend:
    """Counted scores, those of infected patients upward and hatched, those of negative ones downward.

    Args:
        axis: Where to draw.
        bins: The scores.
        threshold: Drawn as a dashed line, if finite.
        mark: One patch's score, drawn as a solid line with a diamond.
        names: What the two classes are called in the legend.
    """
    plain(axis)
    edges = np.asarray(bins.edges, dtype=np.float64)
    negative, infected = (np.asarray(n, dtype=np.int64) for n in (bins.negative, bins.infected))
    width = np.diff(edges)
    up = axis.bar(edges[:-1], infected, width, align="edge", color=POSITIVE, hatch="/////", edgecolor="white", lw=0.3)
    down = axis.bar(edges[:-1], -negative, width, align="edge", color=NEGATIVE, edgecolor="white", lw=0.3)
    legend: Legend = {
        f"{names[1]}, upward ({infected.sum():,})": up.patches[0],
        f"{names[0]}, downward ({negative.sum():,})": down.patches[0],
    }
    axis.axhline(0, color=INK, lw=0.8)
    places = [float(edges[0]), float(edges[-1])]
    if math.isfinite(threshold.value):
        places.append(threshold.value)
        legend["threshold"] = axis.axvline(threshold.value, color=INK, lw=1.3, ls="--")
    if mark is not None:
        places.append(mark)
        axis.axvline(mark, color=INK, lw=2.4)
        (legend["this patch"],) = axis.plot(mark, 0, "D", color="white", mec=INK, mew=2, ms=8, zorder=5, clip_on=False)
    margin = 0.03 * (max(places) - min(places))
    most = max(1.0, float(max(negative.max(initial=0), infected.max(initial=0)))) * 1.6
    axis.set_yscale("symlog", linthresh=1)
    axis.set(xlim=(min(places) - margin, max(places) + margin), ylim=(-most, most))
    ticks = [10**k for k in range(math.ceil(math.log10(most))) if 10**k <= most]
    axis.set_yticks([-t for t in ticks] + [0, *ticks], [f"{t:,}" for t in [*ticks, 0, *ticks]])
    axis.minorticks_off()
    axis.locator_params(axis="x", nbins=6)
    axis.tick_params(labelsize=SMALL)
    axis.set_xlabel("score", fontsize=9)
    axis.set_ylabel("patches (logarithmic beyond 1)", fontsize=9)
    return legend


def draw_patient_scores(
    axis: Axes, groups: Mapping[str, Sequence[float]], threshold: Threshold, aggregation: Aggregation, top_k: int
) -> None:
    """Patient-level scores by diagnosis, a mark each, with the patient threshold."""
    if aggregation.of_scores:
        _draw_strips(axis, groups, threshold, f"{threshold.value:.3g}")
        axis.set_ylabel(describe_aggregation(aggregation, top_k), fontsize=9)
        every = [value for group in groups.values() for value in group if math.isfinite(value)] or [0.0]
        if 0 < threshold.value < max(every) / _SKEWED:
            axis.set_yscale("symlog", linthresh=threshold.value)
            axis.set_ylim(bottom=min(*every, 0.0) - 0.3 * threshold.value)
            axis.set_ylabel(
                f"{describe_aggregation(aggregation, top_k)}\n(logarithmic beyond the threshold)", fontsize=9
            )
            axis.minorticks_off()
    else:
        draw_proportions(axis, groups, threshold)


def draw_proportions(axis: Axes, groups: Mapping[str, Sequence[float]], threshold: Threshold) -> None:
    """Patients' proportions of positive patches, 0..1, by diagnosis, with a threshold on them; linear below 1 %."""
    _draw_strips(axis, groups, threshold, format_percent(threshold.value))
    axis.set_ylabel("positive patches", fontsize=9)
    if any(groups.values()):
        axis.set_yscale("symlog", linthresh=0.01, linscale=0.8)
        axis.set_ylim(-0.0007, 1)
        axis.set_yticks(_PROPORTIONS, [f"{100 * proportion:g} %" for proportion in _PROPORTIONS])
        axis.minorticks_off()


def _draw_strips(axis: Axes, groups: Mapping[str, Sequence[float]], threshold: Threshold, words: str) -> None:
    plain(axis)
    shown = [name for name in _KNOWN if groups.get(name)]
    if not shown:
        blank(axis, "no diagnosed patient of whom every patch was cropped")
        return
    for place, name in enumerate(shown):
        values = np.sort([value for value in groups[name] if math.isfinite(value)])
        mark, colour = ("o", NEGATIVE) if name == "negative" else ("^", POSITIVE)
        x = place + 0.5 * _spread(len(values))
        axis.plot(x, values, mark, ms=5.5, color=colour, mec="white", mew=0.5, zorder=4, clip_on=False)
        if len(values):
            axis.plot([place - 0.34, place + 0.34], [np.median(values)] * 2, color=INK, lw=2, zorder=3)
    if math.isfinite(threshold.value):
        axis.axhline(threshold.value, color=INK, lw=1.3, ls="--", zorder=2)
        axis.annotate(
            words,
            (1, threshold.value),
            (0, 2),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            fontsize=SMALL,
            color=INK,
            ha="right",
        )
    axis.set_xlim(-0.6, len(shown) + 0.1)  # on the right there is room for the threshold's value
    axis.set_xticks(range(len(shown)), [f"{name}\n({len(groups[name])})" for name in shown])
    axis.tick_params(labelsize=SMALL)
    axis.grid(axis="y", color=FAINT, lw=0.4, alpha=0.6)
    axis.set_xlabel("diagnosis (patients)", fontsize=9)


def _spread(n: int) -> NDArray[np.float64]:
    """Offsets, -0.5..0.5, so that neighbours in value lie apart: golden steps."""
    return np.asarray((np.arange(n) * 0.618 + 0.5) % 1 - 0.5, dtype=np.float64)
