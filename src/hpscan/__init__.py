"""hpscan: find *Helicobacter pylori* in immunohistochemistry patches, and tell a patient's result from them.

The names below are the public Python interface. They are loaded when first used, so that importing hpscan
costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOME = {
    "Aggregation": "hpscan.core.choices",
    "Backend": "hpscan.core.backend",
    "Box": "hpscan.core.cohort",
    "Checker": "hpscan.core.backend",
    "Cohort": "hpscan.core.cohort",
    "Density": "hpscan.core.cohort",
    "Finding": "hpscan.core.decision",
    "Fitted": "hpscan.core.backend",
    "HpscanError": "hpscan.core.errors",
    "Images": "hpscan.core.backend",
    "InterruptedTrainingError": "hpscan.core.errors",
    "LoadedModel": "hpscan.workflows.scoring.loaded",
    "Localizer": "hpscan.core.backend",
    "OperatingPoint": "hpscan.core.decision",
    "Origin": "hpscan.core.cohort",
    "Patch": "hpscan.core.cohort",
    "PatchLabel": "hpscan.core.cohort",
    "PatchScores": "hpscan.core.scores",
    "Patches": "hpscan.core.backend",
    "Patient": "hpscan.core.cohort",
    "PatientResult": "hpscan.core.decision",
    "Progress": "hpscan.core.backend",
    "Quick": "hpscan.core.backend",
    "Reconstructor": "hpscan.core.backend",
    "Run": "hpscan.core.backend",
    "Scorer": "hpscan.core.backend",
    "Scores": "hpscan.core.backend",
    "State": "hpscan.core.backend",
    "Supervision": "hpscan.core.backend",
    "Threshold": "hpscan.core.decision",
    "load_model": "hpscan.workflows.scoring.models",
}

__all__ = ["__version__", *sorted(_HOME)]  # noqa: PLE0604  sorted() gives strings, which ruff cannot see


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("hpscan")
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
