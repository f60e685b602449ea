"""Settings of backends that start from a pretrained backbone; their own settings inherit these."""

from __future__ import annotations

from pathlib import PurePath
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, field_serializer, model_validator

from hpscan.backends.pretrained.weights import DEFAULT


class BackboneSettings(BaseModel):
    """Which backbone, and where its weights come from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    backbone: str = Field(DEFAULT, min_length=1, description="The pretrained network: any name of timm.")
    weights: str = Field(
        "", description="Safetensors file with the backbone's pretrained weights; by default found by its name."
    )

    @field_serializer("weights")
    def _file_name(self, weights: str) -> str:
        """A model's manifest holds nobody's paths; what was in the file it knows by its SHA-256."""
        return PurePath(weights).name


class FeatureSettings(BackboneSettings):
    """Which of the backbone's feature maps are taken, and from how many patches, too."""

    finest_stride: int = Field(
        4,
        ge=1,
        le=64,
        description="Pixels that a cell of the finest feature map taken covers; 2 takes four times as long and sees no more.",
    )
    coarsest_stride: int = Field(
        4,
        ge=1,
        le=64,
        description="Pixels that a cell of the coarsest feature map taken covers; 8 takes about twice as long.",
    )
    strangest: int = Field(
        10,
        ge=0,
        le=4096,
        description="The score is the mean anomaly of so many cells, the strangest ones; 0 is anomalib's own score.",
    )
    red_only: bool = Field(
        False,
        description="Whether only cells count in which a pixel is as red as `redness` has it; then colour does most of the work.",
    )
    patches_per_patient: int = Field(
        200, ge=1, description="Most patches a patient gives, so that nobody outweighs the rest."
    )

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.finest_stride > self.coarsest_stride:
            raise ValueError(f"finest_stride {self.finest_stride} is above coarsest_stride {self.coarsest_stride}")
        return self
