"""Backend `cnn`: a timm classifier, fine-tuned on labelled patches.

Learns from the few patches that a pathologist has marked, so it sees what colour alone does not show. The two
classes are balanced by drawing: positives repeat until they make up `positive_share` of an epoch.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from hpscan.backends.cnn.settings import CnnSettings
from hpscan.backends.pretrained import weights
from hpscan.core.backend import Supervision

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hpscan.backends.cnn.network import ClassifierScorer
    from hpscan.core.backend import Fitted, Patches, Run, State


class Cnn:
    """The backend."""

    settings = CnnSettings
    quick: Mapping[str, Any] = MappingProxyType({"epochs": 5})

    def learns_from(self, settings: CnnSettings) -> Supervision:  # noqa: ARG002  the contract's argument
        """Patches labelled positive or negative."""
        return Supervision.LABELLED_PATCHES

    def check(self, settings: CnnSettings) -> None:
        """See that the pretrained weights can be had."""
        if settings.pretrained:
            weights.find(settings.backbone, settings.weights)

    def fit(self, train: Patches, validation: Patches, settings: CnnSettings, run: Run) -> Fitted:
        """Fine-tune the backbone on `train`, keeping the weights with the lowest loss on `validation`.

        Raises:
            NotEnoughDataError: When a class is missing.
            WeightsError: When the pretrained weights cannot be had.
        """
        from hpscan.backends.cnn.fit import fit_classifier

        return fit_classifier(train, validation, settings, run)

    def restore(self, state: State, settings: CnnSettings, *, device: str) -> ClassifierScorer:
        """The scorer whose tensors `state` holds; no pretrained weights are needed."""
        from hpscan.backends.cnn.network import restore_classifier

        return restore_classifier(state, settings, device)


backend = Cnn()
