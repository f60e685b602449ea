"""From an explained patch to the document that `--json` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpscan.cli.describe import reasons, threshold
from hpscan.cli.documents_explain import ExplanationDocument, ShareDocument
from hpscan.report.text import reasons as text

if TYPE_CHECKING:
    from pathlib import Path

    from hpscan.workflows.diagnosis.explain import Explanation, Proportion


def explanation(found: Explanation, picture: Path) -> ExplanationDocument:
    """What was found of one patch, and where the picture lies."""
    width, height = found.size
    return ExplanationDocument(
        patch=str(found.path),
        model=str(found.model.path),
        width=width,
        height=height,
        score=found.score,
        positive=found.positive,
        threshold=threshold(found.point.patch),
        negative=_share(found.negative),
        infected=_share(found.infected),
        doubts=[text.reason(one) for one in found.doubts],
        remarks=[text.reason(one) for one in found.remarks],
        heatmap_peak=found.heatmap_peak,
        picture=str(picture),
        reason_details=reasons((*found.doubts, *found.remarks)),
        model_chosen=found.chosen.value,
    )


def _share(share: Proportion | None) -> ShareDocument | None:
    return None if share is None else ShareDocument(patches=share.n, least=share.least, most=share.most)
