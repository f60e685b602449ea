"""What is brown or dark and no bacterium: pigment, precipitate, folds, bubbles, stained background.

They are what makes a rule on colour fail in the real negatives, and they occur in infected patients too. Each is
drawn from a patch's body and habitat alone, so that it can be laid on synthetic tissue and on a real picture alike.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING

from hpscan.phantom.confounders import smears, specks
from hpscan.phantom.confounders.dirt import Dirt

if TYPE_CHECKING:
    from numpy.random import Generator

    from hpscan.phantom.brushes import Field

__all__ = ["FREQUENCY", "Confounder", "Dirt", "draw_confounder"]


class Confounder(StrEnum):
    """What kind of thing may be taken for bacteria."""

    PIGMENT = "pigment"
    """Black grains, many with corners, with a brown fringe and a bright rim."""
    DROPLETS = "droplets"
    """Fine refractile dots in mucus, dark around a bright middle, some with a brown tinge."""
    PRECIPITATE = "precipitate"
    """Brown specks and crystals of DAB."""
    BACKGROUND = "background"
    """Foamy, granular, greyish-tan tissue."""
    BLURRED = "blurred"
    """Brown dots and smears out of focus."""
    DEBRIS = "debris"
    """A dark, cracked, refractile mass."""
    FOLD = "fold"
    """Tissue that lies double: a dark, soft band."""
    BUBBLE = "bubble"
    """Air under the cover glass: bright within a dark rim."""
    CLUMP = "clump"
    """A dark brown mass, mostly cut by the patch's border."""
    BAND = "band"
    """A pale yellowish-brown band in the tissue, as of red blood cells."""
    NUCLEI = "nuclei"
    """Nuclei with a tinge of brown."""


FREQUENCY = {
    Confounder.PIGMENT: 0.19,
    Confounder.DROPLETS: 0.14,
    Confounder.PRECIPITATE: 0.2,
    Confounder.BACKGROUND: 0.1,
    Confounder.BLURRED: 0.04,
    Confounder.DEBRIS: 0.03,
    Confounder.FOLD: 0.13,
    Confounder.BUBBLE: 0.08,
    Confounder.CLUMP: 0.04,
    Confounder.BAND: 0.025,
    Confounder.NUCLEI: 0.025,
}
"""Proportion of each kind among confounders: roughly, by eye, the 64 most red, brown, dark and blurred of 765 real negative
patches; small grains and specks, which the eye misses, raised until the rule on hue fires about as often as there."""


def draw_confounder(rng: Generator, kind: Confounder, *, body: Field, habitat: Field) -> Dirt:
    """One confounder on one patch, from barely visible to glaring.

    Args:
        rng: Where chance comes from.
        kind: Which.
        body: (H, W) with H = W, 0..1: how much tissue there is.
        habitat: (H, W), >= 0: the tissue's border and mucus, where grains and droplets gather.
    """
    if kind in _BY_HABITAT:
        return _BY_HABITAT[kind](rng, habitat)
    return _BY_BODY[kind](rng, body)


_Painter = Callable[["Generator", "Field"], Dirt]

_BY_HABITAT: dict[Confounder, _Painter] = {
    Confounder.PIGMENT: specks.pigment,
    Confounder.DROPLETS: specks.droplets,
}

_BY_BODY: dict[Confounder, _Painter] = {
    Confounder.PRECIPITATE: specks.precipitate,
    Confounder.BACKGROUND: smears.background,
    Confounder.BLURRED: specks.blurred,
    Confounder.DEBRIS: smears.debris,
    Confounder.FOLD: smears.fold,
    Confounder.BUBBLE: smears.bubble,
    Confounder.CLUMP: specks.clump,
    Confounder.BAND: smears.band,
    Confounder.NUCLEI: specks.nuclei,
}
