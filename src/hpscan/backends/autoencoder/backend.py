"""Backend `autoencoder`: learns uninfected tissue; bacteria are what it cannot reconstruct.

The method of Cano et al. (arXiv 2309.16053): a convolutional autoencoder fitted on patches of patients diagnosed
negative, and a score that compares a patch with its reconstruction. `measure.py` defines the scores exactly
(docs/explanation/score.md) where published copies disagree; `brown-residual` is hpscan's own.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from hpscan.backends.autoencoder.settings import AutoencoderSettings
from hpscan.core.backend import Supervision

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hpscan.backends.autoencoder.scorer import AutoencoderScorer
    from hpscan.core.backend import Fitted, Patches, Run, State


class Autoencoder:
    """The backend."""

    settings = AutoencoderSettings
    quick: Mapping[str, Any] = MappingProxyType({"epochs": 10})

    def learns_from(self, settings: AutoencoderSettings) -> Supervision:  # noqa: ARG002  the contract's argument
        """Patches of patients diagnosed negative."""
        return Supervision.NEGATIVE_PATIENTS

    def fit(self, train: Patches, validation: Patches, settings: AutoencoderSettings, run: Run) -> Fitted:
        """Fit the network to reconstruct `train`, keeping the weights that reconstruct `validation` best."""
        from hpscan.backends.autoencoder.fit import fit_autoencoder

        return fit_autoencoder(train, validation, settings, run)

    def restore(self, state: State, settings: AutoencoderSettings, *, device: str) -> AutoencoderScorer:
        """The scorer whose tensors `state` holds."""
        from hpscan.backends.autoencoder.scorer import restore_autoencoder

        return restore_autoencoder(state, settings, device)


backend = Autoencoder()
