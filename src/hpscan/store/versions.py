"""Versions that go with every stored result."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

PACKAGES = (
    "hpscan",
    "torch",
    "torchvision",
    "timm",
    "anomalib",
    "lightning",
    "numpy",
    "scipy",
    "pandas",
    "scikit-learn",
    "pillow",
    "pydantic",
    "safetensors",
    "huggingface-hub",
    "typer",
    "rich",
)


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that a result can depend on; `missing` where one is not installed."""
    numbers = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            numbers[package] = version(package)
        except PackageNotFoundError:
            numbers[package] = "missing"
    return numbers
