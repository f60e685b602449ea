"""Pictures: arrays in, PNG bytes out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hpscan.report.drawing import FAINT, INK, NEGATIVE, POSITIVE, plain, png, sheet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from hpscan.core.backend import Images


def gallery(
    images: Images,
    heatmaps: NDArray[np.float32],
    captions: Sequence[str],
    title: str,
    reconstructions: Images | None = None,
) -> bytes:
    """Patches, (N, H, W, 3), in columns: each above its reconstruction, where there is one, and its heatmap.

    `heatmaps` is (N, H, W), 0..1; the colours of the heatmap are perceptually uniform.
    """
    names = ["patch", *(["reconstruction"] if reconstructions is not None else []), "heatmap"]
    figure = sheet(1.9 * len(images) + 0.6, 1.95 * len(names) + 0.7)
    axes = figure.subplots(len(names), len(images), squeeze=False)
    for column, caption in enumerate(captions):
        axes[0, column].set_title(caption, fontsize=8, color=INK)
        axes[0, column].imshow(images[column])
        if reconstructions is not None:
            axes[1, column].imshow(reconstructions[column])
        axes[-1, column].imshow(heatmaps[column], cmap="magma", vmin=0, vmax=1)
    for row, name in enumerate(names):
        axes[row, 0].set_ylabel(name, fontsize=9, color=INK)
    for axis in axes.flat:
        axis.set_xticks([])
        axis.set_yticks([])
    figure.suptitle(title, fontsize=11, color=INK, x=0.01, ha="left")
    return png(figure)


def curves(truth: NDArray[np.bool_], score: NDArray[np.float64], threshold: float) -> bytes:
    """ROC curve, and the scores of both classes with the threshold; truth and score are (n,), both classes there."""
    from sklearn.metrics import roc_auc_score, roc_curve

    false, true, _ = roc_curve(truth, score)
    figure = sheet(9, 3.8)
    roc, hist = figure.subplots(1, 2)
    roc.plot([0, 1], [0, 1], color=FAINT, lw=1, ls=":")
    roc.plot(false, true, color=INK, lw=2)
    called = score >= threshold
    roc.plot(called[~truth].mean(), called[truth].mean(), "o", color=POSITIVE, ms=8, label="at the threshold")
    roc.set(xlabel="1 - specificity", ylabel="sensitivity", title=f"ROC, AUC {roc_auc_score(truth, score):.3f}")
    roc.legend(loc="lower right", frameon=False, fontsize=8)
    edges = np.linspace(0, 1, 31)
    scale = _compressed(score, threshold)
    hist.hist(scale[~truth], edges, color=NEGATIVE, alpha=0.75, label=f"negative ({(~truth).sum()})")
    hist.hist(scale[truth], edges, color=POSITIVE, alpha=0.75, hatch="//", label=f"positive ({truth.sum()})")
    hist.axvline(float(_compressed(np.array([threshold]), threshold)[0]), color=INK, lw=1.5, label="threshold")
    hist.set_yscale("symlog", linthresh=1)
    ticks = [0, threshold / 4, threshold, 4 * threshold, 16 * threshold]
    hist.set(xlabel="score (compressed, the threshold in the middle)", ylabel="patches", title="Patch scores")
    hist.set_xticks(_compressed(np.array(ticks), threshold), [f"{tick:.2g}" for tick in ticks])
    hist.legend(frameon=False, fontsize=8)
    for axis in (roc, hist):
        plain(axis)
    return png(figure)


def _compressed(score: NDArray[np.float64], threshold: float) -> NDArray[np.float64]:
    """Scores from 0 up on a scale 0..1 whose middle is the threshold: s / (s + t)."""
    s = np.maximum(score, 0)
    t = max(threshold, np.finfo(np.float64).tiny)
    return np.asarray(s / (s + t), dtype=np.float64)
