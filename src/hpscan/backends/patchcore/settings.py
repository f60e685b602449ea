"""Settings of the backend `patchcore`."""

from __future__ import annotations

from pydantic import Field

from hpscan.backends.pretrained.backbone import FeatureSettings


class PatchcoreSettings(FeatureSettings):
    """Settings of features and memory bank."""

    strangest: int = Field(
        3,
        ge=0,
        le=4096,
        description="The score is the mean anomaly of so many cells, the strangest ones; 0 is anomalib's own score.",
    )
    standardise: bool = Field(
        True,
        description="Whether features are divided by their spread in uninfected tissue; published is without.",
    )
    bank: int = Field(3000, ge=10, le=1_000_000, description="Feature vectors that the memory bank keeps.")
    memory: int = Field(
        64,
        ge=1,
        le=1_000_000,
        description="Most MiB of feature vectors that the bank is chosen from; every patch gives as many as fit.",
    )
    neighbours: int = Field(
        9,
        ge=1,
        le=1000,
        description="Neighbours in the bank that weigh the strangest place's distance; 1 does not weigh. "
        "Used where `strangest` is 0.",
    )
