"""Reads the tensors of a PyTorch checkpoint without running code that stands in it.

`torch.load` with `weights_only=True` does the reading; which versions of torch are safe stands in docs/reference/dependencies.md.
"""

from __future__ import annotations

import pickle
import re
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hpscan.core.errors import WeightsError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray
    from torch import Tensor

_WRAPPERS = ("state_dict", "model", "model_ema")
"""Under what training scripts keep the tensors, beside their optimizers and counters."""

_MOST_TIMES = 2
"""How often the file's size the tensors may come to: some checkpoints name one tensor twice."""

_FOREIGN = re.compile(r"GLOBAL (\S+)")
"""The class or function that torch says it did not load."""

_HINT = "give a checkpoint that torch.save wrote, holding the state_dict of a model"
_CODE_HINT = "save only the model's state_dict() where the file was made, or look for it as safetensors"


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
    import torch

    part, entries = _state_dict(path, _load(path))
    tensors = {name: value for name, value in entries.items() if isinstance(value, torch.Tensor)}
    prefix = "module." if all(name.startswith("module.") for name in tensors) else ""
    return Checkpoint(
        tensors={name.removeprefix(prefix): array for name, array in _arrays(path, tensors).items()},
        part=part,
        widened=sum(tensor.dtype == torch.bfloat16 for tensor in tensors.values()),
        left_out=tuple(name for name in entries if name not in tensors),
    )


def _load(path: Path) -> Any:
    import torch

    try:
        with path.open("rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch warns its own users, of old formats and protocols
            return torch.load(file, map_location="cpu", weights_only=True)
    except OSError as error:
        reason = error.strerror or str(error)
        raise WeightsError(f"{path} cannot be read: {reason}", hint="look at the file", path=path) from error
    except pickle.UnpicklingError as error:
        if "Unsupported operand 149" in str(error):  # FRAME, with which protocol 4 and above begin
            raise WeightsError(
                f"{path} is refused: its pickle is of another protocol than torch.save writes by default",
                hint="save it again with torch.save and without pickle_protocol",
                path=path,
            ) from None
        foreign = _FOREIGN.search(str(error))
        if foreign is None:
            raise _not_read(path) from None
        name = ascii(foreign[1])[1:-1][:80]
        raise WeightsError(
            f"{path} is refused: it asks for {name}, which no file of tensors needs", hint=_CODE_HINT, path=path
        ) from None
    except Exception:  # noqa: BLE001  a foreign file: torch raises whatever its pickle and its archive lead it to
        raise _not_read(path) from None


def _not_read(path: Path) -> WeightsError:
    return WeightsError(f"{path} is not a checkpoint of PyTorch, or is damaged", hint=_HINT, path=path)


def _state_dict(path: Path, loaded: Any) -> tuple[str, dict[str, Any]]:
    """The part of what was loaded that holds the tensors, and under which key it stood."""
    import torch

    if isinstance(loaded, dict):
        for key, part in [*((key, loaded.get(key)) for key in _WRAPPERS), ("", loaded)]:
            if isinstance(part, dict) and any(isinstance(value, torch.Tensor) for value in part.values()):
                if not all(isinstance(name, str) and name.isprintable() for name in part):
                    raise WeightsError(f"{path} holds tensors whose names are no plain text", hint=_HINT, path=path)
                return key, part
    raise WeightsError(f"{path} holds no dictionary of tensors", hint=_HINT, path=path)


def _arrays(path: Path, tensors: Mapping[str, Tensor]) -> dict[str, NDArray[Any]]:
    """The tensors as arrays, each with numbers of its own; a small file that would become a large one is refused."""
    import torch

    if sum(tensor.numel() * tensor.element_size() for tensor in tensors.values()) > _MOST_TIMES * path.stat().st_size:
        raise WeightsError(
            f"{path} is refused: its tensors come to more than {_MOST_TIMES} times its own size", hint=_HINT, path=path
        )
    arrays: dict[str, NDArray[Any]] = {}
    for name, tensor in tensors.items():
        kept = tensor.detach().float() if tensor.dtype == torch.bfloat16 else tensor.detach()
        try:
            arrays[name] = kept.resolve_conj().resolve_neg().contiguous().numpy().copy()
        except (RuntimeError, TypeError, ValueError) as error:  # quantised, sparse, of impossible size
            raise WeightsError(
                f"{path} holds a tensor {name!r:.80} of a kind that safetensors does not store: {tensor.dtype}",
                hint=_HINT,
                path=path,
            ) from error
    return arrays
