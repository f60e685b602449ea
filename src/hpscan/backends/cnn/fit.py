"""A timm classifier with one output: how it is fine-tuned, called, and asked where it looked."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from hpscan.backends.pretrained import weights
from hpscan.backends.shared import augment
from hpscan.backends.shared.tensors import at_once, load_state, place, state_of, to_tensor
from hpscan.core.backend import Fitted
from hpscan.core.cohort import PatchLabel
from hpscan.core.errors import InterruptedTrainingError
from hpscan.phantom.painting import LARGEST, SMALLEST, Canvas

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from hpscan.backends.cnn.backend import CnnSettings
    from hpscan.backends.shared.training import Trained
    from hpscan.core.backend import Images, Patches, Progress, Run, Scores, State

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


def fit_classifier(train_on: Patches, validate_on: Patches, settings: CnnSettings, run: Run) -> Fitted:
    """Fine-tune the members one after the other; see `Cnn.fit`.

    When asked to stop, those that have an epoch behind them are kept.
    """
    pretrained = weights.read(weights.find(settings.backbone, settings.weights)) if settings.pretrained else None
    members: list[Classifier] = []
    history: list[Mapping[str, float]] = []
    interrupted = False
    for number in range(settings.members):
        told = run if settings.members == 1 else replace(run, progress=_naming(run, number, settings.members))
        try:
            module, trained = _fit_one(
                train_on, validate_on, settings, pretrained, replace(told, seed=run.seed + number)
            )
        except InterruptedTrainingError:
            if not members:
                raise
            interrupted = True
            break
        members.append(module)
        epochs = len(history)
        several = {"network": number + 1} if settings.members > 1 else {}
        history += [{**row, **several, "epoch": epochs + row["epoch"]} for row in trained.history]
        if trained.interrupted:
            interrupted = True
            break
    scorer = ClassifierScorer(members, settings, run.device)
    return Fitted(scorer, tuple(history), interrupted, pretrained.record if pretrained else {})


def _naming(run: Run, number: int, of: int) -> Callable[[Progress], None]:
    """The run's progress with the member's number before each stage."""
    return lambda step: run.progress(replace(step, stage=f"network {number + 1}/{of}, {step.stage}"))


def _fit_one(
    train_on: Patches, validate_on: Patches, settings: CnnSettings, pretrained: weights.Pretrained | None, run: Run
) -> tuple[Classifier, Trained]:
    from hpscan.backends.shared.training import Task, train

    torch.manual_seed(run.seed)
    module = Classifier(settings, pretrained)
    module.forget_chance()
    both = len(set(validate_on.label[validate_on.label != PatchLabel.UNCERTAIN].tolist())) == 2
    task = Task(
        loss=_Lesson(settings, _balance(validate_on, settings) if both else None, run.seed),
        epochs=settings.epochs,
        patience=settings.patience,
        batch_size=settings.batch_size,
        learning_rate=settings.learning_rate,
        patches_per_patient=settings.patches_per_patient,
        positive_share=settings.positive_share,
        early_stopping=both,
        bfloat16_on_cpu=True,
    )
    return module, train(module, train_on, validate_on, task, run)


class _Lesson:
    """What a classifier is asked: patches varied and painted on in training, as they are in validation."""

    def __init__(self, settings: CnnSettings, balance: tuple[float, float] | None, seed: int) -> None:
        self._settings = settings
        self._balance = balance
        self._canvas = Canvas(
            infected=settings.painted_share, faint=settings.faint_share, confounded=settings.confounded_share
        )
        self._brush = np.random.default_rng(seed)
        self._chance = torch.Generator().manual_seed(seed)

    def __call__(self, module: nn.Module, images: Images, labels: NDArray[np.int8]) -> Tensor:
        s, device = self._settings, next(module.parameters()).device
        positive = labels == PatchLabel.POSITIVE
        if not module.training:
            x = to_tensor(images, device)
            truth = torch.from_numpy(positive).to(x)
            weight = torch.where(truth > 0, *self._balance) if self._balance else None
            return functional.binary_cross_entropy_with_logits(module(x).float(), truth, weight)
        if self._canvas.paints and images.shape[1] == images.shape[2] and SMALLEST <= images.shape[1] <= LARGEST:
            images, rods = self._canvas.paint(self._brush, images)
            positive = positive | rods.any(axis=(1, 2))
        x = to_tensor(images, device)
        truth = torch.from_numpy(positive).to(x)
        x = augment.shuffle_positions(x, self._chance)
        x = augment.vary_stain(x, s.stain_jitter, self._chance)
        x = augment.vary_light(x, s.brightness_jitter, self._chance)
        x = augment.blur_some(x, s.blur, self._chance)
        return functional.binary_cross_entropy_with_logits(module(x).float(), truth)


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
