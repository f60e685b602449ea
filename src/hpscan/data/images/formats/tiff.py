"""TIFF by tifffile and imagecodecs: which page is the picture, and its samples, without a word from libtiff.

Where a stream inside the file contradicts a tag that describes it, the stream is believed: exporters are known to tag
YCbCr streams as RGB. Whatever is missing from the file is damage; nothing is filled in.
"""

from __future__ import annotations

import io
import logging
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from hpscan.data.images.formats import segments
from hpscan.data.images.formats.parts import MAX_SIDE, Channels, RefusedError, check_size, narrowed
from hpscan.data.images.formats.segments import Model

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_MAX_PAGES = 64
_MAX_SEGMENTS = 2**17
_REDUCED, _MASK = 1, 4
_SEPARATE = 2
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _PALETTE, _YCBCR = 0, 1, 2, 3, 6
_PREMULTIPLIED, _STRAIGHT = 1, 2
_CORELDRAW = 999
_PROFILE, _ORIENTATION = 34675, 274
_SILENCE = logging.NullHandler()


def read(data: bytes) -> tuple[Channels, bytes | None, int]:
    """A TIFF file's picture, its profile (as in `Parts`) and its orientation.

    Raises:
        RefusedError: When it is sound, and nothing that can be read faithfully.
        Exception: Of many kinds, when it is damaged.
    """
    import tifffile

    logging.getLogger("tifffile").addHandler(
        _SILENCE
    )  # it remarks on odd tags; without a handler that goes to the terminal
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        page = _picture(file)
        check_size(page.imagewidth, page.imagelength)
        samples, decoder = _samples(page, data)
        profile = page.tags.get(_PROFILE)
        orientation = page.tags.get(_ORIENTATION)
        return (
            replace(_channels(samples, decoder.model, page), compression=decoder.compression),
            None if profile is None else bytes(profile.value) if isinstance(profile.value, bytes | tuple) else b"",
            orientation.value if orientation is not None and orientation.value in range(1, 9) else 1,
        )


def _picture(file: Any) -> Any:
    """The one page that is the picture: what is marked as reduced, as a mask, or is a smaller copy lies beside it."""
    pages = list(_pages(file.pages))
    whole = [page for page in pages if not page.subfiletype & (_REDUCED | _MASK)]
    if not whole:  # a preview comes first, and the picture below it, as cameras do; or one page is marked wrongly
        below = (one for page in pages for one in _pages(page.pages or ()))
        whole = [page for page in below if not page.subfiletype & (_REDUCED | _MASK)] or pages[:1]
    if not whole:
        raise ValueError("it has no page")
    picture = max(whole, key=lambda page: page.imagewidth * page.imagelength)
    several = sum(page is picture or not _is_preview(page, picture) for page in whole)
    stack = int((file.imagej_metadata or {}).get("images", 1)) if file.is_imagej else 1
    if several > 1 or stack > 1 or picture.imagedepth > 1:
        raise RefusedError(f"it holds several images ({max(several, stack, picture.imagedepth)})")
    return picture


def _pages(pages: Any) -> Iterator[Any]:
    for i in range(_MAX_PAGES):
        try:
            yield pages[i]
        except IndexError:
            return
    raise RefusedError(f"it holds several images (at least {_MAX_PAGES})")


def _is_preview(page: Any, picture: Any) -> bool:
    """Whether a page is smaller than the picture and of its shape, but for rounding."""
    width, height = page.imagewidth, page.imagelength
    if width >= picture.imagewidth or height >= picture.imagelength:
        return False
    rounding = 1.5 * max(picture.imagewidth, picture.imagelength)
    return bool(abs(width * picture.imagelength - height * picture.imagewidth) <= rounding)


