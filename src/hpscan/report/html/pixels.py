"""Pixels as they stand in a page: patches and heatmaps as data URIs, and the colours of a heatmap."""

from __future__ import annotations

import base64
import io
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from hpscan.report.plots.heatmaps import COLOURS

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

_HEAT_LEVELS = 64


def shrunk(image: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """An image, (H, W, 3), RGB, its longer side at most `side` pixels."""
    return np.asarray(_fitting(_image(image), side))


def photo(image: NDArray[np.uint8], side: int, quality: int) -> str:
    """A patch, (H, W, 3), RGB, as a data URI, its longer side at most `side` pixels; `quality` is 0..100."""
    small = _fitting(_image(image), side)
    buffer = io.BytesIO()
    small.save(buffer, "WEBP", quality=quality, method=4)
    return _uri("image/webp", buffer.getvalue())


def heat(heatmap: NDArray[np.float32], side: int) -> str:
    """A heatmap, (H, W), 0..1, as a data URI in colours, its longer side at most `side` pixels.

    Made smaller, each pixel is the highest of those that it stands for: bacteria are three pixels wide.
    """
    step = max(1, -(-max(heatmap.shape) // side))
    rows, columns = -(-heatmap.shape[0] // step), -(-heatmap.shape[1] // step)
    padded = np.zeros((rows * step, columns * step), np.float32)
    padded[: heatmap.shape[0], : heatmap.shape[1]] = heatmap
    small = padded.reshape(rows, step, columns, step).max(axis=(1, 3))
    level = np.clip(np.rint(small * (_HEAT_LEVELS - 1)), 0, _HEAT_LEVELS - 1).astype(np.uint8)
    coloured = _image(level)
    coloured.putpalette(bytes(np.asarray(_palette(_HEAT_LEVELS)).tobytes()))
    buffer = io.BytesIO()
    coloured.save(buffer, "PNG", optimize=True)
    return _uri("image/png", buffer.getvalue())


def colours(count: int) -> tuple[str, ...]:
    """That many colours of the heatmap's scale as `#rrggbb`, from low to high."""
    return tuple("#" + bytes(row).hex() for row in _palette(count).tolist())


@cache
def _palette(count: int) -> NDArray[np.uint8]:
    from matplotlib import colormaps

    return np.asarray(colormaps[COLOURS](np.linspace(0, 1, count), bytes=True)[:, :3], dtype=np.uint8)


def _image(array: NDArray[np.uint8]) -> Image:
    from PIL import Image

    return Image.fromarray(np.ascontiguousarray(array))


def _fitting(image: Image, side: int) -> Image:
    from PIL import Image

    if max(image.size) <= side:
        return image
    factor = side / max(image.size)
    return image.resize(
        (max(1, round(image.width * factor)), max(1, round(image.height * factor))), Image.Resampling.LANCZOS
    )


def _uri(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"
