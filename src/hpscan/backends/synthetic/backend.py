"""Backend `synthetic`: learns from bacteria that are painted on uninfected tissue, so nobody has to annotate a patch.

Rods, and what may be taken for them, are painted into patches of negative patients as training draws these, and a small
network learns where the rods are. Schlueter et al. 2022 (arXiv 2109.15222) train on natural synthetic anomalies in the same
spirit; what is painted here is the phantom's.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pydantic import Field

from hpscan.backends.pretrained import weights
from hpscan.backends.pretrained.backbone import BackboneSettings
from hpscan.core.backend import Fitted, Supervision

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hpscan.backends.synthetic.fit import DetectorScorer
    from hpscan.core.backend import Patches, Run, State


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
        description="Share of training patches whose tissue is drawn, too: few patients do not show all that there is.",
    )
    infected_share: float = Field(
        0.55, gt=0, lt=1, description="Share of training patches that bacteria are painted on."
    )
    confounded_share: float = Field(
        0.5, ge=0, le=1, description="Share of training patches that something brown or dark is painted on."
    )
    faint_share: float = Field(0.25, ge=0, le=1, description="Share of painted infections whose rods are pale.")
    stain_jitter: float = Field(
        0.2, ge=0, le=1, description="How far training varies each stain's strength: 0.2 is by up to 20 % each way."
    )
    brightness_jitter: float = Field(
        0.12, ge=0, le=1, description="How far training varies brightness and white balance: 0.12 is by up to 12 %."
    )
    blur: float = Field(
        1.2, ge=0, le=10, description="Greatest blur that training adds to a third of the patches, in pixels (sigma)."
    )


class Synthetic:
    """The backend."""

    settings = SyntheticSettings
    quick: Mapping[str, Any] = MappingProxyType({"steps": 120})

    def learns_from(self, settings: SyntheticSettings) -> Supervision:  # noqa: ARG002  the contract's argument
        """Patches of patients diagnosed negative."""
        return Supervision.NEGATIVE_PATIENTS

    def check(self, settings: SyntheticSettings) -> None:
        """See that the pretrained weights can be had."""
        weights.find(settings.backbone, settings.weights)

    def fit(self, train: Patches, validation: Patches, settings: SyntheticSettings, run: Run) -> Fitted:
        """Teach the network to find what is painted on `train`, keeping the weights best at it on `validation`.

        Raises:
            WeightsError: When the pretrained weights cannot be had.
            SettingsError: When the backbone has no feature map that is fine enough.
            NotEnoughDataError: When the patches are too small to paint on.
        """
        from hpscan.backends.synthetic.fit import fit_detector

        return fit_detector(train, validation, settings, run)

    def restore(self, state: State, settings: SyntheticSettings, *, device: str) -> DetectorScorer:
        """The scorer whose tensors `state` holds; no pretrained weights are needed."""
        from hpscan.backends.synthetic.fit import restore_detector

        return restore_detector(state, settings, device)


backend = Synthetic()
