"""A fitted autoencoder: how its network is called, and how the patch is compared with what comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn import functional

from hpscan.backends.autoencoder.measure import measure, pixel_loss
from hpscan.backends.autoencoder.network import NETWORKS
from hpscan.backends.autoencoder.settings import Measure
from hpscan.backends.shared.gate import smooth
from hpscan.backends.shared.tensors import at_once, load_state, place, state_of, to_tensor

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hpscan.backends.autoencoder.network import TissueNetwork
    from hpscan.backends.autoencoder.settings import AutoencoderSettings
    from hpscan.core.backend import Images, Scores, State

_FULL_HEAT = 0.25
"""The error of a pixel, as a proportion of the whole range, that a heatmap shows at its hottest."""


class AutoencoderScorer:
    """A fitted autoencoder with its measure."""

    def __init__(self, network: TissueNetwork, settings: AutoencoderSettings, device: str) -> None:
        self._network = place(network, device)
        self._settings = settings
        self._device = device

    def score(self, images: Images) -> Scores:
        """What `measure` makes of the patches and their reconstructions, (N,), 0 and up."""
        kind = self._settings.score
        scores = np.zeros(len(images))
        # A measure that counts red is 0 without red, whatever the reconstruction: only the others are reconstructed.
        some = self._settings.red(images).any(axis=(1, 2)) if kind.counts_red else np.ones(len(images), np.bool_)
        if some.any():
            scores[some] = measure(images[some], self.reconstruct(images[some]), kind, self._settings)
        return scores

    @torch.inference_mode()
    def reconstruct(self, images: Images) -> Images:
        """The network's reconstructions, (N, H, W, 3), RGB, 0..255, of patches of the same shape; any H and W from 32 up."""
        after = np.empty_like(images)
        size = self._at_once(*images.shape[1:3])
        for start in range(0, len(images), size):
            part = slice(start, start + size)
            after[part] = self._reconstruct(images[part])
        return after

    def heatmap(self, images: Images) -> NDArray[np.float32]:
        """Where the score comes from, smoothed: (N, H, W), 0..1.

        How far each pixel is off, as a proportion of a quarter of 0..255 and at most 1: a pixel of the red scores
        is 0 or 1, and one of the others reaches 1 when it is off by 64 grey levels.
        """
        kind = self._settings.score
        lost = pixel_loss(images, self.reconstruct(images), kind, self._settings)
        off = lost if kind is Measure.BROWN_RESIDUAL else np.sqrt(lost)
        return smooth(np.minimum(off / _FULL_HEAT, 1))

    def state(self) -> State:
        """The network's tensors by name."""
        return state_of(self._network)

    def _at_once(self, height: int, width: int) -> int:
        chunk = self._network.chunk
        return at_once(self._device, max(1, min(chunk, chunk * 256 * 256 // (height * width))))

    def _reconstruct(self, images: Images) -> Images:
        height, width = images.shape[1:3]
        x = to_tensor(images, self._device)
        multiple = self._network.multiple
        x = functional.pad(x, (0, -width % multiple, 0, -height % multiple), mode="reflect")
        y = self._network(x)[:, :, :height, :width]
        rounded = y.clamp(0, 1).mul(255).round().to(torch.uint8)
        return np.ascontiguousarray(rounded.permute(0, 2, 3, 1).cpu().numpy())


def restore_autoencoder(state: State, settings: AutoencoderSettings, device: str) -> AutoencoderScorer:
    """The scorer whose tensors `state` holds.

    Raises:
        ModelDamagedError: When the tensors are not those of the network.
    """
    network = NETWORKS[settings.network]()
    load_state(network, state, settings.network)
    return AutoencoderScorer(network, settings, device)
