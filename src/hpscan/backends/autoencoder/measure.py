"""How patches are compared with their reconstructions; numpy only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hpscan.backends.autoencoder.settings import Measure
from hpscan.backends.shared import dab

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hpscan.backends.shared.gate import RedGate
    from hpscan.core.backend import Images, Scores


def measure(before: Images, after: Images, kind: Measure, gate: RedGate) -> Scores:
    """Scores, (N,), of patches with their reconstructions, both (N, H, W, 3).

    f-red is the number of red pixels before over the number after, where a reconstruction without any counts as
    having one. brown-residual is the mean of `pixel_loss` over the pixels where it is highest, `dab.STRONGEST` of them.
    Every other score is its mean over all pixels.
    """
    if kind is Measure.F_RED:
        n_before, n_after = (gate.red(images).sum(axis=(1, 2)) for images in (before, after))
        return np.asarray(n_before / np.maximum(n_after, 1), dtype=np.float64)
    lost = pixel_loss(before, after, kind, gate)
    return dab.strongest(lost) if kind is Measure.BROWN_RESIDUAL else np.asarray(lost.mean(axis=(1, 2)), np.float64)


def pixel_loss(before: Images, after: Images, kind: Measure, gate: RedGate) -> NDArray[np.float64]:
    """What the reconstruction lost at each pixel, (N, H, W), from patches and reconstructions, both (N, H, W, 3).

    brown-residual: the smaller of two excesses, 0..2, or 0 where one is below 0: of the pixel's redness before over
    what is usual in its patch, and of the redness lost over what is usually lost in that patch (`dab.redness`,
    `dab.beyond`).
    red-residual, f-red: 1 where the pixel is red before and not after, else 0.
    mse: ((before - after) / 255)^2, mean of the three channels; 0..1.
    red-mse: (max(0, redness before - redness after) / 255)^2 with redness R - (G + B) / 2, -255..255; 0..4.

    Signed numbers throughout, so that nothing wraps round.
    """
    if kind is Measure.BROWN_RESIDUAL:
        present, painted_red = dab.redness(before), dab.redness(after)
        least = np.minimum(dab.beyond(present, dab.PRESENT), dab.beyond(present - painted_red, dab.LOST))
        return np.asarray(np.maximum(least, 0), dtype=np.float64)
    if kind.counts_red:
        return np.asarray(gate.red(before) & ~gate.red(after), dtype=np.float64)
    lost = np.empty(before.shape[:3])
    for i, (patch, reconstruction) in enumerate(zip(before, after, strict=True)):
        change = patch.astype(np.int32) - reconstruction
        if kind is Measure.MSE:
            lost[i] = (change**2).sum(axis=-1) / (3 * 255**2)
        else:
            twice = 2 * change[..., 0] - change[..., 1] - change[..., 2]  # redness is linear; twice it is an integer
            lost[i] = np.maximum(twice, 0) ** 2 / (2 * 255) ** 2
    return lost
