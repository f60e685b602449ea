"""The values that the formats hand to `hpscan.data.images.decoding`, and the limits that all of them keep."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hpscan.core.compression import Compression

MIN_SIDE = 32
MAX_SIDE = 4096


class RefusedError(Exception):
    """A sound file that hpscan does not read; its text follows "NAME: " and is true of the file."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What of a file is needed for its pixels.

    Attributes:
        data: The file without metadata that no pixel needs.
        profile: The embedded ICC profile; None without one, empty where it is there and cannot be taken out.
        orientation: 1 to 8, as EXIF counts; 1 is upright.
        compression: What a JPEG stream says of its compression; None of other files.
    """

    data: bytes
    profile: bytes | None = None
    orientation: int = 1
    compression: Compression | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Channels:
    """A decoded picture, not yet upright, in the colours of its file.

    Attributes:
        rgb: (H, W, 3), 0..255.
        alpha: (H, W), 0..255, straight; None where all is opaque.
        grey: Whether the file holds greys, repeated in `rgb`.
        compression: What its JPEG streams say of their compression; None where there are none.
    """

    rgb: NDArray[np.uint8]
    alpha: NDArray[np.uint8] | None = None
    grey: bool = False
    compression: Compression | None = None


def check_size(width: int, height: int) -> None:
    """Refuses by the size that a header claims, before any pixel is decoded."""
    if max(width, height) > MAX_SIDE:
        raise RefusedError(f"{width} x {height} pixels are too many for a patch")
    if min(width, height) < MIN_SIDE:
        raise RefusedError(f"{width} x {height} pixels are too few for a patch")


def narrowed(wide: NDArray[np.generic]) -> NDArray[np.uint8]:
    """16-bit samples as 8-bit ones: 65535 becomes 255, with rounding."""
    return ((wide.astype(np.uint32) + 128) // 257).astype(np.uint8)
