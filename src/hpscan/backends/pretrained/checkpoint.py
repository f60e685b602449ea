"""Reads the tensors of a PyTorch checkpoint without running anything that stands in it, and without torch.

Both formats of torch.save are read: the zip archive, and the older stream. Their pickles run in `inert.py`, where
they can do nothing but describe tensors. A description becomes an array only after it is seen to lie within the
bytes that the file holds, and all arrays together are not much larger than the file.
"""

from __future__ import annotations

import io
import math
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hpscan.backends.pretrained.inert import BFLOAT16, RefusedError, Stored, Tensor, shown, unpickle
from hpscan.core.errors import WeightsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    Storages = Callable[[Stored], memoryview]

_MAGIC = 0x1950A86A20F9469CFC6C
_PROTOCOL = 1001
"""What a stream of the older format begins with."""

_WRAPPERS = ("state_dict", "model", "model_ema")
"""Under what training scripts keep the tensors, beside their optimizers and counters."""

_MOST_TIMES = 2
"""How often the file's size the tensors may come to: some checkpoints name one tensor twice."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a checkpoint holds.

    Attributes:
        tensors: By name; bfloat16, which numpy does not have, as the float32 of exactly the same values.
        part: Under which key of the checkpoint they stood; empty where it is a plain state_dict.
        widened: How many were bfloat16.
        left_out: Names of what stood among them and is no tensor.
    """

    tensors: Mapping[str, NDArray[Any]]
    part: str
    widened: int
    left_out: tuple[str, ...]


def read(path: Path) -> Checkpoint:
    """The tensors of a checkpoint.

    Raises:
        WeightsError: When the file is no checkpoint, is damaged, asks for anything but tensors, or holds none.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise WeightsError(f"{path} cannot be read: {reason}", hint="look at the file", path=path) from error
    try:
        return _checkpoint(content)
    except RefusedError as error:
        raise WeightsError(f"{path} {error}", hint=error.hint, path=path) from None


def _checkpoint(content: bytes) -> Checkpoint:
    if not content:
        raise RefusedError("is empty")
    loaded, storages = _archive(content) if content.startswith(b"PK\x03\x04") else _stream(content)
    part, found = _state_dict(loaded)
    described = {name: tensor for name, tensor in found.items() if isinstance(tensor, Tensor)}
    tensors: dict[str, NDArray[Any]] = {}
    room = _MOST_TIMES * len(content)
    for name, tensor in described.items():
        tensors[name] = _array(name, tensor, storages)
        room -= tensors[name].size * _width(tensor.storage)
        if room < 0:
            raise RefusedError(f"is refused: its tensors come to more than {_MOST_TIMES} times its own size")
    prefix = "module." if all(name.startswith("module.") for name in tensors) else ""
    return Checkpoint(
        tensors={name.removeprefix(prefix): array for name, array in tensors.items()},
        part=part,
        widened=sum(tensor.storage.dtype == BFLOAT16 for tensor in described.values()),
        left_out=tuple(name for name in found if name not in tensors),
    )


def _state_dict(loaded: Any) -> tuple[str, dict[str, Any]]:
    """The part of what was loaded that holds the tensors, and under which key it stood."""
    if isinstance(loaded, dict):
        for key, part in [*((key, loaded.get(key)) for key in _WRAPPERS), ("", loaded)]:
            if isinstance(part, dict) and any(isinstance(value, Tensor) for value in part.values()):
                if not all(isinstance(name, str) and name.isprintable() for name in part):
                    raise RefusedError("holds tensors whose names are no plain text")
                return key, part
    raise RefusedError("holds no dictionary of tensors")


def _archive(content: bytes) -> tuple[Any, Storages]:
    """The zip format: `NAME/data.pkl`, and each storage in `NAME/data/KEY`."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        entries = {entry.filename: entry for entry in archive.infolist()}
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise RefusedError("is a damaged zip archive: part of it is missing") from error
    if any(e.compress_type != zipfile.ZIP_STORED or e.file_size != e.compress_size for e in entries.values()):
        raise RefusedError("is refused: it is a compressed archive, which torch.save never writes")
    if sum(entry.file_size for entry in entries.values()) > len(content):
        raise RefusedError("is refused: it is an archive whose parts are larger than it is")

    def part(name: str) -> bytes:
        try:
            return archive.read(name)
        except (zipfile.BadZipFile, LookupError, RuntimeError, ValueError, EOFError, OSError) as error:
            raise RefusedError(f"is damaged: its part {shown(name)} is missing or wrong") from error

    pickles = [name for name in entries if name.endswith("/data.pkl") and name.count("/") == 1]
    if len(pickles) != 1:
        raise RefusedError("is a zip archive, but not one that torch.save wrote")
    folder = pickles[0].removesuffix("data.pkl")
    _check_order(little=f"{folder}byteorder" not in entries or part(f"{folder}byteorder") == b"little")
    loaded, _ = unpickle(io.BytesIO(part(pickles[0])))
    return loaded, lambda stored: memoryview(part(f"{folder}data/{stored.key}"))


