"""Differences of backends on the same patients: told apart only where the interval lets them."""

from __future__ import annotations

import numpy as np
import pytest

from hpscan.evaluation.cases import Cases
from hpscan.evaluation.comparison import Difference, Verdict, difference
from hpscan.evaluation.intervals import Distribution, distribution
from hpscan.evaluation.metrics import METRICS, Weighting


def _backend(noise: float, seed: int = 0, patients: int = 30) -> Distribution:
    """Scores of the same 12 patches a patient; the noise of a patient is the same for every backend."""
    common, own = np.random.default_rng(0), np.random.default_rng(seed)
    patient = np.repeat(np.arange(patients), 12)
    reference = common.random(len(patient)) < 0.3
    score = reference + 0.5 * common.normal(size=patients)[patient] + noise * own.normal(size=len(patient))
    cases = Cases(reference, score, score > 0.5, np.char.mod("p%02d", patient), patient % 5)
    return distribution(cases, Weighting.POOLED, resamples=500)


def _drawn(*draws: float) -> Distribution:
    return Distribution(np.full(8, np.mean(draws)), np.tile(draws, (8, 1)))


@pytest.mark.parametrize("metric", METRICS)
def test_a_backend_does_not_differ_from_itself(metric: str) -> None:
    ours = _backend(0.3)
    assert difference(ours, ours, metric) == Difference(0, 0, 0, Verdict.NOT_DISTINGUISHABLE)


def test_a_clearly_better_backend_is_better_and_the_other_one_worse() -> None:
    good, bad = _backend(0.1), _backend(1.5)
    ours, theirs = difference(good, bad, "auc"), difference(bad, good, "auc")
    assert (ours.verdict, theirs.verdict) == (Verdict.BETTER, Verdict.WORSE)
    assert ours.value == pytest.approx(good.point[METRICS.index("auc")] - bad.point[METRICS.index("auc")])
    assert (ours.low, ours.high) == (pytest.approx(-(theirs.high or 0)), pytest.approx(-(theirs.low or 0)))


def test_two_that_differ_by_chance_are_not_distinguishable() -> None:
    made = difference(_backend(0.5, seed=1), _backend(0.5, seed=2), "auc")
    assert made.verdict is Verdict.NOT_DISTINGUISHABLE


def test_differences_are_paired_and_so_narrower_than_those_of_other_patients() -> None:
    one, two = _backend(0.3, seed=1), _backend(0.3, seed=2)
    broken = Distribution(two.point, two.draws[:, ::-1])

    def width(made: Difference) -> float:
        assert made.low is not None
        assert made.high is not None
        return made.high - made.low

    assert width(difference(one, two, "auc")) < 0.8 * width(difference(one, broken, "auc"))


def test_an_interval_that_touches_0_is_not_distinguishable_and_rounding_is_no_difference() -> None:
    nothing = _drawn(0, 0, 0)
    assert difference(_drawn(0, 0, 0.5), nothing, "auc").verdict is Verdict.NOT_DISTINGUISHABLE
    assert difference(_drawn(1e-16, 1e-16, 1e-16), nothing, "auc").verdict is Verdict.NOT_DISTINGUISHABLE
    assert difference(_drawn(0.1, 0.1, 0.5), nothing, "auc").verdict is Verdict.BETTER
    assert difference(_drawn(-0.1, -0.1, -0.5), nothing, "auc").verdict is Verdict.WORSE


def test_a_metric_that_one_of_them_lacks_cannot_be_compared() -> None:
    lacking = Distribution(np.full(8, np.nan), np.full((8, 3), np.nan))
    assert difference(lacking, _drawn(0, 0, 0), "auc") == Difference(None, None, None, None)


def test_different_numbers_of_draws_cannot_be_paired() -> None:
    with pytest.raises(ValueError, match="3 draws cannot be paired with 2"):
        difference(_drawn(0, 0, 0), _drawn(0, 0), "auc")
