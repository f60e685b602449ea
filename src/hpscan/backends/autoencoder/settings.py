"""Settings of the backend `autoencoder`."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from hpscan.backends.shared.gate import RedGate


class Network(StrEnum):
    """Which network reconstructs."""

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
        "reconstructed there; "
        "red-residual: proportion of pixels red in the patch and not in its reconstruction; "
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
