"""Lays out small datasets as they were published: every variant of folders and tables, with drawn noise as images."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from openpyxl import Workbook
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

SIDE = 32

DIAGNOSES = "CODI,DENSITAT\nB22-1,NEGATIVA\nB22-2,BAIXA\nB22-3,ALTA\n"


def pixels(seed: int, *, height: int = SIDE, width: int = SIDE, channels: int = 3) -> np.ndarray:
    """(height, width, channels) of noise."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, channels), dtype=np.uint8)


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    """An image file's bytes."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def patch(path: Path, seed: int = 0, **shape: int) -> Path:
    """Writes one image file; folders are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    kind = {".jpg": "JPEG", ".jpeg": "JPEG", ".tif": "TIFF", ".tiff": "TIFF", ".bmp": "BMP"}
    path.write_bytes(encoded(Image.fromarray(pixels(seed, **shape)), kind.get(path.suffix.lower(), "PNG")))
    return path


def patches(root: Path, *names: str) -> Path:
    """Writes one image file for each name, all of them different."""
    for seed, name in enumerate(names):
        patch(root / name, seed)
    return root


def text(path: Path, content: str, encoding: str = "utf-8") -> Path:
    """Writes a text file; folders are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode(encoding))
    return path


def workbook(path: Path, rows: Iterable[Sequence[object]]) -> Path:
    """Writes an XLSX file with one sheet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    book = Workbook()
    for row in rows:
        book.active.append(list(row))
    book.save(path)
    return path


@dataclass(frozen=True)
class Published:
    """One published layout: how to lay it out, and how many patches of which kind it then holds."""

    lay: Callable[[Path], object]
    patients: tuple[str, ...]
    cropped: int
    annotated: int
    labelled: int
    held_out: tuple[str, ...] = ()


def _classic(root: Path, cropped: str, annotated: str) -> None:
    patches(root / cropped, "B22-1_0/1.png", "B22-1_0/2.png", "B22-1_1/1.png", "B22-2_0/7.png")
    patches(root / annotated, "B22-2_0/00180.png", "B22-3_0/00005.png")
    text(root / annotated / "window_metadata.csv", "ID,Presence\nB22-2_0.00180,1\nB22-3_0.00005,-1\n")
    text(root / "metadata.csv", DIAGNOSES)


def _cross_validation(root: Path) -> None:
    patches(root / "CrossValidation/Cropped", "B22-1_0/1.png", "B22-2_1/1.png")
    patches(root / "CrossValidation/Annotated", "B22-2_1/00521.png", "B22-2_1/00900_Aug12.png")
    patches(root / "HoldOut", "B22-3_0/4.png", "B22-3_0/5.png")
    workbook(
        root / "HP_WSI-CoordAllAnnotatedPatches.xlsx",
        [
            (None, "Pat_ID", "Section_ID", "Window_ID", "i", "j", "h", "w", "Presence"),
            (0, "B22-2", 1, 521.0, 100, 2000, 256, 250, 1),
            (1, "B22-2", 1, "900_Aug12", 100, 2000, 256, 256, 1),
        ],
    )
    text(root / "PatientDiagnosis (1).csv", DIAGNOSES)


def _separated(root: Path) -> None:
    patches(root / "Cross_validation/Separated/healthy", "B22-1_0/1.png")
    patches(root / "Cross_validation/Separated/unhealthy", "B22-2_0/1.png")
    patches(root / "Cross_validation/Annotated", "B22-2_0/00001.png")


def _bare(root: Path) -> None:
    patches(root, "B22-1_0/00001.png", "B22-2__1/00002.png", "B22-3-1/00003.png")
    text(root / "labels.csv", "ID,Presence\nB22-1_0.00001,-1\nB22-2__1.00002,1\nB22-3-1.00003,0\n")


def _older(root: Path) -> None:
    patches(root / "annotated_windows", "B22-2_0/11.png", "B22-3_0/12.png", "B22-3_0/13.png")
    workbook(
        root / "HP_WSI-CoordAnnotatedWindows.xlsx",
        [
            ("Unnamed: 0.1", "", "Pat_ID", "WSI_ID", "Window_ID", *"ijhw", "Presence", "Cropped", "Deleted"),
            (0, 0, "B22-2", 0, 11, 1, 2, 256, 256, 1, 0, 0),
            (1, 1, "B22-3", 0, 12, 1, 2, 256, 256, -1, 0, None),
            (2, 2, "B22-3", 0, 13, 1, 2, 256, 256, 1, 1, 0),
            (3, 3, "B22-3", 0, 13, 1, 2, 256, 256, 1, 0, 1),
        ],
    )


ALL = ("B22-1", "B22-2", "B22-3")
PUBLISHED = {
    "underscores": Published(lambda r: _classic(r, "Cropped_Patches", "Annotated_Patches"), ALL, 4, 2, 2),
    "camel case": Published(lambda r: _classic(r, "CroppedPatches", "AnnotatedPatches"), ALL, 4, 2, 2),
    "lower case": Published(lambda r: _classic(r, "croppedpatches", "annotated_patches"), ALL, 4, 2, 2),
    "cross validation and hold-out": Published(_cross_validation, ALL, 4, 2, 2, ("B22-3",)),
    "healthy and unhealthy": Published(_separated, ("B22-1", "B22-2"), 2, 1, 0),
    "bare folder": Published(_bare, ALL, 0, 3, 3),
    "older windows": Published(_older, ("B22-2", "B22-3"), 0, 3, 2),
}
