"""PatchCore's module on a pretrained backbone, and how a stored one is restored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from hpscan.backends.shared.anomaly import Anomaly, AnomalyScorer, layers, restored, without_warnings

if TYPE_CHECKING:
    from torch import Tensor, nn

    from hpscan.backends.patchcore.settings import PatchcoreSettings
    from hpscan.core.backend import State


class Bank(Anomaly):
    """anomalib's PatchCore, its features scaled as they leave the backbone, so that all it does has them scaled.

    Attributes:
        scale: (C,), what each feature is multiplied by, the finest layer's first.
    """

    scale: Tensor

    def __init__(self, model: nn.Module, settings: PatchcoreSettings) -> None:
        super().__init__(model, settings)
        self.register_buffer("scale", torch.ones(sum(self.model.feature_extractor.out_dims)))
        self.model.feature_extractor.register_forward_hook(self._scaled)

    def _scaled(self, extractor: Any, _: Any, features: dict[Any, Tensor]) -> dict[Any, Tensor]:
        parts = torch.split(self.scale, list(extractor.out_dims))
        return {layer: features[layer] * part[:, None, None] for layer, part in zip(features, parts, strict=True)}

    def cells(self, embedding: Tensor) -> Tensor:
        """(B, C, h, w) -> the distance of each cell to its nearest neighbour in the bank, (B, h, w)."""
        vectors = self.model.reshape_embedding(embedding)
        distances: Tensor = self.model.nearest_neighbors(vectors, n_neighbors=1)[0]
        return distances.view(len(embedding), *embedding.shape[2:])

    def shown(self, cells: Tensor, size: tuple[int, int]) -> Tensor:
        """(B, h, w) -> anomalib's smoothed map of patches of `size`, (B, H, W)."""
        found: Tensor = self.model.anomaly_map_generator(cells[:, None], size)
        return found[:, 0]


def patchcore_module(settings: PatchcoreSettings) -> Bank:
    """Anomalib's PatchCore with an untrained backbone and an empty bank."""
    with without_warnings():
        from anomalib.models.image.patchcore.torch_model import PatchcoreModel

    model = PatchcoreModel(
        layers=layers(settings),
        backbone=settings.backbone,
        pre_trained=False,
        num_neighbors=settings.neighbours,
    )
    return Bank(model, settings)


def restore_patchcore(state: State, settings: PatchcoreSettings, device: str) -> AnomalyScorer:
    """The scorer whose tensors `state` holds; a state without a scale has features as the backbone gives them."""
    module = patchcore_module(settings)
    return restored(module, {"scale": np.ones(len(module.scale), np.float32), **state}, "patchcore", device)
