"""Intervals: over patients and not over patches, the same every time, and wide where little is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from hpscan.evaluation import intervals as interval
from hpscan.evaluation.cases import Cases
from hpscan.evaluation.intervals import (
    Distribution,
    Estimate,
    Resampled,
    density_estimates,
    distribution,
    draw,
    percentile,
    wilson,
)
from hpscan.evaluation.metrics import METRICS, Weighting, measure

if TYPE_CHECKING:
    from numpy.typing import NDArray

CLASSES = ["negative", "low", "high"]
thorough = settings(deadline=None, derandomize=True, max_examples=60)


def _cases(patients: int = 20, patches: int = 10, seed: int = 0, folds: int = 4) -> Cases:
    """Patients with a shift of their own; a third of the patches are positive."""
    rng = np.random.default_rng(seed)
    patient = np.repeat(np.arange(patients), patches)
    reference = rng.random(len(patient)) < 1 / 3
    score = reference + rng.normal(size=patients)[patient] / 2 + rng.normal(size=len(patient)) / 2
    return Cases(reference, score, score > 0.5, np.char.mod("p%03d", patient), patient % folds)


def _width(estimate: Estimate) -> float:
    assert estimate.low is not None
    assert estimate.high is not None
    return estimate.high - estimate.low


@pytest.mark.parametrize("weighting", Weighting)
def test_the_same_seed_gives_the_same_interval_and_another_seed_another(weighting: Weighting) -> None:
    first, again, other = (distribution(_cases(), weighting, resamples=50, seed=s) for s in (1, 1, 2))
    assert np.array_equal(first.draws, again.draws)
    assert not np.array_equal(first.draws, other.draws)
    assert first.draws.shape == (8, 50)


@pytest.mark.parametrize("weighting", Weighting)
def test_the_order_of_the_cases_changes_nothing(weighting: Weighting) -> None:
    cases = _cases()
    order = np.random.default_rng(0).permutation(len(cases))
    shuffled = Cases(*(getattr(cases, f)[order] for f in ("reference", "score", "decision", "patient", "fold")))
    one, two = (distribution(c, weighting, resamples=50) for c in (cases, shuffled))
    assert two.point == pytest.approx(one.point)
    assert two.draws == pytest.approx(one.draws, nan_ok=True)


def test_how_many_draws_are_made_at_once_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    # A backend with other cases of the same patients is drawn in other batches, and must stay paired.
    whole = distribution(_cases(patients=7), Weighting.POOLED, resamples=31)
    monkeypatch.setattr(interval, "_AT_ONCE", 3 * 7)
    assert distribution(_cases(patients=7), Weighting.POOLED, resamples=31).draws == pytest.approx(whole.draws)


@pytest.mark.parametrize("weighting", Weighting)
def test_twice_the_patients_narrow_the_interval(weighting: Weighting) -> None:
    cases = _cases()
    twin = np.char.add(cases.patient, "-twin")
    double = Cases(
        *(np.tile(c, 2) for c in (cases.reference, cases.score, cases.decision)),
        np.concatenate([cases.patient, twin]),
        np.tile(cases.fold, 2),
    )
    for metric in ("auc", "f1_positive"):
        one, two = (distribution(c, weighting).estimate(metric) for c in (cases, double))
        assert two.value == pytest.approx(one.value)
        assert _width(two) == pytest.approx(_width(one) / np.sqrt(2), rel=0.15)


def test_patients_are_drawn_and_not_patches() -> None:
    # One of ten patients holds 5000 of the patches and is told wrong throughout: drawn or not, it decides.
    patient = np.concatenate([np.repeat("huge", 5000), np.repeat(np.char.mod("p%d", np.arange(9)), 10)])
    reference = np.ones(len(patient), np.bool_)
    right = patient != "huge"
    cases = Cases(reference, right.astype(np.float64), right, patient, np.zeros(len(patient), np.intp))
    pooled = distribution(cases, Weighting.POOLED).estimate("recall_positive")
    assert pooled.value == pytest.approx(90 / 5090)
    assert _width(pooled) > 0.9
    assert distribution(cases, Weighting.BY_PATIENT).estimate("recall_positive").value == pytest.approx(0.9)


@pytest.mark.parametrize("weighting", Weighting)
def test_a_draw_is_the_metric_of_patients_taken_more_than_once(weighting: Weighting) -> None:
    cases, seed = _cases(patients=6, patches=8, folds=2), 3
    drawn = np.random.default_rng(seed).integers(0, 6, (1, 6))[0]
    made = distribution(cases, weighting, resamples=2, seed=seed).draws[:, 0]
    taken = [np.flatnonzero(cases.patient == f"p{i:03d}") for i in drawn]
    rows = np.concatenate(taken)
    name = np.concatenate([np.repeat(f"{k}", len(t)) for k, t in enumerate(taken)])
    again = Cases(cases.reference[rows], cases.score[rows], cases.decision[rows], name, cases.fold[rows])
    assert made == pytest.approx(distribution(again, weighting, resamples=2).point, nan_ok=True)


def test_the_mean_over_folds_leaves_out_a_fold_without_the_metric() -> None:
    reference = np.array([True, False, False, False])
    cases = Cases(reference, np.array([0.9, 0.1, 0.2, 0.3]), reference, np.array(list("abcd")), np.array([0, 0, 1, 1]))
    point = distribution(cases, Weighting.FOLD_MEAN, resamples=5)
    assert point.estimate("auc").value == 1
    assert point.estimate("recall_negative").value == 1


def test_a_mean_over_folds_is_that_of_the_folds_metrics() -> None:
    cases = _cases(folds=3)
    of_fold = [distribution(cases.where(cases.fold == k), Weighting.POOLED, resamples=2).point for k in range(3)]
    made = distribution(cases, Weighting.FOLD_MEAN, resamples=2)
    assert made.point == pytest.approx(np.mean(of_fold, axis=0))


def test_one_patient_has_metrics_and_no_interval() -> None:
    made = distribution(_cases(patients=1, patches=30, folds=1), Weighting.POOLED, resamples=9).estimate("auc")
    assert made.value is not None
    assert (made.low, made.high) == (None, None)


@pytest.mark.parametrize("weighting", Weighting)
def test_no_case_is_no_error(weighting: Weighting) -> None:
    made = distribution(_cases().where(np.zeros(200, np.bool_)), weighting, resamples=9)
    assert all(made.estimate(metric) == Estimate(None, None, None) for metric in METRICS)


def test_a_metric_that_most_draws_lack_has_no_interval_and_missing_draws_are_left_out() -> None:
    nan = float("nan")
    assert percentile(0.5, np.array([nan, nan, 0.4])) == Estimate(0.5, None, None)
    assert percentile(0.5, np.array([nan, 0.4, 0.4])) == Estimate(0.5, 0.4, 0.4)
    assert percentile(nan, np.array([0.4, 0.4])) == Estimate(None, None, None)


def test_the_interval_holds_the_middle_95_of_100_draws() -> None:
    made = Distribution(np.full(8, 0.5), np.tile(np.linspace(0, 1, 2001), (8, 1))).estimate("auc")
    assert (made.low, made.high) == (pytest.approx(0.025), pytest.approx(0.975))


def test_wilson_is_what_the_formula_gives() -> None:
    made = wilson(38, 40)
    z, p, n = 1.959964, 0.95, 40
    middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    assert made.value == 0.95
    assert (made.low, made.high) == (pytest.approx(middle - half, abs=1e-6), pytest.approx(middle + half, abs=1e-6))
    assert (round(made.low or 0, 4), round(made.high or 0, 4)) == (0.8350, 0.9862)


def test_wilson_knows_that_all_right_of_a_few_is_no_certainty() -> None:
    made = wilson(10, 10)
    assert made.high == 1
    assert made.low == pytest.approx(10 / (10 + 1.959964**2))
    assert wilson(0, 0) == Estimate(None, None, None)


@st.composite
def _told(draw: st.DrawFn) -> tuple[list[str], list[str]]:
    n = draw(st.integers(1, 20))
    reference = draw(st.lists(st.sampled_from(CLASSES), min_size=n, max_size=n))
    return reference, draw(st.lists(st.sampled_from([*CLASSES, "indeterminate"]), min_size=n, max_size=n))


@thorough
@given(_told())
def test_density_metrics_agree_with_scikit_learn(pair: tuple[list[str], list[str]]) -> None:
    reference, told = pair
    made = density_estimates(reference, told, resamples=2)
    present = sorted(set(reference))
    f1 = metrics.f1_score(reference, told, labels=present, average=None, zero_division=0)
    assert made["accuracy"].value == pytest.approx(metrics.accuracy_score(reference, told))
    assert made["macro_f1"].value == pytest.approx(f1.mean())
    for name in CLASSES:
        value = made[f"f1_{name}"].value
        assert value is None if name not in present else value == pytest.approx(f1[present.index(name)])


def test_draws_of_density_metrics_are_those_of_the_drawn_patients() -> None:
    reference, told = [*CLASSES, "low"] * 5, ["negative", "low", "indeterminate", "high"] * 5
    drawn = np.random.default_rng(0).integers(0, 20, (40, 20))
    t, d = np.array(reference), np.array(told)

    def macro(rows: NDArray[np.intp]) -> Any:
        return metrics.f1_score(t[rows], d[rows], labels=CLASSES, average="macro", zero_division=0)

    made = density_estimates(reference, told, resamples=40, seed=0)["macro_f1"]
    expected = np.quantile([macro(rows) for rows in drawn], [0.025, 0.975])
    assert [made.low, made.high] == pytest.approx(expected.tolist())


def test_density_metrics_of_nobody_are_none_and_of_one_patient_have_no_bootstrap() -> None:
    assert set(density_estimates([], []).values()) == {Estimate(None, None, None)}
    one = density_estimates(["low"], ["low"])
    assert one["macro_f1"] == Estimate(1, None, None)
    assert one["accuracy"].low == pytest.approx(wilson(1, 1).low)


def test_densities_of_other_patients_are_refused() -> None:
    with pytest.raises(ValueError, match="2 densities in the reference standard, 1 called"):
        density_estimates(["low", "high"], ["low"])


@st.composite
def _tied(draw_: st.DrawFn) -> Cases:
    """Few distinct scores, so that there are ties; few patients, so that some draws lack a class."""
    n = draw_(st.integers(1, 30))
    patient = np.array(draw_(st.lists(st.integers(0, 5), min_size=n, max_size=n)))
    reference, decision = (np.array(draw_(st.lists(st.booleans(), min_size=n, max_size=n))) for _ in range(2))
    score = np.array(draw_(st.lists(st.sampled_from([-2.5, 0.0, 1e-9, 0.1, 7.0]), min_size=n, max_size=n)))
    return Cases(reference, score, decision, np.char.mod("p%d", patient), patient % 2)


@thorough
@given(_tied(), st.sampled_from(Weighting), st.integers(1, 40))
def test_counting_by_patient_gives_what_weighting_every_case_gives(
    cases: Cases, weighting: Weighting, most: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(interval, "_AT_ONCE", most)  # few scores and few draws at once: the sums must go on
        found = distribution(cases, weighting, resamples=7, seed=1)
    _, patient, size = np.unique(cases.patient, return_inverse=True, return_counts=True)
    times = np.vstack([np.ones((1, len(size))), draw(len(size), 7, 1)])
    weight = (times / size if weighting is Weighting.BY_PATIENT else times)[:, patient]
    if weighting is Weighting.FOLD_MEAN:
        parts = [cases.fold == k for k in np.unique(cases.fold)]
        by_fold = np.stack([measure(cases.where(part), weight[:, part]) for part in parts])
        known = ~np.isnan(by_fold)
        plain = np.where(known.any(axis=0), np.nansum(by_fold, axis=0) / np.maximum(1, known.sum(axis=0)), np.nan)
    else:
        plain = measure(cases, weight)
    assert found.point == pytest.approx(plain[:, 0], nan_ok=True)
    if len(size) > 1:
        assert found.draws == pytest.approx(plain[:, 1:], nan_ok=True)


def test_another_decision_on_the_same_draws_is_what_cases_decided_so_would_give() -> None:
    cases = _cases()
    other = Cases(cases.reference, cases.score, cases.score > 0.2, cases.patient, cases.fold)
    resampled = Resampled(cases, resamples=20)
    for weighting in Weighting:
        again = resampled.distribution(weighting, other.decision)
        assert np.array_equal(again.draws, distribution(other, weighting, resamples=20).draws, equal_nan=True)
        assert np.array_equal(
            resampled.distribution(weighting).draws, distribution(cases, weighting, resamples=20).draws
        )
