"""What a bug report needs: versions, devices, folders, plugins."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hpscan.backends import device, registry
from hpscan.core.errors import ModelError
from hpscan.store import models
from hpscan.store import paths as folders
from hpscan.store.versions import versions

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from hpscan.backends.device import Device
    from hpscan.backends.registry import Plugin


@dataclass(frozen=True, slots=True)
class Doctor:
    """The state of an installation.

    Attributes:
        versions: Of Python and of the packages that results depend on.
        system: Operating system and machine.
        devices: What can be computed on, the one that `auto` takes first.
        folders: Where things are kept, and whether hpscan can write there.
        home_variable: What HPSCAN_HOME is set to; None if it is not.
        plugins: All backends that are installed.
        models: How many trained models there are.
        problems: What is wrong, one line each.
    """

    versions: Mapping[str, str]
    system: str
    devices: tuple[Device, ...]
    folders: Mapping[str, tuple[Path, bool]]
    home_variable: str | None
    plugins: tuple[Plugin, ...]
    models: int
    problems: tuple[str, ...]


def doctor() -> Doctor:
    """Look the installation over."""
    found = versions()
    plugins = registry.plugins()
    good, bad = models.stored()
    places = {"models": folders.models(), "tracebacks": folders.logs()}
    writable = {name: (path, _writable(path)) for name, path in places.items()}
    problems = [f"package {name} is missing" for name, number in found.items() if number == "missing"]
    problems += [f"folder {path} cannot be written to" for path, ok in writable.values() if not ok]
    problems += [f"backend {p.name} of {p.distribution} {p.version}: {p.status}" for p in plugins if p.problem]
    problems += [f"model {path.name}: {reason}" for path, reason in bad]
    try:
        models.weights(models.bundled())
    except ModelError as error:
        problems.append(f"the model that ships with hpscan: {error.message}")
    return Doctor(
        versions=found,
        system=f"{platform.platform()}, {os.cpu_count()} processors",
        devices=device.available(),
        folders=writable,
        home_variable=os.environ.get(folders.VARIABLE),
        plugins=plugins,
        models=len(good),
        problems=tuple(problems),
    )


def _writable(path: Path) -> bool:
    """Whether `path` can be written to, or made."""
    while not path.exists():
        path = path.parent
    return path.is_dir() and os.access(path, os.W_OK)
