"""A timm classifier with one output: how it is fine-tuned, called, and asked where it looked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from hpscan.backends import weights
from hpscan.backends.networks import augment
from hpscan.backends.networks.tensors import load_state, place, state_of, to_tensor
from hpscan.core.backend import Fitted
from hpscan.core.cohort import PatchLabel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hpscan.backends.cnn import CnnSettings
    from hpscan.core.backend import Images, Patches, Run, Scores, State

_CHUNK = 16
"""Patches scored at once, however many are asked for: memory stays the same, and so do the scores."""


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
    """A fine-tuned classifier."""

    def __init__(self, module: Classifier, settings: CnnSettings, device: str) -> None:
        self._module = place(module, device)
        self._settings = settings
        self._device = device

    def score(self, images: Images) -> Scores:
        """The classifier's log odds of bacteria, (N,), for the mix of classes that training drew.

        Computed in float32 on every device: bfloat16 would change scores by more than a device may.
        """
        scores = np.zeros(len(images))
        for start in range(0, len(images), _CHUNK):
            part = slice(start, start + _CHUNK)
            with torch.inference_mode():
                x = to_tensor(images[part], self._device)
                views = [self._module(augment.symmetry(x, number)) for number in range(self._settings.views)]
                scores[part] = torch.stack(views).cpu().double().mean(dim=0).numpy()
        return scores

    def heatmap(self, images: Images) -> NDArray[np.float32]:
        """Where the evidence for bacteria lies, (N, H, W), 0..1: Grad-CAM, its peak the score as a probability.

        Selvaraju et al. 2017 (arXiv 1610.02391), with gradients cell by cell (HiResCAM, arXiv 2011.08891), which
        keeps the map faithful where the feature map is large.
        """
        maps = np.zeros(images.shape[:3], np.float32)
        for start in range(0, len(images), _CHUNK):
            part = slice(start, start + _CHUNK)
            maps[part] = self._heatmap(images[part])
        return maps

    def _heatmap(self, images: Images) -> NDArray[np.float32]:
        kept: list[Tensor] = []
        hook = self._layer().register_forward_hook(lambda _module, _inputs, output: kept.append(output))
        try:
            with torch.enable_grad():
                logits = self._module(to_tensor(images, self._device).requires_grad_())
                (gradient,) = torch.autograd.grad(logits.sum(), kept)
        finally:
            hook.remove()
        evidence = self._grid((kept[0] * gradient).detach()).sum(dim=1, keepdim=True).clamp_min(0)
        evidence = functional.interpolate(evidence, size=images.shape[1:3], mode="bilinear")[:, 0]
        peak = evidence.amax(dim=(1, 2), keepdim=True).clamp_min(torch.finfo(evidence.dtype).tiny)
        bright: NDArray[np.float32] = (evidence / peak * torch.sigmoid(logits.detach())[:, None, None]).cpu().numpy()
        return bright

    def _layer(self) -> nn.Module:
        """The deepest layer whose cells cover no more pixels than the settings say, or no more than the finest there is."""
        network: Any = self._module.network
        layers = [(int(entry["reduction"]), str(entry["module"])) for entry in self._feature_info()]
        most = max(self._settings.heatmap_stride, min(layers)[0])
        fine = [name for stride, name in layers if stride <= most]
        if getattr(network, "global_pool", "") == "token" and len(fine) == len(layers) > 1:
            fine.pop()  # behind the last block only the class token counts, so its other tokens have no gradient
        layer: nn.Module = network.get_submodule(fine[-1])
        return layer

    def _feature_info(self) -> list[Any]:
        found: Any = self._module.network.feature_info
        return list(getattr(found, "info", found))

    def _grid(self, x: Tensor) -> Tensor:
        """Activations as (B, C, h, w), of networks that keep channels last or lists of tokens, too."""
        channels = {int(entry["num_chs"]) for entry in self._feature_info()}
        if x.ndim == 3:
            tokens = x[:, int(getattr(self._module.network, "num_prefix_tokens", 0)) :]
            side = round(tokens.shape[1] ** 0.5)
            return tokens.transpose(1, 2).reshape(len(x), -1, side, side)
        return x if x.shape[1] in channels else x.permute(0, 3, 1, 2)

    def state(self) -> State:
        """The network's tensors."""
        return state_of(self._module)


def fit_classifier(train_on: Patches, validate_on: Patches, settings: CnnSettings, run: Run) -> Fitted:
    """Fine-tune a classifier; see `Cnn.fit`."""
    from hpscan.backends.training import Task, train

    torch.manual_seed(run.seed)
    pretrained = weights.read(weights.find(settings.backbone, settings.weights)) if settings.pretrained else None
    module = Classifier(settings, pretrained)
    chance = torch.Generator().manual_seed(run.seed)
    both = len(set(validate_on.label[validate_on.label != PatchLabel.UNCERTAIN].tolist())) == 2
    balance = _balance(validate_on, settings)

    def loss(module: nn.Module, images: Images, labels: NDArray[np.int8]) -> Tensor:
        x = to_tensor(images, next(module.parameters()).device)
        truth = torch.from_numpy(labels == PatchLabel.POSITIVE).to(x)
        if not module.training:
            weight = torch.where(truth > 0, *balance) if both else None
            return functional.binary_cross_entropy_with_logits(module(x).float(), truth, weight)
        x = augment.shuffle_positions(x, chance)
        x = augment.vary_stain(x, settings.stain_jitter, chance)
        x = augment.vary_light(x, settings.brightness_jitter, chance)
        x = augment.blur_some(x, settings.blur, chance)
        return functional.binary_cross_entropy_with_logits(module(x).float(), truth)

    task = Task(
        loss=loss,
        epochs=settings.epochs,
        patience=settings.patience,
        batch_size=settings.batch_size,
        learning_rate=settings.learning_rate,
        patches_per_patient=settings.patches_per_patient,
        positive_share=settings.positive_share,
        early_stopping=both,
        bfloat16_on_cpu=True,
    )
    trained = train(module, train_on, validate_on, task, run)
    scorer = ClassifierScorer(module, settings, run.device)
    return Fitted(scorer, trained.history, trained.interrupted, pretrained.record if pretrained else {})


def _balance(patches: Patches, settings: CnnSettings) -> tuple[float, float]:
    """Weights of a positive and of a negative patch that give the positives their share of the validation loss."""
    _, patient, n_patches = np.unique(patches.patient_id, return_inverse=True, return_counts=True)
    kept = np.minimum(1, settings.patches_per_patient / n_patches)[patient]  # each patch's chance below the cap
    n_positive = float(kept[patches.label == PatchLabel.POSITIVE].sum())
    n_negative = float(kept[patches.label == PatchLabel.NEGATIVE].sum())
    n, share = n_positive + n_negative, settings.positive_share
    return share * n / (n_positive or 1), (1 - share) * n / (n_negative or 1)


def restore_classifier(state: State, settings: CnnSettings, device: str) -> ClassifierScorer:
    """The scorer whose tensors `state` holds.

    Raises:
        ModelDamagedError: When the tensors are not those of the backbone.
    """
    module = Classifier(settings, None)
    load_state(module, state, settings.backbone)
    return ClassifierScorer(module, settings, device)
