"""Backend `autoencoder`: learns uninfected tissue; bacteria are what it cannot paint.

The method of Cano et al. (arXiv 2309.16053): a shallow convolutional autoencoder fitted on patches of patients
diagnosed negative, and a score that compares red pixels in a patch with red pixels in its reconstruction. Ours
defines the measure exactly (docs/explanation/score.md) where published copies disagree.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field

from hpscan.backends.gate import RedGate, smooth
from hpscan.core.backend import Fitted, Supervision

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hpscan.backends.networks.autoencoder import Painter
    from hpscan.core.backend import Images, Patches, Run, Scores, State


class Network(StrEnum):
    """Which network paints."""

    SHALLOW = "shallow"


class Measure(StrEnum):
    """How a patch is compared with its reconstruction."""

    RED_RESIDUAL = "red-residual"
    F_RED = "f-red"


class AutoencoderSettings(RedGate):
    """Settings of network, score and training."""

    network: Network = Field(
        Network.SHALLOW,
        description="shallow: three convolutions, 32-64-64 channels, strides 1-2-2 (Cano et al.).",
    )
    score: Measure = Field(
        Measure.RED_RESIDUAL,
        description="red-residual: share of pixels red in the patch and not in its reconstruction; "
        "f-red: red pixels in the patch over red pixels in its reconstruction.",
    )
    epochs: int = Field(20, ge=1, le=10_000, description="Most epochs to train.")
    patience: int = Field(5, ge=1, description="Epochs without a better validation loss before training stops.")
    batch_size: int = Field(16, ge=1, le=4096, description="Patches a training step sees.")
    learning_rate: float = Field(1e-3, gt=0, le=1, description="Highest learning rate of the one-cycle schedule.")
    crop: int = Field(128, ge=32, le=4096, description="Side of the random crop trained on, in pixels.")
    patches_per_patient: int = Field(
        50, ge=1, description="Most patches a patient gives to one epoch, so that nobody outweighs the rest."
    )


class AutoencoderScorer:
    """A fitted autoencoder with its measure."""

    def __init__(self, painter: Painter, settings: AutoencoderSettings) -> None:
        self._painter = painter
        self._settings = settings

    def score(self, images: Images) -> Scores:
        """Red residual, (N,), 0..1, or f-red, (N,), 0 and up.

        Both are 0 for a patch without a red pixel, whatever its reconstruction, so only the others are painted.
        """
        before = self._settings.red(images)
        some = before.any(axis=(1, 2))
        scores = np.zeros(len(images))
        if some.any():
            after = self._settings.red(self.reconstruct(images[some]))
            scores[some] = measure(before[some], after, self._settings.score)
        return scores

    def reconstruct(self, images: Images) -> Images:
        """The patches as the network paints them: (N, H, W, 3), RGB, 0..255."""
        return self._painter.paint(images)

    def heatmap(self, images: Images) -> NDArray[np.float32]:
        """Pixels red in the patch and not in its reconstruction, smoothed: (N, H, W), 0..1."""
        return smooth(self._settings.red(images) & ~self._settings.red(self.reconstruct(images)))

    def state(self) -> State:
        """The network's tensors."""
        return self._painter.state()


def measure(before: NDArray[np.bool_], after: NDArray[np.bool_], kind: Measure) -> Scores:
    """Scores, (N,), from the red pixels of patches and of their reconstructions, both (N, H, W).

    red-residual is the share of pixels that are red before and not after. f-red is the number of red pixels
    before over the number after, where a reconstruction without any counts as having one.
    """
    if kind is Measure.RED_RESIDUAL:
        return np.asarray((before & ~after).mean(axis=(1, 2)), dtype=np.float64)
    n_before, n_after = before.sum(axis=(1, 2)), after.sum(axis=(1, 2))
    return np.asarray(n_before / np.maximum(n_after, 1), dtype=np.float64)


class Autoencoder:
    """The backend."""

    settings = AutoencoderSettings

    def learns_from(self, settings: AutoencoderSettings) -> Supervision:  # noqa: ARG002  the contract's argument
        """Patches of patients diagnosed negative."""
        return Supervision.NEGATIVE_PATIENTS

    def fit(self, train: Patches, validation: Patches, settings: AutoencoderSettings, run: Run) -> Fitted:
        """Fit the network to paint `train`, keeping the weights that paint `validation` best."""
        from hpscan.backends.networks.autoencoder import fit_painter

        painter, history, interrupted = fit_painter(train, validation, settings, run)
        return Fitted(AutoencoderScorer(painter, settings), history, interrupted)

    def restore(self, state: State, settings: AutoencoderSettings, *, device: str) -> AutoencoderScorer:
        """The scorer whose tensors `state` holds."""
        from hpscan.backends.networks.autoencoder import restore_painter

        return AutoencoderScorer(restore_painter(state, settings.network, device), settings)


backend = Autoencoder()
