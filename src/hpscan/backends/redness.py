"""Backend `redness`: the fixed hue rule. It learns nothing, and everything that learns must beat it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hpscan.backends.gate import RedGate, smooth
from hpscan.core.backend import Fitted, Supervision

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hpscan.core.backend import Images, Patches, Run, Scores, State


class RednessSettings(RedGate):
    """Settings of the rule: the limits of the red gate."""


class RednessScorer:
    """Share of a patch's pixels that are red."""

    def __init__(self, settings: RednessSettings) -> None:
        self._gate = settings

    def score(self, images: Images) -> Scores:
        """Share of red pixels, (N,), 0..1."""
        return np.asarray(self._gate.red(images).mean(axis=(1, 2)), dtype=np.float64)

    def heatmap(self, images: Images) -> NDArray[np.float32]:
        """The red pixels, smoothed: (N, H, W), 0..1."""
        return smooth(self._gate.red(images))

    def state(self) -> State:
        """Nothing was learned, so nothing needs keeping."""
        return {}


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
