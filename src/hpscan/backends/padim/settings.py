"""Settings of the backend `padim`."""

from __future__ import annotations

from pydantic import Field

from hpscan.backends.pretrained.backbone import FeatureSettings


class PadimSettings(FeatureSettings):
    """Settings of features and Gaussians."""

    aligned: bool = Field(
        False,
        description="Whether each position of a patch has a Gaussian of its own, as published; then `memory` limits `features`.",
    )
    features: int = Field(
        256, ge=1, le=4096, description="Feature channels kept, drawn at random; all of them where there are fewer."
    )
    memory: int = Field(
        512,
        ge=1,
        le=1_000_000,
        description="Most MiB that the Gaussians may take while they are fitted; more is refused before it starts.",
    )
