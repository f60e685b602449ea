"""Settings of the backend `synthetic`, and of the network that `bundled` shares with it."""

from __future__ import annotations

from pydantic import Field

from hpscan.backends.pretrained.backbone import BackboneSettings


class DetectorSettings(BackboneSettings):
    """Settings of the network and of its score: what a trained one needs to be used."""

    coarsest_stride: int = Field(
        8, ge=2, le=32, description="Pixels that a cell of the coarsest feature map taken from the backbone covers."
    )
    top: int = Field(
        4,
        ge=1,
        le=4096,
        description="The score is the mean log odds of so many cells, the most suspicious ones; a cell covers 4 x 4 pixels, "
        "and a rod about 3 cells.",
    )
    views: int = Field(
        1, ge=1, le=8, description="Flips and quarter turns that scoring averages over; scoring takes that much longer."
    )


class SyntheticSettings(DetectorSettings):
    """Settings of painting and training, too."""

    steps: int = Field(240, ge=10, le=1_000_000, description="Training steps.")
    batch_size: int = Field(24, ge=2, le=4096, description="Patches a training step sees.")
    learning_rate: float = Field(1e-3, gt=0, le=1, description="Highest learning rate of the one-cycle schedule.")
    patches_per_patient: int = Field(
        50, ge=1, description="Most patches a patient gives to one epoch, so that nobody outweighs the rest."
    )
    drawn_share: float = Field(
        0.5,
        ge=0,
        le=1,
        description="Proportion of training patches whose tissue is synthetic, too: few patients do not show all that there is.",
    )
    infected_share: float = Field(
        0.55, gt=0, lt=1, description="Proportion of training patches that synthetic bacteria are added to."
    )
    confounded_share: float = Field(
        0.5, ge=0, le=1, description="Proportion of training patches that a synthetic confounder is added to."
    )
    faint_share: float = Field(0.25, ge=0, le=1, description="Proportion of synthetic infections whose rods are pale.")
    stain_jitter: float = Field(
        0.2, ge=0, le=1, description="How far training varies each stain's strength: 0.2 is by up to 20 % each way."
    )
    brightness_jitter: float = Field(
        0.12, ge=0, le=1, description="How far training varies brightness and white balance: 0.12 is by up to 12 %."
    )
    blur: float = Field(
        1.2, ge=0, le=10, description="Greatest blur that training adds to a third of the patches, in pixels (sigma)."
    )
