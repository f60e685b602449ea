"""The runs of a benchmark on disk: what one backend gave for one fold, each in a file that is written whole.

The name of a run's file ends in the beginning of its key, the digest of all that it depends on: a changed setting makes
another run and leaves this one where it is.
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
FOLDER = "runs"
OLD_FOLDER = "cells"
"""What earlier versions call it: runs in it are read."""


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


class RunRecord(_Part):
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
    seconds: float = Field(description="Time that the whole run took.")
    peak_memory: int = Field(description="Bytes that the run's process held at most; on a GPU, of its memory.")


def key(parts: Mapping[str, Any]) -> str:
    """The digest of all that a run depends on."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode(errors="surrogateescape")).hexdigest()


def place(folder: Path, backend: str, fold: int, run_key: str) -> Path:
    """Where the run of that key lies in a benchmark's folder, or would."""
    file = f"{backend}-{fold:02d}-{run_key[:12]}.json"
    old, new = folder / OLD_FOLDER / file, folder / FOLDER / file
    return old if old.is_file() and not new.is_file() else new


def read(folder: Path, backend: str, fold: int, run_key: str) -> RunRecord | None:
    """The stored run; None where there is none, or none that can be read."""
    record = _read(place(folder, backend, fold, run_key))
    return record if record is not None and record.key == run_key else None


def _read(path: Path) -> RunRecord | None:
    try:
        return RunRecord.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None


def write(folder: Path, record: RunRecord) -> None:
    """Store a run.

    Raises:
        OutputError: When it cannot be written.
    """
    path = place(folder, record.backend.name, record.fold, record.key)
    atomic.write(folder / FOLDER / path.name, record.model_dump_json().encode(), force=True)


def earlier(folder: Path, backend: str) -> list[RunRecord]:
    """All runs of a backend that the folder holds, also of other settings: they tell how long it takes."""
    found = {
        path.name: _read(path)
        for part in (OLD_FOLDER, FOLDER)
        for path in sorted((folder / part).glob(f"{backend}-[0-9][0-9]-*.json"))
    }
    return [record for _, record in sorted(found.items()) if record is not None]
