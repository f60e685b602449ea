"""Where hpscan keeps what is the user's: models, which of them is pinned, and tracebacks. `HPSCAN_HOME` moves all of it.

And where the model lies that hpscan itself brings.
"""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

VARIABLE = "HPSCAN_HOME"


def models() -> Path:
    """The folder of trained models, one folder each."""
    return _home("models") or platformdirs.user_data_path("hpscan", appauthor=False) / "models"


def pin() -> Path:
    """The file that says which model is pinned; it is there only while one is."""
    return models().with_name("pinned-model.json")


def bundled() -> Path:
    """The folder of the model that ships with hpscan; it is part of the installation and never written to."""
    return Path(__file__).parents[1] / "bundled"


def logs() -> Path:
    """The folder of traceback files."""
    return _home("logs") or platformdirs.user_log_path("hpscan", appauthor=False)


def _home(part: str) -> Path | None:
    moved = os.environ.get(VARIABLE)
    return Path(moved).expanduser() / part if moved else None
