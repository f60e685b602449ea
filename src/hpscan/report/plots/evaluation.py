"""An evaluation as a plot: ROC curve, scores of patches, and patient-level scores. Arrays in, a figure or PNG bytes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hpscan.report.plots.drawing import FAINT, INK, POSITIVE, SMALL, blank, head, plain, png, sheet, titled
from hpscan.report.plots.operating_point import draw_patch_scores, draw_patient_scores

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from hpscan.core.decision import OperatingPoint
    from hpscan.report.plots.drawing import Legend

_BINS = 40


@dataclass(frozen=True, slots=True)
class _Bins:
    """Labelled patches by score."""

    edges: Sequence[float]
    negative: Sequence[int]
    infected: Sequence[int]


def evaluation_png(
    reference: NDArray[np.bool_],
    score: NDArray[np.float64],
    point: OperatingPoint,
    patients: Mapping[str, Sequence[float]],
    aside: str = "",
) -> bytes:
    """PNG bytes of `draw_evaluation`."""
    return png(draw_evaluation(reference, score, point, patients, aside))


def draw_evaluation(
    reference: NDArray[np.bool_],
    score: NDArray[np.float64],
    point: OperatingPoint,
    patients: Mapping[str, Sequence[float]],
    aside: str = "",
) -> Figure:
    """ROC curve, the scores of both classes, and the patient-level scores, each with its threshold.

    Args:
        reference: (n,), whether the label of a patch is positive; n can be 0.
        score: (n,).
        point: The thresholds.
        patients: Diagnosis (`negative`, `low`, `high`, `infected`) -> the patient-level scores; empty where nobody is
            diagnosed.
        aside: A sentence for the footnote.
    """
    wanted = ["roc", "scores"] * bool(len(reference)) + ["patients"] * any(patients.values())
    figure = sheet(max(5.6, 3.8 * len(wanted)), 4.4)
    axes = dict(zip(wanted, figure.subplots(1, max(1, len(wanted)), squeeze=False)[0], strict=False))
    legend: Legend = {}
    if len(reference):
        _draw_roc(axes["roc"], reference, score, point)
        edges = np.histogram_bin_edges(score, _BINS)
        counts = [np.histogram(score[reference == side], edges)[0].tolist() for side in (False, True)]
        bins = _Bins(edges.tolist(), *counts)
        legend = draw_patch_scores(axes["scores"], bins, point.patch, names=("labelled negative", "labelled positive"))
        head(axes["scores"], "labelled patches")
    if "patients" in axes:
        draw_patient_scores(axes["patients"], patients, point.patient, point.aggregation, point.top_k)
        head(axes["patients"], "diagnosed patients")
    note = "Dashed: the thresholds. A mark is a patient; the short line is the median. " * ("patients" in axes) + aside
    return titled(figure, "Patches and patients of the test set", note.rstrip(), legend)


def _draw_roc(axis: Axes, reference: NDArray[np.bool_], score: NDArray[np.float64], point: OperatingPoint) -> None:
    from sklearn.metrics import roc_auc_score, roc_curve

    if reference.all() or not reference.any():
        head(axis, "ROC")
        blank(axis, "all labelled patches are of one class")
        return
    plain(axis)
    false_positive, true_positive, _ = roc_curve(reference, score)
    positive = point.patch.decides_all(score)
    at = (float(positive[~reference].mean()), float(positive[reference].mean()))
    axis.plot([0, 1], [0, 1], color=FAINT, lw=1, ls=":")
    axis.plot(false_positive, true_positive, color=INK, lw=2)
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
    head(axis, f"ROC, AUC {roc_auc_score(reference, score):.3f}")
