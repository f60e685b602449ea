"""PNG: the chunks that make the picture, without the remarks beside them.

A damaged remark, or one that is larger than Pillow allows, says nothing about the pixels; a damaged chunk that makes
them is left for the decoder to find.
"""

from __future__ import annotations

import struct
import zlib

from hpscan.data.images.formats.orientation import of_exif
from hpscan.data.images.formats.parts import Parts, RefusedError

_SIGNATURE = 8
_ANCILLARY = 0x20
MAX_PROFILE = 2**20
"""Bytes of a profile when unpacked: Pillow's own limit on compressed metadata."""


def parts(data: bytes) -> Parts:
    """What of a PNG file is needed.

    Raises:
        RefusedError: When it is an animation.
    """
    kept = [data[:_SIGNATURE]]
    profile, orientation = None, 1
    at = _SIGNATURE
    while at + 12 <= len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if end > len(data) or not name.isalpha():
            break  # the file is cut or damaged here: the decoder sees the rest as it is
        body = data[at + 8 : end - 4]
        if name == b"acTL" and length >= 4 and int.from_bytes(body[:4], "big") > 1:
            raise RefusedError("it holds several images (it is animated)")
        if not name[0] & _ANCILLARY or name == b"tRNS":
            kept.append(data[at:end])
        elif name == b"iCCP" and profile is None:
            profile = _profile(body) if _sound(name, body, data[end - 4 : end]) else b""
        elif name == b"eXIf" and _sound(name, body, data[end - 4 : end]):
            orientation = of_exif(body)
        at = end
        if name == b"IEND":
            break
    if at < len(data) and kept[-1][4:8] != b"IEND":
        kept.append(data[at:])
    return Parts(b"".join(kept), profile, orientation)


def sixteen_bit_colours(data: bytes) -> bool:
    """Whether a PNG holds colours, or greys with alpha, of 16 bits: Pillow would drop the lower eight."""
    return len(data) > 25 and data[24] == 16 and data[25] in {2, 4, 6}


def _sound(name: bytes, body: bytes, checksum: bytes) -> bool:
    return zlib.crc32(name + body) == int.from_bytes(checksum, "big")


def _profile(body: bytes) -> bytes:
    """The profile of an iCCP chunk: a name, a zero, a method (0) and zlib data; empty where it cannot be unpacked."""
    _, _, packed = body.partition(b"\0")
    if packed[:1] != b"\0":
        return b""
    unpacker = zlib.decompressobj()
    try:
        profile = unpacker.decompress(packed[1:], MAX_PROFILE)
    except zlib.error:
        return b""
    return profile if unpacker.eof else b""
