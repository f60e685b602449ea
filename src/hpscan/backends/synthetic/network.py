"""A small network that says where bacteria are: the backbone's fine feature maps and a light decoder.

A rod is 3 x 10 pixels, so nothing coarser than `coarsest_stride` is of use, and the rest of the backbone is cut off:
of EfficientNet-Lite0's 4.6 million parameters 55,504 are left, and the decoder adds 21,249.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from hpscan.backends.pretrained import weights
from hpscan.backends.shared import augment
from hpscan.backends.shared.tensors import at_once, load_state, place, state_of, to_tensor
from hpscan.core.errors import SettingsError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hpscan.backends.synthetic.settings import DetectorSettings
    from hpscan.core.backend import Images, Scores, State

STRIDE = 4
"""Pixels that a cell of the map covers, across and down."""


_WIDTH = 32


_CHUNK = 16
"""Patches scored at once where they are not scored one by one, however many are asked for: memory stays the same."""


_PRIOR = -3.0
"""Log odds of bacteria in a cell that training starts from."""


class Detector(nn.Module):
    """(B, 3, H, W) of 0..1 -> (B, ceil(H/4), ceil(W/4)), the log odds of bacteria in each cell of 4 x 4 pixels.

    Feature maps coarser than a cell are added up from the coarsest on (Lin et al. 2017, arXiv 1612.03144), finer ones are averaged.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, settings: DetectorSettings, pretrained: weights.Pretrained | None) -> None:
        super().__init__()
        network: Any = weights.build(settings.backbone, pretrained, num_classes=0)
        info = list(getattr(network.feature_info, "info", network.feature_info))
        fine = [i for i, entry in enumerate(info) if 2 <= entry["reduction"] <= settings.coarsest_stride]
        if not fine or not hasattr(network, "prune_intermediate_layers"):
            raise SettingsError(
                f"{settings.backbone} has no feature map with cells of 2 to {settings.coarsest_stride} pixels",
                hint="choose a convolutional backbone, e.g. tf_efficientnet_lite0 or resnet18, or a larger coarsest_stride",
            )
        self._taken = fine
        network.prune_intermediate_layers(fine, prune_norm=True, prune_head=True)
        self.network = network
        self.lateral = nn.ModuleList(nn.Conv2d(info[i]["num_chs"], _WIDTH, 1) for i in fine)
        self.smooth = nn.Sequential(_block(), _block())
        self.head = nn.Conv2d(_WIDTH, 1, 1)
        self.head.bias = nn.Parameter(torch.full((1,), _PRIOR))
        mean, std = weights.normalisation(settings.backbone)
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std).view(1, 3, 1, 1), persistent=False)

    def train(self, mode: bool = True) -> Self:
        """Train or evaluate, with the backbone's pretrained batch statistics as they are; see `Classifier.train`."""
        super().train(mode)
        for module in self.network.modules():
            if isinstance(module, nn.modules.batchnorm._BatchNorm):  # noqa: SLF001  torch's only name for all of them
                module.eval()
        return self

    def forward(self, x: Tensor) -> Tensor:
        """The map."""
        height, width = (math.ceil(side / STRIDE) for side in x.shape[2:])
        maps = self.network.forward_intermediates(
            (x - self.mean) / self.std, indices=self._taken, intermediates_only=True
        )
        parts = [lateral(features) for lateral, features in zip(self.lateral, maps, strict=True)]
        found = parts.pop()
        for part in (*reversed(parts), found.new_zeros(1, 1, height, width)):
            side = tuple(min(pair) for pair in zip(part.shape[2:], (height, width), strict=True))
            found = _resized(found, side) + _resized(part, side)
        logits: Tensor = self.head(self.smooth(found))[:, 0]
        return logits


def _resized(x: Tensor, size: tuple[int, ...]) -> Tensor:
    """Fine maps are averaged, coarse ones repeated: both have a backward pass that gives the same on every run."""
    if x.shape[2] > size[0] or x.shape[3] > size[1]:
        x = functional.avg_pool2d(x, max(-(-n // m) for n, m in zip(x.shape[2:], size, strict=True)), ceil_mode=True)
    return x if x.shape[2:] == size else functional.interpolate(x, size=size, mode="nearest")


def _block() -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(_WIDTH, _WIDTH, 3, padding=1, bias=False), nn.BatchNorm2d(_WIDTH), nn.ReLU())


class DetectorScorer:
    """A trained detector."""

    def __init__(self, module: Detector, settings: DetectorSettings, device: str) -> None:
        self._module = place(module, device)
        self._settings = settings
        self._device = device

    def score(self, images: Images) -> Scores:
        """Mean log odds of bacteria, (N,), in the `top` cells of each patch, in float32 on every device."""
        scores = np.zeros(len(images))
        for part in _parts(len(images), self._device):
            views = [
                self._map(images[part], number).flatten(1).topk(self._top(images)).values.double().mean(dim=1)
                for number in range(self._settings.views)
            ]
            scores[part] = torch.stack(views).mean(dim=0).cpu().numpy()
        return scores

    def heatmap(self, images: Images) -> NDArray[np.float32]:
        """The probability of bacteria, (N, H, W), 0..1, for the mix of patches that training made."""
        heat = np.zeros(images.shape[:3], np.float32)
        for part in _parts(len(images), self._device):
            found = torch.sigmoid(self._map(images[part], 0))[:, None]
            heat[part] = functional.interpolate(found, size=images.shape[1:3], mode="bilinear")[:, 0].cpu().numpy()
        return heat

    def state(self) -> State:
        """The network's tensors."""
        return state_of(self._module)

    def _top(self, images: Images) -> int:
        height, width = (math.ceil(side / STRIDE) for side in images.shape[1:3])
        n: int = min(self._settings.top, height * width)
        return n

    def _map(self, images: Images, view: int) -> Tensor:
        with torch.inference_mode():
            found: Tensor = self._module(augment.symmetry(to_tensor(images, self._device), view))
        return found


def _parts(n: int, device: str) -> list[slice]:
    size = at_once(device, _CHUNK)
    return [slice(start, start + size) for start in range(0, n, size)]


def restore_detector(state: State, settings: DetectorSettings, device: str) -> DetectorScorer:
    """The scorer whose tensors `state` holds.

    Raises:
        ModelDamagedError: When the tensors are not those of the network.
    """
    module = Detector(settings, None)
    load_state(module, state, settings.backbone)
    return DetectorScorer(module, settings, device)
