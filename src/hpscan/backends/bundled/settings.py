"""Settings of the backend `bundled`: those of the score of `synthetic`, whose network it is."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from hpscan.backends.synthetic.settings import DetectorSettings

_TOP = DetectorSettings.model_fields["top"]


_VIEWS = DetectorSettings.model_fields["views"]


class BundledSettings(BaseModel):
    """Settings of the score; the network is what it is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    top: int = Field(_TOP.default, ge=1, le=4096, description=_TOP.description)
    views: int = Field(_VIEWS.default, ge=1, le=8, description=_VIEWS.description)

    def detector(self) -> DetectorSettings:
        """The settings of the shipped network with this score."""
        return DetectorSettings.model_validate(self.model_dump())
