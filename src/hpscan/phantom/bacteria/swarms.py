"""Where rods lie: single, in pairs, in strings along the epithelium, in loose swarms and in dense clumps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hpscan.phantom.brushes import places, uniform

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    from hpscan.phantom.brushes import Field, Values

MARGIN = 8
"""Pixels from the border within which no rod's centre lies, so that every rod can be seen."""

CLUMP_RODS = 6
"""From this number on, rods gather in clumps."""

_STRING_STEPS = 9
_STRING_STEP = 9.0


@dataclass(frozen=True, slots=True, eq=False)
class Swarm:
    """Centres of n rods and of the m clumps that they form.

    Attributes:
        y: (n,), in pixels.
        x: (n,), in pixels.
        angle: (n,), direction of each rod, in radians.
        clump_y: (m,), in pixels; m is 0 where the rods are few.
        clump_x: (m,), in pixels.
        clump_angle: (m,), direction in which a clump is drawn out, in radians.
    """

    y: Values
    x: Values
    angle: Values
    clump_y: Values
    clump_x: Values
    clump_angle: Values


def gather(rng: Generator, habitat: Field, n: int) -> Swarm:
    """Draw centres and directions of n rods, in proportion to the habitat, (H, W) with H = W."""
    y, x = places(rng, habitat, n, margin=MARGIN)
    angle = uniform(rng, 0, np.pi, n)
    if n < CLUMP_RODS:
        return _paired(rng, habitat, y, x, angle)
    n_clumps = 1 + int(rng.poisson(n / 22))
    clump = rng.integers(n_clumps, size=n)
    in_clump = rng.random(n) < rng.uniform(0.55, 0.97)
    centre_y, centre_x = places(rng, habitat, n_clumps, margin=MARGIN)
    direction = np.empty(n_clumps, np.float32)
    wanted_y, wanted_x, wanted_angle = y.copy(), x.copy(), angle.copy()
    for k in range(n_clumps):
        path_y, path_x, path_angle = _string(rng, habitat, float(centre_y[k]), float(centre_x[k]))
        direction[k] = path_angle[len(path_angle) // 2]
        mine = np.flatnonzero(clump == k)
        if rng.random() < 0.35:
            # A string: along the border, here one rod and there three.
            on = rng.integers(len(path_y), size=len(mine))
            wanted_y[mine] = path_y[on] + rng.normal(0, 2.6, len(mine))
            wanted_x[mine] = path_x[on] + rng.normal(0, 2.6, len(mine))
            wanted_angle[mine] = path_angle[on] + rng.normal(0, 0.6, len(mine))
            continue
        # A clump, from dense to loose, drawn out as mucus is; its members have some preference for its direction.
        far = float(np.exp(rng.uniform(np.log(4), np.log(28))))
        near = far * float(rng.uniform(0.3, 0.7))
        u, v = rng.normal(0, far, len(mine)), rng.normal(0, near, len(mine))
        cos, sin = np.cos(direction[k]), np.sin(direction[k])
        wanted_y[mine] = centre_y[k] + u * sin + v * cos
        wanted_x[mine] = centre_x[k] + u * cos - v * sin
        wanted_angle[mine] = direction[k] + rng.normal(0, 0.8, len(mine))
    moved = in_clump & _lives(habitat, wanted_y, wanted_x)
    return Swarm(
        np.where(moved, wanted_y, y),
        np.where(moved, wanted_x, x),
        np.where(moved, wanted_angle, angle),
        centre_y,
        centre_x,
        direction,
    )


def _paired(rng: Generator, habitat: Field, y: Values, x: Values, angle: Values) -> Swarm:
    """Few rods: some lie at another, end to end or crossed, as after a division."""
    y, x, angle = y.copy(), x.copy(), angle.copy()
    for k in range(1, len(y)):
        if rng.random() < 0.45:
            away = float(angle[k - 1]) + float(rng.normal(0, 0.6))
            far = float(rng.uniform(4, 11))
            near_y = y[k - 1 : k] + np.float32(far * np.sin(away))
            near_x = x[k - 1 : k] + np.float32(far * np.cos(away))
            if _lives(habitat, near_y, near_x)[0]:
                y[k], x[k], angle[k] = near_y[0], near_x[0], away + float(rng.normal(0, 0.7))
    return Swarm(y, x, angle, y[:0], x[:0], angle[:0])


def _string(rng: Generator, habitat: Field, y: float, x: float) -> tuple[Values, Values, Values]:
    """A path from a point to where bacteria live most gladly, step by step: centres and directions, (steps,) each."""
    size, path = habitat.shape[0], []
    angle = float(rng.uniform(0, 2 * np.pi))
    turns = np.linspace(-1.6, 1.6, 7) if rng.random() < 0.9 else np.zeros(1)
    for step in range(_STRING_STEPS):
        ways = angle + (turns if step else turns * 1.9)
        rows = np.clip(y + _STRING_STEP * np.sin(ways), 0, size - 1).astype(np.intp)
        columns = np.clip(x + _STRING_STEP * np.cos(ways), 0, size - 1).astype(np.intp)
        liking = habitat[rows, columns] - 0.02 * habitat.max() * np.abs(ways - angle)
        angle = float(ways[int(liking.argmax())] + rng.normal(0, 0.12))
        y = float(np.clip(y + _STRING_STEP * np.sin(angle), 0, size - 1))
        x = float(np.clip(x + _STRING_STEP * np.cos(angle), 0, size - 1))
        path.append((y, x, angle))
    points = np.array(path, dtype=np.float32).T
    return points[0], points[1], points[2]


def _lives(habitat: Field, y: Values, x: Values) -> NDArray[np.bool_]:
    """Whether a rod may lie at each of n points: within the margin, and where bacteria live at all."""
    size = habitat.shape[0]
    rows, columns = (np.clip(a, 0, size - 1).astype(np.intp) for a in (y, x))
    inside = (np.minimum(y, x) >= MARGIN) & (np.maximum(y, x) < size - MARGIN)
    answer: NDArray[np.bool_] = inside & (habitat[rows, columns] > 0.02 * habitat.max())
    return answer
