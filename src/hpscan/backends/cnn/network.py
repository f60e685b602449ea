"""A timm classifier with one output: how it is called, asked where it looked, and restored."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from hpscan.backends.pretrained import weights
from hpscan.backends.shared import augment
from hpscan.backends.shared.tensors import at_once, load_state, place, state_of, to_tensor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from hpscan.backends.cnn.settings import CnnSettings
    from hpscan.core.backend import Images, Scores, State

_CHUNK = 16
"""Patches scored at once where they are not scored one by one, however many are asked for: memory stays the same."""


class Classifier(nn.Module):
    """A timm network behind its own colour normalisation: (B, 3, H, W) of 0..1 -> (B,) logits."""

    mean: Tensor
    std: Tensor

    def __init__(self, settings: CnnSettings, pretrained: weights.Pretrained | None) -> None:
        super().__init__()
        self.network = weights.build(settings.backbone, pretrained, num_classes=1)
        mean, std = weights.normalisation(settings.backbone)
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std).view(1, 3, 1, 1), persistent=False)
        fixed: Any = self.network.pretrained_cfg
        self._keeps_statistics = pretrained is not None
        self._size = tuple(fixed["input_size"][1:]) if fixed.get("fixed_input_size") else None

    def forget_chance(self) -> None:
        """Start from log odds of 0: those of a last layer drawn by chance are 5 to 10, and an epoch goes to taking them back."""
        head: Any = self.network.get_classifier()  # type: ignore[operator]
        if isinstance(head, nn.Linear):
            nn.init.zeros_(head.weight)
            nn.init.zeros_(head.bias)

    def train(self, mode: bool = True) -> Self:
        """Train or evaluate, with the batch norms' pretrained statistics as they are.

        A few hundred steps are too few to learn them anew: with a moving average that lags behind, the network that is
        evaluated is not the one that was trained (on real patches, AUC 0.93 in place of 0.99).
        """
        super().train(mode)
        for module in self.network.modules() if self._keeps_statistics else ():
            if isinstance(module, nn.modules.batchnorm._BatchNorm):  # noqa: SLF001  torch's only name for all of them
                module.eval()
        return self

    def forward(self, x: Tensor) -> Tensor:
        """Logits: above 0 more likely positive than not, in the mix of classes that training drew."""
        if self._size is not None and x.shape[2:] != self._size:  # networks with learned positions take one size only
            x = functional.interpolate(x, size=self._size, mode="bilinear", antialias=True)
        logits: Tensor = self.network((x - self.mean) / self.std)[:, 0]
        return logits


class ClassifierScorer:
    """Fine-tuned classifiers whose opinions are averaged: one, or several that chance trained differently."""

    def __init__(self, members: Sequence[Classifier], settings: CnnSettings, device: str) -> None:
        self._members = [place(module, device) for module in members]
        self._settings = settings
        self._device = device

    def score(self, images: Images) -> Scores:
        """The log odds of bacteria, (N,), for the mix of classes that training drew; mean of members and views.

        Computed in float32 on every device: bfloat16 would change scores by more than a device may.
        """
        scores = np.zeros(len(images))
        size = at_once(self._device, _CHUNK)
        for start in range(0, len(images), size):
            part = slice(start, start + size)
            with torch.inference_mode():
                x = to_tensor(images[part], self._device)
                views = [augment.symmetry(x, number) for number in augment.VIEWS[: self._settings.views]]
                logits = [module(view) for module in self._members for view in views]
                scores[part] = torch.stack(logits).cpu().double().mean(dim=0).numpy()
        return scores

    def heatmap(self, images: Images) -> NDArray[np.float32]:
        """Where the evidence for bacteria lies, (N, H, W), 0..1: Grad-CAM, its peak the score as a probability.

        Selvaraju et al. 2017 (arXiv 1610.02391), with gradients cell by cell (HiResCAM, arXiv 2011.08891), which
        keeps the map faithful where the feature map is large.
        """
        maps = np.zeros(images.shape[:3], np.float32)
        for start in range(0, len(images), _CHUNK):
            part = slice(start, start + _CHUNK)
            maps[part] = np.mean([self._heatmap(module, images[part]) for module in self._members], axis=0)
        return maps

    def _heatmap(self, module: Classifier, images: Images) -> NDArray[np.float32]:
        kept: list[Tensor] = []
        hook = self._layer(module).register_forward_hook(lambda _module, _inputs, output: kept.append(output))
        try:
            with torch.enable_grad():
                logits = module(to_tensor(images, self._device).requires_grad_())
                (gradient,) = torch.autograd.grad(logits.sum(), kept)
        finally:
            hook.remove()
        evidence = _grid(module, (kept[0] * gradient).detach()).sum(dim=1, keepdim=True).clamp_min(0)
        evidence = functional.interpolate(evidence, size=images.shape[1:3], mode="bilinear")[:, 0]
        peak = evidence.amax(dim=(1, 2), keepdim=True).clamp_min(torch.finfo(evidence.dtype).tiny)
        bright: NDArray[np.float32] = (evidence / peak * torch.sigmoid(logits.detach())[:, None, None]).cpu().numpy()
        return bright

    def _layer(self, module: Classifier) -> nn.Module:
        """The deepest layer whose cells cover no more pixels than the settings say, or no more than the finest there is."""
        network: Any = module.network
        layers = [(int(entry["reduction"]), str(entry["module"])) for entry in _feature_info(module)]
        most = max(self._settings.heatmap_stride, min(layers)[0])
        fine = [name for stride, name in layers if stride <= most]
        if getattr(network, "global_pool", "") == "token" and len(fine) == len(layers) > 1:
            fine.pop()  # behind the last block only the class token counts, so its other tokens have no gradient
        layer: nn.Module = network.get_submodule(fine[-1])
        return layer

    def state(self) -> State:
        """The networks' tensors; where there are several, with the number of the network before each name."""
        if len(self._members) == 1:
            return state_of(self._members[0])
        return {
            f"{number}.{name}": value
            for number, module in enumerate(self._members)
            for name, value in state_of(module).items()
        }


def _feature_info(module: Classifier) -> list[Any]:
    found: Any = module.network.feature_info
    return list(getattr(found, "info", found))


def _grid(module: Classifier, x: Tensor) -> Tensor:
    """Activations as (B, C, h, w), of networks that keep channels last or lists of tokens, too."""
    channels = {int(entry["num_chs"]) for entry in _feature_info(module)}
    if x.ndim == 3:
        tokens = x[:, int(getattr(module.network, "num_prefix_tokens", 0)) :]
        side = round(tokens.shape[1] ** 0.5)
        return tokens.transpose(1, 2).reshape(len(x), -1, side, side)
    return x if x.shape[1] in channels else x.permute(0, 3, 1, 2)


def restore_classifier(state: State, settings: CnnSettings, device: str) -> ClassifierScorer:
    """The scorer whose tensors `state` holds.

    Raises:
        ModelDamagedError: When the tensors are not those of the backbone.
    """
    numbered: dict[int, dict[str, NDArray[np.generic]]] = defaultdict(dict)
    for name, value in state.items():
        number, _, rest = name.partition(".")
        if number.isdecimal():
            numbered[int(number)][rest] = value
    parts: list[State] = [numbered[number] for number in sorted(numbered)] or [state]
    members = [Classifier(settings, None) for _ in parts]
    for module, part in zip(members, parts, strict=True):
        load_state(module, part, settings.backbone)
    return ClassifierScorer(members, settings, device)
