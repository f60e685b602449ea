"""Fingerprints of the files, and what is wrong with them: unreadable, duplicate, contradictory, leaking."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from contextlib import closing
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from hpscan.core.backend import Progress, silent
from hpscan.core.errors import ImageError
from hpscan.data.images import jpeg_traces
from hpscan.data.images.decoding import decode, decode_with_remarks, read_bytes
from hpscan.data.images.prefetch import default_workers, in_order
from hpscan.data.names import natural

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from hpscan.core.cohort import Origin, Patch
    from hpscan.core.compression import Compression
    from hpscan.core.reasons import ReasonKind

_AHEAD = 64
_PROGRESS_EVERY = 32
_EVEN = 2.0
"""Standard deviation of the averaged greys, in grey levels, below which their order is noise."""
_ALIKE = 8
"""Bits of 64 that may differ between two savings of one image."""


@dataclass(frozen=True, eq=False)
class Inspection:
    """What was found in the files of some patches.

    Attributes:
        patches: The patches, in the order in which they were listed.
        digest: SHA-256 (hex) of each patch's file; without those that could not be opened.
        rejected: Why a patch cannot be used, in one line; without those that can.
        size: Width and height in pixels; only of patches that were decoded.
        empty: Digests under several patients that say nothing of a patient: no image, or one of a single colour.
        remarks: What a reader must know of a patch's pixels; only of patches that were decoded and have some.
        compression: How a patch was compressed as JPEG, None without a trace of it; only of patches that were decoded.
    """

    patches: tuple[Patch, ...]
    digest: Mapping[Patch, str]
    rejected: Mapping[Patch, str]
    size: Mapping[Patch, tuple[int, int]]
    empty: frozenset[str] = frozenset()
    remarks: Mapping[Patch, tuple[ReasonKind, ...]] = field(default_factory=dict)
    compression: Mapping[Patch, Compression | None] = field(default_factory=dict)

    @property
    def sizes(self) -> Counter[tuple[int, int]]:
        """How many patches have which width and height."""
        return Counter(self.size.values())

    @cached_property
    def duplicates(self) -> Mapping[Patch, Patch]:
        """Patches that are byte for byte another one of the same patient and origin -> the first of them."""
        first: dict[tuple[str, Origin, str], Patch] = {}
        copies: dict[Patch, Patch] = {}
        for patch, digest in self.digest.items():
            original = first.setdefault((patch.patient_id, patch.origin, digest), patch)
            if original is not patch:
                copies[patch] = original
        return copies

    @cached_property
    def shared(self) -> tuple[tuple[Patch, ...], ...]:
        """Groups of patches that are byte for byte the same under different patients."""
        across = (g for g in self._identical if len({patch.patient_id for patch in g}) > 1)
        return tuple(g for g in across if self.digest[g[0]] not in self.empty)

    @cached_property
    def contradictory(self) -> tuple[tuple[Patch, ...], ...]:
        """Groups of labelled patches that are byte for byte the same and have different labels."""
        labelled = (tuple(patch for patch in g if patch.label is not None) for g in self._identical)
        return tuple(g for g in labelled if len({patch.label for patch in g}) > 1)

    @cached_property
    def linked_patients(self) -> tuple[tuple[str, ...], ...]:
        """Groups of patients that share images, directly or through others: a split must not part them."""
        if not self.shared:
            return ()
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        patients = sorted({patch.patient_id for group in self.shared for patch in group}, key=natural)
        position = {patient: i for i, patient in enumerate(patients)}
        pairs = [
            (position[group[0].patient_id], position[patch.patient_id]) for group in self.shared for patch in group
        ]
        ends = tuple(zip(*pairs, strict=True))
        graph = coo_array(([1] * len(pairs), ends), shape=(len(patients), len(patients)))
        _, component = connected_components(graph, directed=False)
        linked: dict[int, list[str]] = defaultdict(list)
        for patient, number in zip(patients, component, strict=True):
            linked[number].append(patient)
        return tuple(map(tuple, linked.values()))

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 (hex) over the ids and digests of all patches; their order does not matter."""
        lines = sorted(f"{p.origin}\t{p.id}\t{self.digest.get(p, '')}\n" for p in self.patches)
        return hashlib.sha256("".join(lines).encode(errors="surrogateescape")).hexdigest()

    @cached_property
    def _identical(self) -> tuple[tuple[Patch, ...], ...]:
        groups: dict[str, list[Patch]] = defaultdict(list)
        for patch, digest in self.digest.items():
            groups[digest].append(patch)
        return tuple(tuple(group) for group in groups.values() if len(group) > 1)