def _samples(page: Any, data: bytes) -> tuple[NDArray[Any], segments.Decoder]:
    """(H, W, C) of the page's samples, and what decoded them: it knows what they are."""
    width, height = page.imagewidth, page.imagelength
    tile_width, tile_height = (
        (page.tilewidth, page.tilelength) if page.is_tiled else (width, min(page.rowsperstrip, height))
    )
    if not 0 < tile_width <= MAX_SIDE or not 0 < tile_height <= MAX_SIDE:
        raise RefusedError(f"tiles of {tile_width} x {tile_height} pixels are not supported")
    decoder = segments.decoder(page, data, (tile_width, tile_height))
    across, down = math.ceil(width / tile_width), math.ceil(height / tile_height)
    planes = page.samplesperpixel if page.planarconfig == _SEPARATE else 1
    n = across * down * planes
    if n > _MAX_SEGMENTS:
        raise RefusedError(f"a picture in {n:,} pieces is not supported")
    samples: NDArray[Any] | None = None
    for i in range(n):
        plane, place = divmod(i, across * down)
        y, x = place // across * tile_height, place % across * tile_width
        rows, columns = min(tile_height, height - y), min(tile_width, width - x)
        piece = decoder(i, (columns, rows))
        if piece.shape[0] < rows or piece.shape[1] < columns:
            raise ValueError("a piece of the picture is too small")
        if samples is None:
            samples = np.zeros((height, width, planes if planes > 1 else piece.shape[2]), piece.dtype)
        target = (
            samples[y : y + rows, x : x + columns, plane : plane + 1]
            if planes > 1
            else samples[y : y + rows, x : x + columns]
        )
        target[:] = piece[:rows, :columns]
    if samples is None:
        raise ValueError("it has no pixels")
    return samples, decoder


def _channels(samples: NDArray[Any], model: Model, page: Any) -> Channels:
    """Samples, (H, W, C), as colours and opacity."""
    kind = _model(model, page)
    n_colours = {_RGB: 3, _YCBCR: 3}.get(kind, 1)
    if samples.shape[2] < n_colours or (samples.shape[2] > 2 and n_colours == 1 and kind != _PALETTE):
        raise RefusedError(
            f"{samples.shape[2]} channels without a word on their colours cannot be turned into RGB faithfully"
        )
    extra = _extra(page, samples.shape[2] - n_colours)
    if kind == _PALETTE:
        colours = _from_palette(samples[:, :, 0], page)
        alpha = None if extra is None else samples[:, :, 1].astype(np.uint8)
    else:
        eight = _eight_bits(samples, page.bitspersample)
        colours, alpha = eight[:, :, :n_colours], None if extra is None else eight[:, :, n_colours]
    if kind == _WHITE_IS_ZERO:
        colours = 255 - colours
    if kind == _YCBCR:
        colours = segments.from_ycbcr(colours)
    if extra == _PREMULTIPLIED and alpha is not None:
        colours = _divided(colours, alpha)
    grey = n_colours == 1 and kind != _PALETTE
    rgb = np.repeat(colours, 3, axis=2) if grey else np.ascontiguousarray(colours)
    return Channels(rgb, alpha, grey=grey)


def _model(model: Model, page: Any) -> int:
    """The kind of colours: as the stream says, or, where it says nothing, the tag."""
    if model is Model.GREY and page.photometric not in {_WHITE_IS_ZERO, _BLACK_IS_ZERO}:
        return _BLACK_IS_ZERO
    if model is Model.RGB:
        return _RGB
    kind = int(page.photometric)
    if kind not in {_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _PALETTE, _YCBCR}:
        name = {5: "CMYK", 8: "Lab", 9: "Lab", 10: "Lab", 4: "mask"}.get(kind, f"PhotometricInterpretation {kind}")
        raise RefusedError(f"colours of the kind {name} cannot be turned into RGB faithfully")
    if kind == _YCBCR and page.is_subsampled:
        raise RefusedError("subsampled YCbCr without JPEG compression is not supported")
    return kind


def _extra(page: Any, n: int) -> int | None:
    """What the first sample beside the colours is: an opacity (premultiplied or straight), or None for nothing of ours."""
    if n < 1:
        return None
    extra = tuple(page.extrasamples)
    first = int(extra[0]) if extra else _STRAIGHT  # four samples without a word are RGBA
    if first == _CORELDRAW:
        return _STRAIGHT
    return first if first in {_PREMULTIPLIED, _STRAIGHT} else None


def _eight_bits(samples: NDArray[Any], bits: int) -> NDArray[np.uint8]:
    if bits == 16:
        return narrowed(samples)
    if bits < 8:
        samples = samples.astype(np.uint8) * np.uint8(255 // (2**bits - 1))
    return samples.astype(np.uint8)


def _from_palette(index: NDArray[Any], page: Any) -> NDArray[np.uint8]:
    palette = np.asarray(page.colormap)
    if palette.max() > 255:  # older writers stored 8 bits
        palette = palette // 256
    return np.ascontiguousarray(palette.T.astype(np.uint8)[index.astype(np.intp)])


def _divided(colours: NDArray[np.uint8], alpha: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Colours that had been multiplied by their opacity."""
    opacity = np.maximum(alpha, 1).astype(np.uint32)[:, :, np.newaxis]
    divided: NDArray[np.uint8] = np.minimum(255 * colours.astype(np.uint32) // opacity, 255).astype(np.uint8)
    return divided
