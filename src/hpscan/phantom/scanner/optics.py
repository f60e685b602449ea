"""Stains, glass and microscope: from how much dye lies where to the picture of it.

Dyes absorb (Beer-Lambert), so their densities add up. Some light reaches the camera past them, so a picture never
grows quite black, and a dye's colour drifts with its amount: DAB from yellow-brown over red-brown to nearly black.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from hpscan.phantom.brushes import smooth_noise, texture
from hpscan.phantom.scanner.compression import compress

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    from hpscan.phantom.brushes import Field

HEMATOXYLIN = (0.78, 0.54, 0.31)
"""Optical density of hematoxylin in R, G, B, of length 1, where thin. Blue pixels of the negative patches of 98
patients: mean (0.77, 0.55, 0.33), spread between patients (0.02, 0.015, 0.035)."""

DAB = (0.32, 0.578, 0.751)
"""Optical density of DAB in R, G, B, of length 1, where thin. Fitted together with `STRAY` to DAB-positive pixels of 33
patients with positive patches, binned by density, and then shifted until pixels of synthetic patches, where DAB lies on
blue tissue and is blurred, fall into these bins with the same hue."""

DAB_TINT = (0.026, 0.017, -0.038)
"""What one unit of tint adds to `DAB`: the direction in which patients differ, redder and less yellow, as long as
the spread (standard deviation) between these patients."""

PIGMENT = (0.56, 0.58, 0.59)
"""Optical density of ink and pigment in R, G, B: nearly neutral, with a brown tinge."""

STRAY = (0.16, 0.195, 0.24)
"""Proportion of the light, R, G, B, that no dye holds back. The darkest pixels of the positive patches are about
(55, 50, 57), and the hue of DAB turns as it grows dense: in the real patches optical density relative to its mean
over R, G, B goes from (0.65, 1.05, 1.30) at 0.15 over (0.72, 1.08, 1.20) at 0.35 to (0.94, 1.07, 1.01) at 0.62."""

BLUISH_GLASS = (231.0, 230.0, 250.0)
GREY_GLASS = (226.0, 225.0, 232.0)
"""Empty glass in the two white balances of the real set, R, G, B in 0..255: medians of the brightest even spot."""

BLUISH_PROPORTION = 0.4
"""Proportion of the slides with bluish glass."""

_LN10 = float(np.log(10))


@dataclass(frozen=True, slots=True)
class Style:
    """How one patient's slide was stained and scanned.

    Attributes:
        glass: Empty glass, R, G, B in 0..255.
        hematoxylin: Strength of the blue stain; 1 is usual.
        dab: Strength of the DAB stain; 1 is usual.
        blur: Standard deviation of the focus blur, in pixels.
        grain: Standard deviation of the sensor noise, in grey levels.
        tint: Hue of the DAB stain, in standard deviations between patients: above 0 redder, below 0 yellower.
        sharpening: How strongly the scanner sharpens, 0 is not at all: leaves a pale rim around what is dark.
        uneven: Proportion of the patches that are in focus only in part.
        quality: Of the JPEG in which the scanner stored the slide, 1..100; 0 where nothing was lost.
    """

    glass: tuple[float, float, float]
    hematoxylin: float
    dab: float
    blur: float
    grain: float
    tint: float = 0.0
    sharpening: float = 0.0
    uneven: float = 0.0
    quality: int = 0


def draw_style(rng: Generator) -> Style:
    """A slide's style: one of the two white balances, and stain, focus and noise around the usual."""
    bluish = rng.random() < BLUISH_PROPORTION
    # Between patients the channels differ nearly in step (correlation 0.8 to 0.98), by 1.4 (grey) or 2.8 (bluish).
    lamp = rng.normal(0, 2.5 if bluish else 1.3) + rng.normal(0, 0.7, 3)
    base = BLUISH_GLASS if bluish else GREY_GLASS
    red, green, blue = (float(min(g + d, 254.0)) for g, d in zip(base, lamp, strict=True))
    return Style(
        glass=(red, green, blue),
        hematoxylin=float(rng.uniform(0.7, 1.3)),
        dab=float(np.exp(rng.normal(0, 0.18))),
        blur=float(rng.uniform(0.5, 0.85)),
        # What the JPEG leaves of it on even glass: quartiles 0.3, 0.5 and 0.8 grey levels between patients.
        grain=float(np.exp(rng.normal(0.15, 0.5))),
        tint=float(np.clip(rng.normal(), -2.2, 2.2)),
        sharpening=float(rng.uniform(0.2, 0.8)),
        uneven=float(rng.uniform(0, 0.16)),
        # These give the block edges and the coloured specks of the real patches.
        quality=int(rng.integers(60, 81)),
    )


def absorb(dab: Field, pigment: Field, hematoxylin: Field, *, tint: float = 0.0) -> NDArray[np.float32]:
    """Optical density of dyes as the camera sees it, (H, W, 3) float32 for R, G, B.

    `expose` dims glass with it; something is added to a real picture with `image * 10 ** -absorb(...)`. Thin dyes give just
    their amount times their colour; the denser, the less is added, up to `-log10(STRAY)`.

    Args:
        dab: (H, W), amount of DAB, as optical density along `DAB`, already times the slide's strength.
        pigment: (H, W), the same along `PIGMENT`.
        hematoxylin: (H, W), the same along `HEMATOXYLIN`.
        tint: Hue of the DAB; see `Style`.

    An amount below 0 is more light than from glass, and gives a density below 0.
    """
    amounts = [(a, c) for a, c in ((dab, dab_colour(tint)), (pigment, PIGMENT), (hematoxylin, HEMATOXYLIN)) if a.any()]
    seen = np.empty((3, *dab.shape), dtype=np.float32)
    for channel in range(3):
        light = _passed(amounts, channel, dab.shape)
        np.log10(light, out=light)
        np.negative(light, out=seen[channel])
    return np.moveaxis(seen, 0, -1)


