"""Explain one patch: its score, where the model sees something, and how it stands among other patients' patches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hpscan.core.cohort import Origin, Patch
from hpscan.core.errors import ImageError
from hpscan.core.reasons import Reason, ReasonKind
from hpscan.data.images import quality
from hpscan.data.images.batches import iter_batches, read_image
from hpscan.report.plots.explanation import ExplainedPatch, explanation_png
from hpscan.report.text import reasons as text
from hpscan.report.text.captions import model_line
from hpscan.store.default_model import Choice
from hpscan.store.manifest import Role
from hpscan.workflows.diagnosis.remarks import compressed, other_size, unreadable_profiles
from hpscan.workflows.scoring import patches as scoring
from hpscan.workflows.scoring.models import choose, restore
from hpscan.workflows.scoring.outputs import view

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hpscan.core.decision import OperatingPoint
    from hpscan.store.manifest import Manifest
    from hpscan.store.models import StoredModel
    from hpscan.workflows.scoring.models import AnyModel


@dataclass(frozen=True, slots=True)
class Proportion:
    """How many of some patches score at least as high as one; their scores are known by bin only.

    Attributes:
        n: The patches.
        least: Proportion, 0..1, that does for certain.
        most: Proportion that may.
    """

    n: int
    least: float
    most: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """What was found.

    Attributes:
        path: The patch's file.
        model: The model.
        size: Width and height of the patch in pixels.
        score: The patch's score.
        point: The thresholds.
        negative: Patches of the operating point's negative patients that score at least as high; None where it had none.
        infected: Likewise of its infected patients.
        doubts: Why the patch can hardly show anything.
        remarks: What else a reader must know.
        heatmap_peak: The heatmap's highest value, 0..1; None where the model makes none.
        picture: PNG bytes.
        chosen: Why that model was taken.
    """

    path: Path
    model: StoredModel
    size: tuple[int, int]
    score: float
    point: OperatingPoint
    negative: Proportion | None
    infected: Proportion | None
    doubts: tuple[Reason, ...]
    remarks: tuple[Reason, ...]
    heatmap_peak: float | None
    picture: bytes
    chosen: Choice = Choice.NAMED

    @property
    def name(self) -> str:
        """The file with its folder, for people."""
        return _name(self.path)

    @property
    def positive(self) -> bool:
        """Whether the score is at or above the patch threshold."""
        return self.point.patch.decides(self.score)


def check_file(patch: Path) -> None:
    """See that there is a file of that path, and no folder.

    Raises:
        ImageError: Otherwise.
    """
    if patch.is_dir():
        raise ImageError(
            f"{patch} is a folder, and explain takes one image file",
            hint=f"diagnose a patient's folder with: hpscan diagnose {patch}",
            path=patch,
        )
    if not patch.exists():
        raise ImageError(f"there is no file {patch}", hint="give the path of one image file", path=patch)


@dataclass(frozen=True, slots=True)
class ExplainRequest:
    """What to explain, and with what.

    Attributes:
        patch: An image file.
        model: Name or path of the model, or one that was chosen before; the default when None.
        device: Where to score: `auto`, `cpu`, `cuda` or `mps`.
    """

    patch: Path
    model: AnyModel = None
    device: str = "auto"


def explain(request: ExplainRequest) -> Explanation:
    """Explain one image file with a model.

    Raises:
        ImageError: When it is no readable image.
    """
    patch = request.patch
    check_file(patch)
    taken = choose(request.model)
    stored = taken.model
    (batch,) = iter_batches([Patch(patch.name, "", "", patch, Origin.CROPPED)], 1)
    image = batch.images[0] if batch.patches else read_image(patch)  # which says why it cannot be read
    height, width = image.shape[:2]
    scorer = restore(request.model, request.device).scorer
    scored = scoring.score(batch.patches, scorer, batches=[batch])
    (score,), (look,) = scored.scores.score.tolist(), scored.looks
    seen = view(scorer, image)
    manifest = stored.manifest
    record = manifest.operating_point
    edges = record.histogram.edges
    doubts, remarks = quality.doubts([look]), _remarks((width, height), scored.sha256[0], manifest)
    if profile := unreadable_profiles(scored, scored.patches):
        remarks += (profile,)
    if compression := compressed([scored.compression.get(p) for p in scored.patches]):
        remarks += (compression,)
    return Explanation(
        path=patch,
        model=stored,
        size=(width, height),
        score=score,
        point=record.point(),
        negative=at_least(score, edges, record.histogram.negative),
        infected=at_least(score, edges, record.histogram.infected),
        doubts=doubts,
        remarks=remarks,
        heatmap_peak=None if seen.heatmap is None else float(seen.heatmap.max()),
        picture=explanation_png(
            ExplainedPatch(
                name=_name(patch),
                model=model_line(manifest.name, manifest.backend.name, synthetic=manifest.phantom),
                image=image,
                score=score,
                threshold=record.patch,
                bins=record.histogram,
                reconstruction=seen.reconstruction,
                heatmap=seen.heatmap,
                notes=[text.describe_reason(reason) for reason in (*doubts, *remarks)],
            )
        ),
        chosen=taken.how,
    )


def at_least(score: float, edges: Sequence[float], counts: Sequence[int]) -> Proportion | None:
    """The proportion of counted scores at or above `score`; None where none were counted.

    A bin holds the scores from its left edge up to its right one, the last bin its right edge, too.
    """
    n = sum(counts)
    if n == 0:
        return None
    left, last = np.asarray(edges[:-1]), edges[-1]
    certain = left >= score
    possible = np.append(left[1:] > score, last >= score)
    weight = np.asarray(counts)
    return Proportion(n, float(weight[certain].sum() / n), float(weight[possible].sum() / n))


def _name(path: Path) -> str:
    """A file with its folder, as patches of two patients are often called the same; in one line, whatever it is called."""
    name = "/".join(path.absolute().parts[-2:])
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in name)


def _remarks(size: tuple[int, int], sha256: str, manifest: Manifest) -> tuple[Reason, ...]:
    remarks = []
    if manifest.input.size is not None and size != manifest.input.size:
        remarks.append(other_size([size], manifest.input.size))
    # Only some images of each patient are kept, so a patch that is not found may have been seen all the same.
    if any(record.role is not Role.TEST and sha256 in record.images.values() for record in manifest.patients):
        remarks.append(Reason.of(ReasonKind.SEEN_PATCH))
    return tuple(remarks)
