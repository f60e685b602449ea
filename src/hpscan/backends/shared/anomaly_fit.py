"""What PatchCore and PaDiM share to fit: the backbone's weights, the patches in batches, the heatmap's scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from hpscan.backends.pretrained import weights
from hpscan.backends.shared.anomaly import CHUNK, chunks
from hpscan.backends.shared.sampling import capped
from hpscan.backends.shared.tensors import to_tensor
from hpscan.core.backend import Progress
from hpscan.core.errors import InterruptedTrainingError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from hpscan.backends.pretrained.backbone import FeatureSettings
    from hpscan.backends.shared.anomaly import Anomaly
    from hpscan.core.backend import Patches, Run

_SCALE_PATCHES = 100
"""Patches that the heatmap's scale is taken from; their maps are kept at once, 256 KiB each."""


MIB = 2**20


def fill_backbone(module: Anomaly, settings: FeatureSettings) -> weights.Pretrained:
    """Give the backbone inside anomalib's module its pretrained weights."""
    pretrained = weights.read(weights.find(settings.backbone, settings.weights))
    inner: nn.Module = module.model.feature_extractor.feature_extractor
    filled = weights.build(
        settings.backbone, pretrained, features_only=True, out_indices=module.model.feature_extractor.idx
    )
    inner.load_state_dict(filled.state_dict())
    return pretrained


@dataclass(frozen=True, slots=True)
class Ready:
    """What is known of a module before the first patch is looked at.

    Attributes:
        pretrained: The backbone's weights.
        channels: Length of the vector that describes a position.
        positions: Positions of a patch.
    """

    pretrained: weights.Pretrained
    channels: int
    positions: int


def prepare(module: Anomaly, train: Patches, index: NDArray[np.intp], settings: FeatureSettings, run: Run) -> Ready:
    """Give the module its backbone's weights, the run's device and the size of the patches at `index`."""
    pretrained = fill_backbone(module, settings)
    module.to(run.device).eval()
    _, height, width, _ = train.read(index[:1]).shape
    module.size.copy_(torch.tensor([height, width]))
    _, channels, rows, columns = module.embed(torch.zeros(1, 3, height, width, device=run.device)).shape
    return Ready(pretrained, channels, rows * columns)


def look_through(
    patches: Patches, index: NDArray[np.intp], stage: str, run: Run, use: Callable[[Tensor], None]
) -> None:
    """Hand the patches at `index` to `use` in batches, (B, 3, H, W) of 0..1 on the run's device.

    Raises:
        InterruptedTrainingError: When asked to stop: half a model of uninfected tissue is none.
    """
    for part in chunks(len(index), CHUNK):
        stop_if_asked(run)
        use(to_tensor(patches.read(index[part]), run.device))
        run.progress(Progress(stage, min(part.stop, len(index)), len(index)))


def stop_if_asked(run: Run) -> None:
    """Leave when the run asks to.

    Raises:
        InterruptedTrainingError: Then.
    """
    if run.should_stop():
        raise InterruptedTrainingError(
            "fitting was stopped before it was done, so there is nothing to keep", hint="run the same command again"
        )


@torch.no_grad()
def scale_heat(module: Anomaly, validation: Patches, most: int, run: Run) -> None:
    """Set the heatmap's scale from uninfected patches of other patients.

    0 is the median of their anomaly maps, 1 what one pixel in a hundred thousand exceeds.
    """
    kept: list[Tensor] = []
    rng = np.random.default_rng(run.seed)
    index = rng.permutation(np.sort(capped(validation, most, rng)))[:_SCALE_PATCHES]
    module.eval()
    look_through(validation, index, "heatmap scale", run, lambda x: kept.append(module(x)[1].flatten()))
    values = torch.cat(kept).cpu().double().numpy()
    low, high = np.quantile(values, [0.5, 1 - 1e-5])
    module.heat.copy_(torch.tensor([low, max(high, 1.001 * low + 1e-6)]))
