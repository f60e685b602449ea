"""The one training loop: seed, device, precision, early stopping, interruption.

Imported to train, never to score. Every draw (which patches, which crops, which turns) comes from one generator
seeded by the run, so that the same machine and seed give the same weights.
"""

from __future__ import annotations

import copy
import logging
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from lightning.fabric import Fabric
from torch import Tensor, nn

from hpscan.backends.shared.sampling import capped
from hpscan.core.backend import Images, Progress
from hpscan.core.cohort import PatchLabel
from hpscan.core.errors import InterruptedTrainingError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from hpscan.core.backend import Patches, Run

Loss = Callable[[nn.Module, Images, "NDArray[np.int8]"], Tensor]


@dataclass(frozen=True, slots=True)
class Task:
    """What to minimise, and for how long.

    Attributes:
        loss: Mean loss of a network on images, (B, H, W, 3), and their labels, (B,).
        epochs: Most epochs.
        patience: Epochs without a lower validation loss before it ends.
        batch_size: Patches a step.
        learning_rate: Highest rate of the one-cycle schedule.
        patches_per_patient: Most patches of one patient in one epoch.
        crop: Side of the random training crop, in pixels, which is also flipped and turned; None leaves images whole.
        positive_share: Proportion of positive patches in an epoch of training: they repeat, negatives are drawn anew. None
            takes patches as they come.
        epoch_size: Patches an epoch of training sees, and five times as many as validation; they repeat where there are
            fewer. None takes each once.
        early_stopping: Whether the validation loss says when to end and which weights to keep; if not, the last are kept.
        bfloat16_on_cpu: Whether this network trains faster in bfloat16 on a CPU that computes in it, too.
    """

    loss: Loss
    epochs: int
    patience: int
    batch_size: int
    learning_rate: float
    patches_per_patient: int
    crop: int | None = None
    positive_share: float | None = None
    epoch_size: int | None = None
    early_stopping: bool = True
    bfloat16_on_cpu: bool = False


@dataclass(frozen=True, slots=True)
class Trained:
    """How training went; the network itself was changed in place and holds the best weights.

    Attributes:
        history: For each epoch its number, loss, validation loss (with early stopping) and patches per second.
        interrupted: Whether it was asked to stop.
    """

    history: tuple[Mapping[str, float], ...]
    interrupted: bool


class _StopRequestedError(Exception):
    """The run asked to stop in the middle of an epoch."""


def train(network: nn.Module, patches: Patches, validation: Patches, task: Task, run: Run) -> Trained:
    """Fit `network` and leave the weights with the lowest validation loss in it.

    Raises:
        InterruptedTrainingError: When asked to stop before the first epoch ended: there is nothing to keep.
        SettingsError: When no epoch ended with a finite validation loss.
    """
    rng = np.random.default_rng(run.seed)
    once = np.random.default_rng(run.seed)
    fixed = once.permutation(capped(validation, task.patches_per_patient, once))
    if task.epoch_size is not None:
        fixed = np.resize(fixed, math.ceil(task.epoch_size / 5))
    steps = math.ceil(len(_epoch(patches, task, np.random.default_rng(run.seed))) / task.batch_size)
    fitting = _Fitting(network, steps, task, run)
    history: list[Mapping[str, float]] = []
    best, best_loss, since, interrupted = copy.deepcopy(network.state_dict()), math.inf, 0, False
    for epoch in range(1, task.epochs + 1):
        start = time.perf_counter()
        index = _epoch(patches, task, rng)
        try:
            loss = fitting.epoch(f"epoch {epoch}/{task.epochs}", patches, index, rng)
            rate = len(index) / (time.perf_counter() - start)
            judged = {"validation_loss": fitting.validate(validation, fixed)} if task.early_stopping else {}
        except _StopRequestedError:
            interrupted = True
            break
        history.append({"epoch": epoch, "loss": loss, **judged, "patches_per_second": rate})
        now = judged.get("validation_loss", loss)
        if now < best_loss or (not task.early_stopping and math.isfinite(now)):
            best, best_loss, since = copy.deepcopy(network.state_dict()), now, 0
        else:
            since += 1
        if since >= task.patience:
            break
    if interrupted and not history:
        raise InterruptedTrainingError(
            "training was stopped before its first epoch ended, so there is nothing to keep",
            hint="run the same command again",
        )
    if best_loss == math.inf:
        raise SettingsError(
            "training came to nothing: the loss was never a number",
            hint="lower the learning rate: `learning_rate=0.0001`",
        )
    network.load_state_dict(best)
    return Trained(tuple(history), interrupted)