@dataclass(frozen=True, slots=True)
class _Seen:
    patch: Patch
    digest: str | None
    size: tuple[int, int] | None
    reason: str | None
    remarks: tuple[ReasonKind, ...] = ()
    compression: Compression | None = None


def inspect(
    patches: Iterable[Patch],
    *,
    decode: bool = True,
    progress: Callable[[Progress], None] = silent,
    workers: int | None = None,
) -> Inspection:
    """Reads every patch's file once.

    Args:
        patches: The patches.
        decode: Whether to decode the pixels as well; without it only files that cannot be opened or are empty
            are rejected.
        progress: Called now and then with how far it has come, and at the end.
        workers: Threads; None for as many as there are processors, up to 8.
    """
    patches = tuple(patches)
    digest: dict[Patch, str] = {}
    rejected: dict[Patch, str] = {}
    size: dict[Patch, tuple[int, int]] = {}
    remarks: dict[Patch, tuple[ReasonKind, ...]] = {}
    compression: dict[Patch, Compression | None] = {}
    look = _decoded if decode else _opened
    seen_all = in_order(look, patches, workers=workers or default_workers(), ahead=lambda: _AHEAD)
    with closing(seen_all):
        for done, seen in enumerate(seen_all, start=1):
            if seen.digest is not None:
                digest[seen.patch] = seen.digest
            if seen.reason is not None:
                rejected[seen.patch] = seen.reason
            if seen.size is not None:
                size[seen.patch] = seen.size
                compression[seen.patch] = seen.compression
            if seen.remarks:
                remarks[seen.patch] = seen.remarks
            if done % _PROGRESS_EVERY == 0 or done == len(patches):
                progress(Progress("decoding" if decode else "reading files", done, len(patches)))
    return Inspection(patches, digest, rejected, size, _empty(digest), remarks, compression)


def _empty(digest: Mapping[Patch, str]) -> frozenset[str]:
    """Of the files that several patients have, those that are no image or show nothing."""
    owners: dict[str, set[str]] = defaultdict(set)
    example: dict[str, Patch] = {}
    for patch, sha256 in digest.items():
        owners[sha256].add(patch.patient_id)
        example[sha256] = patch
    return frozenset(sha256 for sha256, who in owners.items() if len(who) > 1 and shows_nothing(example[sha256]))


def likeness(patch: Patch) -> str:
    """64 bits, as hex, that stay nearly the same when an image is saved again, and say little else.

    The patch is averaged to 8 rows of 9 greys; each bit says whether a grey is darker than the one to its right.
    Empty for a patch that cannot be decoded or is too even to tell from others.
    """
    import numpy as np

    try:
        pixels = decode(read_bytes(patch.path), patch.path.name, path=patch.path)
    except ImageError:
        return ""
    grey = pixels.mean(axis=2)
    rows = [part.mean(axis=0) for part in np.array_split(grey, 8, axis=0)]
    greys = np.array([[part.mean() for part in np.array_split(row, 9)] for row in rows])
    if greys.std() < _EVEN:
        return ""
    return np.packbits(greys[:, :-1] < greys[:, 1:]).tobytes().hex()


def alike(likeness: str, other: str) -> bool:
    """Whether two likenesses are those of one image.

    Of 378,885 pairs of the development patches 6 are, all of them overlapping patches of one patient.
    """
    return bool(likeness and other) and (int(likeness, 16) ^ int(other, 16)).bit_count() <= _ALIKE


def shows_nothing(patch: Patch) -> bool:
    """Whether a patch is no image, or one of a single colour: nothing that could tell one patient from another."""
    try:
        pixels = decode(read_bytes(patch.path), patch.path.name, path=patch.path)
    except ImageError:
        return True
    return bool((pixels == pixels[0, 0]).all())


def _opened(patch: Patch) -> _Seen:
    try:
        data = read_bytes(patch.path)
    except ImageError as error:
        return _Seen(patch, None, None, _reason(patch, error))
    return _Seen(patch, hashlib.sha256(data).hexdigest(), None, None)


def _decoded(patch: Patch) -> _Seen:
    digest = None
    try:
        data = read_bytes(patch.path)
        digest = hashlib.sha256(data).hexdigest()
        decoded = decode_with_remarks(data, patch.path.name, path=patch.path)
    except ImageError as error:
        return _Seen(patch, digest, None, _reason(patch, error))
    height, width = decoded.pixels.shape[:2]
    compression = decoded.compression or jpeg_traces.traces(decoded.pixels).compression
    return _Seen(patch, digest, (width, height), None, decoded.remarks, compression)


def _reason(patch: Patch, error: ImageError) -> str:
    return error.message.removeprefix(f"{patch.path.name}: ")
