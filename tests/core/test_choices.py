"""What the command line offers loads nothing, and is what the code below works with."""

from __future__ import annotations

import subprocess
import sys

import hpscan
from hpscan.core.choices import Aggregation, DeviceName
from hpscan.core.decision import OperatingPoint


def test_choices_load_nothing_but_the_standard_library() -> None:
    code = "import sys; before = set(sys.modules); import hpscan.core.choices; print(*set(sys.modules) - before)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    outside = {name.partition(".")[0] for name in loaded} - sys.stdlib_module_names
    assert outside == {"hpscan"}


def test_the_public_name_is_the_enum_that_the_code_works_with() -> None:
    assert hpscan.Aggregation is Aggregation
    assert OperatingPoint.__dataclass_fields__["aggregation"].default is Aggregation.FRACTION_POSITIVE


def test_a_patient_level_score_is_a_proportion_or_in_units_of_the_score() -> None:
    assert [one.of_scores for one in Aggregation] == [False, True, True]


def test_devices_are_named_as_torch_names_them() -> None:
    assert list(DeviceName) == ["auto", "cpu", "cuda", "mps"]
