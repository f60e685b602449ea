"""How a picture was compressed: what a JPEG stream says of itself, or what its traces in the pixels tell."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Source(StrEnum):
    """Where it is known from."""

    TABLES = "tables"
    PIXELS = "pixels"


FULL, GREY = "4:4:4", "grey"
UNHALVED = frozenset({FULL, GREY})
"""Samplings that keep all colour there is."""


@dataclass(frozen=True, slots=True)
class Compression:
    """How one picture was compressed as JPEG.

    Attributes:
        source: `tables`: the file is JPEG and says so. `pixels`: it is none, and its pixels show that it was one.
        quality: 1 to 100, as the Independent JPEG Group (IJG) counts, or the nearest to other tables; None where unknown.
        subsampling: `4:4:4`, `4:2:2` (colour halved across), `4:4:0` (down), `4:2:0` (both), `4:1:1`, `grey`, or the
            factors as `1x1,2x2`; None where unknown. What pixels show as halved may have been coarse steps for colour.
        standard: Whether the tables are IJG's own; other encoders have theirs.
    """

    source: Source
    quality: int | None = None
    subsampling: str | None = None
    standard: bool = True

    @property
    def halved(self) -> bool:
        """Whether colour has less resolution than brightness."""
        return self.subsampling is not None and self.subsampling not in UNHALVED
