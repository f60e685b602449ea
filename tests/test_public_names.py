"""The public interface is what we promise to keep: its names are pinned, and importing it costs nothing."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version

import pytest

import hpscan

PUBLIC = {
    "Aggregation",
    "Backend",
    "Box",
    "Checker",
    "Cohort",
    "Density",
    "Finding",
    "Fitted",
    "HpscanError",
    "Images",
    "InterruptedTrainingError",
    "LoadedModel",
    "Localizer",
    "OperatingPoint",
    "Origin",
    "Patch",
    "PatchLabel",
    "PatchScores",
    "Patches",
    "Patient",
    "PatientResult",
    "Progress",
    "Quick",
    "Reconstructor",
    "Run",
    "Scorer",
    "Scores",
    "State",
    "Supervision",
    "Threshold",
    "__version__",
    "load_model",
}


def test_the_public_names_are_these_and_no_others() -> None:
    assert set(hpscan.__all__) == PUBLIC
    assert set(dir(hpscan)) == PUBLIC


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_every_public_name_can_be_imported(name: str) -> None:
    assert getattr(hpscan, name) is not None


def test_a_public_class_is_the_one_of_its_module() -> None:
    from hpscan.core.decision import Threshold

    assert hpscan.Threshold is Threshold


def test_the_version_is_that_of_the_installed_distribution() -> None:
    assert hpscan.__version__ == version("hpscan")


def test_a_name_that_does_not_exist_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Treshold'"):
        _ = hpscan.Treshold


def test_importing_hpscan_loads_neither_numpy_nor_torch() -> None:
    code = "import sys, hpscan; print(sorted({'numpy', 'torch', 'pydantic', 'pandas', 'rich'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
