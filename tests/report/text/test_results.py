"""Results in words: every finding, and patches that add up."""

from __future__ import annotations

import pytest

from hpscan.core.cohort import Density
from hpscan.core.decision import Finding, PatientResult
from hpscan.report.text.results import (
    FINDINGS,
    SHORT_FINDINGS,
    describe_density,
    describe_patch_counts,
    describe_positive_patches,
    describe_roles,
)


@pytest.mark.parametrize("finding", Finding)
def test_every_finding_has_words(finding: Finding) -> None:
    assert FINDINGS[finding].endswith(SHORT_FINDINGS[finding])
    assert SHORT_FINDINGS[finding] == finding.value.replace("_", " ")


def test_patches_add_up_and_no_patch_has_no_proportion() -> None:
    some = PatientResult("P", Finding.DETECTED, Density.LOW, 12, 8, 3, 1, 2, 0.7)
    none = PatientResult("P", Finding.INDETERMINATE, None, 3, 0, 3, 0, 0, None)
    assert describe_patch_counts(some) == "12 listed = 8 scored + 3 rejected + 1 duplicate"
    assert describe_positive_patches(some) == "2 of 8 scored patches (25.0 %)"
    assert describe_positive_patches(none) == "0 of 0 scored patches"


def test_density_and_roles() -> None:
    assert (describe_density(Density.HIGH), describe_density(None)) == ("high", "unknown")
    assert describe_roles({"training": 12, "test": 4}) == "12 training, 4 test"
