"""Backend `autoencoder`: learns uninfected tissue; bacteria are what it cannot paint.

The method of Cano et al. (arXiv 2309.16053): a convolutional autoencoder fitted on patches of patients diagnosed
negative, and a score that compares a patch with its reconstruction. `measure` defines the scores exactly
(docs/explanation/score.md) where published copies disagree; `brown-residual` is hpscan's own.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field

from hpscan.backends.shared import dab as brown
from hpscan.backends.shared.gate import RedGate, smooth
from hpscan.core.backend import Fitted, Supervision

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from hpscan.backends.autoencoder.fit import Painter
    from hpscan.core.backend import Images, Patches, Run, Scores, State


class Network(StrEnum):
    """Which network paints."""

    SHALLOW = "shallow"
    CONV = "conv"
    UNET = "unet"
    UNET_PLAIN = "unet-plain"


class Measure(StrEnum):
    """How a patch is compared with its reconstruction."""

    BROWN_RESIDUAL = "brown-residual"
    RED_RESIDUAL = "red-residual"
    F_RED = "f-red"
    MSE = "mse"
    RED_MSE = "red-mse"

    @property
    def counts_red(self) -> bool:
        """Whether it counts pixels that pass the red gate, and so is 0 for a patch without one."""
        return self in (Measure.RED_RESIDUAL, Measure.F_RED)


class AutoencoderSettings(RedGate):
    """Settings of network, score and training."""

    network: Network = Field(
        Network.SHALLOW,
        description="shallow: three convolutions, 32-64-64 channels, strides 1-2-2 (Cano et al.); "
        "conv: two strided convolutions, 16-8 channels, with pooling and unpooling; "
        "unet: U-Net of 64-128-256 channels, which can copy brown through its skips; "
        "unet-plain: the same without skips. The U-Nets take minutes an epoch on a CPU.",
    )
    score: Measure = Field(
        Measure.BROWN_RESIDUAL,
        description="brown-residual: how far the 100 brownest pixels stand out, both of their patch and of what was "
        "painted there; "
        "red-residual: share of pixels red in the patch and not in its reconstruction; "
        "f-red: red pixels in the patch over red pixels in its reconstruction; "
        "mse: mean squared error of the reconstruction; "
        "red-mse: mean square of the redness, R - (G + B) / 2, that the reconstruction lost. "
        "hue_low, hue_high, saturation and value matter for red-residual and f-red only.",
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
        """What `measure` makes of the patches and their reconstructions, (N,), 0 and up."""
        kind = self._settings.score
        scores = np.zeros(len(images))
        # A measure that counts red is 0 without red, whatever the reconstruction: only the others are painted.
        some = self._settings.red(images).any(axis=(1, 2)) if kind.counts_red else np.ones(len(images), np.bool_)
        if some.any():
            scores[some] = measure(images[some], self.reconstruct(images[some]), kind, self._settings)
        return scores

    def reconstruct(self, images: Images) -> Images:
        """The patches as the network paints them: (N, H, W, 3), RGB, 0..255."""
        return self._painter.paint(images)

    def heatmap(self, images: Images) -> NDArray[np.float32]:
        """Where the score comes from, smoothed: (N, H, W), 0..1.

        How far each pixel is off, as a share of a quarter of 0..255 and at most 1: a pixel of the red scores
        is 0 or 1, and one of the others reaches 1 when it is off by 64 grey levels.
        """
        kind = self._settings.score
        lost = pixel_loss(images, self.reconstruct(images), kind, self._settings)
        off = lost if kind is Measure.BROWN_RESIDUAL else np.sqrt(lost)
        return smooth(np.minimum(off / _FULL_HEAT, 1))

    def state(self) -> State:
        """The network's tensors."""
        return self._painter.state()


_FULL_HEAT = 0.25
"""The error of a pixel, as a share of the whole range, that a heatmap shows at its hottest."""


def measure(before: Images, after: Images, kind: Measure, gate: RedGate) -> Scores:
    """Scores, (N,), of patches with their reconstructions, both (N, H, W, 3).

    f-red is the number of red pixels before over the number after, where a reconstruction without any counts as
    having one. brown-residual is the mean of `pixel_loss` over the pixels where it is highest, `brown.STRONGEST` of them.
    Every other score is its mean over all pixels.
    """
    if kind is Measure.F_RED:
        n_before, n_after = (gate.red(images).sum(axis=(1, 2)) for images in (before, after))
        return np.asarray(n_before / np.maximum(n_after, 1), dtype=np.float64)
    lost = pixel_loss(before, after, kind, gate)
    return brown.strongest(lost) if kind is Measure.BROWN_RESIDUAL else np.asarray(lost.mean(axis=(1, 2)), np.float64)


def pixel_loss(before: Images, after: Images, kind: Measure, gate: RedGate) -> NDArray[np.float64]:
    """What the reconstruction lost at each pixel, (N, H, W), from patches and reconstructions, both (N, H, W, 3).

    brown-residual: the smaller of two excesses, 0..2, or 0 where one is below 0: of the pixel's redness before over
    what is usual in its patch, and of the redness lost over what is usually lost in that patch (`brown.redness`,
    `brown.beyond`).
    red-residual, f-red: 1 where the pixel is red before and not after, else 0.
    mse: ((before - after) / 255)^2, mean of the three channels; 0..1.
    red-mse: (max(0, redness before - redness after) / 255)^2 with redness R - (G + B) / 2, -255..255; 0..4.

    Signed numbers throughout, so that nothing wraps round.
    """
    if kind is Measure.BROWN_RESIDUAL:
        present, painted_red = brown.redness(before), brown.redness(after)
        least = np.minimum(brown.beyond(present, brown.PRESENT), brown.beyond(present - painted_red, brown.LOST))
        return np.asarray(np.maximum(least, 0), dtype=np.float64)
    if kind.counts_red:
        return np.asarray(gate.red(before) & ~gate.red(after), dtype=np.float64)
    lost = np.empty(before.shape[:3])
    for i, (patch, painted) in enumerate(zip(before, after, strict=True)):
        change = patch.astype(np.int32) - painted
        if kind is Measure.MSE:
            lost[i] = (change**2).sum(axis=-1) / (3 * 255**2)
        else:
            twice = 2 * change[..., 0] - change[..., 1] - change[..., 2]  # redness is linear; twice it is an integer
            lost[i] = np.maximum(twice, 0) ** 2 / (2 * 255) ** 2
    return lost


class Autoencoder:
    """The backend."""

    settings = AutoencoderSettings
    quick: Mapping[str, Any] = MappingProxyType({"epochs": 10})

    def learns_from(self, settings: AutoencoderSettings) -> Supervision:  # noqa: ARG002  the contract's argument
        """Patches of patients diagnosed negative."""
        return Supervision.NEGATIVE_PATIENTS

    def fit(self, train: Patches, validation: Patches, settings: AutoencoderSettings, run: Run) -> Fitted:
        """Fit the network to paint `train`, keeping the weights that paint `validation` best."""
        from hpscan.backends.autoencoder.fit import fit_painter

        painter, history, interrupted = fit_painter(train, validation, settings, run)
        return Fitted(AutoencoderScorer(painter, settings), history, interrupted)

    def restore(self, state: State, settings: AutoencoderSettings, *, device: str) -> AutoencoderScorer:
        """The scorer whose tensors `state` holds."""
        from hpscan.backends.autoencoder.fit import restore_painter

        return AutoencoderScorer(restore_painter(state, settings.network, device), settings)


backend = Autoencoder()
