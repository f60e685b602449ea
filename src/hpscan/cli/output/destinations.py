"""Which files and folders each command writes, and what their names may say: told before any work."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from hpscan.core.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Kind:
    """What is written.

    Attributes:
        says: In words, for an error.
        suffixes: What a file's name may end in; the first is the usual one. Empty where no file is written.
        folder: Whether it is, or can be, a folder.
    """

    says: str
    suffixes: tuple[str, ...] = ()
    folder: bool = False


_CSV = Kind("tables are written as CSV", (".csv", ".txt"))
_ACCOUNT = Kind("an account is written as CSV or JSON", (".csv", ".json", ".txt"))
_PNG = Kind("pictures are PNG", (".png",))
_FOLDER = Kind("it is written as a folder", folder=True)

KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "demo --out": _FOLDER,
        "train --out": _FOLDER,
        "train --account": _ACCOUNT,
        "diagnose --account": _ACCOUNT,
        "diagnose --csv": _CSV,
        "diagnose --patches-csv": _CSV,
        "diagnose --report": Kind("a report is HTML, or a folder of pages", (".html", ".htm"), folder=True),
        "diagnose --geojson": Kind(
            "patches are written as GeoJSON, or a folder of it", (".geojson", ".json"), folder=True
        ),
        "evaluate --account": _ACCOUNT,
        "calibrate --account": _ACCOUNT,
        "data check --account": _ACCOUNT,
        "evaluate --csv": _CSV,
        "evaluate --plot": _PNG,
        "benchmark --out": _FOLDER,
        "benchmark --account": _ACCOUNT,
        "explain --out": _PNG,
        "data synth DIR": _FOLDER,
        "models rebuild OUT": _FOLDER,
        "weights convert OUT": Kind("weights are written as safetensors", (".safetensors",)),
    }
)
"""Every option and argument that names something to write: command and option -> what it is."""

_FORMATS = frozenset(
    [
        ".7z",
        ".avi",
        ".bmp",
        ".bz2",
        ".css",
        ".csv",
        ".db",
        ".dicom",
        ".dcm",
        ".doc",
        ".docx",
        ".eps",
        ".feather",
        ".geojson",
        ".gif",
        ".gz",
        ".h5",
        ".hdf5",
        ".htm",
        ".html",
        ".ini",
        ".ipynb",
        ".jp2",
        ".jpeg",
        ".jpg",
        ".js",
        ".json",
        ".log",
        ".markdown",
        ".md",
        ".ndpi",
        ".npy",
        ".npz",
        ".odp",
        ".ods",
        ".odt",
        ".onnx",
        ".parquet",
        ".pdf",
        ".pickle",
        ".pkl",
        ".png",
        ".ppt",
        ".pptx",
        ".ps",
        ".pt",
        ".pth",
        ".py",
        ".rar",
        ".rds",
        ".rst",
        ".rtf",
        ".safetensors",
        ".sqlite",
        ".svg",
        ".svs",
        ".tar",
        ".tex",
        ".tgz",
        ".tif",
        ".tiff",
        ".toml",
        ".tsv",
        ".txt",
        ".webp",
        ".xhtml",
        ".xls",
        ".xlsm",
        ".xlsx",
        ".xml",
        ".xz",
        ".yaml",
        ".yml",
        ".zip",
        ".zst",
    ]
)
"""What a folder's name does not end in: it would be taken for a file."""


def check(option: str, kind: Kind, given: str) -> None:
    """Fail where what was typed after `option` names another kind of thing than will be written.

    Raises:
        SettingsError: Then.
    """
    from hpscan.store.atomic import is_stream

    path = Path(given)
    if is_stream(path):
        if not kind.suffixes:
            raise SettingsError(f"{option} {given}: {kind.says}, not to a stream", hint="name a folder")
        return
    suffix = path.suffix.lower()
    if not any(letter.isalpha() for letter in suffix):  # `results.2026` has no suffix
        suffix = ""
    if given.endswith(("/", os.sep)):
        if not kind.folder:
            raise SettingsError(
                f"{option} {given} names a folder, and one file is written",
                hint=f"name a file, e.g. {path / 'result'}{kind.suffixes[0]}",
            )
        if suffix in kind.suffixes:
            raise SettingsError(
                f"{option} {given} is named like a file, and ends like a folder", hint="take one ending away"
            )
        return
    if suffix in {"", *kind.suffixes} or (kind.folder and suffix not in _FORMATS):
        return
    proper = path.with_suffix(kind.suffixes[0] if kind.suffixes else "")
    if kind.suffixes and path.stem.lower().endswith(kind.suffixes):  # table.csv.gz
        proper = path.with_suffix("")
    raise SettingsError(f"{option} {given}: {kind.says}, not {suffix[1:].upper()}", hint=f"name it {proper}")
