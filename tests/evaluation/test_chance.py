"""An AUC below 0.5 is told only where shuffled labels hardly make it, with patients as what was sampled."""

from __future__ import annotations

import numpy as np
import pytest

from hpscan.evaluation.cases import Cases
from hpscan.evaluation.chance import LEVEL, auc, below_chance


def _cases(truth: list[int], score: list[float], patient: list[str] | None = None) -> Cases:
    n = len(truth)
    return Cases(
        np.array(truth, np.bool_),
        np.array(score, np.float64),
        np.zeros(n, np.bool_),
        np.array(patient or [str(i) for i in range(n)]),
        np.zeros(n, np.intp),
    )


def test_a_full_reversal_of_six_patients_has_the_p_value_that_counting_gives() -> None:
    p = below_chance(_cases([1, 1, 1, 1, 0, 0, 0, 0], [0, 1, 2, 3, 4, 5, 6, 7]))
    assert p == pytest.approx(1 / 70, abs=0.005)  # shuffles are drawn; one order of 8 choose 4


@pytest.mark.parametrize(
    ("truth", "score"),
    [
        ([0, 0, 0, 0, 1, 1, 1, 1], [0, 1, 2, 3, 4, 5, 6, 7]),  # the right way round
        ([1, 0], [0, 1]),  # two patients say nothing
        ([1, 0, 1, 0, 1, 0], [0, 1, 2, 3, 4, 5]),  # hardly below 0.5
        ([1, 1, 1], [0, 1, 2]),  # one class
        ([], []),
    ],
)
def test_nothing_is_said_of_what_chance_can_do(truth: list[int], score: list[float]) -> None:
    assert below_chance(_cases(truth, score)) is None


def test_patches_of_few_patients_are_judged_within_each_of_them() -> None:
    patient = [p for p in "abcd" for _ in range(10)]
    score = [float(i % 10) for i in range(40)]
    truth = [int(i % 10 < 5) for i in range(40)]
    assert below_chance(_cases(truth, score, patient)) is not None
    assert below_chance(_cases([1 - t for t in truth], score, patient)) is None


def test_one_patient_with_many_patches_is_one_patient() -> None:
    # Thirty positive patches of one patient score low, as all of that slide may: that is one case against eleven.
    patient = ["a"] * 30 + [f"b{i // 5}" for i in range(55)]
    cases = _cases([1] * 30 + [0] * 55, [float(i) for i in range(85)], patient)
    assert auc(cases) == 0
    assert below_chance(cases) is None


def test_shuffled_labels_are_called_turned_no_more_often_than_the_level_says() -> None:
    rng = np.random.default_rng(1)
    patient = [f"p{i // 6}" for i in range(60)]
    told = 0
    for _ in range(60):
        height = np.repeat(rng.normal(size=10), 6) + rng.normal(size=60)
        truth = rng.random(60) < np.repeat(rng.random(10), 6)
        told += below_chance(_cases(truth.astype(int).tolist(), height.tolist(), patient)) is not None
    assert told <= 3 * LEVEL * 60
