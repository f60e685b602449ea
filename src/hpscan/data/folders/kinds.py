"""What a file is by its name, and by its first bytes where the name says nothing: a patch, a table, or set aside and why."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from hpscan.core.account import AsideKind
from hpscan.data.tables.sheets import TABLE_SUFFIXES

if TYPE_CHECKING:
    from pathlib import Path

IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp"})
_OTHER_IMAGES = frozenset(
    [
        ".webp", ".gif", ".jp2", ".j2k", ".j2c", ".jpx", ".jpf", ".jxl", ".jxr", ".heic", ".heif", ".avif",
        ".dng", ".raw", ".nef", ".cr2", ".psd", ".xcf", ".ppm", ".pgm", ".pnm", ".pbm", ".pam", ".npy", ".npz",
        ".dcm", ".dicom", ".tga", ".exr", ".hdr", ".jfif", ".jpe", ".dib", ".apng", ".pcx", ".ico", ".svg",
        ".eps", ".fits", ".h5", ".hdf5", ".lif", ".lsm", ".oib", ".oif", ".nd2",
    ]
)  # fmt: skip
SLIDES = frozenset(
    [
        ".svs", ".ndpi", ".ndpis", ".mrxs", ".scn", ".vms", ".vmu", ".vsi", ".ets", ".bif", ".czi", ".isyntax",
        ".i2syntax", ".svslide", ".qptiff", ".sdpc", ".kfb", ".mds", ".tron", ".dyqx",
    ]
)  # fmt: skip
_ARCHIVES = frozenset(
    [
        ".zip", ".tar", ".gz", ".tgz", ".bz2", ".tbz", ".tbz2", ".xz", ".txz", ".7z", ".rar", ".zst", ".lz4",
        ".iso", ".cab",
    ]
)  # fmt: skip
_BESIDE = frozenset(
    [
        ".txt", ".md", ".rst", ".pdf", ".doc", ".docx", ".odt", ".rtf", ".ppt", ".pptx", ".html", ".htm",
        ".json", ".jsonl", ".geojson", ".xml", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".log", ".py",
        ".ipynb", ".m", ".r", ".sh", ".bat", ".md5", ".sha1", ".sha256", ".sum", ".lnk", ".url", ".db", ".dat",
        ".qpproj", ".qpdata", ".annotations", ".xsl", ".css", ".js", ".pkl", ".pt", ".pth", ".safetensors",
        ".onnx", ".ckpt",
    ]
)  # fmt: skip
"""Suffixes of what lies beside patches and holds none, whatever stands before them: `00001.png.json` describes a patch."""
_SYSTEM = frozenset(
    {"thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", "__macosx", "$recycle.bin", "system volume information"}
)
_INNER = re.compile(
    "("
    + "|".join(re.escape(s) for s in sorted(IMAGE_SUFFIXES | _OTHER_IMAGES, key=len, reverse=True))
    + r")(?![a-z0-9])",
    re.IGNORECASE,
)
_HEADS = (
    b"\x89PNG", b"\xff\xd8\xff", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+", b"GIF8", b"\0\0\0\x0cjP  ", b"\xff\x4f\xff\x51",
    b"8BPS",
)  # fmt: skip


def hidden(name: str) -> bool:
    """Whether the system hides it, or put it there: `.DS_Store`, `._1.png`, `~$a.xlsx`, `__MACOSX`, `Thumbs.db`."""
    return name.startswith((".", "~$")) or name.lower() in _SYSTEM


def is_image(name: str) -> bool:
    """Whether a file of this name is listed as a patch."""
    return _suffix(name) in IMAGE_SUFFIXES


def is_table(name: str) -> bool:
    """Whether a file of this name is read as a table."""
    return _suffix(name) in TABLE_SUFFIXES


def shows_image(name: str) -> bool:
    """Whether a name is that of an image, listed or not."""
    return _suffix(name) in IMAGE_SUFFIXES | _OTHER_IMAGES


def aside(folder: Path, name: str) -> tuple[AsideKind, str]:
    """Why a file that is neither a patch nor a table is set aside, and what to call its group: its suffix.

    Args:
        folder: Where it lies.
        name: Its name.
    """
    suffix = _suffix(name)
    inner = _INNER.search(name)
    if suffix in _OTHER_IMAGES:
        kind = AsideKind.OTHER_FORMAT
    elif suffix in SLIDES:
        kind = AsideKind.WHOLE_SLIDE
    elif suffix in _BESIDE:
        kind = AsideKind.OTHER
    elif inner is not None:  # 00001.png.part, 00001.png~, 00001.tif.gz: a patch that is not whole, or wrapped
        return AsideKind.OTHER_FORMAT, name[inner.start() :].lower()
    elif suffix in _ARCHIVES:
        kind = AsideKind.ARCHIVE
    else:
        kind = AsideKind.OTHER_FORMAT if _begins_like_an_image(folder / name) else AsideKind.OTHER
    return kind, suffix or "no suffix"


def _suffix(name: str) -> str:
    return os.path.splitext(name)[1].lower()  # noqa: PTH122 - a Path for each file takes seconds


def _begins_like_an_image(path: Path) -> bool:
    """By its first bytes; a file that cannot be read, or is no regular file, does not."""
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            head = file.read(16)
    except OSError:
        return False
    return head.startswith(_HEADS) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP") or head[4:8] == b"ftyp"
