"""A gallery of what a backend got wrong: the patches themselves, false positives above and false negatives below."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hpscan.report.plots.drawing import INK, NEGATIVE, POSITIVE, SMALL, finished, sheet

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

MOST = 24
"""Patches of each kind that are shown, the farthest from their threshold first."""

_FEWEST, _COLUMNS = 4, 8
_SIDE = 1.5  # inches of a patch


@dataclass(frozen=True, slots=True, eq=False)
class Mistake:
    """A patch that was called the wrong way.

    Attributes:
        image: (H, W, 3), RGB; None where its file is gone.
        name: The patch.
        score: As the model gave it.
        threshold: The patch threshold of its fold.
    """

    image: NDArray[np.uint8] | None
    name: str
    score: float
    threshold: float


def mistakes(
    backend: str,
    false_positive: Sequence[Mistake],
    false_negative: Sequence[Mistake],
    n_false_positive: int,
    n_false_negative: int,
) -> bytes:
    """PNG bytes: up to `MOST` patches of each kind, with name, score and threshold; the counts are of all there are."""
    kinds = (
        ("labelled negative, called positive", false_positive, n_false_positive, POSITIVE),
        ("labelled positive, called negative", false_negative, n_false_negative, NEGATIVE),
    )
    columns = min(_COLUMNS, max(_FEWEST, *(len(some) for _, some, _, _ in kinds)))
    rows = [math.ceil(len(some) / columns) for _, some, _, _ in kinds]
    heights = [row + 0.25 for row in rows]
    figure = sheet(columns * (_SIDE + 0.1), sum(heights) * (_SIDE + 0.45) + 0.6)
    parts = figure.subfigures(2, 1, squeeze=False, height_ratios=heights)
    for part, (what, some, n, colour), n_rows in zip(parts[:, 0], kinds, rows, strict=True):
        more = f", the {len(some)} farthest from their threshold" if n > len(some) else ""
        part.suptitle(f"{n} {what}{more}", fontsize=10, color=colour, x=0.01, ha="left")
        axes = list(part.subplots(max(1, n_rows), columns, squeeze=False).flat)
        for axis in axes[len(some) :]:
            axis.set_axis_off()
        if not some:
            axes[0].text(0, 0.9, "none", va="top", fontsize=SMALL + 1, color=INK)
        for axis, mistake in zip(axes, some, strict=False):
            _patch(axis, mistake)
    note = "Below each patch its score / the threshold of its fold. A label can be wrong: look before you blame the backend."
    return finished(figure, f"{backend}: what it got wrong on patients held out", note)


def _patch(axis: Axes, mistake: Mistake) -> None:
    if mistake.image is None:
        axis.text(0.5, 0.5, "file gone", ha="center", va="center", fontsize=SMALL, transform=axis.transAxes)
    else:
        axis.imshow(mistake.image)
    axis.set(xticks=[], yticks=[])
    name = mistake.name if len(mistake.name) <= _LONGEST else f"{mistake.name[: _LONGEST - 1]}\N{HORIZONTAL ELLIPSIS}"
    axis.set_xlabel(
        f"{name}\n{mistake.score:.3g} / {mistake.threshold:.3g}", fontsize=SMALL, color=INK, parse_math=False
    )


_LONGEST = 22
