"""One image file's bytes -> RGB pixels, or an `ImageError` that says why not. The only door to image files.

Nothing is guessed: a file whose pixels cannot be turned into 8-bit RGB faithfully is refused, and only for its pixels:
metadata that they do not need is never read. An embedded colour profile is followed to sRGB; one that cannot be read
is told with the pixels.
"""

from __future__ import annotations

import io
import stat
import struct
import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from hpscan.core.errors import ImageError
from hpscan.core.reasons import ReasonKind
from hpscan.data.images.formats import bmp, jpeg, png, profiles, signatures, tiff
from hpscan.data.images.formats.orientation import upright
from hpscan.data.images.formats.parts import MAX_SIDE, MIN_SIDE, Channels, RefusedError, check_size, narrowed
from hpscan.data.images.formats.signatures import FORMATS

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from PIL.Image import Image

    from hpscan.core.compression import Compression

__all__ = [
    "FORMATS",
    "MAX_BYTES",
    "MAX_SIDE",
    "MIN_SIDE",
    "Decoded",
    "decode",
    "decode_with_remarks",
    "read_bytes",
    "read_image",
]

MAX_BYTES = 4 * MAX_SIDE * MAX_SIDE * 2
"""The largest file that an image of the largest size can need: four channels of 16 bits."""

_WHITE = 255
_HINT = "copy the file again from its source, or remove it; it was not scored"


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """An image file's pixels, and what a reader must know of them.

    Attributes:
        pixels: (H, W, 3), RGB, 0..255.
        remarks: Kinds of reasons.
        compression: What the file's own JPEG streams say; None where there are none.
    """

    pixels: NDArray[np.uint8]
    remarks: tuple[ReasonKind, ...] = ()
    compression: Compression | None = None


def read_image(path: Path) -> NDArray[np.uint8]:
    """The pixels of an image file: (H, W, 3), RGB, 0..255.

    Raises:
        ImageError: When it cannot be read rightly; the message is one line.
    """
    return decode(read_bytes(path), path.name, path=path)


def read_bytes(path: Path) -> bytes:
    """A file's bytes.

    Raises:
        ImageError: When it cannot be opened, is no file, is empty or far too large.
    """
    try:
        with path.open("rb") as file:
            status = path.stat()
            if not stat.S_ISREG(status.st_mode):
                raise _error(path.name, "it is no regular file", path)
            if status.st_size > MAX_BYTES:
                raise _error(path.name, f"it is too large for a patch ({status.st_size:,} bytes)", path)
            data = file.read()
    except OSError as error:
        raise _error(path.name, f"it cannot be opened ({error.strerror or error})", path) from error
    if not data:
        raise _error(path.name, "it is empty", path)
    return data


def decode(data: bytes, name: str, *, path: Path | None = None) -> NDArray[np.uint8]:
    """The pixels alone of `decode_with_remarks`."""
    return decode_with_remarks(data, name, path=path).pixels


def decode_with_remarks(data: bytes, name: str, *, path: Path | None = None) -> Decoded:
    """The pixels of an image file's bytes: (H, W, 3), sRGB, 0..255, upright as its EXIF data says; and remarks on them.

    Transparent pixels are laid on white. 16-bit samples are divided by 257. Colours with an embedded ICC profile are
    turned into sRGB; where it cannot be read they stay as they are, with a remark.

    Args:
        data: The whole file.
        name: What to call it in errors.
        path: The file, for errors.

    Raises:
        ImageError: When it is damaged; is no PNG, JPEG, TIFF or BMP; holds several images; is smaller than
            `MIN_SIDE` or larger than `MAX_SIDE`; has colours that cannot be turned into RGB faithfully (CMYK,
            Lab, floats, 32-bit greys); or is wholly transparent.
    """
    from PIL import Image

    if not data:
        raise _error(name, "it is empty", path)
    kind = signatures.kind(data)
    if kind is None:
        raise _error(name, signatures.other(data, name), path)
    try:
        channels, profile, orientation = tiff.read(data) if kind == "TIFF" else _by_pillow(data, kind)
        rgb, remarks = _in_srgb(channels, profile)
        if channels.alpha is not None:
            rgb = _on_white(rgb, channels.alpha)
    except RefusedError as error:
        raise _error(name, str(error), path) from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        # The warning comes here only where the user has turned warnings into errors.
        raise _error(name, "it claims far too many pixels for a patch", path) from error
    except (
        OSError,
        SyntaxError,
        ValueError,
        TypeError,
        LookupError,
        AttributeError,
        ArithmeticError,
        RuntimeError,
        EOFError,
        MemoryError,
        AssertionError,
        struct.error,
        zlib.error,
    ) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise _error(name, f"it is damaged ({reason})", path) from error
    return Decoded(np.ascontiguousarray(upright(rgb, orientation)), remarks, channels.compression)


