"""Small things that are taken for bacteria: grains, droplets, crystals, clumps, spots."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hpscan.phantom.brushes import places, texture, uniform
from hpscan.phantom.confounders.dirt import (
    Dirt,
    anywhere,
    chance,
    filled,
    fringes,
    log_uniform,
    outline,
    ragged,
    shapes,
)

if TYPE_CHECKING:
    from numpy.random import Generator

    from hpscan.phantom.brushes import Field


def pigment(rng: Generator, habitat: Field) -> Dirt:
    """Black grains, in drifts along the border, or a crystal or two with crumbs."""
    size = habitat.shape[0]
    if chance(rng, 0.3):
        # Drifts of small grains along the tissue's border.
        n_drifts, n = int(rng.integers(1, 4)), int(rng.integers(5, 40))
        drift = rng.integers(n_drifts, size=n)
        y, x = places(rng, habitat, n_drifts)
        spread = uniform(rng, 3, 22, n_drifts)[drift]
        y = (y[drift] + rng.normal(0, spread)).astype(np.float32)
        x = (x[drift] + rng.normal(0, spread)).astype(np.float32)
        radius = log_uniform(rng, 0.8, 3.5, n)
    else:
        # A crystal or two, and crumbs beside them.
        n, crumbs = int(rng.integers(1, 4)), int(rng.integers(0, 5))
        y, x = places(rng, habitat + np.float32(0.3), n)
        y, x = (np.append(a, a[0] + rng.normal(0, 9, crumbs)).astype(np.float32) for a in (y, x))
        radius = np.append(log_uniform(rng, 1.8, 7.5, n), log_uniform(rng, 0.8, 2.5, crumbs))
    at, inside = shapes(rng, y, x, radius, size=size, angular=chance(rng, 0.6), rough=0.15)
    jagged = float(rng.uniform(0.2, 1.3))
    within = ragged(rng, at, inside, jagged)
    grains = filled(within, float(rng.uniform(0.9, 1.8)))
    bright = outline(within, -2.0, 1.2)
    # Light gets through in places.
    grains *= np.clip(1.1 + np.float32(0.3 * jagged) * texture(rng, habitat.shape, 1.8), 0.25, 1.4)
    depth = np.float32(log_uniform(rng, 0.4, 2.2, 1)[0])
    red, green = (f * depth * np.float32(rng.uniform(0.2, 1.0)) for f in fringes(rng, grains))
    dab = red + np.float32(0.3) * green
    if chance(rng, 0.35):  # some are dark brown throughout
        dab += grains * depth * np.float32(rng.uniform(0.1, 0.6))
    glare = np.float32(min(rng.uniform(-0.035, 0.015), 0))
    return Dirt(dab, grains * depth, np.float32(0.5) * green + glare * bright)


def droplets(rng: Generator, habitat: Field) -> Dirt:
    """Fine refractile dots in mucus."""
    size = habitat.shape[0]
    n = int(log_uniform(rng, 12, 160, 1)[0])
    y, x = places(rng, habitat, 1)
    reach = uniform(rng, 12, 70, 2)
    y, x = ((a + rng.normal(0, r, n)).astype(np.float32) for a, r in zip((y, x), reach, strict=True))
    at, inside = shapes(
        rng, y, x, log_uniform(rng, 0.7, float(rng.uniform(1.4, 2.6)), n), size=size, rough=0.05, stretched=1.15
    )
    depth = log_uniform(rng, 0.15, 1, n)[:, None, None]
    # Light is bent to one side, so a droplet is dark on the other.
    lit = 1 + np.float32(rng.uniform(0, 0.7)) * np.tanh(at.v / 2)
    dark = at.total((outline(inside, 0.0, 0.7) + filled(inside, 1.0) * np.float32(0.35)) * depth * lit)
    bright = at.largest(filled(inside - 1, 1.0) * depth)
    strength = rng.uniform(0.2, 0.9)
    red, green = fringes(rng, dark)
    tinge = np.float32(rng.uniform(0.2, 1.2) * strength) * red
    if chance(rng, 0.35):
        tinge += dark * np.float32(rng.uniform(0.1, 0.8) * strength)
    return Dirt(
        tinge,
        dark * np.float32(strength * rng.uniform(0.3, 1)),
        np.float32(strength) * (np.float32(0.4) * green - np.float32(0.06) * bright),
    )


def precipitate(rng: Generator, body: Field) -> Dirt:
    """A few brown specks or crystals."""
    size = body.shape[0]
    n = int(log_uniform(rng, 1, 7, 1)[0])
    y, x = anywhere(rng, body, n)
    if chance(rng, 0.5):  # crumbs of one crystal
        y, x = (np.clip(a[0] + rng.normal(0, 8, n), 0, size - 1).astype(np.float32) for a in (y, x))
    at, inside = shapes(
        rng,
        y,
        x,
        log_uniform(rng, 0.8, 2.0 if chance(rng, 0.4) else 6.0, n),
        size=size,
        angular=chance(rng, 0.4),
        rough=float(rng.uniform(0, 0.25)),
    )
    edge = float(rng.uniform(0.9, 2.5))
    depth = log_uniform(rng, 0.25, 1.6, 1) * uniform(rng, 0.6, 1.2, n)
    within = ragged(rng, at, inside, float(rng.uniform(0, 0.9)))
    # Each speck is as dense as itself, and its border is the common one.
    specks = filled(within, edge) * at.largest((inside > -4) * depth[:, None, None])
    specks *= np.clip(1 + np.float32(0.35) * texture(rng, body.shape, 1.8), 0.3, 1.6)
    black = specks * np.float32(rng.uniform(0.2, 0.9)) if chance(rng, 0.35) else np.zeros_like(body)
    return Dirt(specks, black, outline(within, -1.5 - edge / 2, 1.0) * np.float32(min(rng.uniform(-0.03, 0.02), 0)))


def blurred(rng: Generator, body: Field) -> Dirt:
    """Brown spots out of focus, or a smear of them."""
    size = body.shape[0]
    n = int(log_uniform(rng, 1, 7, 1)[0])
    y, x = anywhere(rng, body, n)
    if chance(rng, 0.4):  # a smear
        y, x = (np.clip(a[0] + rng.normal(0, s, n), 0, size - 1).astype(np.float32) for a, s in ((y, 5), (x, 16)))
    radius = log_uniform(rng, 2, 9, n)
    at, inside = shapes(rng, y, x, radius * 2, size=size, rough=0.0, stretched=1.6)
    depth = uniform(rng, 0.5, 1, n)[:, None, None]
    # Of the outline's distance to the middle: a soft spot with no border.
    far = (1 - inside / (2 * radius[:, None, None])) * 2
    spots = at.total(depth * np.exp(-far * far)) * np.clip(1 + np.float32(0.3) * texture(rng, body.shape, 4.0), 0.2, 2)
    spots *= log_uniform(rng, 0.06, 0.5, 1)[0]
    return Dirt(spots, spots * np.float32(rng.uniform(0, 0.6)), np.zeros_like(body))


def clump(rng: Generator, body: Field) -> Dirt:
    """A dark brown mass with a paler fringe, mostly cut by the patch's border."""
    size, shape = body.shape[0], body.shape
    along, beyond = rng.uniform(0, size), rng.uniform(-5, 6)
    across = beyond if chance(rng, 0.5) else size - beyond
    at_border = (along, across) if chance(rng, 0.5) else (across, along)
    y, x = (np.array([a], np.float32) for a in at_border)
    if chance(rng, 0.2):
        y, x = places(rng, body, 1)
    at, inside = shapes(rng, y, x, log_uniform(rng, 3, 26, 1), size=size, rough=0.12)
    far = ragged(rng, at, inside, float(rng.uniform(0.5, 2)))
    mass = filled(far, float(rng.uniform(1.5, 4)))
    dark = filled(far - 3, 5.0) * np.clip(1 + np.float32(0.3) * texture(rng, shape, 4.0), 0.2, 1.6)
    strength = np.float32(rng.uniform(0.25, 1.2))
    return Dirt(mass * strength, dark * strength * np.float32(rng.uniform(0.2, 1.4)), np.zeros_like(body))


def nuclei(rng: Generator, body: Field) -> Dirt:
    """Nuclei with a tinge of brown."""
    size = body.shape[0]
    n = int(rng.integers(2, 14))
    y, x = places(rng, body, n)
    at, inside = shapes(rng, y, x, uniform(rng, 5, 9, n), size=size, rough=0.03, stretched=1.25)
    depth = uniform(rng, 0.3, 1, n)[:, None, None] * log_uniform(rng, 0.05, 0.25, 1)[0]
    spots = at.largest(filled(inside, 4.0) * depth)
    spots *= np.clip(1 + np.float32(0.2) * texture(rng, body.shape, 3.0), 0.2, 2) * body
    return Dirt(spots, np.zeros_like(body), spots * np.float32(rng.uniform(0.2, 0.9)))
