"""What a file is by its first bytes, whatever it is called: one of the formats that are read, or another one by name."""

from __future__ import annotations

from pathlib import PurePath

FORMATS = ("PNG", "JPEG", "TIFF", "BMP")

_READ = (
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"MM\0+", "TIFF"),
)
_BMP_HEADERS = (12, 16, 40, 52, 56, 64, 108, 124)

_IMAGES = (
    (0, b"GIF87a", "a GIF image"),
    (0, b"GIF89a", "a GIF image"),
    (8, b"WEBP", "a WebP image"),
    (4, b"jP  \r\n\x87\n", "a JPEG 2000 image"),
    (0, b"\xff\x4f\xff\x51", "a JPEG 2000 image"),
    (4, b"JXL \r\n\x87\n", "a JPEG XL image"),
    (0, b"\xff\x0a", "a JPEG XL image"),
    (4, b"ftypavif", "an AVIF image"),
    (4, b"ftypheic", "a HEIC image"),
    (4, b"ftypheix", "a HEIC image"),
    (4, b"ftypmif1", "a HEIC image"),
    (0, b"8BPS", "a Photoshop file"),
    (0, b"II\xbc\x01", "a JPEG XR image"),
    (128, b"DICM", "a DICOM file"),
    (0, b"ZISRAWFILE", "a Zeiss CZI slide"),
)
_OTHERS = (
    (0, b"%PDF-", "a PDF document"),
    (0, b"PK\x03\x04", "a zip archive"),
    (0, b"\x1f\x8b", "gzip-compressed data"),
    (0, b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
    (0, b"\x93NUMPY", "a NumPy array"),
)


def kind(data: bytes) -> str | None:
    """Which of `FORMATS` the bytes begin as; None for none of them."""
    for magic, name in _READ:
        if data.startswith(magic):
            return name
    # Two letters are little: a text may begin with them as well.
    if data[:2] == b"BM" and int.from_bytes(data[14:18], "little") in _BMP_HEADERS:
        return "BMP"
    return None


def other(data: bytes, name: str) -> str:
    """Why a file of none of `FORMATS` is not read, in one line that says what it is, as far as can be told.

    Args:
        data: The file.
        name: What it is called; its suffix is told where it promises something else.
    """
    for at, magic, what in _IMAGES:
        if data[at : at + len(magic)] == magic:
            suffix = PurePath(name).suffix
            named = f" named {suffix}" if suffix.lower() in {".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp"} else ""
            return f"it is {what}{named}: save it as PNG"
    what = next((what for at, magic, what in _OTHERS if data[at : at + len(magic)] == magic), _text(data))
    return f"it is no PNG, JPEG, TIFF or BMP image{what and f', but {what}'}"


def _text(data: bytes) -> str:
    head = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"<!doctype html", b"<html")):
        return "a web page (HTML)"
    if b"<svg" in head:
        return "an SVG drawing"
    if head and all(byte >= 32 or byte in b"\t\r\n\f" for byte in head):
        return "text"
    return ""
