"""The example of a plugin is installed as a stranger would install it, and works with every command."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

EXAMPLE = Path(__file__).parents[2] / "examples" / "hpscan-blobs"

pytestmark = pytest.mark.xdist_group("hpscan-blobs")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the example's folder."""
    return shutil.copytree(
        EXAMPLE, tmp_path_factory.mktemp("source") / "hpscan-blobs", ignore=shutil.ignore_patterns("__pycache__")
    )


@pytest.fixture(scope="module")
def python(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    """Runs Python where the example is installed, in an empty folder; gives what it prints."""
    folder = tmp_path_factory.mktemp("installed")
    site, here = folder / "site", folder / "here"
    here.mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "HPSCAN_"))}
    environment = {**kept, "PYTHONPATH": str(site), "HPSCAN_HOME": str(folder / "home"), "OMP_NUM_THREADS": "1"}

    def run(*arguments: object) -> str:
        done = subprocess.run(
            [sys.executable, *map(str, arguments)],
            cwd=here,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{arguments}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    offline = ("--no-index", "--no-deps", "--no-build-isolation", "--disable-pip-version-check")
    run("-m", "pip", "install", "--quiet", *offline, "--target", site, source)
    return run


def test_it_is_listed_with_its_distribution(python: Callable[..., str]) -> None:
    plugins: list[dict[str, Any]] = json.loads(python("-m", "hpscan", "doctor", "--json"))["plugins"]
    (blobs,) = (plugin for plugin in plugins if plugin["name"] == "blobs")
    assert blobs["distribution"] == "hpscan-blobs"
    assert blobs["version"] == "0.1.0"
    assert blobs["problem"] == ""


def test_its_entry_module_loads_no_torch(python: Callable[..., str]) -> None:
    code = (
        "import sys, hpscan_blobs; hpscan_blobs.BlobsSettings(); print('torch' in sys.modules, 'pandas' in sys.modules)"
    )
    assert python("-c", code).split() == ["False", "False"]


def test_it_trains_and_diagnoses(python: Callable[..., str]) -> None:
    python("-m", "hpscan", "data", "synth", "data", "--patients", "12", "--patches", "6")
    python("-m", "hpscan", "train", "--data", "data", "--backend", "blobs", "--set", "radius=2.5")
    (result,) = json.loads(python("-m", "hpscan", "diagnose", "data/Cropped_Patches/Patient3", "--json"))
    assert Path(result["model"]).name == "blobs"
    assert result["listed"] == result["scored"] == 6
    manifest = json.loads((Path(result["model"]) / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["backend"] == {"name": "blobs", "distribution": "hpscan-blobs", "version": "0.1.0"}
    assert manifest["settings"] == {"radius": 2.5, "quantile": 0.999}


def test_its_own_tests_pass(python: Callable[..., str], source: Path) -> None:
    printed = python("-m", "pytest", "-p", "no:cacheprovider", source)
    assert " passed" in printed
    assert f"rootdir: {source}" in printed
