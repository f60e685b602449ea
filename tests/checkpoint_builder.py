"""Checkpoints to read: as torch.save writes them, and made by hand with whatever nobody should put into one."""

from __future__ import annotations

import io
import pickle
import zipfile
from collections import OrderedDict
from typing import Any

import torch


def saved(value: Any, *, archive: bool = True, **options: Any) -> bytes:
    file = io.BytesIO()
    torch.save(value, file, _use_new_zipfile_serialization=archive, **options)
    return file.getvalue()


class Calls:
    """Pickled, it asks for a function to be called with arguments."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return self.call


class Stored:
    """Stands for a storage while a pickle is made by hand."""

    def __init__(self, count: int = 4, key: str = "0", kind: Any = torch.FloatStorage) -> None:
        self.pid = ("storage", kind, key, "cpu", count)


class _Pickler(pickle.Pickler):
    def __init__(self, file: io.BytesIO, *, archive: bool) -> None:
        super().__init__(file, 2)
        self._archive = archive

    def persistent_id(self, obj: Any) -> Any:
        if not isinstance(obj, Stored):
            return None
        return obj.pid if self._archive else (*obj.pid, None)


def by_hand(value: Any, *, archive: bool, numbers: bytes = bytes(16), keys: tuple[str, ...] = ("0",)) -> bytes:
    """A checkpoint that holds any pickle, and one storage of four float32."""
    buffer = io.BytesIO()
    _Pickler(buffer, archive=archive).dump(value)
    return around(buffer.getvalue(), archive=archive, numbers=numbers, keys=keys)


def around(data: bytes, *, archive: bool, numbers: bytes = bytes(16), keys: tuple[str, ...] = ("0",)) -> bytes:
    """A checkpoint around a pickle."""
    if archive:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as file:
            file.writestr("archive/data.pkl", data)
            file.writestr("archive/version", "3\n")
            file.writestr("archive/byteorder", "little")
            file.writestr("archive/data/0", numbers)
        return buffer.getvalue()
    head = [0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}]
    parts = [pickle.dumps(part, 2) for part in head]
    count = (len(numbers) // 4).to_bytes(8, "little")
    return b"".join([*parts, data, pickle.dumps(list(keys), 2), count, numbers])


def described(offset: Any, size: Any, stride: Any, bits: Any = None, storage: Any = None) -> Any:
    """A tensor as torch describes it, with numbers of our choice."""
    arguments = (storage or Stored(), offset, size, stride, False, OrderedDict(), *([bits] if bits else []))
    return Calls(torch._utils._rebuild_tensor_v2, *arguments)
