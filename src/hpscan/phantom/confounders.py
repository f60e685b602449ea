"""What is brown or dark and no bacterium: pigment, precipitate, background.

They are what makes a rule on colour fail in the real negatives, and they occur in infected patients too.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from hpscan.phantom.fields import Field, places, smooth_noise, stamps, texture, uniform

if TYPE_CHECKING:
    from numpy.random import Generator


class Confounder(StrEnum):
    """What kind of thing may be taken for bacteria."""

    PIGMENT = "pigment"
    PRECIPITATE = "precipitate"
    BACKGROUND = "background"


@dataclass(frozen=True, slots=True, eq=False)
class Dirt:
    """What a confounder lays on a patch.

    Attributes:
        dab: (H, W) float32, optical density of brown stain.
        pigment: (H, W) float32, optical density of ink or pigment.
    """

    dab: Field
    pigment: Field


def draw_confounder(rng: Generator, kind: Confounder, *, body: Field, habitat: Field) -> Dirt:
    """One confounder on one patch.

    Args:
        rng: Where chance comes from.
        kind: Which.
        body: (H, W) with H = W, 0..1: how much tissue there is.
        habitat: (H, W), >= 0: the tissue's border, where ink and pigment gather.
    """
    nothing = np.zeros_like(body)
    if kind is Confounder.PIGMENT:
        return Dirt(nothing, _pigment(rng, habitat))
    if kind is Confounder.PRECIPITATE:
        return Dirt(_precipitate(rng, body), nothing)
    # Diffuse stain in the real patches is a greyish tan, not the red brown of a deposit.
    tan = _background(rng, body)
    return Dirt(tan * np.float32(0.6), tan * np.float32(0.4))


def _blobs(rng: Generator, y: Field, x: Field, radius: Field, *, edge: float, size: int) -> Field:
    """Uneven discs, 0..1, of given radii, (n,), in pixels, whose border is `edge` pixels soft."""
    n = len(y)
    at = stamps(y, x, uniform(rng, 0, np.pi, n), reach=int(radius.max() * 1.3 + edge) + 1, size=size)
    stretch, lobes, phase = (
        a[:, None, None] for a in (uniform(rng, 1, 1.3, n), rng.integers(2, 6, n), uniform(rng, 0, 6.3, n))
    )
    turn = np.arctan2(at.v, at.u)
    distance = np.hypot(at.u / stretch, at.v * stretch) * (1 + 0.12 * np.sin(lobes * turn + phase))
    return at.largest(np.clip((radius[:, None, None] - distance) / edge + 0.5, 0, 1).astype(np.float32))


def _pigment(rng: Generator, habitat: Field) -> Field:
    """Black and brown-black grains, in drifts along the tissue's border."""
    size = habitat.shape[0]
    n_drifts = int(rng.integers(1, 4))
    n = int(rng.integers(4, 45))
    drift = rng.integers(n_drifts, size=n)
    y, x = places(rng, habitat, n_drifts)
    spread = uniform(rng, 3, 22, n_drifts)[drift]
    y = (y[drift] + rng.normal(0, spread)).astype(np.float32)
    x = (x[drift] + rng.normal(0, spread)).astype(np.float32)
    grains = _blobs(rng, y, x, uniform(rng, 0.9, 3.2, n), edge=1.2, size=size)
    return grains * np.float32(rng.uniform(0.7, 2.2))


def _precipitate(rng: Generator, body: Field) -> Field:
    """Round brown specks anywhere, some out of focus, and sometimes a blotch."""
    size = body.shape[0]
    n = int(np.exp(rng.uniform(0, np.log(9))))
    y, x = places(rng, np.ones_like(body), n)
    specks = _blobs(rng, y, x, uniform(rng, 0.8, 2.2, n), edge=float(rng.uniform(0.9, 3.0)), size=size)
    stain = specks * np.float32(rng.uniform(0.15, 0.9))
    if rng.random() < 0.08:
        y, x = places(rng, np.ones_like(body), 1)
        blotch = _blobs(rng, y, x, uniform(rng, 6, 15, 1), edge=5.0, size=size)
        uneven = 1 + 0.5 * texture(rng, (size, size), 4.0)
        stain = np.maximum(stain, blotch * np.float32(rng.uniform(0.25, 0.9)) * np.clip(uneven, 0.1, 2))
    return stain


def _background(rng: Generator, body: Field) -> Field:
    """Pale brown all over the tissue, with a coarse and a fine unevenness."""
    size = body.shape[0]
    coarse = 1 + 0.35 * smooth_noise(rng, (size, size), 45.0)
    fine = 1 + 0.35 * texture(rng, (size, size), 2.0)
    tan: Field = np.float32(rng.uniform(0.03, 0.15)) * body * np.clip(coarse * fine, 0, 3)
    return tan
