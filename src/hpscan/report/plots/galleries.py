"""Pictures of patches as a model sees them, and of an evaluation: arrays in, PNG bytes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hpscan.report.plots.drawing import FAINT, INK, POSITIVE, SMALL, blank, finished, head, plain, sheet
from hpscan.report.plots.operating_point import patch_scores, patient_values

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from hpscan.core.decision import OperatingPoint
    from hpscan.report.plots.drawing import Legend

COLOURS = "magma"
"""Of heatmaps: perceptually uniform, so they read the same in grey and without colour vision."""

_BINS = 40
_SIDE, _GAP = 1.5, 0.12
"""Inches of a patch in a gallery; what parts two groups, as a share of it."""


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """A patch in a gallery.

    Attributes:
        image: (H, W, 3), RGB.
        caption: What stands below it.
        reconstruction: Likewise, as a model paints it; None where none does.
        heatmap: (H, W), 0..1; None where the model makes none.
    """

    image: NDArray[np.uint8]
    caption: str
    reconstruction: NDArray[np.uint8] | None = None
    heatmap: NDArray[np.float32] | None = None


def gallery(groups: Mapping[str, Sequence[Shown]], title: str, note: str = "") -> bytes:
    """Groups of patches side by side, a column a patch: each above its reconstruction and its heatmap.

    Groups without a patch are left out; at least one has some. A group's name stands above it.
    """
    there = {name: some for name, some in groups.items() if some}
    every = [one for some in there.values() for one in some]
    rows = ["patch"]
    rows += ["reconstruction"] * any(one.reconstruction is not None for one in every)
    rows += ["heatmap"] * any(one.heatmap is not None for one in every)
    columns: list[tuple[str, Shown | None]] = []  # with what stands above; None parts two groups
    for name, some in there.items():
        columns += [("", None)] * bool(columns) + [(name if i == 0 else "", one) for i, one in enumerate(some)]
    widths = [_GAP if one is None else 1.0 for _, one in columns]
    figure = sheet(_SIDE * sum(widths) + 0.9, (_SIDE + 0.05) * len(rows) + 1.3)
    axes = figure.subplots(len(rows), len(columns), squeeze=False, width_ratios=widths)
    for column, (name, one) in zip(axes.T, columns, strict=True):
        for axis, row in zip(column, rows, strict=True):
            if one is None:
                axis.set_axis_off()
            else:
                _cell(axis, one, row)
        if one is not None:
            column[0].set_title(name, fontsize=10, color=INK, loc="left")
            column[0].set_xlabel(one.caption, fontsize=SMALL, color=INK, parse_math=False)
    for axis, row in zip(axes[:, 0], rows, strict=True):
        axis.set_ylabel(row, fontsize=9, color=INK)
    if rows[-1] == "heatmap":
        colour_bar(list(axes[-1]))
    return finished(figure, title, note)


def _cell(axis: Axes, one: Shown, row: str) -> None:
    axis.set(xticks=[], yticks=[])
    axis.spines[:].set_visible(False)
    match row:
        case "patch":
            axis.imshow(one.image)
        case "reconstruction" if one.reconstruction is not None:
            axis.imshow(one.reconstruction)
        case "heatmap" if one.heatmap is not None:
            heat(axis, one.heatmap)


def heat(axis: Axes, heatmap: NDArray[np.float32]) -> None:
    """A heatmap, (H, W), 0..1, in colours."""
    axis.imshow(heatmap, cmap=COLOURS, vmin=0, vmax=1)


def colour_bar(axes: Sequence[Axes]) -> None:
    """The colours of heatmaps, 0 to 1, right of these panels."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    figure = axes[0].figure
    bar = figure.colorbar(
        ScalarMappable(Normalize(0, 1), COLOURS),
        ax=list(axes),
        location="right",
        panchor=False,
        pad=0.02,
        aspect=25,
        ticks=[0, 0.5, 1],
    )
    bar.ax.tick_params(labelsize=SMALL)
    bar.ax.set_yticklabels(["0", "0.5", "1"])
    bar.outline.set_visible(False)


@dataclass(frozen=True, slots=True)
class _Counted:
    edges: Sequence[float]
    negative: Sequence[int]
    infected: Sequence[int]


def curves(
    truth: NDArray[np.bool_],
    score: NDArray[np.float64],
    point: OperatingPoint,
    patients: Mapping[str, Sequence[float]],
    aside: str = "",
) -> bytes:
    """An evaluation: ROC curve, the scores of both classes, and the patients' values, each with its threshold.

    Args:
        truth: (n,), whether a labelled patch is positive; n can be 0.
        score: (n,).
        point: The thresholds.
        patients: Diagnosis (`negative`, `low`, `high`, `infected`) -> the patients' values; empty where nobody is
            diagnosed.
        aside: A sentence for the footnote.
    """
    wanted = ["roc", "scores"] * bool(len(truth)) + ["patients"] * any(patients.values())
    figure = sheet(max(5.6, 3.8 * len(wanted)), 4.4)
    axes = dict(zip(wanted, figure.subplots(1, max(1, len(wanted)), squeeze=False)[0], strict=False))
    legend: Legend = {}
    if len(truth):
        _roc(axes["roc"], truth, score, point)
        edges = np.histogram_bin_edges(score, _BINS)
        counted = [np.histogram(score[truth == side], edges)[0].tolist() for side in (False, True)]
        bins = _Counted(edges.tolist(), *counted)
        legend = patch_scores(axes["scores"], bins, point.patch, names=("labelled negative", "labelled positive"))
        head(axes["scores"], "labelled patches")
    if "patients" in axes:
        patient_values(axes["patients"], patients, point.patient, point.aggregation, point.top_k)
        head(axes["patients"], "diagnosed patients")
    note = "Dashed: the thresholds. A mark is a patient; the short line is the median. " * ("patients" in axes) + aside
    return finished(figure, "Patches and patients that the model was tested on", note.rstrip(), legend)


def _roc(axis: Axes, truth: NDArray[np.bool_], score: NDArray[np.float64], point: OperatingPoint) -> None:
    from sklearn.metrics import roc_auc_score, roc_curve

    if truth.all() or not truth.any():
        head(axis, "ROC")
        blank(axis, "all labelled patches are of one class")
        return
    plain(axis)
    false, true, _ = roc_curve(truth, score)
    called = point.patch.decides_all(score)
    at = (float(called[~truth].mean()), float(called[truth].mean()))
    axis.plot([0, 1], [0, 1], color=FAINT, lw=1, ls=":")
    axis.plot(false, true, color=INK, lw=2)
    axis.plot(*at, "o", color=POSITIVE, ms=8, mec="white", clip_on=False, zorder=5)
    axis.annotate(
        f"threshold:\nsensitivity {at[1]:.2f}\nspecificity {1 - at[0]:.2f}",
        (0.97, 0.05),
        xycoords="axes fraction",
        fontsize=SMALL + 0.5,
        color=POSITIVE,
        ha="right",
    )
    axis.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    axis.set_aspect("equal")
    axis.set_xlabel("1 - specificity", fontsize=9)
    axis.set_ylabel("sensitivity", fontsize=9)
    axis.tick_params(labelsize=SMALL)
    head(axis, f"ROC, AUC {roc_auc_score(truth, score):.3f}")
