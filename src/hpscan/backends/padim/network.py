"""PaDiM's module on a pretrained backbone, and how a stored one is restored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hpscan.backends.pretrained.weights import build
from hpscan.backends.shared.anomaly import Anomaly, AnomalyScorer, layers, restored, without_warnings

if TYPE_CHECKING:
    from torch import Tensor

    from hpscan.backends.padim.settings import PadimSettings
    from hpscan.core.backend import State


class Gaussians(Anomaly):
    """anomalib's PaDiM; a single Gaussian stands for all positions."""

    def cells(self, embedding: Tensor) -> Tensor:
        """(B, C, h, w) -> the Mahalanobis distance of each cell, (B, h, w)."""
        gaussian = self.model.gaussian
        distances: Tensor = self.model.anomaly_map_generator.compute_distance(
            embedding, [gaussian.mean, gaussian.inv_covariance]
        )
        return distances[:, 0]

    def shown(self, cells: Tensor, size: tuple[int, int]) -> Tensor:
        """(B, h, w) -> anomalib's smoothed map of patches of `size`, (B, H, W)."""
        generator = self.model.anomaly_map_generator
        found: Tensor = generator.smooth_anomaly_map(generator.up_sample(cells[:, None], size))
        return found[:, 0]


def padim_module(settings: PadimSettings) -> Gaussians:
    """Anomalib's PaDiM with an untrained backbone, nothing fitted yet."""
    with without_warnings():
        from anomalib.models.image.padim.torch_model import PadimModel

    chosen = layers(settings)
    network: Any = build(settings.backbone, None, features_only=True, out_indices=chosen)
    model = PadimModel(
        backbone=settings.backbone,
        layers=chosen,
        pre_trained=False,
        n_features=min(settings.features, sum(network.feature_info.channels())),
    )
    return Gaussians(model, settings)


def restore_padim(state: State, settings: PadimSettings, device: str) -> AnomalyScorer:
    """The scorer whose tensors `state` holds."""
    return restored(padim_module(settings), state, "padim", device)
