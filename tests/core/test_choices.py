"""What the command line offers loads nothing, and is what the code below works with."""

from __future__ import annotations

import subprocess
import sys

import hpscan
from hpscan.core import choices
from hpscan.core.decision import OperatingPoint
from hpscan.workflows.benchmark.protocol import Split


def test_choices_load_nothing_but_the_standard_library() -> None:
    code = "import sys, hpscan.core.choices; print(sorted({m.partition('.')[0] for m in sys.modules} - sys.stdlib_module_names))"
    loaded = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=False)
    assert {"numpy", "pydantic", "scipy"}.isdisjoint(loaded.stdout)
    assert "hpscan" in loaded.stdout


def test_one_enum_serves_all_floors() -> None:
    assert hpscan.Aggregation is choices.Aggregation
    assert OperatingPoint.__dataclass_fields__["aggregation"].default is choices.Aggregation.FRACTION_POSITIVE
    assert Split is choices.Split


def test_a_patient_level_score_is_a_proportion_or_in_units_of_the_score() -> None:
    assert [one.of_scores for one in choices.Aggregation] == [False, True, True]