def _stream(content: bytes) -> tuple[Any, Storages]:
    """The older format: five pickles one after another, then each storage as a count and its numbers."""
    file = io.BytesIO(content)
    try:
        began = (unpickle(file)[0], unpickle(file)[0]) == (_MAGIC, _PROTOCOL)
    except RefusedError:
        began = False
    if not began:
        raise RefusedError("is not a checkpoint of PyTorch")
    system, _ = unpickle(file)
    _check_order(little=isinstance(system, dict) and system.get("little_endian") is True)
    loaded, stored = unpickle(file)
    keys, _ = unpickle(file)
    if not (isinstance(keys, list) and all(isinstance(key, str) for key in keys) and sorted(keys) == sorted(stored)):
        raise RefusedError("is damaged: its list of storages is wrong")
    places: dict[str, memoryview] = {}
    whole, at = memoryview(content), file.tell()
    for key in keys:
        start, count = at + 8, int.from_bytes(whole[at : at + 8], "little")
        at = start + count * _width(stored[key])
        if count != stored[key].count or at > len(content):
            raise RefusedError("is damaged: it ends before its tensors do, or counts them wrongly")
        places[key] = whole[start:at]
    return loaded, lambda one: places[one.key]


def _check_order(*, little: bool) -> None:
    if not little:
        raise RefusedError(
            "was written on a machine with the other byte order", "save it again on this kind of machine"
        )


def _width(storage: Stored) -> int:
    """Bytes of one number."""
    return 2 if storage.dtype == BFLOAT16 else np.dtype(storage.dtype).itemsize


def _array(name: str, tensor: Tensor, storages: Storages) -> NDArray[Any]:
    """The tensor's numbers, copied out of its storage after all of them are seen to lie in it."""
    storage, size = tensor.storage, tensor.size
    numbers = storages(storage)
    if len(numbers) != storage.count * _width(storage):
        raise RefusedError(f"is damaged: the numbers of its tensor {shown(name)} are not as many as it says")
    # In a dimension of one the stride takes no step, and may be anything.
    strides = [step if n > 1 else 0 for n, step in zip(size, tensor.stride, strict=True)]
    count = math.prod(size)
    last = tensor.offset + sum((n - 1) * step for n, step in zip(size, strides, strict=True))
    if count > storage.count or (count and last >= storage.count):
        raise RefusedError(f"is refused: its tensor {shown(name)} reaches beyond the numbers in the file")
    if not count and math.prod(n or 1 for n in size) > np.iinfo(np.int32).max:
        raise RefusedError(f"is refused: its tensor {shown(name)} has an impossible size")
    raw = np.frombuffer(numbers, dtype={BFLOAT16: "<u2", "|b1": "|u1"}.get(storage.dtype, storage.dtype))
    if count:
        steps = [step * raw.itemsize for step in strides]
        array = np.lib.stride_tricks.as_strided(raw[tensor.offset :], size, steps).copy()
    else:
        array = np.zeros(size, raw.dtype)
    if storage.dtype == BFLOAT16:  # it is the upper half of a float32
        return np.asarray(array.astype("<u4") << np.uint32(16)).view("<f4")
    return np.asarray(array != 0) if storage.dtype == "|b1" else array
