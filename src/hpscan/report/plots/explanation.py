"""One patch explained: what it looks like, where the model sees something, and its score among those of others."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from hpscan.report.plots.drawing import FAINT, INK, SMALL, footnote, head, png, sheet
from hpscan.report.plots.galleries import COLOURS, colour_bar, heat
from hpscan.report.plots.operating_point import patch_scores
from hpscan.report.text.numbers import format_score
from hpscan.report.text.results import RESEARCH_USE
from hpscan.report.text.thresholds import describe_patch_threshold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from hpscan.core.decision import Threshold
    from hpscan.report.plots.operating_point import Bins

_LONGEST = 90
"""Letters of a line of the title."""

_HEATMAP = (
    "Heatmap: where this model sees signs of bacteria, from 0, none, to 1, as strong as its scale goes. It is smooth, no "
    "outline of a bacterium. The scale is the backend's own: heatmaps of two backends cannot be compared, and not "
    "every backend computes its score from its heatmap. "
)
_RECONSTRUCTION = "Reconstruction: the patch as the model paints it, having learned uninfected tissue only. "
_HISTOGRAM = (
    "Histogram: patches of the patients that it was chosen on; not every patch of an infected patient shows bacteria. "
)


@dataclass(frozen=True, slots=True, eq=False)
class ExplainedPatch:
    """What the picture shows.

    Attributes:
        name: What the patch is called; anything at all.
        model: The model, in one line.
        image: (H, W, 3), RGB.
        score: The patch's.
        threshold: On patches.
        bins: Scores of the patches of the patients that it was chosen on.
        reconstruction: (H, W, 3); None where the model paints none.
        heatmap: (H, W), 0..1; None where the model makes none.
        notes: What else a reader must know.
    """

    name: str
    model: str
    image: NDArray[np.uint8]
    score: float
    threshold: Threshold
    bins: Bins
    reconstruction: NDArray[np.uint8] | None = None
    heatmap: NDArray[np.float32] | None = None
    notes: Sequence[str] = ()


def explained(patch: ExplainedPatch) -> bytes:
    """PNG bytes."""
    match patch.reconstruction is not None, patch.heatmap is not None:
        case True, True:
            plan = [["patch", "patch", "painted", "heat"], ["patch", "patch", "scores", "over"]]
        case False, True:
            plan = [["patch", "patch", "heat", "over"], ["patch", "patch", "scores", "scores"]]
        case True, False:
            plan = [["patch", "patch", "painted", "painted"], ["patch", "patch", "scores", "scores"]]
        case _:
            plan = [["patch", "patch", "scores", "scores"]] * 2
    figure = sheet(12.5, 7.9)
    figure.set_layout_engine("constrained", w_pad=0.1)
    axes = figure.subplot_mosaic(plan)  # type: ignore[arg-type]
    _image(axes["patch"], patch.image, "patch")
    note = f"Threshold: {describe_patch_threshold(patch.threshold)}. {_HISTOGRAM}{RESEARCH_USE}"
    if patch.reconstruction is not None:
        _image(axes["painted"], patch.reconstruction, "reconstruction")
        note = _RECONSTRUCTION + note
    if patch.heatmap is not None:
        heat(axes["heat"], patch.heatmap)
        _bare(axes["heat"], f"heatmap, highest {patch.heatmap.max():.2f}")
        _over(axes["over"], patch.image, patch.heatmap)
        colour_bar([axes["heat"], axes["over"]])
        note = _HEATMAP + note
    legend = patch_scores(axes["scores"], patch.bins, patch.threshold, patch.score)
    head(axes["scores"], "score among those of others")
    # Beside the title, where there is room: the layout need not make any.
    beside = figure.legend(
        list(legend.values()), list(legend), loc="upper right", ncols=2, frameon=False, fontsize=SMALL, labelcolor=INK
    )
    beside.set_in_layout(False)
    footnote(figure, note)
    figure.suptitle(_title(patch), fontsize=12, color=INK, x=0.01, ha="left", parse_math=False)
    return png(figure)


def _title(patch: ExplainedPatch) -> str:
    positive = patch.threshold.decides(patch.score)
    side, word = ("positive", "above") if positive else ("negative", "below")
    apart = abs(patch.score - patch.threshold.value)
    verdict = f"score {format_score(patch.score)}: {side}, {apart:.3g} {word} the threshold of {format_score(patch.threshold.value)}"
    notes = [f"Note: {note}" for note in patch.notes]
    return "\n".join(_legible(line) for line in (patch.name, verdict, f"model {patch.model}", *notes))


def _image(axis: Axes, image: NDArray[np.uint8], title: str) -> None:
    axis.imshow(image)
    _bare(axis, title)


def _bare(axis: Axes, title: str) -> None:
    axis.set(xticks=[], yticks=[], anchor="NW")
    axis.spines[:].set(color=FAINT, lw=0.6)  # a white patch has an end, too
    head(axis, title)


def _over(axis: Axes, image: NDArray[np.uint8], heatmap: NDArray[np.float32]) -> None:
    """The heatmap over the patch in grey; the hotter, the less of the patch shines through."""
    grey = image.mean(axis=2)
    axis.imshow(grey, cmap="gray", vmin=0, vmax=255)
    axis.imshow(heatmap, cmap=COLOURS, vmin=0, vmax=1, alpha=np.clip(1.5 * heatmap, 0, 0.75))
    _bare(axis, "heatmap over the patch")


def _legible(text: str) -> str:
    """The text in one line, without characters that the pictures' typeface cannot show, and not too long."""
    known = "".join(letter if letter.isprintable() and _drawable(letter) else "\N{WHITE SQUARE}" for letter in text)
    return known if len(known) <= _LONGEST else f"{known[: _LONGEST - 1]}\N{HORIZONTAL ELLIPSIS}"


@cache
def _drawable(letter: str) -> bool:
    from matplotlib.font_manager import findfont, get_font

    return bool(get_font(findfont("DejaVu Sans")).get_char_index(ord(letter)))
