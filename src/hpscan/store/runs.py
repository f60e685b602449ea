"""The cells of a benchmark on disk: what one backend gave for one fold, each in a file that is written whole.

A cell's name ends in the beginning of its key, the digest of all that it depends on: a changed setting makes another
cell and leaves this one where it is.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Literal

from pydantic import AwareDatetime, Field, ValidationError

from hpscan.store import atomic
from hpscan.store.manifest import BackendRecord, FitFacts, Role, _Part

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FORMAT: Literal[1] = 1
FOLDER = "cells"


class ScoredRecord(_Part):
    """Scored patches in columns of equal length, and the patches that have no score.

    A patch is written as its origin and id, `annotated/B22-101_0.00180`.
    """

    patient: tuple[str, ...]
    patch: tuple[str, ...]
    score: tuple[float, ...]
    sha256: tuple[str, ...] = Field(description="Of the patch's file.")
    contrast: tuple[float, ...]
    sharpness: tuple[float, ...]
    pink: tuple[float, ...]
    blue: tuple[float, ...]
    rejected: dict[str, str] = Field(description="Patches that could not be read, and why.")
    duplicates: tuple[str, ...] = Field(description="Byte for byte another patch of the same patient and origin.")
    seconds: float = Field(description="Time taken, reading included.")


class CellRecord(_Part):
    """One backend, one fold."""

    format: Literal[1] = FORMAT
    key: str
    backend: BackendRecord
    fold: int = Field(description="1, 2, ...")
    settings: dict[str, Any]
    seed: int
    device: str
    created: AwareDatetime
    versions: dict[str, str]
    patients: dict[Role, tuple[str, ...]]
    fit: FitFacts
    operating_point: ScoredRecord = Field(description="Patches of training patients that thresholds are chosen on.")
    held_out: ScoredRecord
    seconds: float = Field(description="Time that the whole cell took.")
    peak_memory: int = Field(description="Bytes that the cell's process held at most; on a GPU, of its memory.")


def key(parts: Mapping[str, Any]) -> str:
    """The digest of all that a cell depends on."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode(errors="surrogateescape")).hexdigest()


def place(folder: Path, backend: str, fold: int, cell_key: str) -> Path:
    """Where the cell of that key lies in a benchmark's folder."""
    return folder / FOLDER / f"{backend}-{fold:02d}-{cell_key[:12]}.json"


def read(folder: Path, backend: str, fold: int, cell_key: str) -> CellRecord | None:
    """The stored cell; None where there is none, or none that can be read."""
    try:
        record = CellRecord.model_validate_json(place(folder, backend, fold, cell_key).read_bytes())
    except (OSError, ValidationError):
        return None
    return record if record.key == cell_key else None


def write(folder: Path, cell: CellRecord) -> None:
    """Store a cell.

    Raises:
        OutputError: When it cannot be written.
    """
    path = place(folder, cell.backend.name, cell.fold, cell.key)
    atomic.write(path, cell.model_dump_json().encode(), force=True)


def earlier(folder: Path, backend: str) -> list[CellRecord]:
    """All cells of a backend that the folder holds, also of other settings: they tell how long it takes."""
    found = []
    for path in sorted((folder / FOLDER).glob(f"{backend}-[0-9][0-9]-*.json")):
        try:
            found.append(CellRecord.model_validate_json(path.read_bytes()))
        except (OSError, ValidationError):
            continue
    return found
