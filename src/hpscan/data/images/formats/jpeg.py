"""JPEG: what the markers of a stream say of its picture, and the stream without what no pixel needs."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from hpscan.data.images.compression import from_tables, zigzag
from hpscan.data.images.formats.orientation import of_exif
from hpscan.data.images.formats.parts import Parts, RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from hpscan.core.compression import Compression

_SOI, _EOI, _SOS, _DQT, _COMMENT = 0xD8, 0xD9, 0xDA, 0xDB, 0xFE
_APP0, _APP1, _APP2, _APP14, _APP15 = 0xE0, 0xE1, 0xE2, 0xEE, 0xEF
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_ICC = b"ICC_PROFILE\0"
_MP_ENTRIES, _MP_ENTRY, _MP_TYPE = 0xB002, 16, 0xFFFFFF
_MP_THUMBNAILS = frozenset({0x010001, 0x010002})
_WITHOUT_LENGTH = frozenset({0x01, _SOI, *range(0xD0, 0xD8)})


class Colours(StrEnum):
    """What a stream says of its own colours."""

    GREY = "grey"
    RGB = "rgb"
    YCBCR = "ycbcr"
    FOUR = "four"
    UNSAID = "unsaid"


@dataclass(frozen=True, slots=True)
class Stream:
    """The markers of a stream before its first scan.

    Attributes:
        segments: Marker and body of each, in order, without what no pixel needs.
        scans: The first scan's marker and all that follows; empty for tables alone.
        precision: Bits a sample; 0 without a frame, as in tables alone.
        components: Identifier and sampling factors (horizontal, vertical) of each component.
        jfif: Whether a JFIF marker stands there: its colours are YCbCr, or greys.
        adobe: The transformation that Adobe's marker names (0 none, 1 YCbCr, 2 YCCK); None without one.
        profile: As in `Parts`.
        orientation: As in `Parts`.
        index: Where the directory of an index of several pictures (MPF) starts; None without one.
        size: Width and height in pixels; zeros without a frame.
    """

    segments: tuple[tuple[int, bytes], ...]
    scans: bytes
    precision: int
    components: tuple[tuple[int, int, int], ...]
    jfif: bool
    adobe: int | None
    profile: bytes | None
    orientation: int
    index: int | None
    size: tuple[int, int]

    def coloured(self, jfif: bool, adobe: int | None) -> Colours:
        """What the stream says of its colours, with markers of its own or of the tables that it shares.

        By marker, then by identifier, as libjpeg has it; then by sampling, as RGB is never subsampled.
        """
        match len(self.components):
            case 1:
                return Colours.GREY
            case 3:
                pass
            case _:
                return Colours.FOUR
        if jfif:
            return Colours.YCBCR
        if adobe is not None:
            return Colours.RGB if adobe == 0 else Colours.YCBCR
        if bytes(one for one, _, _ in self.components) == b"RGB":
            return Colours.RGB
        if len({(across, down) for _, across, down in self.components}) > 1:
            return Colours.YCBCR
        return Colours.UNSAID


def read(data: bytes) -> Stream:
    """The markers of a stream, up to its first scan.

    Raises:
        ValueError: When there is no marker where one must be.
    """
    kept: list[tuple[int, bytes]] = []
    profiles: dict[int, bytes] = {}
    n_profiles, precision, orientation = 0, 0, 1
    components: tuple[tuple[int, int, int], ...] = ()
    jfif, adobe, index, height, width = False, None, None, 0, 0
    scans = b""
    for marker, body, at in _markers(data):
        match marker:
            case m if m in {_SOS, _EOI}:
                scans = data[at:] if m == _SOS else b""
                break
            case m if m == _APP0 and body.startswith(b"JFIF\0"):
                jfif = True
                kept.append((marker, body))
            case m if m == _APP14 and body.startswith(b"Adobe") and len(body) >= 12:
                adobe = body[11]
                kept.append((marker, body))
            case m if m == _APP1 and body.startswith(b"Exif\0\0"):
                orientation = of_exif(body)
            case m if m == _APP2 and body.startswith(_ICC) and len(body) > 14:
                profiles[body[12]] = body[14:]
                n_profiles = body[13]
            case m if m == _APP2 and body.startswith(b"MPF\0"):
                index = at + 8
            case m if _APP0 <= m <= _APP15 or m == _COMMENT:
                pass
            case m if m in _FRAMES and len(body) >= 6:
                precision, height, width = struct.unpack(">BHH", body[:5])
                components = tuple((c, hv >> 4, hv & 15) for c, hv, _ in struct.iter_unpack("BBB", _whole(body)))
                kept.append((marker, body))
            case _:
                kept.append((marker, body))
    profile = None
    if profiles:
        whole = sorted(profiles) == list(range(1, n_profiles + 1))
        profile = b"".join(profiles[i] for i in sorted(profiles)) if whole else b""
    return Stream(tuple(kept), scans, precision, components, jfif, adobe, profile, orientation, index, (width, height))


def parts(data: bytes) -> Parts:
    """What of a JPEG file is needed: its first picture.

    Raises:
        RefusedError: When it holds several pictures of a rank, or one of other than 8 bits a colour.
    """
    try:
        stream = read(data)
    except ValueError:
        return Parts(data)  # the decoder says what is wrong with it
    if stream.precision not in {0, 8}:
        raise RefusedError(f"JPEG with {stream.precision} bits a colour is not supported")
    if stream.index is not None and _of_a_rank(data, stream.index, stream.size):
        raise RefusedError("it holds several images")
    joined = _joined(stream.segments, stream.scans)
    return Parts(joined, stream.profile, stream.orientation, compression(None, stream))


def compression(tables: Stream | None, stream: Stream) -> Compression | None:
    """How a stream was compressed, with the tables that it shares; None where it does not say, as without a frame."""
    if not stream.components:
        return None
    return from_tables(steps(tables, stream), [(across, down) for _, across, down in stream.components])


def steps(tables: Stream | None, stream: Stream) -> list[NDArray[np.int64]]:
    """The quantisation table of each component, (64,), in rows; none at all where one is missing."""
    known: dict[int, NDArray[np.int64]] = {}
    used: list[int] = []
    for marker, body in (*(tables.segments if tables else ()), *stream.segments):
        if marker == _DQT:
            known |= _quantisation(body)
        elif marker in _FRAMES:
            used = list(_whole(body)[2::3])
    return [known[one] for one in used] if set(used) <= set(known) else []


def _quantisation(body: bytes) -> dict[int, NDArray[np.int64]]:
    """The tables of a DQT segment, by number, each (64,), in rows; what is cut off is left out."""
    tables = {}
    at = 0
    while at < len(body):
        wide, number = body[at] >> 4, body[at] & 15
        length = 128 if wide else 64
        values = body[at + 1 : at + 1 + length]
        if len(values) < length:
            break
        in_rows = np.zeros(64, np.int64)
        in_rows[zigzag()] = np.frombuffer(values, ">u2" if wide else ">u1")
        tables[number] = in_rows
        at += 1 + length
    return tables


def complete(tables: Stream | None, stream: Stream, colours: Colours) -> bytes:
    """A file of its own from one stream of a TIFF file, with the tables that it shares, and colours that no decoder can mistake."""
    segments = [
        (marker, body)
        for marker, body in (*(tables.segments if tables else ()), *stream.segments)
        if marker not in {_APP0, _APP14}
    ]
    if colours in {Colours.RGB, Colours.YCBCR}:
        adobe = b"Adobe" + struct.pack(">HHHB", 100, 0, 0, colours is Colours.YCBCR)
        segments.insert(0, (_APP14, adobe))
    return _joined(segments, stream.scans)


def _joined(segments: tuple[tuple[int, bytes], ...] | list[tuple[int, bytes]], scans: bytes) -> bytes:
    markers = b"".join(struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body for marker, body in segments)
    return b"\xff\xd8" + markers + scans


def _whole(body: bytes) -> bytes:
    """The components of a frame's body, three bytes each, as many as are there whole."""
    return body[6 : 6 + 3 * min(body[5], (len(body) - 6) // 3)]


def _markers(data: bytes) -> Iterator[tuple[int, bytes, int]]:
    """Marker, body and place of each segment after the stream's start; the last one is the first scan's, or the end's."""
    at = 2
    while True:
        if at >= len(data):
            return
        if data[at] != 0xFF:
            raise ValueError("no marker where one must be")
        start = at
        while at < len(data) and data[at] == 0xFF:  # fill bytes may stand before a marker
            at += 1
        if at >= len(data):
            raise ValueError("cut within a marker")
        marker = data[at]
        at += 1
        if marker in {_SOS, _EOI}:
            yield marker, b"", start
            return
        if marker in _WITHOUT_LENGTH:
            continue
        length = int.from_bytes(data[at : at + 2], "big")
        if length < 2 or at + length > len(data):
            raise ValueError("cut within a segment")
        yield marker, data[at + 2 : at + length], start
        at += length


def _of_a_rank(data: bytes, index: int, size: tuple[int, int]) -> bool:
    """Whether the file's index of pictures (MPF, whose directory starts at `index`) names another one as large as the first.

    What is smaller is a preview, a depth map or a gain map, as cameras and phones put behind their pictures.
    An index that cannot be read names no picture.
    """
    order = {b"II": "<", b"MM": ">"}.get(data[index : index + 2])
    if order is None:
        return False
    try:
        (start,) = struct.unpack_from(f"{order}I", data, index + 4)
        (n,) = struct.unpack_from(f"{order}H", data, index + start)
        tags = [struct.unpack_from(f"{order}HHII", data, index + start + 2 + 12 * i) for i in range(n)]
        for at, length in ((index + value, count) for tag, _, count, value in tags if tag == _MP_ENTRIES):
            for entry in range(at + _MP_ENTRY, at + length - _MP_ENTRY + 1, _MP_ENTRY):
                attribute, _, place = struct.unpack_from(f"{order}III", data, entry)
                other = read(data[index + place :]).size
                if attribute & _MP_TYPE not in _MP_THUMBNAILS and (other[0] >= size[0] or other[1] >= size[1]):
                    return True
    except (struct.error, ValueError):
        return False
    return False
