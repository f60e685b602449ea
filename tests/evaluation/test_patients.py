"""Patients' metrics: indeterminate ones counted both ways, and density in three classes."""

from __future__ import annotations

import pytest

from hpscan.core.cohort import Density
from hpscan.core.decision import Finding, PatientResult
from hpscan.evaluation.patients import densities, findings

YES, NO, UNSURE = Finding.DETECTED, Finding.NOT_DETECTED, Finding.INDETERMINATE
NEGATIVE, LOW, HIGH = Density.NEGATIVE, Density.LOW, Density.HIGH


def _result(finding: Finding, value: float | None = 0.0, density: Density | None = None) -> PatientResult:
    return PatientResult("p", finding, density, 1, 1, 0, 0, 0, value)


def _told(*told: Density | None) -> list[PatientResult]:
    finding = {NEGATIVE: NO, LOW: YES, HIGH: YES, None: UNSURE}
    return [_result(finding[d], density=d if finding[d] is YES else None) for d in told]


def test_findings_are_counted_against_the_diagnosis() -> None:
    results = [_result(YES, 0.4), _result(NO, 0.1), _result(YES, 0.2), _result(NO, 0.0)]
    made = findings([True, True, False, False], results, indeterminate_as=NO)
    assert (made.positive.precision, made.positive.recall, made.negative.recall) == (1 / 2, 1 / 2, 1 / 2)
    assert made.auc == pytest.approx(3 / 4)  # 0.1 < 0.2 is the one pair the wrong way round


def test_indeterminate_patients_are_counted_as_detected_and_as_not_detected() -> None:
    reference = [True, True, False, False]
    results = [_result(YES, 0.4), _result(UNSURE, 0.0), _result(UNSURE, None), _result(NO, 0.0)]
    detected, missed = (findings(reference, results, indeterminate_as=counted) for counted in (YES, NO))
    assert (detected.negative.recall, detected.positive.recall) == (1 / 2, 1)
    assert (missed.negative.recall, missed.positive.recall) == (1, 1 / 2)


def test_an_indeterminate_patient_cannot_be_counted_as_indeterminate() -> None:
    with pytest.raises(ValueError, match="one of the other two"):
        findings([True], [_result(UNSURE)], indeterminate_as=UNSURE)


def test_density_metrics_are_those_counted_by_hand() -> None:
    made = densities([NEGATIVE, NEGATIVE, LOW, LOW, HIGH], _told(NEGATIVE, LOW, LOW, HIGH, HIGH))
    assert made is not None
    assert made.n == 5
    assert made.accuracy == pytest.approx(3 / 5)
    # F1: negative 2/(2+0+1), low 2/(2+1+1), high 2/(2+1+0)
    assert made.macro_f1 == pytest.approx((2 / 3 + 1 / 2 + 2 / 3) / 3)


def test_an_indeterminate_patient_has_the_wrong_density_and_no_class_of_its_own() -> None:
    made = densities([NEGATIVE, LOW, HIGH], _told(None, LOW, HIGH))
    assert made is not None
    assert made.accuracy == pytest.approx(2 / 3)
    assert made.macro_f1 == pytest.approx((0 + 1 + 1) / 3)


def test_only_densities_that_occur_in_the_reference_enter_the_mean() -> None:
    made = densities([NEGATIVE, LOW], _told(NEGATIVE, HIGH))
    assert made is not None
    assert made.macro_f1 == pytest.approx((1 + 0) / 2)


def test_there_are_no_density_metrics_without_patients_or_without_a_density_threshold() -> None:
    assert densities([], []) is None
    assert densities([LOW, NEGATIVE], [_result(YES, density=None), _result(NO)]) is None


def test_a_cohort_in_which_nobody_was_detected_still_has_density_metrics() -> None:
    made = densities([NEGATIVE, LOW], _told(NEGATIVE, NEGATIVE))
    assert made is not None
    assert made.accuracy == 0.5
