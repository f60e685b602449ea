"""The red gate: which pixels are brown as a DAB deposit is brown. Exact integers, no rounding.

For a pixel (R, G, B) let M be the largest and D the largest minus the smallest of the three, 0..255. Where R is
the largest, its HSV hue in degrees is 60 (G - B) / D, from -60 (towards magenta) to +60 (yellow). The pixel is
red when D > 0, R = M, the hue lies between the two limits, the saturation D / M is at least `saturation` and
the value M / 255 at least `value`. All limits are inclusive.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hpscan.core.backend import Images

_STEPS = 1000
"""Saturation and value limits are taken in thousandths, so that the comparison is one of integers."""


class RedGate(BaseModel):
    """Limits of the red gate, as settings that a backend's own settings inherit.

    The published method takes hues within 20 degrees of red and names no saturation. DAB on these slides
    reaches from reddish to yellowish brown, so the default gate is wider towards yellow; the saturation keeps
    grey glass out and the value black ink.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    hue_low: float = Field(-20, ge=-60, le=0, description="Lowest hue that counts as red, in degrees.")
    hue_high: float = Field(40, ge=0, le=60, description="Highest hue that counts as red, in degrees.")
    saturation: float = Field(0.2, ge=0, le=1, description="Least saturation (HSV) of a red pixel.")
    value: float = Field(0.2, ge=0, le=1, description="Least value (HSV) of a red pixel; darker is ink.")

    def red(self, images: Images) -> NDArray[np.bool_]:
        """Which pixels of `images`, (N, H, W, 3), are red: (N, H, W)."""
        red = np.empty(images.shape[:3], np.bool_)
        for i, image in enumerate(images):
            red[i] = self._red(image)
        return red

    def _red(self, image: NDArray[np.uint8]) -> NDArray[np.bool_]:
        r, g, b = (image[..., channel].astype(np.int32) for channel in range(3))
        spread = r - np.minimum(np.minimum(r, g), b)
        hue = 60 * (g - b)  # in degrees, times the spread
        red: NDArray[np.bool_] = (
            (spread > 0)
            & (r >= g)
            & (r >= b)
            & (hue >= self.hue_low * spread)
            & (hue <= self.hue_high * spread)
            & (_STEPS * spread >= round(_STEPS * self.saturation) * r)
            & (_STEPS * r >= round(_STEPS * self.value) * 255)
        )
        return red


def smooth(map_: NDArray[np.bool_] | NDArray[np.floating], sigma: float = 2.0) -> NDArray[np.float32]:
    """A mask or a map of 0..1, (N, H, W), as a map 0..1 that the eye finds: blurred by `sigma` pixels within each."""
    from scipy.ndimage import gaussian_filter

    blurred: NDArray[np.float32] = gaussian_filter(map_.astype(np.float32), sigma=(0, sigma, sigma))
    return np.clip(blurred, 0, 1)
