"""The strips and tiles of a TIFF page, one by one: where they lie, what their streams say, and their samples.

A stream has a header of its own, and its size is looked at before it is decoded.
"""

from __future__ import annotations

import io
from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np

from hpscan.core.compression import FULL
from hpscan.data.images.formats import jpeg
from hpscan.data.images.formats.jpeg import Colours
from hpscan.data.images.formats.parts import RefusedError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hpscan.core.compression import Compression

_PLAIN = 1
_OLD_JPEG, _JPEG = 6, frozenset({7, 33007})
_JPEG_2000, _JPEG_2000_YCBCR = frozenset({33003, 33005, 34712}), 33003
_WEBP = frozenset({50001, 34927})
_OF_BYTES = frozenset({_PLAIN, 2, 3, 4, 5, 8, 32773, 32946, 34925, 34926, 50000})
"""Without a header of their own: none, CCITT (2, 3, 4), LZW, Deflate, PackBits, Deflate, LZMA, Zstandard (two numbers)."""

_RGB, _YCBCR, _SEPARATE = 2, 6, 2
_OLD_STREAM = 513
_DEPTHS = (1, 2, 4, 8, 16)


class Model(StrEnum):
    """What the samples are, as far as a stream said so."""

    GREY = "grey"
    RGB = "rgb"
    AS_TAGGED = "as tagged"


