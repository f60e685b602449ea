"""BMP: the colour profile that a header of version 5 may carry; all else is needed for the pixels."""

from __future__ import annotations

import struct

from hpscan.data.images.formats.parts import Parts

_FILE_HEADER = 14
_VERSION_5 = 124
_EMBEDDED = b"DEBM"
_LINKED = b"KNIL"


def parts(data: bytes) -> Parts:
    """What of a BMP file is needed."""
    if data[_FILE_HEADER : _FILE_HEADER + 4] != struct.pack("<I", _VERSION_5) or len(data) < _FILE_HEADER + _VERSION_5:
        return Parts(data)
    space = data[_FILE_HEADER + 56 : _FILE_HEADER + 60]
    if space == _LINKED:  # the name of a file on another computer
        return Parts(data, b"")
    if space != _EMBEDDED:
        return Parts(data)
    start, size = struct.unpack_from("<II", data, _FILE_HEADER + 112)
    profile = data[_FILE_HEADER + start : _FILE_HEADER + start + size]
    return Parts(data, profile if len(profile) == size else b"")
