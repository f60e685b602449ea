"""Where the patches of a synthetic patient lie on a slide: side by side along the border of one biopsy.

There is no picture of the slide. The places have a random generator of their own, and so change nothing of the patches.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from hpscan.core.cohort import Box
from hpscan.phantom.cohort import SIZE

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

_STREAM = 0x511DE
"""Sets this generator apart from others that are made of the seed and the patient's number."""

_LEAST_RADIUS = 900.0
"""Pixels; a small biopsy, however few its patches."""

_MARGIN = (1000.0, 9000.0)
"""Pixels of bare glass left of the biopsy and above it, at least and at most."""

_STEP = 8.0
"""Pixels between two places on the border that a patch is tried at."""


def places(seed: int, number: int, count: int) -> tuple[Box, ...]:
    """The places of a patient's patches, in their order along the border; no two of them overlap.

    Args:
        seed: The cohort's seed.
        number: The patient's place in the cohort, from 0.
        count: How many patches there are.
    """
    rng = np.random.default_rng([seed, number, _STREAM])
    shape = _shape(rng)
    start = rng.uniform(0, math.tau)
    margin = rng.uniform(*_MARGIN, size=2)
    # A step of one patch along a diagonal is sqrt(2) patches long: this border may be too short, a longer one is not.
    radius = max(_LEAST_RADIUS, count * SIZE / math.tau)
    while len(corners := _along(_border(shape, radius, start), count)) < count:
        radius *= 1.1
    corners += np.round(margin - corners.min(axis=0)).astype(np.int64)
    return tuple(Box(x=x, y=y, width=SIZE, height=SIZE) for x, y in corners.tolist())


def _shape(rng: Generator) -> NDArray[np.complex128]:
    """Fourier coefficients of a radius around the biopsy: longer than wide, and uneven."""
    waves = np.array([0.28, 0.07, 0.05, 0.03, 0.02]) * rng.uniform(0.5, 1.0, 5)
    phases: NDArray[np.complex128] = np.exp(1j * rng.uniform(0, math.tau, 5))
    return waves * phases


def _border(shape: NDArray[np.complex128], radius: float, start: float) -> NDArray[np.int64]:
    """(N, 2), x and y of places about `_STEP` pixels apart, once around from the angle `start`."""
    angle = start + np.arange(0, math.tau, _STEP / (2 * radius))
    order = np.arange(2, 2 + len(shape))
    out = radius * (1 + (shape[:, None] * np.exp(1j * order[:, None] * angle)).real.sum(axis=0))
    return np.stack([out * np.cos(angle), out * np.sin(angle)], axis=1).round().astype(np.int64)


def _along(border: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """(M, 2), corners of up to `count` patches on a border, each the first place that is clear of all before it."""
    taken = np.empty((count, 2), dtype=np.int64)
    placed = 0
    for place in border:
        if placed == count:
            break
        if bool((np.abs(taken[:placed] - place).max(axis=1) >= SIZE).all()):
            taken[placed] = place
            placed += 1
    return taken[:placed]
