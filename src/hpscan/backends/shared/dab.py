"""Brown that stands out of its patch: redness at the scale of a rod, beyond what the patch shows anyway.

The patch is its own reference, so that a bluish scan, grey glass or a faint brown haze over the whole of it count for
nothing; but no more is taken for usual than uninfected tissue shows, so that bacteria that cover a patch are not their own
reference.
Lengths are in pixels, of patches where a rod is 2 to 4 pixels wide and 8 to 14 long.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hpscan.core.backend import Images, Scores

SIGMA = 1.0
"""Blur, in pixels: a third of a rod's width, so that noise and compression go and a rod stays."""

REFERENCE = 0.9
"""The quantile of a patch's own values that counts as usual for it."""

PRESENT, LOST = 0.05, 0.1
"""The most redness, and the most loss of redness, that counts as usual.

Of the 0.9 quantiles of the development patches, 99 of 100 are below 0.024 (redness, of those labelled negative) and below
0.13 (loss, of all).
"""

STRONGEST = 100
"""Pixels whose mean is the score: about three rods."""


def redness(images: Images) -> NDArray[np.float32]:
    """(R - (G + B) / 2) / 255 of `images`, (N, H, W, 3), blurred by `SIGMA`: (N, H, W), -1..1; brown is above 0."""
    from scipy.ndimage import gaussian_filter

    found = np.empty(images.shape[:3], np.float32)
    for i, image in enumerate(images):
        twice = 2 * image[..., 0].astype(np.int32) - image[..., 1] - image[..., 2]
        found[i] = gaussian_filter(twice.astype(np.float32) / np.float32(2 * 255), SIGMA)
    return found


def beyond(maps: NDArray[np.float32], most: float) -> NDArray[np.float32]:
    """Maps, (N, H, W), less what is usual in each: its own `REFERENCE` quantile, or `most` where that is less."""
    above = np.empty_like(maps)
    for i, values in enumerate(maps):
        above[i] = values - min(np.quantile(values, REFERENCE), most)
    return above


def strongest(maps: NDArray[np.floating]) -> Scores:
    """The mean of each map's highest `STRONGEST` pixels: (N,) of (N, H, W)."""
    scores = np.zeros(len(maps))
    for i, values in enumerate(maps):
        n = min(STRONGEST, values.size)
        scores[i] = np.sort(np.partition(values, values.size - n, axis=None)[-n:]).mean(dtype=np.float64)
    return scores
