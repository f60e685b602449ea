"""The networks that paint tissue, how they are fitted, and how they are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from hpscan.backends.autoencoder import Network
from hpscan.core.errors import ModelDamagedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hpscan.backends.autoencoder import AutoencoderSettings
    from hpscan.core.backend import Images, Patches, Run, State

_GLASS = 0.85
"""About the grey of glass and of pale tissue, which is most of a patch."""

_CHUNK = 8
"""Patches painted at once: at full resolution 32 channels of a 256 x 256 patch take 8 MiB a layer."""


class ShallowAutoencoder(nn.Module):
    """Cano et al.: 3x3 convolutions, batch norm, LeakyReLU, 32-64-64 channels, strides 1-2-2, mirrored.

    113,091 parameters. Input and output are (B, 3, H, W), 0..1, H and W multiples of `multiple`.
    """

    multiple = 4

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(  # (B, 3, H, W) -> (B, 64, H/4, W/4)
            *_block(nn.Conv2d(3, 32, 3, padding=1), 32),
            *_block(nn.Conv2d(32, 64, 3, stride=2, padding=1), 64),
            *_block(nn.Conv2d(64, 64, 3, stride=2, padding=1), 64),
        )
        head = nn.Conv2d(32, 3, 3, padding=1)
        head.bias = nn.Parameter(torch.full((3,), _GLASS))  # training starts near most pixels
        self.decoder = nn.Sequential(  # (B, 64, H/4, W/4) -> (B, 3, H, W)
            *_block(nn.ConvTranspose2d(64, 64, 3, stride=2, padding=1, output_padding=1), 64),
            *_block(nn.ConvTranspose2d(64, 32, 3, stride=2, padding=1, output_padding=1), 32),
            head,
        )

    def forward(self, x: Tensor) -> Tensor:
        """(B, 3, H, W) -> (B, 3, H, W), about 0..1."""
        painted: Tensor = self.decoder(self.encoder(x))
        return painted


def _block(convolution: nn.Module, channels: int) -> tuple[nn.Module, ...]:
    return convolution, nn.BatchNorm2d(channels), nn.LeakyReLU(inplace=True)


_NETWORKS: Mapping[Network, type[ShallowAutoencoder]] = {Network.SHALLOW: ShallowAutoencoder}


class Painter:
    """A fitted network, called with images."""

    def __init__(self, network: ShallowAutoencoder, device: str) -> None:
        self._network = network.to(device, memory_format=torch.channels_last).eval()  # type: ignore[call-overload]
        self._device = device

    @torch.inference_mode()
    def paint(self, images: Images) -> Images:
        """Reconstructions, (N, H, W, 3), of `images` of the same shape; any H and W from 32 up."""
        painted = np.empty_like(images)
        for start in range(0, len(images), _CHUNK):
            part = slice(start, start + _CHUNK)
            painted[part] = self._paint(images[part])
        return painted

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
        return {name: tensor.detach().cpu().numpy() for name, tensor in self._network.state_dict().items()}


def to_tensor(images: Images, device: str | torch.device) -> Tensor:
    """(N, H, W, 3) of 0..255 -> (N, 3, H, W) of 0..1 on the device."""
    x = torch.from_numpy(np.ascontiguousarray(images)).to(device)
    return x.permute(0, 3, 1, 2).float().div(255)


def fit_painter(
    train_on: Patches, validate_on: Patches, settings: AutoencoderSettings, run: Run
) -> tuple[Painter, tuple[Mapping[str, float], ...], bool]:
    """The fitted painter, figures by epoch, and whether the fit was interrupted."""
    from hpscan.backends.training import Task, train

    torch.manual_seed(run.seed)
    network = _NETWORKS[settings.network]()

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
    network = _NETWORKS[name]()
    try:
        network.load_state_dict({key: torch.from_numpy(np.array(value)) for key, value in state.items()})
    except RuntimeError as error:
        raise ModelDamagedError(
            f"the weights are not those of the network {name.value!r}", hint="train the model again"
        ) from error
    return Painter(network, device)
