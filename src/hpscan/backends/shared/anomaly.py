"""What PatchCore and PaDiM share to score: a pretrained backbone inside anomalib's modules, and how they are called.

anomalib's torch modules are used as they are, without its Engine. Features are taken under `no_grad`, not
`inference_mode`, whose tensors could not be loaded into a module again.
"""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from hpscan.backends.pretrained import weights
from hpscan.backends.shared.gate import RedGate
from hpscan.backends.shared.tensors import at_once, load_state, place, state_of, to_tensor
from hpscan.core.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from hpscan.backends.pretrained.backbone import FeatureSettings
    from hpscan.core.backend import Images, Scores, State

CHUNK = 8
"""Patches looked at once where they are not scored one by one, however many are asked for: memory stays the same."""


_GATE = RedGate.model_validate({})
"""What is red where only red cells count: the limits that `redness` has by default."""


class Anomaly(nn.Module):
    """One of anomalib's modules behind its backbone's colour normalisation; what differs between them, a subclass says.

    Attributes:
        model: `PatchcoreModel` or `PadimModel`.
        heat: (2,), the anomaly map's values that the heatmap shows as 0 and as 1.
        size: (2,), height and width of the patches fitted on, in pixels.
        strangest: How many cells the score is the mean of; 0 for anomalib's own score.
        red_only: Whether only red cells count.
    """

    heat: Tensor
    size: Tensor
    strangest: Tensor
    mean: Tensor
    std: Tensor

    def __init__(self, model: nn.Module, settings: FeatureSettings) -> None:
        super().__init__()
        self.model: Any = model
        self.register_buffer("heat", torch.tensor([0.0, 1.0]))
        self.register_buffer("size", torch.tensor([0, 0]))
        self.register_buffer("strangest", torch.tensor(settings.strangest))
        self.red_only = settings.red_only
        mean, std = weights.normalisation(settings.backbone)
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std).view(1, 3, 1, 1), persistent=False)

    def normalised(self, x: Tensor) -> Tensor:
        """(B, 3, H, W) of 0..1 -> the same as the backbone expects it."""
        return (x - self.mean) / self.std

    @torch.no_grad()
    def embed(self, x: Tensor) -> Tensor:
        """(B, 3, H, W) of 0..1 -> (B, C, h, w): the feature maps of all layers on the finest grid."""
        features = self.model.feature_extractor(self.normalised(x))
        pool = getattr(self.model, "feature_pooler", None)  # PatchCore looks at 3 x 3 cells, PaDiM at one
        embedding: Tensor = self.model.generate_embedding(
            {k: pool(v) for k, v in features.items()} if pool else features
        )
        return embedding

    def cells(self, embedding: Tensor) -> Tensor:
        """(B, C, h, w) -> the anomaly of each cell, (B, h, w)."""
        raise NotImplementedError

    def shown(self, cells: Tensor, size: tuple[int, int]) -> Tensor:
        """(B, h, w) -> anomalib's smoothed map of patches of `size`, (B, H, W)."""
        raise NotImplementedError

    @torch.no_grad()
    def forward(self, x: Tensor, red: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """(B, 3, H, W) of 0..1 and which pixels are red, (B, H', W'), if that counts -> scores, (B,), and maps, (B, H, W)."""
        if not self.strangest and not self.red_only:
            found = self.model(self.normalised(x))
            return found.pred_score.reshape(len(x)), found.anomaly_map[:, 0]
        cells = self.cells(self.embed(x))
        if red is not None:
            cells = cells * (functional.adaptive_max_pool2d(red[:, None].float(), cells.shape[1:])[:, 0] > 0)
        every = cells.flatten(1)
        strangest = every.topk(min(max(int(self.strangest), 1), every.shape[1])).values
        return strangest.mean(dim=1), self.shown(cells, (x.shape[2], x.shape[3]))


class AnomalyScorer:
    """A fitted PatchCore or PaDiM.

    Positions matter to PaDiM, so patches of another size than those fitted on are scaled to it first.
    """

    def __init__(self, module: Anomaly, device: str) -> None:
        self._module = place(module, device)
        self._device = device

    def score(self, images: Images) -> Scores:
        """The mean anomaly of the strangest places, (N,), 0 and up, in float32 on every device."""
        scores = np.zeros(len(images))
        for part in chunks(len(images), at_once(self._device, CHUNK)):
            scores[part] = self._look(images[part])[0].cpu().double().numpy()
        return scores

    def heatmap(self, images: Images) -> NDArray[np.float32]:
        """Anomaly maps, (N, H, W): 0 is usual for uninfected tissue, 1 its strangest hundred-thousandth and beyond."""
        maps = np.zeros(images.shape[:3], np.float32)
        low, high = self._module.heat.tolist()
        for part in chunks(len(images), at_once(self._device, CHUNK)):
            found = self._look(images[part])[1]
            found = functional.interpolate(found[:, None], size=images.shape[1:3], mode="bilinear")[:, 0]
            maps[part] = ((found - low) / (high - low)).clamp(0, 1).float().cpu().numpy()
        return maps

    def _look(self, images: Images) -> tuple[Tensor, Tensor]:
        x = to_tensor(images, self._device)
        size = self._module.size.tolist()
        if list(x.shape[2:]) != size:
            x = functional.interpolate(x, size=size, mode="bilinear", antialias=True)
        red = torch.from_numpy(_GATE.red(images)).to(self._device) if self._module.red_only else None
        found: tuple[Tensor, Tensor] = self._module(x, red)
        return found

    def state(self) -> State:
        """Backbone, what was fitted, and the heatmap's scale."""
        return state_of(self._module)


def chunks(n: int, size: int) -> Iterator[slice]:
    """Slices of `size` that cover 0 to `n`."""
    for start in range(0, n, size):
        yield slice(start, start + size)


@contextmanager
def without_warnings() -> Iterator[None]:
    """Importing anomalib warns of what anomalib itself will have to change; nobody who scores patches can."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


def layers(settings: FeatureSettings) -> Any:
    """Numbers of the backbone's feature maps that the settings ask for, the finest first, as anomalib takes them.

    Raises:
        SettingsError: When it has none there.
    """
    network: Any = weights.build(settings.backbone, None, features_only=True)
    strides = [int(stride) for stride in network.feature_info.reduction()]
    chosen = [i for i, stride in enumerate(strides) if settings.finest_stride <= stride <= settings.coarsest_stride]
    if not chosen:
        raise SettingsError(
            f"backbone {settings.backbone} has no feature map with a stride of {settings.finest_stride} to "
            f"{settings.coarsest_stride} pixels",
            hint=f"its strides are {', '.join(map(str, strides))}: set finest_stride and coarsest_stride",
        )
    return chosen


def restored(module: Anomaly, state: State, name: str, device: str) -> AnomalyScorer:
    """The scorer whose tensors `state` holds; one that does not say how many cells it scores has anomalib's score.

    Raises:
        ModelDamagedError: When they are not those of the module.
    """
    load_state(module, {"strangest": np.array(0), **state}, name)
    return AnomalyScorer(module, device)
