"""Patches side by side as a model sees them: arrays in, a figure or PNG bytes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hpscan.report.plots.drawing import INK, SMALL, png, sheet, titled
from hpscan.report.plots.heatmaps import draw_colour_bar, draw_heatmap

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

_SIDE, _GAP = 1.5, 0.12
"""Inches of a patch in a gallery; the space between two groups, as a proportion of it."""


@dataclass(frozen=True, slots=True, eq=False)
class GalleryPatch:
    """A patch in a gallery.

    Attributes:
        image: (H, W, 3), RGB.
        caption: What stands below it.
        reconstruction: Likewise, what the model gives back; None where it reconstructs nothing.
        heatmap: (H, W), 0..1; None where the model makes none.
    """

    image: NDArray[np.uint8]
    caption: str
    reconstruction: NDArray[np.uint8] | None = None
    heatmap: NDArray[np.float32] | None = None


def gallery_png(groups: Mapping[str, Sequence[GalleryPatch]], title: str, note: str = "") -> bytes:
    """PNG bytes of `draw_gallery`."""
    return png(draw_gallery(groups, title, note))


def draw_gallery(groups: Mapping[str, Sequence[GalleryPatch]], title: str, note: str = "") -> Figure:
    """Groups of patches side by side, a column a patch: each above its reconstruction and its heatmap.

    Groups without a patch are left out; at least one has some. A group's name stands above it.
    """
    filled = {name: patches for name, patches in groups.items() if patches}
    every = [patch for patches in filled.values() for patch in patches]
    rows = ["patch"]
    rows += ["reconstruction"] * any(patch.reconstruction is not None for patch in every)
    rows += ["heatmap"] * any(patch.heatmap is not None for patch in every)
    columns: list[tuple[str, GalleryPatch | None]] = []  # with what stands above; None is a space between two groups
    for name, patches in filled.items():
        columns += [("", None)] * bool(columns)
        columns += [(name if place == 0 else "", patch) for place, patch in enumerate(patches)]
    widths = [_GAP if patch is None else 1.0 for _, patch in columns]
    figure = sheet(_SIDE * sum(widths) + 0.9, (_SIDE + 0.05) * len(rows) + 1.3)
    axes = figure.subplots(len(rows), len(columns), squeeze=False, width_ratios=widths)
    for column, (name, patch) in zip(axes.T, columns, strict=True):
        for axis, row in zip(column, rows, strict=True):
            if patch is None:
                axis.set_axis_off()
            else:
                _draw_image(axis, patch, row)
        if patch is not None:
            column[0].set_title(name, fontsize=10, color=INK, loc="left")
            column[0].set_xlabel(patch.caption, fontsize=SMALL, color=INK, parse_math=False)
    for axis, row in zip(axes[:, 0], rows, strict=True):
        axis.set_ylabel(row, fontsize=9, color=INK)
    if rows[-1] == "heatmap":
        draw_colour_bar(list(axes[-1]))
    return titled(figure, title, note)


def _draw_image(axis: Axes, patch: GalleryPatch, row: str) -> None:
    axis.set(xticks=[], yticks=[])
    axis.spines[:].set_visible(False)
    match row:
        case "patch":
            axis.imshow(patch.image)
        case "reconstruction" if patch.reconstruction is not None:
            axis.imshow(patch.reconstruction)
        case "heatmap" if patch.heatmap is not None:
            draw_heatmap(axis, patch.heatmap)
