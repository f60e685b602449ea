"""Scoring patches so that none vanishes: each listed patch is scored, rejected or a duplicate."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from hpscan.core.backend import Progress, silent
from hpscan.core.scores import PatchScores
from hpscan.data.images import batches as images
from hpscan.data.images import jpeg_traces, quality
from hpscan.workflows.cohort.inspected import agreed
from hpscan.workflows.scoring import outputs
from hpscan.workflows.scoring.loaded import BATCH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from hpscan.core.backend import Scorer
    from hpscan.core.cohort import Patch, PatchLabel
    from hpscan.core.compression import Compression
    from hpscan.core.reasons import ReasonKind
    from hpscan.data.images.batches import Batch, Rejection
    from hpscan.data.images.quality import Look
    from hpscan.workflows.scoring.kept import KeptPixels


@dataclass(frozen=True, slots=True)
class Scored:
    """What became of a list of patches.

    Attributes:
        patches: Those with a score, in the order of the rows of `scores`.
        scores: Their scores and labels; copies with labels that contradict each other are uncertain.
        sha256: Hex digest of each scored patch's file, in the same order.
        looks: What each scored patch looks like, in the same order.
        sizes: Width and height of each scored patch in pixels, in the same order; empty in what was stored and read back.
        rejected: Those that could not be read.
        duplicates: Those that are byte for byte another patch of the same patient and origin; of these a labelled one stays.
        seconds: Time taken, reading included.
        originals: The scored patch that each duplicate is a copy of; empty in what was stored and read back.
        remarks: What a reader must know of the pixels of some of the scored patches; empty in what was stored and read back.
        compression: How each scored patch was compressed as JPEG, None without a trace of it; empty likewise.
    """

    patches: tuple[Patch, ...]
    scores: PatchScores
    sha256: tuple[str, ...]
    looks: tuple[Look, ...]
    rejected: tuple[Rejection, ...]
    duplicates: tuple[Patch, ...]
    seconds: float
    sizes: tuple[tuple[int, int], ...] = ()
    remarks: Mapping[Patch, tuple[ReasonKind, ...]] = field(default_factory=dict)
    originals: Mapping[Patch, Patch] = field(default_factory=dict)
    compression: Mapping[Patch, Compression | None] = field(default_factory=dict)


def score(
    patches: Sequence[Patch],
    scorer: Scorer,
    *,
    stage: str = "scoring",
    batches: Iterable[Batch] | None = None,
    keep: KeptPixels | None = None,
    progress: Callable[[Progress], None] = silent,
) -> Scored:
    """Score patches; the rows come in the order of `patches`.

    Args:
        patches: The patches.
        scorer: What scores them.
        stage: What progress calls the work.
        batches: The patches' pixels, where they have been read already.
        keep: What keeps pixels for later.
        progress: Told how far it has come.

    Raises:
        BackendBrokenError: When the scorer does not give one finite number for each patch.
    """
    start = time.perf_counter()
    value: dict[Patch, float] = {}
    digest: dict[Patch, str] = {}
    looks: dict[Patch, Look] = {}
    sizes: dict[Patch, tuple[int, int]] = {}
    remarks: dict[Patch, tuple[ReasonKind, ...]] = {}
    compression: dict[Patch, Compression | None] = {}
    rejected: list[Rejection] = []
    same: dict[tuple[str, str, str], list[Patch]] = defaultdict(list)
    done = 0
    for batch in images.iter_batches(patches, BATCH) if batches is None else batches:
        rejected += batch.rejected
        fresh = []
        for i, (patch, sha256) in enumerate(zip(batch.patches, batch.sha256, strict=True)):
            key = (patch.patient_id, patch.origin, sha256)
            if key not in same:
                fresh.append(i)
                digest[patch] = sha256
            same[key].append(patch)
        if fresh:
            pixels = batch.images[fresh]
            shown = [batch.patches[i] for i in fresh]
            scores = outputs.scores(scorer, pixels).tolist()
            value.update(zip(shown, scores, strict=True))
            looks.update(zip(shown, quality.look(pixels), strict=True))
            said = [batch.compression[i] if batch.compression else None for i in fresh]
            for patch, of_file, image in zip(shown, said, pixels, strict=True):
                compression[patch] = of_file or jpeg_traces.traces(image).compression
            sizes.update(dict.fromkeys(shown, (pixels.shape[2], pixels.shape[1])))
            if keep is not None:
                keep.offer(shown, scores, pixels)
            remarks.update((batch.patches[i], batch.remarks[i]) for i in fresh if batch.remarks[i])
        done += len(batch.patches) + len(batch.rejected)
        progress(Progress(stage, done, len(patches)))
    label: dict[Patch, PatchLabel | None] = {}
    copies: dict[Patch, Patch] = {}
    for group in same.values():
        # Which of equal files stands for all must not hang on their names: the labelled one does.
        chosen = next((patch for patch in group if patch.label is not None), group[0])
        label[chosen] = agreed(patch.label for patch in group)
        copies.update((patch, chosen) for patch in group if patch is not chosen)
        if chosen is not group[0]:
            for column in (value, digest, looks, sizes, remarks, compression):
                _move(column, group[0], chosen)
    kept = tuple(patch for patch in patches if patch in value)
    return Scored(
        patches=kept,
        scores=_table(kept, value, label),
        sha256=tuple(digest[patch] for patch in kept),
        looks=tuple(looks[patch] for patch in kept),
        rejected=tuple(sorted(rejected, key=lambda r: r.patch.id)),
        duplicates=tuple(patch for patch in patches if patch in copies),
        seconds=time.perf_counter() - start,
        sizes=tuple(sizes[patch] for patch in kept),
        remarks=remarks,
        originals=copies,
        compression=compression,
    )


def _move(column: dict[Patch, Any], old: Patch, new: Patch) -> None:
    if old in column:
        column[new] = column.pop(old)


def _table(patches: Sequence[Patch], value: dict[Patch, float], label: dict[Patch, PatchLabel | None]) -> PatchScores:
    times = Counter(patch.id for patch in patches)
    # A patch can lie among the cropped and among the annotated ones: then the origin tells the two apart.
    ids = [patch.id if times[patch.id] == 1 else f"{patch.origin}/{patch.id}" for patch in patches]
    return PatchScores(
        patient_id=np.array([patch.patient_id for patch in patches], dtype=np.str_),
        patch_id=np.array(ids, dtype=np.str_),
        score=np.array([value[patch] for patch in patches], dtype=np.float64),
        label=np.array([label[patch] or 0 for patch in patches], dtype=np.int8),
    )
