"""A trained model's folder: `manifest.json`, `weights.safetensors`, `README.md`, and plots. No pickle anywhere."""

from __future__ import annotations

import contextlib
import difflib
import hashlib
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from hpscan.core.errors import BackendBrokenError, ModelDamagedError, ModelError, ModelNotFoundError
from hpscan.store import atomic
from hpscan.store import paths as folders
from hpscan.store.manifest import FORMAT, FileRecord, Manifest

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

_MANIFEST, _WEIGHTS, _CARD = "manifest.json", "weights.safetensors", "README.md"
PLOTS = "plots"
"""The folder of a model's plots within its own. They decide nothing, so the manifest does not list them."""

_OLD_PLOTS = "figures"
"""What models of earlier versions call that folder; theirs keep it."""

_RETRAIN = "train it again, or restore the folder from a copy"

BUNDLED = "bundled"
"""The name of the model that ships with hpscan."""

BUNDLED_NAMES = (BUNDLED, "boxed")
"""The names it is found by; the second one is the old one."""


@dataclass(frozen=True, slots=True)
class StoredModel:
    """A model on disk, its manifest read and its weights not."""

    path: Path
    manifest: Manifest

    @property
    def bundled(self) -> bool:
        """Whether it is the one that ships with hpscan."""
        return self.path == folders.bundled()

    @property
    def size(self) -> int:
        """Bytes of its weights."""
        return sum(record.size for record in self.manifest.files.values())

    @property
    def plots(self) -> tuple[Path, ...]:
        """Its plots, by name; empty where somebody took them away."""
        return tuple(sorted(plots_folder(self.path).glob("*.png")))


def plots_folder(path: Path) -> Path:
    """Where the plots of the model in a folder lie."""
    old = path / _OLD_PLOTS
    return old if old.is_dir() and not (path / PLOTS).is_dir() else path / PLOTS


def save(
    path: Path,
    state: Mapping[str, NDArray[Any]],
    manifest: Callable[[dict[str, FileRecord]], Manifest],
    card: Callable[[Manifest], str],
    *,
    plots: Mapping[str, bytes] = MappingProxyType({}),
    force: bool = False,
) -> StoredModel:
    """Write a model's folder, whole or not at all.

    Args:
        path: The folder to make.
        state: The scorer's arrays.
        manifest: Makes the manifest from the records of the other files.
        card: Makes the model card from the manifest.
        plots: File name -> PNG bytes of the model's plots.
        force: Whether to replace what stands there.

    Raises:
        BackendBrokenError: When `state` holds something else than arrays.
        OutputError: When the folder cannot be written.
    """
    weights = _serialised(state)
    record = FileRecord(sha256=hashlib.sha256(weights).hexdigest(), size=len(weights))
    complete = manifest({_WEIGHTS: record})
    with atomic.folder(path, _MANIFEST, force=force) as temporary:
        atomic.write(temporary / _WEIGHTS, weights)
        _write_plots(temporary, plots)
        _write_manifest(temporary, complete, card)
    return StoredModel(path, complete)


def update(
    model: StoredModel,
    manifest: Manifest,
    card: Callable[[Manifest], str],
    *,
    plots: Mapping[str, bytes] = MappingProxyType({}),
) -> StoredModel:
    """Replace a model's manifest and card, and the plots given; its weights and other plots stay untouched."""
    _write_plots(model.path, plots)
    _write_manifest(model.path, manifest, card)
    return StoredModel(model.path, manifest)


def _write_plots(path: Path, plots: Mapping[str, bytes]) -> None:
    for name, content in plots.items():
        atomic.write(plots_folder(path) / name, content, force=True)


def _write_manifest(path: Path, manifest: Manifest, card: Callable[[Manifest], str]) -> None:
    atomic.write(path / _CARD, card(manifest).encode(), force=True)
    atomic.write(path / _MANIFEST, (manifest.model_dump_json(indent=2) + "\n").encode(), force=True)


def _serialised(state: object) -> bytes:
    """A scorer's state as safetensors has it; a stranger's backend may hold anything."""
    import numpy as np
    from safetensors import SafetensorError
    from safetensors.numpy import save as serialise

    if not isinstance(state, Mapping):
        raise _broken(f"is of type {type(state).__name__}, and not names with arrays")
    for name, array in state.items():
        if not (isinstance(name, str) and isinstance(array, np.ndarray)):
            raise _broken(f"holds {name!r:.40} of type {type(array).__name__}, and not names with numpy arrays only")
    try:
        return serialise({name: _contiguous(array) for name, array in state.items()})
    except SafetensorError as error:  # an array of text, of objects
        raise _broken(f"holds an array that safetensors cannot: {error}") from error


def _broken(what: str) -> BackendBrokenError:
    return BackendBrokenError(
        f"the model cannot be stored: its state {what}", hint="check its backend with hpscan.testing.check_backend"
    )


def _contiguous(array: NDArray[Any]) -> NDArray[Any]:
    import numpy as np

    return np.ascontiguousarray(array).reshape(array.shape)


