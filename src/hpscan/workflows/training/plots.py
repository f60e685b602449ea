"""The plots stored beside a model: how it learned, what it sees in patches, and what its thresholds were chosen on."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from hpscan.core.backend import Localizer, Reconstructor
from hpscan.core.errors import HpscanError
from hpscan.data.images.batches import read_image
from hpscan.report.plots.galleries import GalleryPatch, gallery_png
from hpscan.report.plots.losses import losses_png
from hpscan.report.plots.operating_point import operating_point_png
from hpscan.report.text import captions
from hpscan.report.text.results import RESEARCH_USE
from hpscan.workflows.scoring.outputs import view

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from hpscan.core.backend import Fitted, Scorer
    from hpscan.core.cohort import Patient
    from hpscan.store.manifest import OperatingRecord
    from hpscan.workflows.scoring.patches import Scored

LOSS, RECONSTRUCTIONS, HEATMAPS, OPERATING_POINT = (
    "loss.png",
    "reconstructions.png",
    "heatmaps.png",
    "operating-point.png",
)
GALLERIES = (RECONSTRUCTIONS, HEATMAPS)
"""Those that show patches of patients."""

_SHOWN = 4
"""Patches of each kind."""

_FAILURES = (
    HpscanError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What a plugin's heatmap, a file that is gone or a history unlike all others can raise: no reason to lose hours of training."""


@dataclass(frozen=True, slots=True)
class Plots:
    """What was drawn.

    Attributes:
        drawn: File name -> PNG bytes.
        failed: File name -> why there is none, in one line.
    """

    drawn: Mapping[str, bytes]
    failed: Mapping[str, str]


def of_training(
    fitted: Fitted, patients: Sequence[Patient], scored: Scored, record: OperatingRecord, seed: int, model: str
) -> Plots:
    """The plots of a model that has just been fitted.

    Args:
        fitted: The model, and how it learned.
        patients: Those that the operating point was chosen on.
        scored: Their patches.
        record: The operating point.
        seed: Decides which patients are shown.
        model: What the model is, in one line, so that a plot can be traced.
    """
    trace = _trace(model, record)
    planned: dict[str, Callable[[], bytes | None]] = {LOSS: partial(losses_png, fitted.history, trace)}
    if isinstance(fitted.scorer, Reconstructor):
        planned[RECONSTRUCTIONS] = partial(_gallery, fitted.scorer, patients, scored, record, seed, trace)
    elif isinstance(fitted.scorer, Localizer):
        planned[HEATMAPS] = partial(_gallery, fitted.scorer, patients, scored, record, seed, trace)
    planned[OPERATING_POINT] = partial(of_operating_point, record, model)
    drawn: dict[str, bytes] = {}
    failed: dict[str, str] = {}
    for name, draw in planned.items():
        try:
            png = draw()
        except _FAILURES as error:
            failed[name] = " ".join(f"{type(error).__name__}: {error}".split())
        else:
            if png is not None:
                drawn[name] = png
    return Plots(drawn, failed)


def of_operating_point(record: OperatingRecord, model: str) -> bytes:
    """The patches and patients that the thresholds of `model`, a line, were chosen on."""
    values: dict[str, list[float]] = defaultdict(list)
    fractions: dict[str, list[float]] = defaultdict(list)
    for patient in record.patients:
        values[patient.diagnosis].append(patient.value)
        fractions[patient.diagnosis].append(patient.fraction)
    return operating_point_png(record.point(), record.histogram, values, fractions, _trace(model, record))


def _trace(model: str, record: OperatingRecord) -> str:
    return f"{captions.trace(model, record.created)} {RESEARCH_USE}"


def _gallery(
    scorer: Scorer, patients: Sequence[Patient], scored: Scored, record: OperatingRecord, seed: int, trace: str
) -> bytes | None:
    """Patches of negative and of infected patients; None where nobody is diagnosed."""
    groups = {
        name: [_shown(scorer, scored, row, record) for row in _chosen(patients, scored, seed, infected=infected)]
        for name, infected in (("negative patients", False), ("infected patients", True))
    }
    if not any(groups.values()):
        return None
    reconstructions = any(one.reconstruction is not None for some in groups.values() for one in some)
    note = f"{captions.gallery_note(_SHOWN, seed)} {trace}"
    return gallery_png(groups, captions.gallery_title(reconstructions=reconstructions), note)


def _chosen(patients: Sequence[Patient], scored: Scored, seed: int, *, infected: bool) -> list[int]:
    """Rows of `scored`: patients in an order drawn by seed take turns, each with its next patch."""
    rng = np.random.default_rng(seed)
    ids = {p.id for p in patients if p.infected is infected}
    rows: dict[str, list[int]] = defaultdict(list)
    for row, patch in enumerate(scored.patches):
        if patch.patient_id in ids:
            rows[patch.patient_id].append(row)
    score = scored.scores.score
    turns = [
        sorted(of_patient, key=lambda row: -score[row]) if infected else rng.permutation(of_patient).tolist()
        for of_patient in rows.values()
    ]
    order = rng.permutation(len(turns)).tolist()
    longest = max(map(len, turns), default=0)
    return [turns[i][k] for k in range(longest) for i in order if k < len(turns[i])][:_SHOWN]


def _shown(scorer: Scorer, scored: Scored, row: int, record: OperatingRecord) -> GalleryPatch:
    image = read_image(scored.patches[row].path)
    score = float(scored.scores.score[row])
    caption = captions.patch_line(score, positive=record.patch.decides(score))
    seen = view(scorer, image)
    # No name: a model's folder tells nobody's.
    return GalleryPatch(image, caption, seen.reconstruction, seen.heatmap)
