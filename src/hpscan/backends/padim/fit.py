"""PaDiM: one Gaussian of all positions or one at each, fitted as patches stream by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from hpscan.backends.padim.network import padim_module
from hpscan.backends.shared.anomaly import AnomalyScorer
from hpscan.backends.shared.anomaly_fit import MIB, look_through, prepare, scale_heat
from hpscan.backends.shared.sampling import capped
from hpscan.core.backend import Fitted
from hpscan.core.errors import SettingsError

if TYPE_CHECKING:
    from torch import Tensor

    from hpscan.backends.padim.settings import PadimSettings
    from hpscan.core.backend import Patches, Run

_RIDGE = 0.01
"""Added to every variance, as anomalib and the paper do; it keeps covariances of few patches invertible."""


def fit_padim(train: Patches, validation: Patches, settings: PadimSettings, run: Run) -> Fitted:
    """Fit the Gaussians; see `Padim.fit`."""
    torch.manual_seed(run.seed)
    rng = np.random.default_rng(run.seed)
    module = padim_module(settings)
    index = np.sort(capped(train, settings.patches_per_patient, rng))
    ready = prepare(module, train, index, settings, run)
    channels, positions = ready.channels, ready.positions if settings.aligned else 1
    needed = megabytes(positions, channels)
    if needed > settings.memory:
        raise SettingsError(
            f"{positions} Gaussians of {channels} features would take {needed} MiB, and {settings.memory} MiB are allowed",
            hint="set fewer features, a larger finest_stride, more memory, or aligned to false",
        )
    moments = Moments(positions, channels, run.device)
    look_through(train, index, f"features, {needed} MiB", run, lambda x: moments.add(module.embed(x)))
    gaussian = module.model.gaussian
    gaussian.mean, gaussian.inv_covariance = moments.gaussians()
    scale_heat(module, validation, settings.patches_per_patient, run)
    return Fitted(AnomalyScorer(module, run.device), pretrained=ready.pretrained.record)


def megabytes(positions: int, channels: int) -> int:
    """MiB that fitting takes at its peak: per position second moments, covariance and inverse in float64, C x C each."""
    return -(-3 * 8 * positions * channels**2 // MIB)


class Moments:
    """Sums over a stream of embeddings from which mean and covariance at each position follow, in float64.

    Where `positions` is 1, every cell of an embedding counts as one more of the same.
    """

    def __init__(self, positions: int, channels: int, device: str) -> None:
        kind = torch.float32 if device.startswith("mps") else torch.float64  # mps knows no float64
        self._n = 0
        self._first = torch.zeros(positions, channels, dtype=kind, device=device)
        self._second = torch.zeros(positions, channels, channels, dtype=kind, device=device)

    def add(self, embedding: Tensor) -> None:
        """Take in (B, C, h, w)."""
        e = embedding.flatten(2).permute(2, 0, 1).to(self._first)  # (h w, B, C)
        e = e.reshape(len(self._first), -1, e.shape[2])
        self._n += e.shape[1]
        self._first += e.sum(dim=1)
        self._second.baddbmm_(e.transpose(1, 2), e)

    def gaussians(self) -> tuple[Tensor, Tensor]:
        """Means, (C, h w), and inverse covariances, (h w, C, C), as anomalib's module keeps them, in float32."""
        mean = self._first / self._n
        covariance = self._second - self._n * mean[:, :, None] * mean[:, None, :]
        covariance /= max(self._n - 1, 1)
        covariance.diagonal(dim1=1, dim2=2).add_(_RIDGE)
        return mean.T.float().contiguous(), torch.linalg.inv(covariance).float().contiguous()
