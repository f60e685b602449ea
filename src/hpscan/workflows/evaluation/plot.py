"""The plot of an evaluation: ROC curve and scores of patches, patient-level scores, and the thresholds."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from hpscan.report.plots.evaluation import evaluation_png
from hpscan.report.text import captions
from hpscan.report.text.results import RESEARCH_USE

if TYPE_CHECKING:
    from hpscan.workflows.evaluation.evaluate import Evaluation


def picture(evaluation: Evaluation) -> bytes:
    """PNG bytes: ROC curve and scores of the labelled patches, patient-level scores of the diagnosed, the thresholds."""
    table, point = evaluation.labelled, evaluation.model.manifest.operating_point.point()
    patients = {p.id: p for p in evaluation.dataset.everybody}
    values: dict[str, list[float]] = defaultdict(list)
    for diagnosis in evaluation.diagnoses:
        patient = patients[diagnosis.result.patient_id]
        if patient.infected is not None and diagnosis.result.value is not None:
            values[patient.diagnosis].append(diagnosis.result.value)
    reference = np.zeros(0, np.bool_) if table.label is None else table.label == 1
    manifest = evaluation.model.manifest
    caption = captions.evaluated(
        captions.model_line(manifest.name, manifest.backend.name, synthetic=manifest.phantom),
        manifest.created,
        evaluation.dataset.root.name,
        synthetic=evaluation.dataset.phantom,
        selected_patches=evaluation.patient is not None and evaluation.patient.selected_patches,
        n_seen=len(evaluation.includes_seen),
    )
    return evaluation_png(reference, table.score, point, values, f"{caption} {RESEARCH_USE}")
