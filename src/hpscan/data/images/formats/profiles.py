"""Embedded ICC profiles: an image's colours as sRGB, by littleCMS."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    from hpscan.data.images.formats.parts import Channels

SAME = 2
"""Levels of 255 by which a profile may differ from sRGB at most to be taken for it. Profiles that are called sRGB differ in how they round."""

_GRID = 17


class UnreadableProfileError(Exception):
    """A profile that says nothing about these pixels: damaged, or made for other kinds of colours."""


def to_srgb(picture: Channels, profile: bytes) -> NDArray[np.uint8]:
    """The colours of a picture, (H, W, 3), as sRGB: relative colorimetric, so that white stays white.

    Greys with a profile of RGB colours are taken as colours whose three channels are the same.

    Raises:
        UnreadableProfileError: When the profile cannot be read, or is none of RGB colours (or, for greys, of greys).
    """
    from PIL import Image, ImageCms

    transform, greys = _transform(profile)
    if greys and not picture.grey:
        raise UnreadableProfileError("a profile of greys, and the image has colours")
    if transform is None:
        return picture.rgb
    source = Image.fromarray(np.ascontiguousarray(picture.rgb[:, :, 0] if greys else picture.rgb))
    return np.asarray(ImageCms.applyTransform(source, transform), dtype=np.uint8)


@lru_cache(maxsize=16)
def _transform(profile: bytes) -> tuple[Any, bool]:
    """The way to sRGB (None for sRGB itself), and whether it starts from greys."""
    from PIL import Image, ImageCms

    space = profile[16:20]
    if space not in {b"RGB ", b"GRAY"}:
        raise UnreadableProfileError(f"it is no profile of RGB colours or greys ({space!r})")
    mode = "RGB" if space == b"RGB " else "L"
    try:
        transform = ImageCms.buildTransform(
            ImageCms.ImageCmsProfile(io.BytesIO(profile)),
            ImageCms.createProfile("sRGB"),
            mode,
            "RGB",
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        )
        probe = _probe(mode)
        seen = np.asarray(ImageCms.applyTransform(Image.fromarray(probe), transform))
    except Exception as error:  # a border to a foreign library, and the profile is somebody else's: nothing is too odd
        raise UnreadableProfileError(" ".join(str(error).split())) from error
    as_it_is = probe if probe.ndim == 3 else np.repeat(probe[:, :, np.newaxis], 3, axis=2)
    alike = np.abs(seen.astype(np.int16) - as_it_is).max() <= SAME
    return None if alike else transform, mode == "L"


def _probe(mode: str) -> NDArray[np.uint8]:
    """An image of colours from all over the cube, and all greys; or, for L, all greys alone."""
    greys = np.arange(256, dtype=np.uint8)
    if mode == "L":
        return greys.reshape(16, 16)
    steps = np.linspace(0, 255, _GRID).round().astype(np.uint8)
    cube = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(-1, 3)
    return np.concatenate([cube, np.repeat(greys[:, np.newaxis], 3, axis=1)])[np.newaxis]
