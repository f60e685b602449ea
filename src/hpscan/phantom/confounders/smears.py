"""Large things that lie on the tissue or in it: folds, bubbles, debris, bands and stained background."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hpscan.phantom.brushes import places, smooth_noise, texture, uniform, web
from hpscan.phantom.confounders.dirt import Dirt, anywhere, chance, filled, log_uniform, outline, shapes

if TYPE_CHECKING:
    from numpy.random import Generator

    from hpscan.phantom.brushes import Field


def background(rng: Generator, body: Field) -> Dirt:
    """Foamy, granular, greyish-tan tissue, all over or in part, now and then with flecks of true stain."""
    size, shape = body.shape[0], body.shape
    coarse = np.clip(1 + np.float32(0.45) * smooth_noise(rng, shape, 45.0), 0, 2.5)
    if chance(rng, 0.4):  # a part of the patch only
        coarse *= np.clip(smooth_noise(rng, shape, 70.0) + 0.3, 0, 1)
    where = body * coarse
    strength = log_uniform(rng, 0.2, 1.5, 1)[0]
    grit = texture(rng, shape, 1.8)
    foam = web(texture(rng, shape, (3.0, 4.0)[int(rng.integers(2))]), 0.45)
    n = int(rng.integers(10, 130))
    y, x = places(rng, where, n)
    at, inside = shapes(rng, y, x, log_uniform(rng, 1.5, float(rng.uniform(3, 10)), n), size=size, rough=0.03)
    rims = at.largest(outline(inside, 0.0, 0.9)) - np.float32(0.45) * at.largest(filled(inside - 2, 2.0))
    rough = np.float32(0.7) * (foam - np.float32(0.4)) + np.float32(0.3) * grit + np.float32(1.1) * rims
    tan = where * np.clip(1 + rough, 0, 3) * np.float32(0.085 * strength)
    brown = rng.uniform(0.2, 0.75)
    dab = tan * np.float32(brown)
    if chance(rng, 0.15):  # flecks of true stain, which nobody could tell from bacteria if there were many
        flecks = texture(rng, shape, 4.0) + np.float32(0.8) * texture(rng, shape, 18.0)
        dab += np.clip(flecks - np.float32(rng.uniform(2.0, 3.2)), 0, 1.5) * where * np.float32(rng.uniform(0.1, 0.7))
    return Dirt(dab, tan * np.float32(1 - brown), where * np.minimum(rough, 0) * np.float32(0.06 * strength))


def debris(rng: Generator, body: Field) -> Dirt:
    """A dark, cracked, refractile mass."""
    size, shape = body.shape[0], body.shape
    y, x = anywhere(rng, body, 1)
    at, inside = shapes(rng, y, x, uniform(rng, 0.03, 0.17, 1) * size + 3, size=size, rough=0.14)
    jagged = np.float32(2.5) * texture(rng, shape, 3.0) + np.float32(3) * texture(rng, shape, 9.0)
    far = at.largest(np.maximum(inside + 12, 0)) - 12 + np.clip(jagged, -8, 8)
    mass, rim = filled(far, 1.5), outline(far, 0.5, 1.2)
    cracks = web(texture(rng, shape, 4.0), 0.3)
    core = np.clip((texture(rng, shape, 18.0) + np.float32(rng.uniform(-1.2, 0.6))) * mass, 0, 1.5)
    strength = np.float32(rng.uniform(0.2, 0.9))
    pigment = (rim + mass * (np.float32(0.6) * cracks + 0.1) + core) * strength
    glare = mass * np.maximum(texture(rng, shape, 4.0) - 0.9, 0) * np.float32(-0.25)
    return Dirt(core * np.float32(rng.uniform(0, 0.4)) * strength, pigment, glare * strength)


def _bent(rng: Generator, size: int) -> tuple[Field, Field]:
    """Coordinates along and across a gently bent line that crosses the patch."""
    y, x = np.meshgrid(*(np.arange(size, dtype=np.float32),) * 2, indexing="ij")
    turn, (dy, dx) = rng.uniform(0, np.pi), rng.uniform(0.1, 0.9, 2) * size
    cos, sin = np.float32(np.cos(turn)), np.float32(np.sin(turn))
    u = (x - np.float32(dx)) * cos + (y - np.float32(dy)) * sin
    v = (y - np.float32(dy)) * cos - (x - np.float32(dx)) * sin
    return u, v + u * u * np.float32(rng.uniform(-0.7, 0.7) / size) + np.float32(4) * smooth_noise(
        rng, (size, size), 30.0
    )


def fold(rng: Generator, body: Field) -> Dirt:
    """A dark band where tissue lies double, softer on one side than on the other."""
    size, shape = body.shape[0], body.shape
    u, v = _bent(rng, size)
    width = np.float32(rng.uniform(0.03, 0.15) * size) * np.clip(1 + u * np.float32(rng.normal(0, 1) / size), 0.3, 2)
    soft = float(rng.uniform(3, 12))
    ragged = np.float32(rng.uniform(2, 7)) * texture(rng, shape, 18.0) + np.float32(1.5) * texture(rng, shape, 4.0)
    uneven = np.clip(1 + np.float32(0.45) * smooth_noise(rng, shape, 55.0), 0.1, 2)
    inside = width * uneven - np.abs(v) + ragged
    # One side is nearer to the focus than the other.
    band = np.where(v > 0, filled(inside, soft), filled(inside, 3 * soft)) * np.clip(body * 1.5, 0, 1)
    cloudy = np.clip(
        1 + np.float32(0.3) * texture(rng, shape, 18.0) + np.float32(0.14) * texture(rng, shape, 3.0), 0.1, 2
    )
    strength = np.float32(rng.uniform(0.06, 0.32))
    # The crest throws a dark line on one side and a bright one on the other.
    side = np.where(v > 0, np.float32(0.6), np.float32(-0.5)) * outline(inside, soft / 2, 3.0) * body
    blue = strength * (band * cloudy + side * np.float32(rng.uniform(0, 0.6)))
    brown = band * strength * np.float32(rng.uniform(0, 0.25)) if chance(rng, 0.4) else np.zeros_like(body)
    return Dirt(brown, band * strength * np.float32(rng.uniform(0, 0.2)), blue)


def bubble(rng: Generator, body: Field) -> Dirt:
    """Air: a few small rings, or a part of a large one."""
    size = body.shape[0]
    if chance(rng, 0.3):  # a large one, out of focus, seen in part
        y, x = np.meshgrid(*(np.arange(size, dtype=np.float32),) * 2, indexing="ij")
        turn, radius = rng.uniform(0, 2 * np.pi), rng.uniform(0.15, 0.5) * size
        away = size / 2 + rng.uniform(-0.1, 0.6) * radius
        cos, sin = np.cos(turn), np.sin(turn)
        dy, dx = y - np.float32(size / 2 + away * sin), x - np.float32(size / 2 + away * cos)
        oval = 1 + np.float32(rng.uniform(0, 0.35)) * np.cos(2 * np.arctan2(dy, dx) + np.float32(turn))
        inside = (np.float32(radius) - np.hypot(dy, dx) * oval).astype(np.float32)
        width, strength = float(rng.uniform(4, 9)), np.float32(rng.uniform(0.15, 0.65))
        rim = outline(inside, 0, width) + np.float32(0.4) * outline(inside, 1.5 * width, width / 2)
        rim *= np.clip(1 + np.float32(0.45) * smooth_noise(rng, body.shape, 60.0), 0.2, 2)
        light = filled(inside - 2 * width, width) + np.float32(0.6) * outline(inside, -2 * width, width)
        blue = (strength * np.float32(0.5) * rim - np.float32(0.06) * light).astype(np.float32)
        return Dirt(np.zeros_like(body), rim * strength, blue)
    n = int(log_uniform(rng, 1, 5, 1)[0])
    y, x = anywhere(rng, body, n)
    at, inside = shapes(
        rng, y, x, log_uniform(rng, 4, 22, n), size=size, rough=float(rng.uniform(0, 0.015)), stretched=1.08
    )
    strength, width = np.float32(rng.uniform(0.05, 0.4)), float(rng.uniform(0.8, 2.2))
    rim = at.largest(outline(inside, 0, width) + np.float32(0.5) * outline(inside, 3 * width, width))
    halo = at.largest(
        outline(inside, -3 * width, width * 1.5) + np.float32(0.6) * outline(inside, 1.6 * width, width / 2)
    )
    filling = at.largest(filled(inside, 2 * width)) * np.float32(rng.uniform(-0.1, 0.45))
    return Dirt(np.zeros_like(body), (rim + filling) * strength, halo * np.float32(-0.25) * strength)


def band(rng: Generator, body: Field) -> Dirt:
    """A pale yellowish-brown band in the tissue."""
    size, shape = body.shape[0], body.shape
    _, v = _bent(rng, size)
    inside = np.float32(rng.uniform(0.02, 0.1) * size) - np.abs(v)
    uneven = np.clip(
        0.7 + np.float32(0.5) * texture(rng, shape, 9.0) + np.float32(0.25) * texture(rng, shape, 3.0), 0, 2.2
    )
    pale = filled(inside, float(rng.uniform(8, 25))) * body * uneven * log_uniform(rng, 0.02, 0.11, 1)[0]
    return Dirt(pale, pale * np.float32(rng.uniform(0, 0.3)), pale * np.float32(-0.15))
