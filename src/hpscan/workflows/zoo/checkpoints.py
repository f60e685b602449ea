"""Convert a PyTorch checkpoint into a safetensors file, without running code that stands in it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hpscan.backends.pretrained.checkpoint import read
from hpscan.core.errors import SettingsError, WeightsError
from hpscan.store import atomic

if TYPE_CHECKING:
    from pathlib import Path

_RESERVED = "__metadata__"


@dataclass(frozen=True, slots=True)
class Converted:
    """What converting gave.

    Attributes:
        path: The safetensors file.
        tensors: How many it holds.
        size: Its bytes.
        sha256: Its SHA-256.
        part: Under which key of the checkpoint the tensors stood; empty where it is a plain state_dict.
        widened: How many tensors were bfloat16 and are float32 now, with the same values.
        left_out: Names of what stood among the tensors and is none.
    """

    path: Path
    tensors: int
    size: int
    sha256: str
    part: str
    widened: int
    left_out: tuple[str, ...]


def convert(source: Path, target: Path, *, force: bool = False) -> Converted:
    """Write the tensors of a checkpoint, `source`, into a safetensors file, `target`.

    Raises:
        SettingsError: When `target` is not called .safetensors.
        WeightsError: When `source` is no checkpoint, or asks for anything but tensors.
        OutputExistsError: When `target` exists and `force` is not given.
        OutputError: When it cannot be written.
    """
    from safetensors.numpy import save

    if target.suffix != ".safetensors":
        raise SettingsError(
            f"{target} is no name for a safetensors file", hint=f"call it {target.stem or 'weights'}.safetensors"
        )
    atomic.check_free(target, force=force)
    checkpoint = read(source)
    if _RESERVED in checkpoint.tensors:
        raise WeightsError(
            f"{source} holds a tensor called {_RESERVED}, a name that safetensors keeps for itself",
            hint="save it again under another name",
            path=source,
        )
    content = save(dict(checkpoint.tensors))
    atomic.write(target, content, force=force)
    return Converted(
        path=target,
        tensors=len(checkpoint.tensors),
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        part=checkpoint.part,
        widened=checkpoint.widened,
        left_out=checkpoint.left_out,
    )
