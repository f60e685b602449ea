"""Which labelled patches of a benchmark were called the wrong way, with their pixels: what its galleries show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hpscan.core.cohort import PatchLabel
from hpscan.core.errors import HpscanError
from hpscan.data.images.decoding import read_image
from hpscan.report.plots import mistakes
from hpscan.report.plots.mistakes import MOST, Mistake

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hpscan.core.cohort import Patch
    from hpscan.workflows.benchmark.held_out import BackendResult

_Wrong = tuple[float, "Patch", float, float]  # how far off, the patch, its score, the threshold


def gallery(result: BackendResult) -> bytes:
    """The picture of what a backend got wrong on the patients held out."""
    false_alarms, missed = found(result)
    above, below = ([_shown(one) for one in kind[:MOST]] for kind in (false_alarms, missed))
    return mistakes.mistakes(result.name, above, below, len(false_alarms), len(missed))


def found(result: BackendResult) -> tuple[list[_Wrong], list[_Wrong]]:
    """False alarms and misses of all folds, the farthest from its threshold first.

    Folds have scales of their own, so distances are in units of the standard deviation of their fold's scores.
    """
    false_alarms: list[_Wrong] = []
    missed: list[_Wrong] = []
    for fold in result.folds:
        threshold, score = fold.point.patch, fold.scored.scores.score
        unit = float(np.std(score)) if len(score) else 0.0
        called = threshold.decides_all(score)
        for patch, value, positive in zip(fold.scored.patches, score.tolist(), called.tolist(), strict=True):
            one = (abs(value - threshold.value) / (unit or 1.0), patch, value, threshold.value)
            if positive and patch.label is PatchLabel.NEGATIVE:
                false_alarms.append(one)
            elif not positive and patch.label is PatchLabel.POSITIVE:
                missed.append(one)
    return _farthest_first(false_alarms), _farthest_first(missed)


def _farthest_first(wrong: Sequence[_Wrong]) -> list[_Wrong]:
    return sorted(wrong, key=lambda one: (-one[0], one[1].id))


def _shown(wrong: _Wrong) -> Mistake:
    _, patch, score, threshold = wrong
    try:
        image = read_image(patch.path)
    except HpscanError:  # a benchmark may be shown again when its data have moved
        image = None
    return Mistake(image, patch.id, score, threshold)
