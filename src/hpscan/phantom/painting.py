"""Synthetic bacteria and confounders on patches of real, uninfected tissue: images in, images and masks out.

The stain absorbs the light that the patch lets through (Beer-Lambert), and is as sharp as the patch, so that what is
added differs from the tissue by what it is and not by how it was scanned.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from hpscan.phantom.bacteria.rods import Bacteria, scatter
from hpscan.phantom.cohort import PhantomPatch, draw_patch
from hpscan.phantom.confounders.artefacts import Confounder, Dirt, draw_confounder
from hpscan.phantom.scanner.optics import absorb, draw_style

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    from hpscan.phantom.brushes import Field

SMALLEST, LARGEST = 64, 512
"""Pixels, height and width of a patch that can be added to."""

MOST_RODS = 60

_GRID = 4
"""Where tissue lies is looked at in cells of so many pixels."""

_TISSUE = 0.03
"""Mean optical density of R, G and B from which a cell is tissue, not glass."""

_SLOPES = (0.065, 0.069, 0.078, 0.087, 0.099, 0.124, 0.157, 0.235)
_SIGMAS = (4.0, 3.0, 2.0, 1.6, 1.3, 1.0, 0.8, 0.6)
"""How steep the steepest edges are (see `sharpness`), and the blur, as a sigma in pixels, of a sharp edge that is as steep."""


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """What can be seen of a patch's tissue.

    Attributes:
        body: (H, W) float32, 0..1: how much tissue there is.
        habitat: (H, W) float32, >= 0: how gladly bacteria live there: along the border, in lumina and pale mucus.
    """

    body: Field
    habitat: Field


def survey(image: NDArray[np.uint8]) -> Ground:
    """Where tissue lies on a patch, (H, W, 3) RGB."""
    coarse = image[::_GRID, ::_GRID].astype(np.float32)
    light = coarse.sum(axis=2)
    # The brightest tenth is glass or nearly so; where a patch is all tissue, its palest part stands in for it.
    glass = np.maximum(np.median(coarse[light >= np.quantile(light, 0.9)], axis=0), 120)
    density = -np.log10(np.maximum(coarse, 4) / glass).mean(axis=2)
    density = ndimage.gaussian_filter(density, 1.5)
    tissue = ndimage.gaussian_filter(density, 3) > _TISSUE
    outside = ndimage.distance_transform_edt(~tissue) if tissue.any() else np.zeros(tissue.shape)
    inside = ndimage.distance_transform_edt(tissue) if not tissue.all() else np.zeros(tissue.shape)
    border = np.exp(-outside / 4 - inside / 5)
    pale = np.exp(-np.maximum(density, 0) / 0.04 - outside / 8)
    body = np.clip((density - 0.02) / 0.03, 0, 1)
    return Ground(*(_enlarged(field, image.shape) for field in (body, 0.08 + border + 0.25 * pale)))


def _enlarged(field: NDArray[np.float64], shape: tuple[int, ...]) -> Field:
    fine = np.repeat(np.repeat(field.astype(np.float32), _GRID, axis=0), _GRID, axis=1)
    return np.ascontiguousarray(fine[: shape[0], : shape[1]])


def sharpness(image: NDArray[np.uint8]) -> float:
    """The blur of a patch's steepest edges, as a sigma in pixels, were they sharp in the tissue; 0.6 to 4.

    Among the largest changes over five pixels of red, where hematoxylin absorbs most: the proportion that falls on the middle one.
    """
    red = image[..., 0].astype(np.float32)
    proportions = []
    for field in (red, red.T):
        over_five = (field[:, 5:] - field[:, :-5]) ** 2
        over_one = (field[:, 3:-2] - field[:, 2:-3]) ** 2
        steep = over_five >= max(float(np.quantile(over_five, 0.97)), 1.0)
        if steep.any():
            proportions.append(float(over_one[steep].mean() / over_five[steep].mean()))
    return float(np.interp(np.mean(proportions) if proportions else _SLOPES[4], _SLOPES, _SIGMAS))


def paint(
    rng: Generator,
    image: NDArray[np.uint8],
    *,
    rods: int = 0,
    faint: bool = False,
    confounder: Confounder | None = None,
) -> PhantomPatch:
    """A patch with something added to it; with neither rods nor confounder it is the patch as it is.

    Args:
        rng: Where chance comes from.
        image: (S, S, 3), RGB, S from 64 to 512: uninfected tissue.
        rods: How many bacteria.
        faint: Whether they are pale and thin.
        confounder: Something brown or dark that is no bacterium.

    Raises:
        ValueError: When `rods` is negative, or the image is no square of a size that can be added to.
    """
    size = image.shape[0]
    if rods < 0 or image.shape != (size, size, 3) or not SMALLEST <= size <= LARGEST:
        raise ValueError(f"{rods} rods cannot be added to an image of shape {image.shape}")
    nothing = np.zeros((size, size), np.float32)
    bacteria, dirt = Bacteria(nothing, nothing > 0), Dirt(nothing, nothing, nothing)
    if rods == 0 and confounder is None:
        return PhantomPatch(image, bacteria.mask, 0)
    ground = survey(image)
    style = draw_style(rng)
    if rods:
        bacteria = scatter(rng, ground.habitat, rods, faint=faint)
    if confounder is not None:
        dirt = draw_confounder(rng, confounder, body=ground.body, habitat=ground.habitat)
    # Outlines are drawn with soft edges of their own, so they need less blur than the tissue shows.
    sigma = sharpness(image) * float(rng.uniform(0.2, 0.65))
    dab, pigment, hematoxylin = (
        np.asarray(ndimage.gaussian_filter(field, sigma, truncate=2.5, mode="nearest"), dtype=np.float32)
        if field.any()
        else field
        for field in ((bacteria.dab + dirt.dab) * np.float32(style.dab), dirt.pigment, dirt.hematoxylin)
    )
    density = absorb(dab, pigment, hematoxylin, tint=style.tint)
    light = np.exp(density * np.float32(-np.log(10)))
    pixels = np.clip(image * light + np.float32(0.5), 0, 255).astype(np.uint8)
    return PhantomPatch(pixels, bacteria.mask, rods, confounder)


@dataclass(frozen=True, slots=True)
class Canvas:
    """What is added, and how often.

    Attributes:
        infected: Proportion of patches with bacteria.
        faint: Proportion of these whose rods are pale.
        confounded: Proportion of patches with something else that is brown or dark.
        drawn: Proportion of patches whose tissue is synthetic, too.
    """

    infected: float
    faint: float
    confounded: float
    drawn: float = 0.0

    @property
    def paints(self) -> bool:
        """Whether anything is added at all."""
        return max(self.infected, self.confounded, self.drawn) > 0

    def paint(self, rng: Generator, images: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        """Images, (N, S, S, 3), S from 64 to 512, with what was added, and where bacteria are, (N, S, S)."""
        done = [self._one(rng, image) for image in images]
        return np.stack([patch.image for patch in done]), np.stack([patch.mask for patch in done])

    def _one(self, rng: Generator, image: NDArray[np.uint8]) -> PhantomPatch:
        infected, faint, confounded, drawn = rng.random(4) < (self.infected, self.faint, self.confounded, self.drawn)
        kinds = tuple(Confounder)
        confounder = kinds[int(rng.integers(len(kinds)))] if confounded else None
        rods = round(float(np.exp(rng.uniform(0, np.log(MOST_RODS))))) if infected else 0
        if drawn:
            return draw_patch(rng, rods=rods, faint=bool(faint), confounder=confounder, size=len(image))
        return paint(rng, image, rods=rods, faint=bool(faint), confounder=confounder)
