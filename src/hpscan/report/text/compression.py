"""How patches were compressed, in words."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from hpscan.core.compression import FULL, Source

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hpscan.core.compression import Compression


def describe_compression(one: Compression | None) -> str:
    """How one patch was compressed; None is a patch that shows no sign of it."""
    if one is None:
        return "no trace of JPEG"
    if one.source is Source.PIXELS:
        if one.halved:
            return f"no JPEG file, but once JPEG: colour at half resolution, as in {one.subsampling}"
        colour = ", colour in full" if one.subsampling == FULL else ""
        return f"no JPEG file, but once JPEG: blocks of 8 x 8 pixels{colour}"
    if one.quality is None:
        quality = "JPEG"
    elif one.standard:
        quality = f"JPEG quality {one.quality}"
    else:
        quality = f"JPEG with tables of its own, nearest to quality {one.quality}"
    return f"{quality}, {one.subsampling}" if one.subsampling else quality


def list_compression(patches: Iterable[Compression | None]) -> str:
    """How many patches were compressed in which way, in one line, the most frequent first."""
    counts = Counter(map(describe_compression, patches)).most_common()
    return "; ".join(f"{n:,} of {kind}" if kind.startswith("JPEG") else f"{n:,}: {kind}" for kind, n in counts)
