"""Backend `padim`: how unlikely the features of a patch are under a Gaussian of uninfected tissue.

Defard et al. 2021 (arXiv 2011.08785) with anomalib's torch module. The paper fits one Gaussian for each position of the
patch, which supposes that patches are aligned, as parts on a conveyor are; tissue is not, so here all positions share
one unless `aligned` says otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpscan.backends.padim.settings import PadimSettings
from hpscan.backends.pretrained import weights
from hpscan.core.backend import Supervision

if TYPE_CHECKING:
    from hpscan.backends.shared.anomaly import AnomalyScorer
    from hpscan.core.backend import Fitted, Patches, Run, State


class Padim:
    """The backend."""

    settings = PadimSettings

    def learns_from(self, settings: PadimSettings) -> Supervision:  # noqa: ARG002  the contract's argument
        """Patches of patients diagnosed negative."""
        return Supervision.NEGATIVE_PATIENTS

    def check(self, settings: PadimSettings) -> None:
        """See that the pretrained weights can be had."""
        weights.find(settings.backbone, settings.weights)

    def fit(self, train: Patches, validation: Patches, settings: PadimSettings, run: Run) -> Fitted:
        """Fit the Gaussian, or one at each position, to `train`; `validation` sets the scale of the heatmap.

        Raises:
            SettingsError: When the Gaussians would take more than `memory`.
        """
        from hpscan.backends.padim.fit import fit_padim

        return fit_padim(train, validation, settings, run)

    def restore(self, state: State, settings: PadimSettings, *, device: str) -> AnomalyScorer:
        """The scorer whose tensors `state` holds; no pretrained weights are needed."""
        from hpscan.backends.padim.network import restore_padim

        return restore_padim(state, settings, device)


backend = Padim()
