"""Patches -> batches of pixels: decoded in threads, in order, with bounded memory."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hpscan.core.errors import ImageError
from hpscan.data.images.decoding import decode, decode_with_remarks, read_bytes, read_image
from hpscan.data.images.prefetch import default_workers, in_order

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from hpscan.core.backend import Images
    from hpscan.core.cohort import Patch
    from hpscan.core.compression import Compression
    from hpscan.core.reasons import ReasonKind

__all__ = ["Batch", "ImagePatches", "Rejection", "decode", "iter_batches", "read_image"]

CACHE_BYTES = 2 * 2**30
"""Decoded pixels that `ImagePatches` keeps by default: about 10,000 patches of 256 x 256."""

AHEAD_BYTES = 2**29
"""Decoded pixels that `iter_batches` holds at most before they are taken, whatever the images' size."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """A patch that could not be read, and why, in one line."""

    patch: Patch
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Patches of one size.

    Attributes:
        patches: The patches, N of them; N can be 0 in the last batch, when only rejections are left.
        images: (N, H, W, 3), RGB, 0..255.
        sha256: Of each patch's file (hex).
        rejected: Patches that turned out to be unreadable since the batch before.
        remarks: What a reader must know of each patch's pixels, in the order of the patches.
        compression: What each patch's file says of its compression, likewise; None of a file without JPEG.
    """

    patches: tuple[Patch, ...]
    images: Images
    sha256: tuple[str, ...]
    rejected: tuple[Rejection, ...] = ()
    remarks: tuple[tuple[ReasonKind, ...], ...] = ()
    compression: tuple[Compression | None, ...] = ()

    def __len__(self) -> int:
        return len(self.patches)


@dataclass(frozen=True, slots=True, eq=False)
class _Read:
    patch: Patch
    pixels: NDArray[np.uint8]
    sha256: str
    remarks: tuple[ReasonKind, ...]
    compression: Compression | None


def iter_batches(patches: Iterable[Patch], batch_size: int, *, workers: int | None = None) -> Iterator[Batch]:
    """Every patch once: in a batch, or as a rejection.

    Patches keep their order within their size; a dataset of one size keeps it throughout. The batches are the
    same in every run.

    Args:
        patches: The patches.
        batch_size: Patches in a batch; those of a rare size, or large ones, come in smaller batches.
        workers: Threads to decode with; None for as many as there are processors, up to 8.

    Raises:
        ValueError: When `batch_size` is below 1.
    """
    if batch_size < 1:
        raise ValueError("a batch holds at least one patch")
    return _batches(patches, batch_size, workers or default_workers())


def _batches(patches: Iterable[Patch], batch_size: int, workers: int) -> Iterator[Batch]:
    largest = 1

    def ahead() -> int:
        return max(workers, min(2 * batch_size, AHEAD_BYTES // largest))

    waiting: dict[tuple[int, ...], list[_Read]] = defaultdict(list)
    held = 0
    rejected: list[Rejection] = []
    reads = in_order(_read, patches, workers=workers, ahead=ahead)
    with closing(reads):
        for read in reads:
            if isinstance(read, Rejection):
                rejected.append(read)
                continue
            largest = max(largest, read.pixels.nbytes)
            held += read.pixels.nbytes
            group = waiting[read.pixels.shape]
            group.append(read)
            if len(group) < batch_size:
                if held <= AHEAD_BYTES:
                    continue
                # Too many sizes, or too large ones, are waiting for company: the largest group goes first.
                group = max(waiting.values(), key=lambda reads: sum(r.pixels.nbytes for r in reads))
            batch = _batch(group, rejected)
            held -= batch.images.nbytes
            group.clear()
            rejected = []
            yield batch
    for group in waiting.values():
        if group:
            yield _batch(group, rejected)
            rejected = []
    if rejected:
        yield _batch([], rejected)


def _batch(reads: Sequence[_Read], rejected: Sequence[Rejection]) -> Batch:
    return Batch(
        tuple(read.patch for read in reads),
        np.stack([read.pixels for read in reads]) if reads else np.zeros((0, 0, 0, 3), np.uint8),
        tuple(read.sha256 for read in reads),
        tuple(rejected),
        tuple(read.remarks for read in reads),
        tuple(read.compression for read in reads),
    )


def _read(patch: Patch) -> _Read | Rejection:
    try:
        data = read_bytes(patch.path)
        decoded = decode_with_remarks(data, patch.path.name, path=patch.path)
    except ImageError as error:
        return Rejection(patch, error.message.removeprefix(f"{patch.path.name}: "))
    return _Read(patch, decoded.pixels, hashlib.sha256(data).hexdigest(), decoded.remarks, decoded.compression)


class ImagePatches:
    """Patches of one size to learn from, as `hpscan.core.backend.Patches` asks for.

    Decoded pixels are kept up to a bound, so that later epochs don't decode again.

    Args:
        patches: The patches; which of them can be read is known from `iter_batches` or `integrity.inspect`.
        cache_bytes: How many bytes of pixels to keep.
        workers: Threads to decode with; None for as many as there are processors, up to 8.
    """

    def __init__(self, patches: Sequence[Patch], *, cache_bytes: int = CACHE_BYTES, workers: int | None = None) -> None:
        self._patches = tuple(patches)
        self._workers = workers or default_workers()
        self._room = cache_bytes
        self._kept: dict[int, NDArray[np.uint8]] = {}
        self._shape: tuple[int, ...] | None = None
        self._patient_id = np.array([p.patient_id for p in self._patches], dtype=np.str_)
        self._label = np.array([p.label or 0 for p in self._patches], dtype=np.int8)

    @property
    def patches(self) -> tuple[Patch, ...]:
        """The patches, in the order of the indices."""
        return self._patches

    @property
    def patient_id(self) -> NDArray[np.str_]:
        """(N,): whose patch each is."""
        return self._patient_id

    @property
    def label(self) -> NDArray[np.int8]:
        """(N,): -1 / 0 / +1, 0 where there is none."""
        return self._label

    def __len__(self) -> int:
        return len(self._patches)

    def read(self, index: NDArray[np.intp]) -> Images:
        """The pixels of the patches at `index`, (M,), as (M, H, W, 3); an index may stand there twice.

        Raises:
            ImageError: When a patch cannot be read, or has another size than those read before.
            IndexError: When there is no such patch.
        """
        # Negative indices count from the end, as everywhere in numpy.
        wanted = np.arange(len(self))[np.asarray(index, dtype=np.intp)].tolist()
        missing = [i for i in dict.fromkeys(wanted) if i not in self._kept]
        if not missing:
            return self._stack([self._kept[i] for i in wanted])
        fresh: dict[int, NDArray[np.uint8]] = {}
        decoded = in_order(
            lambda i: read_image(self._patches[i].path), missing, workers=self._workers, ahead=lambda: 64
        )
        with closing(decoded):
            for i, pixels in zip(missing, decoded, strict=True):
                self._check(i, pixels)
                fresh[i] = pixels
                if pixels.nbytes <= self._room:
                    self._room -= pixels.nbytes
                    self._kept[i] = pixels
        return self._stack([self._kept[i] if i in self._kept else fresh[i] for i in wanted])

    def _check(self, i: int, pixels: NDArray[np.uint8]) -> None:
        if self._shape is None:
            self._shape = pixels.shape
        if pixels.shape != self._shape:
            height, width = pixels.shape[:2]
            raise ImageError(
                f"{self._patches[i].id}: {width} x {height} pixels, where the others have "
                f"{self._shape[1]} x {self._shape[0]}",
                hint="train on patches of one size",
                path=self._patches[i].path,
            )

    def _stack(self, images: list[NDArray[np.uint8]]) -> Images:
        return np.stack(images) if images else np.zeros((0, *(self._shape or (0, 0, 3))), np.uint8)
