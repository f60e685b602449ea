"""How the network of `synthetic` is trained: on bacteria added to patches as these are drawn."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from hpscan.backends.pretrained import weights
from hpscan.backends.shared import augment, training
from hpscan.backends.shared.tensors import to_tensor
from hpscan.backends.synthetic.network import STRIDE, Detector, DetectorScorer
from hpscan.core.backend import Fitted
from hpscan.core.errors import NotEnoughDataError
from hpscan.phantom.painting import LARGEST, SMALLEST, Canvas

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hpscan.backends.synthetic.settings import SyntheticSettings
    from hpscan.core.backend import Images, Patches, Run

_EPOCHS = 10


_RARE = 5.0
"""How much a cell with bacteria weighs in the loss against one without."""


_EVIDENCE = 6
"""A patch is learned to be infected by so many of its cells."""


def fit_detector(train_on: Patches, validate_on: Patches, settings: SyntheticSettings, run: Run) -> Fitted:
    """Train a detector; see `Synthetic.fit`."""
    torch.manual_seed(run.seed)
    pretrained = weights.read(weights.find(settings.backbone, settings.weights))
    module = Detector(settings, pretrained).to(memory_format=torch.channels_last)
    per_epoch = math.ceil(settings.steps / _EPOCHS)
    task = training.Task(
        loss=_Lesson(settings, run.seed),
        epochs=math.ceil(settings.steps / per_epoch),
        patience=_EPOCHS,
        batch_size=settings.batch_size,
        learning_rate=settings.learning_rate,
        patches_per_patient=settings.patches_per_patient,
        epoch_size=per_epoch * settings.batch_size,
        crop=LARGEST,
        bfloat16_on_cpu=True,
    )
    trained = training.train(module, train_on, validate_on, task, run)
    scorer = DetectorScorer(module, settings, run.device)
    return Fitted(scorer, trained.history, trained.interrupted, pretrained.record)


class _Lesson:
    """What the detector is asked: it is shown patches that bacteria were just added to, and judged on always the same ones."""

    def __init__(self, settings: SyntheticSettings, seed: int) -> None:
        self._settings = settings
        self._seed = seed
        self._canvas = Canvas(
            infected=settings.infected_share,
            faint=settings.faint_share,
            confounded=settings.confounded_share,
            drawn=settings.drawn_share,
        )
        self._rng = np.random.default_rng(seed)
        self._chance = torch.Generator().manual_seed(seed)
        self._exam: np.random.Generator | None = None

    def __call__(self, module: nn.Module, images: Images, labels: NDArray[np.int8]) -> Tensor:  # noqa: ARG002  nobody annotated them
        if min(images.shape[1:3]) < SMALLEST:
            raise NotEnoughDataError(
                f"patches of {images.shape[2]} x {images.shape[1]} pixels are too small to add bacteria to",
                hint=f"give patches of at least {SMALLEST} x {SMALLEST} pixels",
            )
        if module.training:
            self._exam = None
        elif self._exam is None:
            self._exam = np.random.default_rng(self._seed)
        synthetic, rods = self._canvas.paint(self._exam or self._rng, images)
        device = next(module.parameters()).device
        x = to_tensor(synthetic, device)
        reference = torch.from_numpy(rods).to(x)[:, None]
        if module.training:
            s = self._settings
            both = augment.shuffle_positions(_cut(torch.cat((x, reference), dim=1), self._chance), self._chance)
            x, reference = both[:, :3], both[:, 3:]
            x = augment.vary_stain(x, s.stain_jitter, self._chance)
            x = augment.vary_light(x, s.brightness_jitter, self._chance)
            x = augment.blur_some(x, s.blur, self._chance)
        cells = functional.max_pool2d(reference, STRIDE, ceil_mode=True)[:, 0]
        return _loss(module(x.contiguous(memory_format=torch.channels_last)).float(), cells)


def _cut(x: Tensor, chance: torch.Generator) -> Tensor:
    """The same seven eighths, across and down, of each square image: so rods and clumps are also cut by the border."""
    side = x.shape[2] // 8 * 7
    top, left = torch.randint(x.shape[2] - side + 1, (2,), generator=chance).tolist()
    return x[:, :, top : top + side, left : left + side]


def _loss(logits: Tensor, reference: Tensor) -> Tensor:
    """Cross-entropy and dice of the cells, (B, h, w), and cross-entropy of the patches by their strongest cells."""
    cell = functional.binary_cross_entropy_with_logits(logits, reference, 1 + (_RARE - 1) * reference)
    found = torch.sigmoid(logits)
    dice = 1 - (2 * (found * reference).sum() + 1) / (found.square().sum() + reference.sum() + 1)
    strongest = logits.flatten(1).topk(_EVIDENCE).values.mean(dim=1)
    patch = functional.binary_cross_entropy_with_logits(strongest, reference.flatten(1).amax(dim=1))
    return 2 * cell + dice + patch / 2
