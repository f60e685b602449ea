"""What to say of a path that was given as a dataset and is no folder: one image, an archive, a whole slide, a table."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from hpscan.core.errors import LayoutError
from hpscan.data.folders import kinds as filekinds

if TYPE_CHECKING:
    from pathlib import Path

_UNPACK = {
    ".zip": "unzip {file} -d {folder}",
    ".7z": "7z x {file} -o{folder}",
    ".rar": "mkdir {folder} && unrar x {file} {folder}/",
    **dict.fromkeys((".tar", ".tgz", ".tbz", ".tbz2", ".txz", ".tzst"), "mkdir {folder} && tar -xf {file} -C {folder}"),
}
"""How an archive is unpacked into a new folder, by its suffix."""

_COMPRESSED = {".gz": "gunzip", ".bz2": "bunzip2", ".xz": "unxz", ".zst": "unzstd", ".lz4": "unlz4", ".z": "uncompress"}
"""One file each; behind `.tar` it is an archive."""


def is_image(path: Path) -> bool:
    """Whether a path is a file whose name is that of one image."""
    return filekinds.shows_image(path.name) and path.is_file()


def refuse(path: Path) -> LayoutError:
    """The error for a path that exists and is no folder."""
    suffix, where = path.suffix.lower(), shlex.quote(str(path.absolute().parent))
    file = shlex.quote(str(path))
    if filekinds.shows_image(path.name):
        what = "one image, not a folder: one patch tells no patient's result"
        hint = f"give the patient's folder, e.g. {where}; of one patch: hpscan explain {file}"
    elif suffix in _UNPACK or suffix in _COMPRESSED:
        what, hint = "an archive, which hpscan does not read", f"{_unpacked(path)}, and give the folder"
        if suffix in _COMPRESSED and not _is_tar(path):
            what = "a compressed file, not a folder"
    elif suffix in filekinds.SLIDES:
        what = "a whole slide, which hpscan does not read"
        hint = "cut it into patches first, with a slide viewer such as QuPath, and give the folder of the patches"
    elif filekinds.is_table(path.name):
        what = "a table, not a folder"
        hint = f"give the folder of the dataset, e.g. {where}: the tables in it are found by themselves"
    else:
        what, hint = "a file, not a folder", "give the folder that holds the patients"
    return LayoutError(f"{path} is {what}", hint=hint, path=path)


def _is_tar(path: Path) -> bool:
    return path.with_suffix("").suffix.lower() == ".tar"


def _unpacked(path: Path) -> str:
    """How a shell unpacks it."""
    suffix = ".tar" if _is_tar(path) else path.suffix.lower()
    stem = path.name[: -len(path.suffix)]
    command = _UNPACK.get(suffix)
    if command is None:
        return f"unpack it with: {_COMPRESSED[suffix]} {shlex.quote(str(path))}"
    folder = stem[:-4] if _is_tar(path) else stem
    return "unpack it with: " + command.format(file=shlex.quote(str(path)), folder=shlex.quote(folder))
