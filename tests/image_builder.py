"""Makes image files that other programs write: profiles, remarks with damage, and TIFF with streams of its makers' own."""

from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import tifffile
from PIL import Image, ImageCms

from dataset_builder import encoded

if TYPE_CHECKING:
    from collections.abc import Iterable

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
_D50 = (0.9642, 1, 0.8249)
_WIDE = ((0.79767, 0.28804, 0.0), (0.13519, 0.71188, 0.0), (0.03134, 0.00009, 0.82491))
_OF_SRGB = ((0.43607, 0.22249, 0.01392), (0.38515, 0.71687, 0.09708), (0.14307, 0.06061, 0.7141))


def smooth(seed: int = 1, height: int = 64, width: int = 48) -> np.ndarray:
    """(height, width, 3) of coloured spots that JPEG keeps nearly as they are."""
    small = np.random.default_rng(seed).integers(30, 226, (4, 3, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC))


def _numbers(*values: float) -> bytes:
    return b"".join(struct.pack(">i", round(value * 65536)) for value in values)


def _curve(points: Iterable[int]) -> bytes:
    points = list(points)
    return b"curv\0\0\0\0" + struct.pack(f">I{len(points)}H", len(points), *points)


def _profile(space: bytes, tags: list[tuple[bytes, bytes]]) -> bytes:
    name = b"made\0"
    tags = [
        (b"desc", b"desc\0\0\0\0" + struct.pack(">I", len(name)) + name + bytes(78)),
        (b"cprt", b"text\0\0\0\0none\0"),
        (b"wtpt", b"XYZ \0\0\0\0" + _numbers(*_D50)),
        *tags,
    ]
    at, table, body = 132 + 12 * len(tags), b"", b""
    for key, value in tags:
        padded = value + bytes(-len(value) % 4)
        table += key + struct.pack(">II", at + len(body), len(padded))
        body += padded
    head = struct.pack(">I", at + len(body)) + b"lcms" + struct.pack(">I", 0x02400000) + b"mntr" + space + b"XYZ "
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp"
    return head.ljust(68, b"\0") + _numbers(*_D50) + bytes(48) + struct.pack(">I", len(tags)) + table + body


def wide_gamut() -> bytes:
    """A profile of wide primaries and a gamma of 1.8."""
    gamma = _curve([round(1.8 * 256)])
    colours = [(c + b"XYZ", b"XYZ \0\0\0\0" + _numbers(*v)) for c, v in zip((b"r", b"g", b"b"), _WIDE, strict=True)]
    return _profile(b"RGB ", [*colours, *((c + b"TRC", gamma) for c in (b"r", b"g", b"b"))])


def another_srgb() -> bytes:
    """sRGB as a scanner's maker may write it: primaries of five digits, and the curve as a table of 1024 points."""
    x = np.linspace(0, 1, 1024)
    curve = _curve(
        np.round(65535 * np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4)).astype(int).tolist()
    )
    colours = [(c + b"XYZ", b"XYZ \0\0\0\0" + _numbers(*v)) for c, v in zip((b"r", b"g", b"b"), _OF_SRGB, strict=True)]
    return _profile(b"RGB ", [*colours, *((c + b"TRC", curve) for c in (b"r", b"g", b"b"))])


def of_greys(gamma: float) -> bytes:
    """A profile of greys."""
    return _profile(b"GRAY", [(b"kTRC", _curve([round(gamma * 256)]))])


def chunk(name: bytes, body: bytes, *, damaged: bool = False) -> bytes:
    """A PNG chunk, with a wrong checksum if so wished."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body) ^ damaged)


def with_chunk(png: bytes, made: bytes) -> bytes:
    """A PNG with a chunk behind its header."""
    return png[:33] + made + png[33:]


def with_segment(jpeg: bytes, marker: int, body: bytes) -> bytes:
    """A JPEG with a segment behind its start."""
    return jpeg[:2] + struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body + jpeg[2:]


def jfif(image: np.ndarray, **options: object) -> bytes:
    """A JPEG stream of YCbCr with a JFIF marker."""
    return encoded(Image.fromarray(image), "JPEG", **{"quality": 95, **options})


def unmarked(stream: bytes) -> bytes:
    """A stream without its JFIF marker."""
    length = struct.unpack_from(">H", stream, 4)[0]
    return stream[:2] + stream[4 + length :]


def parted(stream: bytes) -> tuple[bytes, bytes]:
    """The tables of a stream as TIFF shares them, and the stream without them."""
    tables, rest, at = b"", stream[:2], 2
    while stream[at + 1] != 0xDA:
        end = at + 2 + struct.unpack_from(">H", stream, at + 2)[0]
        if stream[at + 1] in {0xDB, 0xC4}:
            tables += stream[at:end]
        else:
            rest += stream[at:end]
        at = end
    return b"\xff\xd8" + tables + b"\xff\xd9", rest + stream[at:]


def tiff(image: np.ndarray, streams: Iterable[bytes] | None = None, **options: Any) -> bytes:
    """A TIFF file of an image, or of streams that somebody else has made of it."""
    buffer = io.BytesIO()
    options = {"photometric": "rgb", "metadata": None, **options}
    if streams is None:
        tifffile.imwrite(buffer, image, **options)
    else:
        tifffile.imwrite(buffer, iter(streams), shape=image.shape, dtype=image.dtype, **options)
    return buffer.getvalue()
