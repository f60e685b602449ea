"""Distributions that offer backends, as far as importlib.metadata can tell: their metadata lie on sys.path."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest

    Install = Callable[..., None]

WHOLE = """
from pydantic import BaseModel
from hpscan.core.backend import Supervision

class Settings(BaseModel):
    pass

class Backend:
    settings = Settings

    def learns_from(self, settings):
        return Supervision.LABELLED_PATCHES

    def fit(self, train, validation, settings, run):
        raise NotImplementedError

    def restore(self, state, settings, *, device):
        raise NotImplementedError

backend = Backend()
"""
"""A module with a backend that keeps the contract."""


def installer(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Pretends, until the test ends, that a distribution offers a backend: install(distribution, name, value, MODULE=text)."""
    monkeypatch.syspath_prepend(folder)

    def run(distribution: str, name: str, value: str, **modules: str) -> None:
        info = folder / f"{distribution.replace('-', '_')}-1.5.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.5\n")
        (info / "entry_points.txt").write_text(f"[hpscan.backends]\n{name} = {value}\n")
        for module, text in modules.items():
            (folder / f"{module}.py").write_text(text)
            monkeypatch.delitem(sys.modules, module, raising=False)

    return run
