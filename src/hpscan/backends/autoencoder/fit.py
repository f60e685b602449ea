"""How an autoencoder is fitted: it learns to give back patches of uninfected tissue."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional

from hpscan.backends.autoencoder.network import NETWORKS
from hpscan.backends.autoencoder.scorer import AutoencoderScorer
from hpscan.backends.shared import training
from hpscan.backends.shared.tensors import to_tensor
from hpscan.core.backend import Fitted

if TYPE_CHECKING:
    import numpy as np

    from hpscan.backends.autoencoder.settings import AutoencoderSettings
    from hpscan.core.backend import Images, Patches, Run


def fit_autoencoder(train: Patches, validation: Patches, settings: AutoencoderSettings, run: Run) -> Fitted:
    """Fit the network; see `Autoencoder.fit`."""
    torch.manual_seed(run.seed)
    network = NETWORKS[settings.network]()

    def loss(module: nn.Module, images: Images, labels: np.ndarray) -> Tensor:  # noqa: ARG001  the task's argument
        x = to_tensor(images, next(module.parameters()).device)
        return functional.mse_loss(module(x), x)

    task = training.Task(
        loss=loss,
        epochs=settings.epochs,
        patience=settings.patience,
        batch_size=settings.batch_size,
        learning_rate=settings.learning_rate,
        patches_per_patient=settings.patches_per_patient,
        crop=settings.crop,
    )
    trained = training.train(network, train, validation, task, run)
    return Fitted(AutoencoderScorer(network, settings, run.device), trained.history, trained.interrupted)
