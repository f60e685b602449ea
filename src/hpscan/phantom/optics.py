"""Stains, glass and microscope: from how much dye lies where to the picture of it.

Dyes absorb (Beer-Lambert), so densities add up and light is multiplied: `rgb = glass * 10 ** -density`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from hpscan.phantom.fields import smooth_noise, texture

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    from hpscan.phantom.fields import Field

HEMATOXYLIN = (0.79, 0.54, 0.28)
"""Optical density of hematoxylin in R, G, B, of length 1. Nuclei of the real patches have a median of
(0.77, 0.54, 0.33), bluer than the (0.65, 0.70, 0.29) of Ruifrok & Johnston 2001; adjusted by eye on grey glass."""

DAB = (0.268, 0.570, 0.776)
"""Optical density of DAB in R, G, B, of length 1: Ruifrok & Johnston 2001; the real patches agree."""

PIGMENT = (0.53, 0.58, 0.62)
"""Optical density of ink and pigment in R, G, B: nearly neutral, with a brown tinge."""

BLUISH_GLASS = (235.0, 232.0, 252.0)
GREY_GLASS = (226.0, 226.0, 228.0)
"""Empty glass in the two white balances of the real set, R, G, B in 0..255."""


@dataclass(frozen=True, slots=True)
class Style:
    """How one patient's slide was stained and scanned.

    Attributes:
        glass: Empty glass, R, G, B in 0..255.
        hematoxylin: Strength of the blue stain; 1 is usual.
        dab: Strength of the brown stain; 1 is usual.
        blur: Standard deviation of the focus blur, in pixels.
        grain: Standard deviation of the sensor noise, in grey levels.
    """

    glass: tuple[float, float, float]
    hematoxylin: float
    dab: float
    blur: float
    grain: float


def draw_style(rng: Generator) -> Style:
    """A slide's style: one of the two white balances, and stain, focus and noise around the usual."""
    base = BLUISH_GLASS if rng.random() < 0.5 else GREY_GLASS
    lamp = rng.normal(0, 1.5) + rng.normal(0, 0.5, 3)
    red, green, blue = (float(min(g + d, 254.0)) for g, d in zip(base, lamp, strict=True))
    return Style(
        glass=(red, green, blue),
        hematoxylin=float(rng.uniform(0.75, 1.25)),
        dab=float(rng.uniform(0.75, 1.2)),
        blur=float(rng.uniform(0.45, 0.8)),
        grain=float(rng.uniform(0.6, 1.4)),
    )


def expose(
    rng: Generator, style: Style, *, hematoxylin: Field, dab: Field, pigment: Field, defocus: float = 0.0
) -> NDArray[np.uint8]:
    """The picture, (H, W, 3) uint8 RGB, of dyes that lie on glass.

    Args:
        rng: Where sensor noise and uneven light come from.
        style: Slide and scanner.
        hematoxylin: (H, W), optical density along `HEMATOXYLIN`.
        dab: (H, W), optical density along `DAB`.
        pigment: (H, W), optical density along `PIGMENT`.
        defocus: Blur that this patch has on top of the slide's, as a standard deviation in pixels.
    """
    height, width = hematoxylin.shape
    sigma = float(np.hypot(style.blur, defocus))
    light = 1 + np.float32(0.004) * smooth_noise(rng, (height, width), 150.0)
    grain = np.float32(style.grain) * texture(rng, (height, width), 1.0) + np.float32(0.5)
    dyes = [
        (_focus(amount, sigma) * np.float32(-np.log(10) * strength), colour)
        for amount, strength, colour in (
            (hematoxylin, style.hematoxylin, HEMATOXYLIN),
            (dab, style.dab, DAB),
            (pigment, 1.0, PIGMENT),
        )
        if amount.any()
    ]
    picture = np.empty((height, width, 3), dtype=np.uint8)
    for channel, glass in enumerate(style.glass):
        absorbed = np.zeros_like(light)
        for density, colour in dyes:
            absorbed += density * np.float32(colour[channel])
        seen = np.exp(absorbed, out=absorbed)
        seen *= light
        seen *= np.float32(glass)
        seen += grain
        picture[..., channel] = np.clip(seen, 0, 255, out=seen)
    return picture


def _focus(field: Field, sigma: float) -> Field:
    """A field as the objective sees it; blurring density, not light, costs a third and hardly looks different."""
    return np.asarray(ndimage.gaussian_filter(field, sigma, truncate=2.5, mode="nearest"), dtype=np.float32)
