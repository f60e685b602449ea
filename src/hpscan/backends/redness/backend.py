"""Backend `redness`: a fixed rule of colour. It learns nothing, and everything that learns must beat it.

The default counts the pixels of brown hue, as the published measures do. `contrast` asks how far brown stands out of its
patch; it is the `brown-residual` of the autoencoder without a network.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hpscan.backends.redness.settings import RednessSettings, Rule
from hpscan.backends.shared import dab
from hpscan.backends.shared.gate import smooth
from hpscan.core.backend import Fitted, Supervision

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hpscan.core.backend import Images, Patches, Run, Scores, State


class RednessScorer:
    """The rule."""

    def __init__(self, settings: RednessSettings) -> None:
        self._settings = settings

    def score(self, images: Images) -> Scores:
        """Proportion of DAB-positive pixels, (N,), 0..1; for `contrast`, the mean excess of redness over what is usual in the patch, 0..2."""
        if self._settings.score is Rule.CONTRAST:
            return dab.strongest(self._contrast(images))
        return np.asarray(self._settings.red(images).mean(axis=(1, 2)), dtype=np.float64)

    def heatmap(self, images: Images) -> NDArray[np.float32]:
        """The red pixels or their contrast, smoothed: (N, H, W), 0..1; an excess of 64 grey levels is 1."""
        if self._settings.score is Rule.CONTRAST:
            return smooth(np.minimum(self._contrast(images) / _FULL_HEAT, 1))
        return smooth(self._settings.red(images))

    def _contrast(self, images: Images) -> NDArray[np.float32]:
        return np.maximum(dab.beyond(dab.redness(images), dab.PRESENT), 0)

    def state(self) -> State:
        """Nothing was learned, so nothing needs keeping."""
        return {}


_FULL_HEAT = 0.25


class Redness:
    """The backend."""

    settings = RednessSettings

    def learns_from(self, settings: RednessSettings) -> Supervision:  # noqa: ARG002  the contract's argument
        """Nothing."""
        return Supervision.NOTHING

    def fit(self, train: Patches, validation: Patches, settings: RednessSettings, run: Run) -> Fitted:  # noqa: ARG002
        """The rule itself."""
        return Fitted(RednessScorer(settings))

    def restore(self, state: State, settings: RednessSettings, *, device: str) -> RednessScorer:  # noqa: ARG002
        """The rule itself."""
        return RednessScorer(settings)


backend = Redness()
