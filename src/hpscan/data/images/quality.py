"""Whether patches can show anything at all: blank, out of focus, or stained with something else.

The limits were set outside what the 98 development patients (QuironHelico) show: the least sharp, with one pale
patch, has a sharpness of 0.05 and the next 0.14; the pinkest has a mean proportion of pink pixels of 0.03.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hpscan.core.reasons import Reason, ReasonKind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hpscan.core.backend import Images

EMPTY = 4.0
"""Standard deviation of the green channel, in grey levels, below which a patch shows nothing."""

BLURRED = 0.04
"""Median sharpness of a patient below which the slide is out of focus; a blur of 3 pixels leaves about 0.02."""

PINK = 0.15
"""Mean proportion of pink pixels above which, if they outnumber the blue ones, the stain is another (eosin, say)."""

GREY = 0.001
"""Proportion of pink and blue pixels that no patch of a slide without colour reaches; of the palest development patient one has 0.007."""

MOSTLY = 0.95
"""Proportion of a patient's patches that must be empty for the slide to be called blank."""

_ROUNDING = (4**2 + 4) / 12
"""Variance that rounding (1/12 a pixel) gives to the Laplacian 4, -1, -1, -1, -1."""

_STEP = 4
_COLOURED = 0.12


@dataclass(frozen=True, slots=True)
class Look:
    """What one patch looks like.

    Attributes:
        contrast: Standard deviation of the green channel, in grey levels.
        sharpness: Standard deviation of its Laplacian, less what rounding to whole grey levels adds, over its own.
        pink: Proportion of pixels with a hue of 270 to 350 degrees and a saturation of at least 0.12.
        blue: Proportion of pixels with a hue of 180 to 270 degrees, likewise.
    """

    contrast: float
    sharpness: float
    pink: float
    blue: float


def look(images: Images) -> list[Look]:
    """What each of the images, (N, H, W, 3), looks like."""
    return [_look(image) for image in images]


def _look(image: NDArray[np.uint8]) -> Look:
    green = image[..., 1].astype(np.float32)
    laplacian = 4 * green[1:-1, 1:-1] - green[:-2, 1:-1] - green[2:, 1:-1] - green[1:-1, :-2] - green[1:-1, 2:]
    contrast = float(green.std())
    r, g, b = (image[::_STEP, ::_STEP, channel].astype(np.int32) for channel in range(3))
    top = np.maximum(np.maximum(r, g), b)
    spread = top - np.minimum(np.minimum(r, g), b)
    coloured = spread >= _COLOURED * np.maximum(top, 1)
    # Where blue is the largest, the hue is 240 + 60 (R - G) / spread; where red is, 360 + 60 (G - B) / spread.
    from_blue, from_red = 60 * (r - g), 60 * (g - b)
    pink = ((b == top) & (from_blue >= 30 * spread)) | ((r == top) & (b < top) & (from_red < -10 * spread))
    blue = (b == top) & (from_blue < 30 * spread)
    return Look(
        contrast=contrast,
        sharpness=float(np.sqrt(max(laplacian.var() - _ROUNDING, 0.0))) / max(contrast, 1.0),
        pink=float((pink & coloured).mean()),
        blue=float((blue & coloured).mean()),
    )


def doubts(looks: list[Look]) -> tuple[Reason, ...]:
    """Why a patient's patches, or a single one, cannot carry a result; empty if they can, or if there are none."""
    if not looks:
        return ()
    of = len(looks)
    shown = [look for look in looks if look.contrast >= EMPTY]
    n_empty = of - len(shown)
    if n_empty >= MOSTLY * of:
        return (Reason.of(ReasonKind.BLANK, count=n_empty, of=of),)
    reasons = []
    coloured = max(look.pink + look.blue for look in shown)
    if coloured < GREY:
        reasons.append(Reason.of(ReasonKind.GREY, coloured=coloured, least=GREY, of=of))
    sharpness = float(np.median([look.sharpness for look in shown]))
    if sharpness < BLURRED:
        reasons.append(Reason.of(ReasonKind.OUT_OF_FOCUS, sharpness=sharpness, least=BLURRED, of=of))
    pink, blue = (float(np.mean([getattr(look, name) for look in shown])) for name in ("pink", "blue"))
    if pink > max(PINK, blue):
        reasons.append(Reason.of(ReasonKind.OTHER_STAIN, pink=pink, blue=blue, most=PINK, of=of))
    return tuple(reasons)