def read(path: Path) -> StoredModel:
    """The model in a folder.

    Raises:
        ModelNotFoundError: When the folder holds no model.
        ModelDamagedError: When its manifest is not one of ours.
        ModelError: When a newer hpscan wrote it.
    """
    file = path / _MANIFEST
    try:
        text = file.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        raise ModelNotFoundError(
            f"{path} holds no model", hint="list the models with: hpscan models", path=path
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ModelDamagedError(f"{file} cannot be read: {error}", hint=_RETRAIN, path=file) from error
    try:
        return StoredModel(path, Manifest.model_validate_json(text))
    except ValidationError as error:
        first = error.errors()[0]
        if first["loc"] == ("format",):
            raise ModelError(
                f"{file} has another format than {FORMAT}, which this hpscan reads",
                hint="install the hpscan version that wrote it, or a newer one",
                path=file,
            ) from None
        where = ".".join(str(part) for part in first["loc"])
        raise ModelDamagedError(
            f"{file} is damaged: {where + ': ' if where else ''}{first['msg']}", hint=_RETRAIN, path=file
        ) from None


def readme(model: StoredModel) -> str:
    """The model card as it lies in the folder; empty where somebody took it out."""
    try:
        return (model.path / _CARD).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def weights(model: StoredModel) -> dict[str, NDArray[Any]]:
    """The model's arrays, checked against the manifest.

    Raises:
        ModelDamagedError: When the file is missing or not what the manifest says.
    """
    from safetensors.numpy import load

    file = model.path / _WEIGHTS
    try:
        content = file.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise ModelDamagedError(f"{file} cannot be read: {reason}", hint=_RETRAIN, path=file) from error
    record = model.manifest.files.get(_WEIGHTS)
    if record is None or hashlib.sha256(content).hexdigest() != record.sha256:
        raise ModelDamagedError(f"{file} is not the file that its manifest names", hint=_RETRAIN, path=file)
    arrays: dict[str, NDArray[Any]] = load(content)
    return arrays


def stored() -> tuple[list[StoredModel], list[tuple[Path, str]]]:
    """All models in the user's folder, the newest first, and the folders there that cannot be read, with why."""
    good: list[StoredModel] = []
    bad: list[tuple[Path, str]] = []
    home = folders.models()
    for path in sorted(home.iterdir()) if home.is_dir() else []:
        if path.name.startswith(".") or not path.is_dir():
            continue
        try:
            good.append(read(path))
        except ModelError as error:
            bad.append((path, error.message))
    good.sort(key=lambda model: (model.manifest.created, model.manifest.name), reverse=True)
    return good, bad


def written(path: Path) -> float | None:
    """When the manifest in a folder was written, seconds since the epoch; None where there is none."""
    try:
        return (path / _MANIFEST).stat().st_mtime
    except OSError:
        return None


def bundled() -> StoredModel:
    """The model that ships with hpscan.

    Raises:
        ModelNotFoundError: When this installation lacks it.
    """
    return read(folders.bundled())


def find(name: str) -> StoredModel:
    """The model of that name or at that path; which one is the default, `chosen` knows.

    Raises:
        ModelNotFoundError: When there is none.
    """
    if name in BUNDLED_NAMES:
        return bundled()
    inside = folders.models() / name
    if _is_name(name) and (inside / _MANIFEST).is_file():
        return read(inside)
    path = Path(name)
    with contextlib.suppress(OSError, RuntimeError):  # a name too long for a path; ~somebody who has no home
        path = path.expanduser()
        if path.is_dir():
            return read(path)
    known = [*(model.path.name for model in stored()[0]), BUNDLED]
    near = difflib.get_close_matches(name, known, n=1) if _is_name(name) else []
    hint = f"did you mean {near[0]}?" if near else f"stored models: {', '.join(known)}"
    raise ModelNotFoundError(f"there is no model called {name!r}", hint=hint, path=path)


def place(name: str | None, backend: str, out: Path | None, *, force: bool = False) -> Path:
    """Where a new model goes: `out`, or the user's folder under `name` or its backend's first free name."""
    if out is not None:
        path = out
    elif name is not None:
        if not _is_name(name):
            raise ModelError(
                f"{name!r} is no name for a model",
                hint="use letters, digits, '.', '_' and '-', or `out=FOLDER`",
            )
        if name in BUNDLED_NAMES:
            raise ModelError(f"{name!r} is the model that ships with hpscan", hint="choose another name")
        path = folders.models() / name
    else:
        # A model of the backend `bundled` is not the bundled model.
        number = 2 if backend == BUNDLED else 1
        while (path := folders.models() / (backend if number == 1 else f"{backend}-{number}")).exists():
            number += 1
    atomic.check_free(path, force=force, marker=_MANIFEST)
    return path


def removable(name: str) -> Path:
    """The folder of a model that `remove` would delete: one of the user's folder, never one elsewhere.

    Raises:
        ModelNotFoundError: When there is none of that name.
    """
    if name in BUNDLED_NAMES:
        raise ModelError(f"{name!r} ships with hpscan and is not removed", hint="it goes when hpscan is uninstalled")
    if not _is_name(name) or not (folders.models() / name).is_dir():
        known = ", ".join(model.manifest.name for model in stored()[0]) or "none"
        raise ModelNotFoundError(f"there is no stored model called {name!r}", hint=f"stored models: {known}")
    return folders.models() / name


def remove(name: str) -> None:
    """Delete a model of the user's folder."""
    shutil.rmtree(removable(name))


_LONGEST_NAME = 200
"""Bytes; file systems take 255, and a temporary folder's name is a little longer."""


def _is_name(name: str) -> bool:
    written = bool(name) and name[0] not in ".-" and all(c.isalnum() or c in "._-" for c in name)
    return written and len(name.encode()) <= _LONGEST_NAME
