"""Which model a command takes: the one named, else the one pinned, else the one trained last, else the one that ships.

The pin is a small file beside the folder of models. Nothing that should be taken and cannot be is passed over.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from hpscan.core.errors import ModelDamagedError, ModelError, ModelNotFoundError
from hpscan.store import atomic, models
from hpscan.store import paths as folders
from hpscan.store.models import BUNDLED

if TYPE_CHECKING:
    from hpscan.store.models import StoredModel


class Choice(StrEnum):
    """Why a model was taken."""

    NAMED = "named"
    PINNED = "pinned"
    NEWEST = "newest"
    BUNDLED = "bundled"


@dataclass(frozen=True, slots=True)
class Chosen:
    """A model, and why it was taken."""

    model: StoredModel
    how: Choice


def choose(name: str | None) -> Chosen:
    """The model of that name or at that path; when None the default.

    Raises:
        ModelNotFoundError: When the one named or pinned is not there.
        ModelError: When the one named, pinned or trained last cannot be read.
    """
    return default() if name is None else Chosen(models.find(name), Choice.NAMED)


def default() -> Chosen:
    """The model that is taken when none is named.

    Raises:
        ModelNotFoundError: When the one pinned is gone.
        ModelError: When the one pinned or trained last cannot be read.
    """
    name = pinned()
    if name is not None:
        try:
            return Chosen(models.find(name), Choice.PINNED)
        except ModelNotFoundError:
            raise ModelNotFoundError(f"the pinned model {name!r} is gone", hint=others(name, unpin=True)) from None
        except ModelError as error:
            raise ModelDamagedError(
                f"the pinned model {name!r} cannot be read: {error.message}",
                hint=others(name, unpin=True),
                path=error.path,
            ) from error
    stored, damaged = models.stored()
    usable = [model for model in stored if model.manifest.default]
    newest = usable[0] if usable else None
    for path, reason in damaged:
        # The date in a damaged manifest cannot be read; that of the file tells whether it was written last.
        written = models.written(path)
        if written is not None and (newest is None or written > newest.manifest.created.timestamp()):
            raise ModelDamagedError(
                f"the model trained last, {path.name!r}, cannot be read: {reason}", hint=others(path.name), path=path
            )
    return Chosen(models.bundled(), Choice.BUNDLED) if newest is None else Chosen(newest, Choice.NEWEST)


def pin(name: str) -> StoredModel:
    """Make a model, by name or path, the default.

    Raises:
        ModelError: When there is none, or it cannot be read.
        OutputError: When the pin cannot be written.
    """
    model = models.find(name)
    inside = model.path.parent == folders.models()
    kept = BUNDLED if model.bundled else model.path.name if inside else str(model.path.absolute())
    content = json.dumps({"format": 1, "model": kept}, ensure_ascii=False) + "\n"
    atomic.write(folders.pin(), content.encode("utf-8", "surrogateescape"), force=True)
    return model


def unpin() -> str | None:
    """Take the pin away; what was pinned, None for nothing.

    Raises:
        OutputError: When it cannot be removed.
    """
    try:
        before = pinned()
    except ModelError:
        before = "a model whose name could not be read"
    with atomic.writing(folders.pin()):
        folders.pin().unlink(missing_ok=True)
    return before


def pinned() -> str | None:
    """The name or path of the pinned model, whether or not it is there; None for none.

    Raises:
        ModelError: When the pin cannot be read.
    """
    file = folders.pin()
    try:
        kept = json.loads(file.read_text(encoding="utf-8", errors="surrogateescape"))["model"]
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        kept = None
    if not isinstance(kept, str) or not kept:
        raise ModelError(
            f"{file}, which says which model is pinned, cannot be read",
            hint="write it anew with: hpscan models use NAME, or hpscan models use --none",
            path=file,
        )
    return kept


def is_pinned(path: Path) -> bool:
    """Whether the model in that folder is the pinned one."""
    name = pinned()
    return name is not None and path in {folders.models() / name, Path(name)}


def others(name: str, *, unpin: bool = False) -> str:
    """A hint that names the models that there are beside one, and how to take one of them."""
    there = [model.path.name for model in models.stored()[0] if model.path.name != name]
    listed = ", ".join([*there, *([BUNDLED] if name != BUNDLED else [])])
    how = "hpscan models use NAME, or hpscan models use --none" if unpin else "hpscan models use NAME"
    return f"others are {listed}: take one with `model=NAME`, or for good with {how}"
