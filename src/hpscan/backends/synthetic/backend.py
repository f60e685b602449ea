"""Backend `synthetic`: learns from synthetic bacteria on uninfected tissue, so nobody has to annotate a patch.

Rods, and what may be taken for them, are added to patches of negative patients as training draws these, and a small
network learns where the rods are. Schlueter et al. 2022 (arXiv 2109.15222) train on natural synthetic anomalies in the same
spirit; what is added here is the phantom's.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from hpscan.backends.pretrained import weights
from hpscan.backends.synthetic.settings import SyntheticSettings
from hpscan.core.backend import Supervision

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hpscan.backends.synthetic.network import DetectorScorer
    from hpscan.core.backend import Fitted, Patches, Run, State


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
        """Teach the network to find what is added to `train`, keeping the weights best at it on `validation`.

        Raises:
            WeightsError: When the pretrained weights cannot be had.
            SettingsError: When the backbone has no feature map that is fine enough.
            NotEnoughDataError: When the patches are too small to add bacteria to.
        """
        from hpscan.backends.synthetic.fit import fit_detector

        return fit_detector(train, validation, settings, run)

    def restore(self, state: State, settings: SyntheticSettings, *, device: str) -> DetectorScorer:
        """The scorer whose tensors `state` holds; no pretrained weights are needed."""
        from hpscan.backends.synthetic.network import restore_detector

        return restore_detector(state, settings, device)


backend = Synthetic()
