"""One patch explained: what it looks like, where the model sees something, and its score among those of others."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from hpscan.core.choices import Aggregation
from hpscan.report.plots.drawing import FAINT, INK, SMALL, footnote, head, png, sheet
from hpscan.report.plots.heatmaps import draw_colour_bar, draw_heatmap, draw_overlay
from hpscan.report.plots.operating_point import draw_patch_scores
from hpscan.report.text.results import RESEARCH_USE
from hpscan.report.text.thresholds import describe_distance, describe_patch_threshold

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
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
_RECONSTRUCTION = "Reconstruction: what the model gives back for the patch; it learned uninfected tissue only. "
_HISTOGRAM = "Histogram: patches of the patients on whom the threshold was chosen; not every patch of an infected patient shows bacteria. "


@dataclass(frozen=True, slots=True, eq=False)
class ExplainedPatch:
    """What the plot shows.

    Attributes:
        name: The patch's name, any text.
        model: The model, in one line.
        image: (H, W, 3), RGB.
        score: The patch's.
        threshold: On patches.
        bins: Scores of the patches of the patients on whom the threshold was chosen.
        reconstruction: (H, W, 3); None where the model reconstructs nothing.
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


def explanation_png(patch: ExplainedPatch) -> bytes:
    """PNG bytes of `draw_explanation`."""
    return png(draw_explanation(patch))


def draw_explanation(patch: ExplainedPatch) -> Figure:
    """The patch, what the model gives for it, and its score among those of other patches."""
    match patch.reconstruction is not None, patch.heatmap is not None:
        case True, True:
            plan = [["patch", "patch", "reconstruction", "heat"], ["patch", "patch", "scores", "over"]]
        case False, True:
            plan = [["patch", "patch", "heat", "over"], ["patch", "patch", "scores", "scores"]]
        case True, False:
            plan = [["patch", "patch", "reconstruction", "reconstruction"], ["patch", "patch", "scores", "scores"]]
        case _:
            plan = [["patch", "patch", "scores", "scores"]] * 2
    figure = sheet(12.5, 7.9)
    figure.set_layout_engine("constrained", w_pad=0.1)
    axes = figure.subplot_mosaic(plan)  # type: ignore[arg-type]
    _draw_image(axes["patch"], patch.image, "patch")
    note = f"Threshold: {describe_patch_threshold(patch.threshold)}. {_HISTOGRAM}{RESEARCH_USE}"
    if patch.reconstruction is not None:
        _draw_image(axes["reconstruction"], patch.reconstruction, "reconstruction")
        note = _RECONSTRUCTION + note
    if patch.heatmap is not None:
        draw_heatmap(axes["heat"], patch.heatmap)
        _frame(axes["heat"], f"heatmap, highest {patch.heatmap.max():.2f}")
        draw_overlay(axes["over"], patch.image, patch.heatmap)
        _frame(axes["over"], "heatmap over the patch")
        draw_colour_bar([axes["heat"], axes["over"]])
        note = _HEATMAP + note
    legend = draw_patch_scores(axes["scores"], patch.bins, patch.threshold, patch.score)
    head(axes["scores"], "score among those of other patches")
    # Beside the title, where there is room: the layout need not make any.
    beside = figure.legend(
        list(legend.values()), list(legend), loc="upper right", ncols=2, frameon=False, fontsize=SMALL, labelcolor=INK
    )
    beside.set_in_layout(False)
    footnote(figure, note)
    figure.suptitle(_title(patch), fontsize=12, color=INK, x=0.01, ha="left", parse_math=False)
    return figure


def _title(patch: ExplainedPatch) -> str:
    positive = patch.threshold.decides(patch.score)
    distance = describe_distance(patch.score, patch.threshold, Aggregation.MAX)  # a patch's score is a score
    verdict = f"{'positive' if positive else 'negative'}, score {distance}"
    notes = [f"Note: {note}" for note in patch.notes]
    return "\n".join(_legible(line) for line in (patch.name, verdict, f"model {patch.model}", *notes))


def _draw_image(axis: Axes, image: NDArray[np.uint8], title: str) -> None:
    axis.imshow(image)
    _frame(axis, title)


def _frame(axis: Axes, title: str) -> None:
    axis.set(xticks=[], yticks=[], anchor="NW")
    axis.spines[:].set(color=FAINT, lw=0.6)  # a white patch has an end, too
    head(axis, title)


def _legible(text: str) -> str:
    """The text in one line, without characters that the plots' typeface cannot show, and not too long."""
    known = "".join(letter if letter.isprintable() and _drawable(letter) else "\N{WHITE SQUARE}" for letter in text)
    return known if len(known) <= _LONGEST else f"{known[: _LONGEST - 1]}\N{HORIZONTAL ELLIPSIS}"


@cache
def _drawable(letter: str) -> bool:
    from matplotlib.font_manager import findfont, get_font

    return bool(get_font(findfont("DejaVu Sans")).get_char_index(ord(letter)))
