"""Backend `blobs` for hpscan: small brown spots that stand out of the noise of uninfected tissue.

Bacteria are rods a few pixels thick, brown with DAB on tissue blue with hematoxylin. The image is unmixed into the
two stains (Ruifrok & Johnston 2001), and a difference of two Gaussians answers to brown spots of about a rod's
thickness. What uninfected tissue answers is noise; its level is all that is learned.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, ConfigDict, Field
from scipy.ndimage import gaussian_filter

from hpscan import Fitted, Progress, Supervision

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hpscan import Images, Patches, Run, Scores, State

HEMATOXYLIN, DAB = (0.65, 0.70, 0.29), (0.27, 0.57, 0.78)
"""Optical density of the stains in R, G, B (Ruifrok & Johnston 2001)."""


class BlobsSettings(BaseModel):
    """What can be set with `hpscan train --set NAME=VALUE`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    radius: float = Field(3.0, ge=0.5, le=10, description="Radius of the spots looked for, in pixels.")
    quantile: float = Field(
        0.999, gt=0.5, lt=1, description="Proportion of the pixels of an uninfected patch that are to count as noise."
    )


def brown(images: Images) -> NDArray[np.float32]:
    """Optical density of DAB in each pixel, (N, H, W), once hematoxylin is taken out of it."""
    stains = np.array([HEMATOXYLIN, DAB, np.cross(HEMATOXYLIN, DAB)])  # the third stain is what the two leave over
    stains /= np.linalg.norm(stains, axis=1, keepdims=True)
    unmix = np.linalg.inv(stains)[:, 1].astype(np.float32)  # how much R, G and B add to DAB
    table = -np.log10((np.arange(256, dtype=np.float32) + 1) / 256)  # optical density of each grey level
    return table[images] @ unmix


def spots(images: Images, radius: float) -> NDArray[np.float32]:
    """How much browner each pixel's neighbourhood is than what lies around it: (N, H, W)."""
    density, sigma = brown(images), radius / np.sqrt(2)  # the Gaussian that answers most to a disc of this radius
    near, far = (gaussian_filter(density, (0, s, s)) for s in (sigma, 1.6 * sigma))
    return near - far


class BlobsScorer:
    """A fitted model: the settings and the noise level."""

    def __init__(self, settings: BlobsSettings, noise: float) -> None:
        self.settings = settings
        self.noise = noise

    def score(self, images: Images) -> Scores:
        """How far the pixels are above the noise, in noise levels, mean of each image: (N,), 0 and up."""
        return self._excess(images).mean(axis=(1, 2), dtype=np.float64)

    def heatmap(self, images: Images) -> NDArray[np.float32]:
        """How far each pixel is above the noise: (N, H, W), 1 from twice the noise on."""
        return np.minimum(self._excess(images), 1)

    def _excess(self, images: Images) -> NDArray[np.float32]:
        return np.maximum(spots(images, self.settings.radius) / np.float32(self.noise) - 1, 0)

    def state(self) -> State:
        """All that was learned."""
        return {"noise": np.array(self.noise)}


class Blobs:
    """The backend."""

    settings = BlobsSettings

    def learns_from(self, settings: BlobsSettings) -> Supervision:
        """Patches of patients diagnosed negative."""
        return Supervision.NEGATIVE_PATIENTS

    def fit(self, train: Patches, validation: Patches, settings: BlobsSettings, run: Run) -> Fitted:
        """The noise level: what few pixels of a patch exceed, in the median patch."""
        levels: list[float] = []
        for i in range(len(train)):
            if levels and run.should_stop():
                break
            found = spots(train.read(np.array([i])), settings.radius)
            levels.append(float(np.quantile(found, settings.quantile)))
            run.progress(Progress("noise level", i + 1, len(train)))
        noise = max(float(np.median(levels)), 1e-6)  # blank patches have none
        return Fitted(BlobsScorer(settings, noise), interrupted=len(levels) < len(train))

    def restore(self, state: State, settings: BlobsSettings, *, device: str) -> BlobsScorer:
        """The same scorer again."""
        return BlobsScorer(settings, float(state["noise"]))


backend = Blobs()