class Decoder:
    """Decodes the pieces of one page.

    Args:
        page: The page, as tifffile gives it.
        data: The whole file.
        size: Width and height of a whole piece.

    Attributes:
        model: What the samples of the pieces decoded so far are.
        compression: What the first JPEG stream said of itself; None before it, and where there is none.
    """

    def __init__(self, page: Any, data: bytes, size: tuple[int, int]) -> None:
        self._page, self._data, self._size = page, data, size
        self.model = Model.AS_TAGGED
        self.compression: Compression | None = None

    def __call__(self, i: int, needed: tuple[int, int]) -> NDArray[Any]:
        """(rows, columns, samples) of the piece `i`, of which the picture needs `needed`, width and height."""
        raise NotImplementedError

    def _stored(self, i: int) -> bytes:
        """The bytes of a piece, all of them.

        Raises:
            ValueError: When they are not in the file.
        """
        try:
            at, length = self._page.dataoffsets[i], self._page.databytecounts[i]
        except IndexError as error:
            raise ValueError("a piece of the picture is not listed") from error
        if at <= 0 or length <= 0 or at + length > len(self._data):
            raise ValueError("a piece of the picture lies outside the file")
        return self._data[at : at + length]

    def _check(self, size: tuple[int, int], needed: tuple[int, int]) -> None:
        """Refuses a stream whose own header claims another size than the piece has."""
        for claimed, whole, least in zip(size, self._size, needed, strict=True):
            # Encoders may fill up the last block, of 16 pixels at most.
            if not least <= claimed <= max(-(-whole // 16) * 16, least):
                raise ValueError(
                    f"a stream of {size[0]} x {size[1]} pixels in a piece of {self._size[0]} x {self._size[1]}"
                )


class _Bytes(Decoder):
    """Samples packed by a compression that knows nothing of pixels."""

    def __call__(self, i: int, needed: tuple[int, int]) -> NDArray[Any]:  # noqa: ARG002 - a piece of bytes has no size of its own
        piece, _, _ = self._page.decode(self._stored(i), i)
        return np.asarray(piece[0])


class _Jpeg(Decoder):
    """JPEG streams, with the tables that they share, decoded as files of their own."""

    def __init__(self, page: Any, data: bytes, size: tuple[int, int]) -> None:
        super().__init__(page, data, size)
        if page.jpegheader is not None:
            raise RefusedError("it is a Hamamatsu NDPI slide: cut it into patches first")
        self._tables = None if page.jpegtables is None else jpeg.read(page.jpegtables)
        self._colours: Colours | None = None

    def __call__(self, i: int, needed: tuple[int, int]) -> NDArray[Any]:
        return self._decoded(self._stored(i), needed)

    def _decoded(self, stored: bytes, needed: tuple[int, int]) -> NDArray[Any]:
        stream = jpeg.read(stored)
        if stream.precision != 8:
            raise RefusedError(f"JPEG with {stream.precision} bits a colour is not supported")
        self._check(stream.size, needed)
        colours = self._said(stream)
        if self._colours not in {None, colours}:
            raise ValueError("its pieces are of different colours")
        self._colours = colours
        self.compression = self.compression or jpeg.compression(self._tables, stream)
        self.model = Model.GREY if colours is Colours.GREY else Model.RGB
        return _pixels(jpeg.complete(self._tables, stream, colours), "JPEG")

    def _said(self, stream: jpeg.Stream) -> Colours:
        """Grey, RGB or YCbCr: as the stream or its tables say; the tag counts where they say nothing."""
        marked = stream if stream.jfif or stream.adobe is not None or self._tables is None else self._tables
        colours = stream.coloured(marked.jfif, marked.adobe)
        tag, separate = self._page.photometric, self._page.planarconfig == _SEPARATE
        unmarked = not marked.jfif and marked.adobe is None
        if colours is Colours.FOUR and unmarked and tag == _RGB and len(stream.components) == 4 and not separate:
            return colours  # RGB with an opacity: no marker is made for it
        if colours is Colours.FOUR or (separate and colours is not Colours.GREY):
            raise RefusedError(f"JPEG streams of {len(stream.components)} colours cannot be turned into RGB faithfully")
        if colours is Colours.GREY or not unmarked:
            return colours
        if tag not in {_RGB, _YCBCR}:
            raise RefusedError(f"JPEG streams of colours of the kind {tag.name} cannot be turned into RGB faithfully")
        if colours is Colours.UNSAID:
            return Colours.YCBCR if tag == _YCBCR else Colours.RGB
        return colours


class _SeparateJpeg(_Jpeg):
    """One grey stream a channel: what the channels are together is said by the tag alone."""

    def __call__(self, i: int, needed: tuple[int, int]) -> NDArray[Any]:
        piece = super().__call__(i, needed)
        self.model = Model.AS_TAGGED
        if self.compression is not None:
            self.compression = replace(self.compression, subsampling=FULL)
        return piece


class _OldJpeg(_Jpeg):
    """JPEG as TIFF 6.0 had it first: one whole stream, which a tag points to."""

    def __call__(self, i: int, needed: tuple[int, int]) -> NDArray[Any]:
        start = self._page.tags.get(_OLD_STREAM)
        if start is None or i > 0 or not self._data[start.value :].startswith(b"\xff\xd8"):
            raise RefusedError("JPEG of the old style is supported as one whole stream only")
        return self._decoded(self._data[start.value :], needed)


class _Jpeg2000(Decoder):
    """JPEG 2000 codestreams, with or without boxes around them."""

    def __call__(self, i: int, needed: tuple[int, int]) -> NDArray[Any]:
        import imagecodecs
        from PIL import Image

        stored = self._stored(i)
        with Image.open(io.BytesIO(stored), formats=("JPEG2000",)) as image:
            self._check(image.size, needed)
        subsampled, mixed = _codestream(stored)
        if subsampled:
            raise RefusedError("JPEG 2000 with subsampled colours is not supported")
        piece = np.asarray(imagecodecs.jpeg2k_decode(stored))
        piece = piece[:, :, np.newaxis] if piece.ndim == 2 else piece
        if piece.shape[2] < 3:
            return piece
        self.model = Model.RGB
        tagged = self._page.photometric == _YCBCR or self._page.compression == _JPEG_2000_YCBCR
        if mixed or not tagged:
            return piece
        if piece.dtype != np.uint8:
            raise RefusedError("YCbCr of more than 8 bits is not supported")
        return from_ycbcr(piece[:, :, :3])


class _WebP(Decoder):
    """WebP streams."""

    def __call__(self, i: int, needed: tuple[int, int]) -> NDArray[Any]:
        from PIL import Image

        stored = self._stored(i)
        with Image.open(io.BytesIO(stored), formats=("WEBP",)) as image:
            self._check(image.size, needed)
        self.model = Model.RGB
        return _pixels(stored, "WEBP", "RGBA" if self._page.samplesperpixel == 4 else "RGB")


def decoder(page: Any, data: bytes, size: tuple[int, int]) -> Decoder:
    """What decodes a page's pieces, of `size` (width, height) each.

    Raises:
        RefusedError: When its samples or their compression are none that can be read faithfully.
    """
    bits, compression = page.bitspersample, int(page.compression)
    if page.sampleformat not in {1, 4} or bits not in _DEPTHS:
        kind = {2: f"signed {bits}-bit", 3: "floating-point"}.get(page.sampleformat, f"{bits}-bit")
        raise RefusedError(f"{kind} samples cannot be turned into RGB faithfully")
    if compression in _OF_BYTES:
        return _Bytes(page, data, size)
    if compression in _JPEG:
        separate = page.planarconfig == _SEPARATE and page.samplesperpixel > 1
        return (_SeparateJpeg if separate else _Jpeg)(page, data, size)
    if compression == _OLD_JPEG:
        return _OldJpeg(page, data, (page.imagewidth, page.imagelength))
    if compression in _JPEG_2000:
        return _Jpeg2000(page, data, size)
    if compression in _WEBP:
        return _WebP(page, data, size)
    name = getattr(page.compression, "name", None) or f"number {compression}"
    raise RefusedError(f"TIFF compression {name} is not supported: save it as PNG")


def from_ycbcr(samples: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(H, W, 3) of YCbCr, full range as in JPEG, as RGB."""
    from PIL import Image

    height, width = samples.shape[:2]
    image = Image.frombytes("YCbCr", (width, height), np.ascontiguousarray(samples).tobytes())
    return np.asarray(image.convert("RGB"), dtype=np.uint8)


def _pixels(stored: bytes, kind: str, mode: str | None = None) -> NDArray[np.uint8]:
    """(H, W, C) of a stream that is a file of its own; its size has been looked at."""
    from PIL import Image

    with Image.open(io.BytesIO(stored), formats=(kind,)) as image:
        pixels = np.asarray(image.convert(mode) if mode else image, dtype=np.uint8)
    return pixels[:, :, np.newaxis] if pixels.ndim == 2 else pixels


def _codestream(stored: bytes) -> tuple[bool, bool]:
    """Of a JPEG 2000 codestream: whether a component is subsampled, and whether the colours were mixed by its own transformation."""
    start = stored.find(b"\xff\x4f\xff\x51")
    if start < 0:
        raise ValueError("no JPEG 2000 codestream")
    at = start + 4
    length = int.from_bytes(stored[at : at + 2], "big")
    components = stored[at + 38 : at + length]
    subsampled = any(components[i + 1 : i + 3] != b"\1\1" for i in range(0, len(components) - 2, 3))
    at += length
    while stored[at : at + 1] == b"\xff" and stored[at + 1 : at + 2] not in {b"\x90", b""}:
        if stored[at + 1 : at + 2] == b"\x52":
            return subsampled, stored[at + 8] == 1
        at += 2 + int.from_bytes(stored[at + 2 : at + 4], "big")
    raise ValueError("a JPEG 2000 codestream without a coding style")