def dab_colour(tint: float) -> tuple[float, float, float]:
    """Optical density of thin DAB of this tint in R, G, B, of length 1."""
    red, green, blue = (c + tint * d for c, d in zip(DAB, DAB_TINT, strict=True))
    norm = float(np.sqrt(red * red + green * green + blue * blue))
    return red / norm, green / norm, blue / norm


def expose(
    rng: Generator, style: Style, *, hematoxylin: Field, dab: Field, pigment: Field, defocus: float = 0.0
) -> NDArray[np.uint8]:
    """The picture, (H, W, 3) uint8 RGB, of dyes that lie on glass.

    Args:
        rng: Where sensor noise, uneven light and uneven focus come from.
        style: Slide and scanner.
        hematoxylin: (H, W), optical density along `HEMATOXYLIN`.
        dab: (H, W), optical density along `DAB`.
        pigment: (H, W), optical density along `PIGMENT`.
        defocus: Blur that this patch has on top of the slide's, as a standard deviation in pixels.
    """
    shape = hematoxylin.shape
    height, width = shape
    kernel = _focus_kernel(float(np.hypot(style.blur, defocus)), style.sharpening)
    # Glass of one slide differs between patches by about 1.3 grey levels.
    light = np.float32(1 + rng.normal(0, 0.004)) + np.float32(0.004) * smooth_noise(rng, (height, width), 150.0)
    grain = np.float32(style.grain) * texture(rng, (height, width), 1.0)
    uneven = _uneven_focus(rng, (height, width)) if rng.random() < style.uneven else None
    amounts = [
        (_focus(amount, kernel) * np.float32(strength), colour)
        for amount, strength, colour in (
            (hematoxylin, style.hematoxylin, HEMATOXYLIN),
            (dab, style.dab, dab_colour(style.tint)),
            (pigment, 1.0, PIGMENT),
        )
        if amount.any()
    ]
    planes = np.empty((3, height, width), dtype=np.float32)
    for channel, glass in enumerate(style.glass):
        seen = _passed(amounts, channel, shape)
        if uneven is not None:
            weight, sigma = uneven
            seen += weight * (ndimage.gaussian_filter(seen, sigma, truncate=2.5, mode="nearest") - seen)
        seen *= light
        seen *= np.float32(glass)
        seen += grain
        planes[channel] = seen
    if style.quality:
        # What is brighter is lost before it is stored.
        planes = compress(rng, np.clip(planes, 0, 255, out=planes), style.quality)
    planes += np.float32(0.5)
    return np.ascontiguousarray(np.moveaxis(np.clip(planes, 0, 255, out=planes).astype(np.uint8), 0, -1))


def _passed(
    amounts: list[tuple[Field, tuple[float, float, float]]], channel: int, shape: tuple[int, ...]
) -> NDArray[np.float32]:
    """The proportion of the light that is left in one channel, (H, W), behind amounts of dyes of these colours."""
    stray = STRAY[channel]
    left = np.zeros(shape, dtype=np.float32)
    for amount, colour in amounts:
        left += amount * np.float32(-_LN10 * colour[channel] / (1 - stray))
    np.exp(left, out=left)
    left *= np.float32(1 - stray)
    left += np.float32(stray)
    return left


def _focus_kernel(sigma: float, sharpening: float) -> NDArray[np.float32]:
    """The line spread of objective and scanner: a Gaussian, less a part of a wider one."""
    wide = 2.5 * max(sigma, 0.6)
    reach = int(2.0 * (wide if sharpening else sigma) + 0.5)
    at = np.arange(-reach, reach + 1)
    narrow, broad = (np.exp(-((at / s) ** 2) / 2) for s in (sigma, wide))
    # The two passes, along and across, each add their part.
    proportion = sharpening / 2
    kernel: NDArray[np.float32] = (1 + proportion) * narrow / narrow.sum() - proportion * broad / broad.sum()
    return kernel.astype(np.float32)


def _focus(field: Field, kernel: NDArray[np.float32]) -> Field:
    """A field as the objective sees it; blurring density, not light, costs a third and hardly looks different."""
    # A few rods or grains leave most rows empty.
    rows, reach = np.flatnonzero(field.any(axis=1)), len(kernel) // 2
    first, last = max(int(rows[0]) - reach, 0), int(rows[-1]) + reach + 1
    blurred = np.zeros(field.shape, dtype=np.float32)
    across = ndimage.correlate1d(field[first:last], kernel, axis=1, mode="nearest")
    ndimage.correlate1d(across, kernel, axis=0, mode="nearest", output=blurred[first:last])
    return blurred


def _uneven_focus(rng: Generator, shape: tuple[int, int]) -> tuple[Field, float]:
    """Where a patch is out of focus, (H, W) in 0..1, and by how much, as a standard deviation in pixels.

    Thick or tilted tissue leaves the focus gradually. Scanners stitch strips that were focused each for itself: there
    it changes at a straight seam.
    """
    if rng.random() < 0.7:
        bump = smooth_noise(rng, shape, float(rng.uniform(90, 220)))
        return np.clip(0.5 + bump * np.float32(1.2), 0, 1), float(rng.uniform(1.2, 2.8))
    weight = np.zeros(shape, dtype=np.float32)
    seam = int(rng.uniform(0.15, 0.85) * shape[1])
    weight[:, :seam] = 1
    if rng.random() < 0.5:
        weight = 1 - weight
    return weight, float(rng.uniform(1.5, 4))