class _Fitting:
    """The network, its optimizer and schedule, on the device and in the precision of the run."""

    def __init__(self, network: nn.Module, steps: int, task: Task, run: Run) -> None:
        optimizer = torch.optim.AdamW(network.parameters(), lr=task.learning_rate, weight_decay=1e-4)
        self._fabric = _fabric(run, task)
        self._module, self._optimizer = self._fabric.setup(network, optimizer)
        self._schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, max_lr=task.learning_rate, total_steps=max(2, steps * task.epochs)
        )
        self._task = task
        self._run = run

    def epoch(self, stage: str, patches: Patches, index: NDArray[np.intp], rng: np.random.Generator) -> float:
        """One pass over the patches at `index`; the mean loss."""
        self._module.train()
        total, done = 0.0, 0
        for part in _batches(index, self._task.batch_size):
            self._stop_if_asked()
            images = _augment(patches.read(part), self._task.crop, rng)
            self._optimizer.zero_grad()
            loss = self._task.loss(self._module, images, patches.label[part])
            self._fabric.backward(loss)
            self._optimizer.step()
            self._schedule.step()
            total, done = total + float(loss.detach()) * len(part), done + len(part)
            self._run.progress(Progress(stage, done, len(index), values={"loss": total / done}))
        return total / done

    @torch.no_grad()
    def validate(self, patches: Patches, index: NDArray[np.intp]) -> float:
        """The mean loss on the patches at `index`, on the same crops each time."""
        self._module.eval()
        rng = np.random.default_rng(self._run.seed)
        total = 0.0
        for part in _batches(index, self._task.batch_size):
            self._stop_if_asked()
            images = _augment(patches.read(part), self._task.crop, rng)
            total += float(self._task.loss(self._module, images, patches.label[part])) * len(part)
        return total / len(index)

    def _stop_if_asked(self) -> None:
        if self._run.should_stop():
            raise _StopRequestedError


def _fabric(run: Run, task: Task) -> Fabric:
    accelerator, _, number = run.device.partition(":")
    faster = accelerator == "cuda" or (accelerator == "cpu" and task.bfloat16_on_cpu and _cpu_has_bfloat16())
    bfloat16 = run.precision == "bfloat16" or (run.precision == "auto" and faster)
    if accelerator == "cuda":
        torch.backends.cudnn.deterministic = True
        torch.backends.cudnn.benchmark = False
    for name in ("lightning.fabric", "lightning.pytorch"):  # whichever was imported last tells of the precision
        logging.getLogger(name).setLevel(logging.WARNING)
    return Fabric(
        accelerator="gpu" if accelerator in ("cuda", "mps") else "cpu",
        devices=[int(number)] if number else 1,
        precision="bf16-mixed" if bfloat16 else "32-true",
    )


def _cpu_has_bfloat16() -> bool:
    """Whether the CPU multiplies in bfloat16; others emulate it, slower than float32."""
    ask = getattr(torch.cpu, "get_capabilities", dict)  # older torch cannot tell
    capabilities: Mapping[str, bool] = ask()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))


def _epoch(patches: Patches, task: Task, rng: np.random.Generator) -> NDArray[np.intp]:
    """Which patches an epoch of training sees, shuffled."""
    most, share = task.patches_per_patient, task.positive_share
    index = rng.permutation(capped(patches, most, rng))
    if task.epoch_size is not None:
        index = rng.permutation(np.resize(index, task.epoch_size))
    if share is None:
        return index
    # A last batch of one patch would stop networks with a batch norm behind their pooling.
    n = len(index) - (len(index) % task.batch_size == 1 < len(index))
    n_positive = round(share * n)
    is_positive = patches.label == PatchLabel.POSITIVE
    # Each class is capped by itself: beside hundreds of negatives of one patient its only positive would rarely be drawn.
    positive, negative = (
        rng.permutation(capped(patches, most, rng, np.flatnonzero(of))) for of in (is_positive, ~is_positive)
    )
    chosen = np.resize(positive, n_positive), np.resize(negative, n - n_positive)
    return rng.permutation(np.concatenate(chosen))


def _batches(index: NDArray[np.intp], size: int) -> Iterator[NDArray[np.intp]]:
    for start in range(0, len(index), size):
        yield index[start : start + size]


def _augment(images: Images, crop: int | None, rng: np.random.Generator) -> Images:
    """A random crop of each image, flipped and turned by quarters: (B, S, S, 3), S at most `crop`."""
    if crop is None:
        return images
    height, width = images.shape[1:3]
    side = min(crop, height, width)
    out = np.empty((len(images), side, side, 3), np.uint8)
    for i, image in enumerate(images):
        top, left = rng.integers(height - side + 1), rng.integers(width - side + 1)
        part = np.rot90(image[top : top + side, left : left + side], int(rng.integers(4)))
        out[i] = part[::-1] if rng.integers(2) else part
    return out
