"""Backend `patchcore`: how far the features of a patch lie from those of uninfected tissue.

Roth et al. 2022 (arXiv 2106.08265) with anomalib's torch module: a memory bank of local features of uninfected
patches; the score is the distance of the strangest place to its nearest neighbour in the bank.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pydantic import Field

from hpscan.backends.pretrained import weights
from hpscan.backends.pretrained.backbone import FeatureSettings
from hpscan.core.backend import Supervision

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hpscan.backends.shared.anomaly import AnomalyScorer
    from hpscan.core.backend import Fitted, Patches, Run, State


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


class Patchcore:
    """The backend."""

    settings = PatchcoreSettings
    quick: Mapping[str, Any] = MappingProxyType({"bank": 1000})

    def learns_from(self, settings: PatchcoreSettings) -> Supervision:  # noqa: ARG002  the contract's argument
        """Patches of patients diagnosed negative."""
        return Supervision.NEGATIVE_PATIENTS

    def check(self, settings: PatchcoreSettings) -> None:
        """See that the pretrained weights can be had."""
        weights.find(settings.backbone, settings.weights)

    def fit(self, train: Patches, validation: Patches, settings: PatchcoreSettings, run: Run) -> Fitted:
        """Fill the memory bank from `train`; `validation` sets the scale of the heatmap.

        Raises:
            SettingsError: When the patches do not give even one vector each within `memory`.
        """
        from hpscan.backends.patchcore.fit import fit_patchcore

        return fit_patchcore(train, validation, settings, run)

    def restore(self, state: State, settings: PatchcoreSettings, *, device: str) -> AnomalyScorer:
        """The scorer whose tensors `state` holds; no pretrained weights are needed."""
        from hpscan.backends.patchcore.fit import restore_patchcore

        return restore_patchcore(state, settings, device)


backend = Patchcore()