def _error(name: str, reason: str, path: Path | None) -> ImageError:
    return ImageError(f"{name}: {reason}", hint=_HINT, path=path)


def _by_pillow(data: bytes, kind: str) -> tuple[Channels, bytes | None, int]:
    """The picture, the profile (as in `Parts`) and the orientation of a file of one of Pillow's formats."""
    from PIL import Image, UnidentifiedImageError

    parts = {"PNG": png.parts, "JPEG": jpeg.parts, "BMP": bmp.parts}[kind](data)
    try:
        # verify() finds damage that load() lets pass, and leaves an image that can't be loaded any more.
        with Image.open(io.BytesIO(parts.data), formats=(kind,)) as image:
            check_size(*image.size)
            if getattr(image, "n_frames", 1) > 1:
                raise RefusedError("it holds several images")
            image.verify()
        with Image.open(io.BytesIO(parts.data), formats=(kind,)) as image:
            image.load()
            channels = replace(_channels(image, parts.data), compression=parts.compression)
    except UnidentifiedImageError as error:
        raise ValueError(f"its {kind} header cannot be read") from error
    return channels, parts.profile, parts.orientation


def _channels(image: Image, data: bytes) -> Channels:
    """An image of any mode; `data` is its file."""
    mode, transparency = image.mode, image.info.get("transparency")
    if mode in {"I;16", "I;16B", "I;16L"} or (mode == "I" and image.format == "PNG"):
        if transparency is not None:
            raise RefusedError("16-bit greys with a transparent one are not supported")
        return Channels(_from_grey16(np.asarray(image)), grey=True)
    if mode in {"RGBA", "LA", "PA", "La", "RGBa"} or transparency is not None:
        if mode in {"RGB", "L"} and np.max(np.asarray(transparency)) > 255:
            raise RefusedError("16-bit colours with a transparent one are not supported")
        straight = image.convert("LA") if mode == "La" else image
        rgba = _sixteen_bits(data) if _is_deep(image, data) else np.asarray(straight.convert("RGBA"))
        return Channels(rgba[:, :, :3], rgba[:, :, 3], grey=mode in {"L", "LA", "La"})
    if mode in {"RGB", "L", "1", "P", "YCbCr"}:
        rgb = _sixteen_bits(data) if _is_deep(image, data) else np.array(image.convert("RGB"), dtype=np.uint8)
        return Channels(rgb, grey=mode in {"L", "1"})
    raise RefusedError(f"colours of the kind {mode} cannot be turned into RGB faithfully")


def _is_deep(image: Image, data: bytes) -> bool:
    return image.format == "PNG" and png.sixteen_bit_colours(data)


def _sixteen_bits(data: bytes) -> NDArray[np.uint8]:
    """(H, W, 3 or 4) of a PNG of 16 bits a colour, which Pillow has read: it keeps the upper eight bits only."""
    import imagecodecs

    wide = np.asarray(imagecodecs.png_decode(data))
    narrow = narrowed(wide)
    return narrow if wide.shape[2] > 2 else narrow[:, :, (0, 0, 0, 1)]


def _from_grey16(grey: NDArray[np.generic]) -> NDArray[np.uint8]:
    """(H, W, 3) of 16-bit greys (H, W): 65535 becomes 255. Pillow's own conversion would clip them to white."""
    wide = grey.astype(np.int64)
    if wide.min() < 0 or wide.max() > 65535:
        raise RefusedError("greys of more than 16 bits are not supported")
    return np.repeat(narrowed(wide)[:, :, np.newaxis], 3, axis=2)


def _in_srgb(channels: Channels, profile: bytes | None) -> tuple[NDArray[np.uint8], tuple[ReasonKind, ...]]:
    if profile is None:
        return channels.rgb, ()
    try:
        return profiles.to_srgb(channels, profile), ()
    except profiles.UnreadableProfileError:
        return channels.rgb, (ReasonKind.COLOUR_PROFILE_UNREADABLE,)


def _on_white(rgb: NDArray[np.uint8], alpha: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(H, W, 3): colours laid on white as far as (H, W) says that they are transparent."""
    if alpha.min() == 255:  # as in the published patches
        return np.ascontiguousarray(rgb)
    if alpha.max() == 0:
        raise RefusedError("every pixel is transparent")
    opacity = alpha.astype(np.uint16)[:, :, np.newaxis]
    laid = rgb * opacity + np.uint16(_WHITE) * (255 - opacity)
    return np.asarray((laid + 127) // 255, dtype=np.uint8)
