"""How the classifiers of `cnn` are fine-tuned."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from hpscan.backends.cnn.network import Classifier, ClassifierScorer
from hpscan.backends.pretrained import weights
from hpscan.backends.shared import augment, training
from hpscan.backends.shared.tensors import to_tensor
from hpscan.core.backend import Fitted
from hpscan.core.cohort import PatchLabel
from hpscan.core.errors import InterruptedTrainingError, NotEnoughDataError
from hpscan.phantom.painting import LARGEST, SMALLEST, Canvas

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from hpscan.backends.cnn.settings import CnnSettings
    from hpscan.core.backend import Images, Patches, Progress, Run


def fit_classifier(train_on: Patches, validate_on: Patches, settings: CnnSettings, run: Run) -> Fitted:
    """Fine-tune the members one after the other; see `Cnn.fit`.

    When asked to stop, those that have an epoch behind them are kept.
    """
    for label, name in ((PatchLabel.POSITIVE, "positive"), (PatchLabel.NEGATIVE, "negative")):
        if not np.any(train_on.label == label):
            raise NotEnoughDataError(
                f"no patch labelled {name} is among the {len(train_on)} to learn from",
                hint="cnn needs both classes: label more patches, or choose a backend that learns from negative "
                "patients (hpscan backends)",
            )
    pretrained = weights.read(weights.find(settings.backbone, settings.weights)) if settings.pretrained else None
    members: list[Classifier] = []
    history: list[Mapping[str, float]] = []
    interrupted = False
    for number in range(settings.members):
        member_run = run if settings.members == 1 else replace(run, progress=_naming(run, number, settings.members))
        try:
            module, trained = _fit_one(
                train_on, validate_on, settings, pretrained, replace(member_run, seed=run.seed + number)
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
) -> tuple[Classifier, training.Trained]:
    torch.manual_seed(run.seed)
    module = Classifier(settings, pretrained)
    module.forget_chance()
    both = len(set(validate_on.label[validate_on.label != PatchLabel.UNCERTAIN].tolist())) == 2
    task = training.Task(
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
    return module, training.train(module, train_on, validate_on, task, run)


class _Lesson:
    """What a classifier is asked: patches varied, and with bacteria added in training, as they are in validation."""

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
            reference = torch.from_numpy(positive).to(x)
            weight = torch.where(reference > 0, *self._balance) if self._balance else None
            return functional.binary_cross_entropy_with_logits(module(x).float(), reference, weight)
        if self._canvas.paints and images.shape[1] == images.shape[2] and SMALLEST <= images.shape[1] <= LARGEST:
            images, rods = self._canvas.paint(self._brush, images)
            positive = positive | rods.any(axis=(1, 2))
        x = to_tensor(images, device)
        reference = torch.from_numpy(positive).to(x)
        x = augment.shuffle_positions(x, self._chance)
        x = augment.vary_stain(x, s.stain_jitter, self._chance)
        x = augment.vary_light(x, s.brightness_jitter, self._chance)
        x = augment.blur_some(x, s.blur, self._chance)
        return functional.binary_cross_entropy_with_logits(module(x).float(), reference)


def _balance(patches: Patches, settings: CnnSettings) -> tuple[float, float]:
    """Weights of a positive and of a negative patch that give the positives their proportion of the validation loss."""
    _, patient, n_patches = np.unique(patches.patient_id, return_inverse=True, return_counts=True)
    kept = np.minimum(1, settings.patches_per_patient / n_patches)[patient]  # each patch's chance below the cap
    n_positive = float(kept[patches.label == PatchLabel.POSITIVE].sum())
    n_negative = float(kept[patches.label == PatchLabel.NEGATIVE].sum())
    n, proportion = n_positive + n_negative, settings.positive_share
    return proportion * n / (n_positive or 1), (1 - proportion) * n / (n_negative or 1)
