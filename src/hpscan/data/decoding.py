"""One image file's bytes -> RGB pixels, or an `ImageError` that says why not. The only place that calls Pillow.

Nothing is guessed: a file whose pixels cannot be turned into 8-bit RGB faithfully is refused. Colour profiles
are ignored, as in the published methods.
"""

from __future__ import annotations

import io
import stat
import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np

from hpscan.core.errors import ImageError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from PIL.Image import Image

FORMATS = ("PNG", "JPEG", "TIFF", "BMP")
MIN_SIDE = 32
MAX_SIDE = 4096
MAX_BYTES = 4 * MAX_SIDE * MAX_SIDE * 2
"""The largest file that an image of the largest size can need: four channels of 16 bits."""

_WHITE = 255
_HINT = "copy the file again from its source, or remove it; it was not scored"


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
    """The pixels of an image file's bytes: (H, W, 3), RGB, 0..255, upright as its EXIF data says.

    Transparent pixels are laid on white. 16-bit greys are divided by 257.

    Args:
        data: The whole file.
        name: What to call it in errors.
        path: The file, for errors.

    Raises:
        ImageError: When it is damaged; is no PNG, JPEG, TIFF or BMP; holds several images; is smaller than
            `MIN_SIDE` or larger than `MAX_SIDE`; has colours that cannot be turned into RGB faithfully (CMYK,
            Lab, floats, 32-bit greys); or is wholly transparent.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    if not data:
        raise _error(name, "it is empty", path)
    try:
        # verify() finds damage that load() lets pass, and leaves an image that can't be loaded any more.
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            _check(image, name, path)
            image.verify()
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            image.load()
            pixels = _rgb(ImageOps.exif_transpose(image), name, path)
    except UnidentifiedImageError as error:
        raise _error(name, "it is no PNG, JPEG, TIFF or BMP image", path) from error
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
        said = " ".join(str(error).split()) or type(error).__name__
        raise _error(name, f"it is damaged ({said})", path) from error
    return pixels


def _error(name: str, reason: str, path: Path | None) -> ImageError:
    return ImageError(f"{name}: {reason}", hint=_HINT, path=path)


def _check(image: Image, name: str, path: Path | None) -> None:
    """Refuses by what stands in the header, before any pixel is decoded."""
    width, height = image.size
    if max(width, height) > MAX_SIDE:
        raise _error(name, f"{width} x {height} pixels are too many for a patch", path)
    if min(width, height) < MIN_SIDE:
        raise _error(name, f"{width} x {height} pixels are too few for a patch", path)
    if getattr(image, "n_frames", 1) > 1:
        raise _error(name, "it holds several images", path)


def _rgb(image: Image, name: str, path: Path | None) -> NDArray[np.uint8]:
    """(H, W, 3) of an image of any mode."""
    mode, transparency = image.mode, image.info.get("transparency")
    if mode in {"I;16", "I;16B", "I;16L"} or (mode == "I" and image.format == "PNG"):
        if transparency is not None:
            raise _error(name, "16-bit greys with a transparent one are not supported", path)
        return _from_grey16(np.asarray(image), name, path)
    if mode in {"RGBA", "LA", "PA", "La", "RGBa"} or transparency is not None:
        if mode in {"RGB", "L"} and np.max(np.asarray(transparency)) > 255:
            raise _error(name, "16-bit colours with a transparent one are not supported", path)
        straight = image.convert("LA") if mode == "La" else image
        return _on_white(np.asarray(straight.convert("RGBA")), name, path)
    if mode in {"RGB", "L", "1", "P", "YCbCr"}:
        return np.array(image.convert("RGB"), dtype=np.uint8)
    raise _error(name, f"colours of the kind {mode} cannot be turned into RGB faithfully", path)


def _from_grey16(grey: NDArray[np.generic], name: str, path: Path | None) -> NDArray[np.uint8]:
    """(H, W, 3) of 16-bit greys (H, W): 65535 becomes 255. Pillow's own conversion would clip them to white."""
    wide = grey.astype(np.int64)
    if wide.min() < 0 or wide.max() > 65535:
        raise _error(name, "greys of more than 16 bits are not supported", path)
    narrow = ((wide + 128) // 257).astype(np.uint8)
    return np.repeat(narrow[:, :, np.newaxis], 3, axis=2)


def _on_white(rgba: NDArray[np.uint8], name: str, path: Path | None) -> NDArray[np.uint8]:
    """(H, W, 3) of (H, W, 4): pixels laid on white as far as they are transparent."""
    rgb, alpha = rgba[:, :, :3], rgba[:, :, 3:]
    if alpha.min() == 255:  # as in the published patches
        return np.ascontiguousarray(rgb)
    if alpha.max() == 0:
        raise _error(name, "every pixel is transparent", path)
    opacity = alpha.astype(np.uint16)
    laid = rgb * opacity + np.uint16(_WHITE) * (255 - opacity)
    return np.asarray((laid + 127) // 255, dtype=np.uint8)
