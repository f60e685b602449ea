"""PatchCore: filling its memory bank within a stated amount of memory, and choosing what stays in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from hpscan.backends.patchcore.network import patchcore_module
from hpscan.backends.shared.anomaly import AnomalyScorer
from hpscan.backends.shared.anomaly_fit import MIB, look_through, prepare, scale_heat, stop_if_asked
from hpscan.backends.shared.sampling import capped
from hpscan.core.backend import Fitted, Progress
from hpscan.core.errors import SettingsError

if TYPE_CHECKING:
    from torch import Tensor

    from hpscan.backends.patchcore.settings import PatchcoreSettings
    from hpscan.core.backend import Patches, Run

_TELL_EVERY = 50


_LEAST_SPREAD = 0.01
"""A feature that uninfected tissue hardly shows is not made to count for more than this allows."""


def fit_patchcore(train: Patches, validation: Patches, settings: PatchcoreSettings, run: Run) -> Fitted:
    """Fill the bank; see `Patchcore.fit`."""
    torch.manual_seed(run.seed)
    rng = np.random.default_rng(run.seed)
    module = patchcore_module(settings)
    index = np.sort(capped(train, settings.patches_per_patient, rng))
    ready = prepare(module, train, index, settings, run)
    channels, positions = ready.channels, ready.positions
    per_patch = vectors_per_patch(len(index), positions, channels, settings.memory)
    if not per_patch:
        raise SettingsError(
            f"not even one vector of {channels} features from each of {len(index)} patches fits in {settings.memory} MiB",
            hint="set more memory, or fewer patches_per_patient",
        )
    candidates = torch.empty(len(index) * per_patch, channels, device=run.device)
    taken = 0

    def keep(x: Tensor) -> None:
        nonlocal taken
        for vectors in module.embed(x).permute(0, 2, 3, 1).flatten(1, 2):  # (h w, C) of each patch
            chosen = torch.from_numpy(rng.permutation(len(vectors))[:per_patch]).to(vectors.device)
            candidates[taken : taken + per_patch] = vectors[chosen]
            taken += per_patch

    mib = candidates.nbytes / MIB
    part = "" if per_patch == positions else f" ({per_patch}/{positions} of each)"
    look_through(train, index, f"features{part}, {mib:.0f} MiB", run, keep)
    if settings.standardise:
        module.scale.copy_(1 / candidates.std(dim=0, correction=0).clamp_min(_LEAST_SPREAD))
        candidates *= module.scale
    module.model.memory_bank = coreset(candidates, min(settings.bank, len(candidates)), run)
    scale_heat(module, validation, settings.patches_per_patient, run)
    return Fitted(AnomalyScorer(module, run.device), pretrained=ready.pretrained.record)


def vectors_per_patch(n: int, cells: int, channels: int, mib: int) -> int:
    """How many of its `cells` vectors each of `n` patches may give, so that all fit in `mib` MiB as float32."""
    return min(cells, mib * MIB // (4 * channels * n))


def coreset(vectors: Tensor, size: int, run: Run) -> Tensor:
    """`size` of the vectors, (n, C), each the farthest from those chosen before (k-center-greedy), the first by chance.

    anomalib's own choice has a progress bar of its own, and projects vectors at random first, which for as few
    channels as ours makes them longer. Sener & Savarese 2018 (arXiv 1708.00489).
    """
    norm = vectors.square().sum(dim=1)
    nearest = torch.full_like(norm, torch.inf)  # squared distance to the nearest vector chosen
    chosen = [int(torch.randint(len(vectors), (1,)))]
    while len(chosen) < size:
        center = vectors[chosen[-1]]
        torch.minimum(nearest, norm - 2 * (vectors @ center) + center.square().sum(), out=nearest)
        nearest[chosen[-1]] = -torch.inf
        chosen.append(int(nearest.argmax()))
        if len(chosen) % _TELL_EVERY == 0 or len(chosen) == size:
            stop_if_asked(run)
            run.progress(Progress("memory bank", len(chosen), size, "vectors"))
    return vectors[chosen]
