"""Pixels that scoring keeps, so that what shows patches later need not decode their files again."""

from __future__ import annotations

import heapq
from collections import defaultdict
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from hpscan.core.backend import Images
    from hpscan.core.cohort import Patch

MOST_BYTES = 2**29
"""Pixels that are kept at most: about 2,700 patches of 256 x 256."""


class KeptPixels:
    """The pixels of each patient's highest scoring patches, as far as memory allows.

    Args:
        per_patient: Patches of each patient.
        most_bytes: Pixels in all. Who comes after it is full has none kept.
    """

    def __init__(self, per_patient: int, most_bytes: int = MOST_BYTES) -> None:
        self._per_patient = per_patient
        self._room = most_bytes
        self._lowest: dict[str, list[tuple[float, int, Patch]]] = defaultdict(list)  # a heap for each patient
        self._pixels: dict[Patch, NDArray[np.uint8]] = {}
        self._order = count()

    def offer(self, patches: Sequence[Patch], scores: Sequence[float], images: Images) -> None:
        """See scored patches, and keep those that are among the highest of their patient so far."""
        for patch, score, image in zip(patches, scores, images, strict=True):
            heap = self._lowest[patch.patient_id]
            full = len(heap) >= self._per_patient
            if full and (not heap or score <= heap[0][0]):
                continue
            if full:
                self._drop(heapq.heappop(heap)[2])
            if image.nbytes <= self._room:
                self._room -= image.nbytes
                self._pixels[patch] = image.copy()  # not a view, which would hold the whole batch
                heapq.heappush(heap, (score, next(self._order), patch))

    def get(self, patch: Patch) -> NDArray[np.uint8] | None:
        """The pixels of a patch, (H, W, 3); None where they were not kept."""
        return self._pixels.get(patch)

    def _drop(self, patch: Patch) -> None:
        self._room += self._pixels.pop(patch).nbytes
