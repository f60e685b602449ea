"""Backend `patchcore`: how far the features of a patch lie from those of uninfected tissue.

Roth et al. 2022 (arXiv 2106.08265) with anomalib's torch module: a memory bank of local features of uninfected
patches; the score is the distance of the strangest place to its nearest neighbour in the bank.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from hpscan.backends.patchcore.settings import PatchcoreSettings
from hpscan.backends.pretrained import weights
from hpscan.core.backend import Supervision

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hpscan.backends.shared.anomaly import AnomalyScorer
    from hpscan.core.backend import Fitted, Patches, Run, State


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
        from hpscan.backends.patchcore.network import restore_patchcore

        return restore_patchcore(state, settings, device)


backend = Patchcore()
