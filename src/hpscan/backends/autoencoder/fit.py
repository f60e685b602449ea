"""How a network that paints tissue is fitted, kept and called."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from hpscan.backends.autoencoder.network import NETWORKS
from hpscan.backends.shared.tensors import at_once, load_state, place, state_of, to_tensor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hpscan.backends.autoencoder.backend import AutoencoderSettings, Network
    from hpscan.backends.autoencoder.network import PaintingNetwork
    from hpscan.core.backend import Images, Patches, Run, State


class Painter:
    """A fitted network, called with images."""

    def __init__(self, network: PaintingNetwork, device: str) -> None:
        self._network = place(network, device)
        self._device = device

    @torch.inference_mode()
    def paint(self, images: Images) -> Images:
        """Reconstructions, (N, H, W, 3), of `images` of the same shape; any H and W from 32 up."""
        painted = np.empty_like(images)
        size = self._at_once(*images.shape[1:3])
        for start in range(0, len(images), size):
            part = slice(start, start + size)
            painted[part] = self._paint(images[part])
        return painted

    def _at_once(self, height: int, width: int) -> int:
        chunk = self._network.chunk
        return at_once(self._device, max(1, min(chunk, chunk * 256 * 256 // (height * width))))

    def _paint(self, images: Images) -> Images:
        height, width = images.shape[1:3]
        x = to_tensor(images, self._device)
        multiple = self._network.multiple
        x = functional.pad(x, (0, -width % multiple, 0, -height % multiple), mode="reflect")
        y = self._network(x)[:, :, :height, :width]
        rounded = y.clamp(0, 1).mul(255).round().to(torch.uint8)
        return np.ascontiguousarray(rounded.permute(0, 2, 3, 1).cpu().numpy())

    def state(self) -> State:
        """The network's tensors by name."""
        return state_of(self._network)


def fit_painter(
    train_on: Patches, validate_on: Patches, settings: AutoencoderSettings, run: Run
) -> tuple[Painter, tuple[Mapping[str, float], ...], bool]:
    """The fitted painter, figures by epoch, and whether the fit was interrupted."""
    from hpscan.backends.shared.training import Task, train

    torch.manual_seed(run.seed)
    network = NETWORKS[settings.network]()

    def loss(module: nn.Module, images: Images, labels: np.ndarray) -> Tensor:  # noqa: ARG001  the task's argument
        x = to_tensor(images, next(module.parameters()).device)
        return functional.mse_loss(module(x), x)

    task = Task(
        loss=loss,
        epochs=settings.epochs,
        patience=settings.patience,
        batch_size=settings.batch_size,
        learning_rate=settings.learning_rate,
        patches_per_patient=settings.patches_per_patient,
        crop=settings.crop,
    )
    trained = train(network, train_on, validate_on, task, run)
    return Painter(network, run.device), trained.history, trained.interrupted


def restore_painter(state: State, name: Network, device: str) -> Painter:
    """The painter whose tensors `state` holds.

    Raises:
        ModelDamagedError: When the tensors are not those of the network.
    """
    network = NETWORKS[name]()
    load_state(network, state, name)
    return Painter(network, device)
