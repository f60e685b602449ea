"""Heatmaps in colours, with a bar that says what the colours stand for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hpscan.report.plots.drawing import SMALL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

COLOURS = "magma"
"""Perceptually uniform: its lightness rises evenly, so it reads the same in grey and without colour vision."""


def draw_heatmap(axis: Axes, heatmap: NDArray[np.float32]) -> None:
    """A heatmap, (H, W), 0..1, in colours."""
    axis.imshow(heatmap, cmap=COLOURS, vmin=0, vmax=1)


def draw_overlay(axis: Axes, image: NDArray[np.uint8], heatmap: NDArray[np.float32]) -> None:
    """A heatmap over its patch, (H, W, 3), in grey: the higher a pixel, the less of the patch shines through."""
    axis.imshow(image.mean(axis=2), cmap="gray", vmin=0, vmax=255)
    axis.imshow(heatmap, cmap=COLOURS, vmin=0, vmax=1, alpha=np.clip(1.5 * heatmap, 0, 0.75))


def draw_colour_bar(axes: Sequence[Axes]) -> None:
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
