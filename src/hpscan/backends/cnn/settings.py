"""Settings of the backend `cnn`."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from hpscan.backends.pretrained.backbone import BackboneSettings


class CnnSettings(BackboneSettings):
    """Settings of backbone, training and scoring."""

    pretrained: bool = Field(True, description="Whether training starts from pretrained weights.")
    epochs: int = Field(8, ge=1, le=10_000, description="Most epochs to train.")
    patience: int = Field(5, ge=1, description="Epochs without a better validation loss before training stops.")
    batch_size: int = Field(8, ge=2, le=4096, description="Patches a training step sees.")
    learning_rate: float = Field(3e-4, gt=0, le=1, description="Highest learning rate of the one-cycle schedule.")
    patches_per_patient: int = Field(
        50, ge=1, description="Most patches a patient gives to one epoch, so that nobody outweighs the rest."
    )
    positive_share: float = Field(
        0.4, gt=0, lt=1, description="Proportion of positive patches in an epoch; positives repeat to reach it."
    )
    painted_share: float = Field(
        0.25,
        ge=0,
        le=1,
        description="Proportion of training patches that synthetic bacteria are added to, which makes them positive. Only square patches "
        "of 64 to 512 pixels get them.",
    )
    faint_share: float = Field(0.25, ge=0, le=1, description="Proportion of these whose rods are pale.")
    confounded_share: float = Field(
        0.3, ge=0, le=1, description="Proportion of training patches that a synthetic confounder is added to."
    )
    stain_jitter: float = Field(
        0.15, ge=0, le=1, description="How far training varies each stain's strength: 0.15 is by up to 15 % each way."
    )
    brightness_jitter: float = Field(
        0.1, ge=0, le=1, description="How far training varies brightness and white balance: 0.1 is by up to 10 %."
    )
    blur: float = Field(
        1.0, ge=0, le=10, description="Greatest blur that training adds to a third of the patches, in pixels (sigma)."
    )
    views: int = Field(
        4,
        ge=1,
        le=8,
        description="Flips and half turns, from 5 on quarter turns, that scoring averages over; scoring takes that many times as long.",
    )
    members: int = Field(
        3,
        ge=1,
        le=20,
        description="Networks trained one after the other with other chance, whose scores are averaged; training and scoring take "
        "that many times as long.",
    )
    heatmap_stride: int = Field(
        8, ge=2, le=32, description="Pixels that one cell of the heatmap's feature map covers, at most."
    )

    @model_validator(mode="after")
    def _has_a_use_for_weights(self) -> Self:
        if self.weights and not self.pretrained:
            raise ValueError("weights are given, and pretrained is false")
        return self
