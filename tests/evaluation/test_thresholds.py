"""Thresholds against curves small enough to be drawn by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpscan.core.choices import Aggregation
from hpscan.core.decision import TOP_K, Threshold
from hpscan.core.errors import NotEnoughDataError, SettingsError
from hpscan.core.scores import PatchScores
from hpscan.evaluation.thresholds import Criterion, choose_density, choose_patch, choose_patient, parse_aggregation

thorough = settings(deadline=None, derandomize=True, max_examples=60)

ROC = ("corner", "youden", "max-f1", "sensitivity=0.95", "sensitivity=0.5")


def _table(patients: list[str], scores: list[float], labels: list[int] | None = None) -> PatchScores:
    return PatchScores(
        np.array(patients),
        np.array([f"{patient}.{i}" for i, patient in enumerate(patients)]),
        np.array(scores, dtype=np.float64),
        None if labels is None else np.array(labels, dtype=np.int8),
    )


def _labelled(negative: list[float], positive: list[float]) -> PatchScores:
    labels = [-1] * len(negative) + [1] * len(positive)
    return _table(["p"] * len(labels), [*negative, *positive], labels)


# --- what a user types


@pytest.mark.parametrize("text", ["corner", "youden", "max-f1", "sensitivity=0.9", "specificity=0.995"])
def test_a_criterion_reads_as_it_is_written(text: str) -> None:
    assert str(Criterion.parse(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "f1",
        "Corner",
        "corner=0.5",
        "specificity",
        "specificity=",
        "specificity=high",
        "specificity=nan",
        "specificity=0",
        "specificity=1",
        "sensitivity=-0.5",
        "sensitivity=95",
    ],
)
def test_what_is_no_criterion_is_refused_with_those_that_are(text: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Criterion.parse(text)
    assert repr(text) in caught.value.message
    assert "specificity=0.99" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "top_k", "parsed"),
    [
        ("fraction-positive", None, (Aggregation.FRACTION_POSITIVE, TOP_K)),
        ("top-k-mean", None, (Aggregation.TOP_K_MEAN, TOP_K)),
        ("top-k-mean", 7, (Aggregation.TOP_K_MEAN, 7)),
        ("max", None, (Aggregation.MAX, TOP_K)),
    ],
)
def test_an_aggregation_is_read_with_its_k(text: str, top_k: int | None, parsed: tuple[Aggregation, int]) -> None:
    assert parse_aggregation(text, top_k) == parsed


@pytest.mark.parametrize(
    ("text", "top_k", "words"),
    [
        ("median", None, "top-k-mean"),
        ("max", 3, "top-k-mean"),
        ("fraction-positive", 5, "top-k-mean"),
        ("top-k-mean", 0, "from 1 to 100"),
        ("top-k-mean", 101, "from 1 to 100"),
    ],
)
def test_an_aggregation_that_cannot_be_is_refused(text: str, top_k: int | None, words: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_aggregation(text, top_k)
    assert words in caught.value.hint


# --- specificity, on patches known to be negative


def test_specificity_weighs_patients_equally() -> None:
    # Ten patches of a weigh 1/20 each, two of b 1/4 each. Of 25% allowed, b's 0.95 alone takes all: the threshold
    # lies between 0.9 and 0.95. Weighing patches equally would have put it between 0.7 and 0.8.
    table = _table(["a"] * 10 + ["b"] * 2, [i / 10 for i in range(10)] + [0.05, 0.95])
    threshold = choose_patch(table, ["a", "b"], Criterion("specificity", 0.75), "f00")
    assert threshold.value == pytest.approx(0.925)
    assert (threshold.n_negative, threshold.n_positive) == (12, 0)
    assert threshold.criterion == "specificity=0.75"
    assert threshold.fingerprint == "f00"
    assert threshold.note == ""


def test_specificity_allows_exactly_the_share_that_was_asked_for() -> None:
    # One patch of ten may be called positive at 90%, and is.
    table = _table(["a"] * 10, [float(i) for i in range(10)])
    assert choose_patch(table, ["a"], Criterion("specificity", 0.9), "").value == 8.5


def test_patches_of_one_score_are_called_alike_by_specificity() -> None:
    # The two highest tie: calling either positive calls both, which 90% does not allow.
    table = _table(["a"] * 10, [0, 1, 2, 3, 4, 5, 6, 7, 9, 9])
    threshold = choose_patch(table, ["a"], Criterion("specificity", 0.9), "")
    assert threshold.value == np.nextafter(9, 10)
    assert choose_patch(table, ["a"], Criterion("specificity", 0.8), "").value == 8


def test_too_few_patches_put_the_threshold_just_above_the_highest_score_and_say_so() -> None:
    table = _table(["a", "a", "b"], [0.1, 0.2, 0.3])
    threshold = choose_patch(table, ["a", "b"], Criterion("specificity", 0.99), "")
    assert threshold.value == np.nextafter(0.3, 1)
    assert not threshold.decides(0.3)
    assert "3 negative patches of 2 patients are too few to resolve specificity=0.99" in threshold.note


def test_too_few_patches_say_so_even_where_the_weights_of_patients_allow_one_of_them() -> None:
    # Of 12 patients eleven have one patch: each of a's forty weighs 1/480, so four of them may be positive.
    table = _table(["a"] * 40 + [f"b{i}" for i in range(11)], [float(i) for i in range(40)] + [0.5] * 11)
    threshold = choose_patch(table, ["a", *[f"b{i}" for i in range(11)]], Criterion("specificity", 0.99), "")
    assert threshold.value == 35.5
    assert threshold.note == (
        "51 negative patches of 12 patients are too few to resolve specificity=0.99: one of them called positive is 2.0 %"
    )


def test_specificity_takes_no_patch_labelled_positive_and_none_of_the_infected_that_nobody_labelled() -> None:
    table = _table(["a"] * 4 + ["infected"] * 2, [1, 2, 3, 100, 50, 60], [-1, 0, -1, 1, 0, 1])
    threshold = choose_patch(table, ["a"], Criterion("specificity", 0.6), "")
    assert threshold.value == 2.5  # of 1, 2, 3 one may be called positive
    assert threshold.n_negative == 3


def test_specificity_takes_patches_labelled_negative_of_infected_patients() -> None:
    """They are known to be negative one by one, and harder than those of patients who have no bacteria at all."""
    table = _table(["a"] * 4 + ["infected"] * 3, [1, 2, 3, 4, 7, 8, 9], [-1, -1, -1, -1, -1, -1, 1])
    threshold = choose_patch(table, ["a"], Criterion("specificity", 0.7), "")
    assert threshold.value == 7.5  # of two patients weighted equally, half of one's patches are 25 %
    assert threshold.n_negative == 6
    without = choose_patch(_table(["a"] * 4, [1, 2, 3, 4]), ["a"], Criterion("specificity", 0.7), "")
    assert without.value == 3.5


def test_specificity_without_a_negative_patient_says_whom_to_add() -> None:
    with pytest.raises(NotEnoughDataError) as caught:
        choose_patch(_table(["a"], [1]), [], Criterion("specificity", 0.99), "")
    assert "NEGATIVA" in caught.value.hint
    assert "`criterion=" not in caught.value.hint


@thorough
@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 9)), min_size=1, max_size=40),
    st.sampled_from([0.5, 0.8, 0.9, 0.95, 0.99]),
)
def test_specificity_is_reached_on_the_patches_it_was_chosen_on(cases: list[tuple[str, int]], target: float) -> None:
    patients, scores = [p for p, _ in cases], [float(s) for _, s in cases]
    threshold = choose_patch(_table(patients, scores), "abc", Criterion("specificity", target), "")
    share = [
        np.mean([not threshold.decides(s) for p, s in zip(patients, scores, strict=True) if p == patient])
        for patient in set(patients)
    ]
    assert np.mean(share) >= target - 1e-9


# --- the other criteria, on patches labelled one by one

# Scores 0..7, positive are 1, 4 and 7. Called positive from each score on:
#   from   0     1     2     3     4     5     6     7
#   tpr    3/3   3/3   2/3   2/3   2/3   1/3   1/3   1/3
#   fpr    5/5   4/5   4/5   3/5   2/5   2/5   1/5   0
CURVE = _labelled([0, 2, 3, 5, 6], [1, 4, 7])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("corner", 3.5),  # from 4 on: (2/5, 1/3) is nearest to the corner, at 0.52
        ("youden", 6.5),  # from 7 on: 1/3 - 0
        ("max-f1", 0.5),  # from 1 on: 6 / (3 + 4 + 3) = 0.60, against 4 / 7 from 4 on
        ("sensitivity=0.9", 0.5),
        ("sensitivity=0.6", 3.5),
        ("sensitivity=0.3", 6.5),
    ],
)
def test_a_criterion_picks_its_point_of_the_curve(text: str, value: float) -> None:
    threshold = choose_patch(CURVE, [], Criterion.parse(text), "f00")
    assert threshold.value == value
    assert threshold.criterion == text
    assert (threshold.n_negative, threshold.n_positive) == (5, 3)


def test_uncertain_patches_do_not_move_a_threshold() -> None:
    table = _table(["p"] * 5, [0, 1, 2, 3, 2.9], [-1, -1, 0, 1, 0])
    assert choose_patch(table, [], Criterion("corner"), "").value == 2


@pytest.mark.parametrize("text", ROC)
def test_a_threshold_lies_half_way_between_classes_that_are_apart(text: str) -> None:
    assert choose_patch(_labelled([0.1, 0.2], [0.6]), [], Criterion.parse(text), "").value == pytest.approx(0.4)


@pytest.mark.parametrize("text", ROC)
def test_scores_with_no_number_between_them_are_still_parted(text: str) -> None:
    above = float(np.nextafter(1, 2))
    threshold = choose_patch(_labelled([1.0], [above]), [], Criterion.parse(text), "")
    assert threshold.decides(above)
    assert not threshold.decides(1.0)


@pytest.mark.parametrize(
    ("negative", "positive"),
    [([0.5, 0.7], [0.3, 0.9]), ([0.0] * 4, [0.0] * 4), ([5.0, 6.0, 7.0], [1.0, 2.0, 3.0])],
)
def test_a_threshold_at_the_lowest_score_is_none(negative: list[float], positive: list[float]) -> None:
    threshold = choose_patch(_labelled(negative, positive), [], Criterion("sensitivity", 0.95), "")
    assert threshold.value == np.nextafter(max(*negative, *positive), np.inf)
    assert (threshold.criterion, threshold.code) == ("fallback", "threshold-separates-nothing")
    assert threshold.separates_nothing
    assert "sensitivity=0.95" in threshold.note


def test_specificity_says_so_where_no_positive_patch_reaches_it() -> None:
    missed = choose_patch(_labelled([0.5, 0.7], [0.3, 0.6]), [], Criterion("specificity", 0.99), "")
    assert missed.value == np.nextafter(0.7, 1)
    assert missed.separates_nothing
    assert "none of the 2 patches labelled positive" in missed.note
    assert not choose_patch(_labelled([0.5, 0.7], [0.3, 0.8]), [], Criterion("specificity", 0.99), "").code


@thorough
@given(
    st.lists(st.integers(0, 4), min_size=1, max_size=12),
    st.lists(st.integers(0, 4), min_size=1, max_size=12),
    st.sampled_from(["corner", "youden", "max-f1", "sensitivity=0.95", "specificity=0.99"]),
)
def test_no_threshold_calls_all_alike_without_saying_so(negative: list[int], positive: list[int], text: str) -> None:
    table = _labelled([float(x) for x in negative], [float(x) for x in positive])
    threshold = choose_patch(table, [], Criterion.parse(text), "")
    called = threshold.decides_all(table.score)
    assert threshold.separates_nothing or (called.any() and not called.all())
    assert threshold.value > table.score.min()


@pytest.mark.parametrize("table", [_labelled([1, 2], []), _labelled([], [1, 2]), _table(["p"], [1])])
def test_a_curve_needs_labelled_patches_of_both_classes(table: PatchScores) -> None:
    with pytest.raises(NotEnoughDataError, match="both classes") as caught:
        choose_patch(table, ["p"], Criterion("corner"), "")
    negative = table.label is None or (table.label == -1).any()
    assert ("`criterion=" in caught.value.hint) == negative  # no hint names a criterion that cannot be met either


@thorough
@given(
    st.lists(st.integers(0, 12), min_size=1, max_size=15),
    st.lists(st.integers(0, 12), min_size=1, max_size=15),
    st.sampled_from(ROC),
    st.randoms(use_true_random=False),
)
def test_the_order_of_the_patches_does_not_move_a_threshold(
    negative: list[int], positive: list[int], text: str, random: object
) -> None:
    table = _labelled([float(x) for x in negative], [float(x) for x in positive])
    order = list(range(len(table)))
    random.shuffle(order)  # type: ignore[attr-defined]
    assert table.label is not None
    shuffled = PatchScores(table.patient_id[order], table.patch_id[order], table.score[order], table.label[order])
    criterion = Criterion.parse(text)
    assert choose_patch(shuffled, [], criterion, "") == choose_patch(table, [], criterion, "")


# --- patients and density


@pytest.mark.parametrize("infected", [[False, False, False, True], [True, True, True], [False, True], []])
def test_without_two_patients_of_each_class_one_positive_patch_in_a_hundred_detects(infected: list[bool]) -> None:
    threshold = choose_patient(np.linspace(0, 1, len(infected)), np.array(infected, dtype=np.bool_), "f00", 0)
    assert threshold.value == 0.01
    assert threshold.criterion == "fallback"
    assert threshold.note
    assert (threshold.n_negative, threshold.n_positive) == (infected.count(False), infected.count(True))


@pytest.mark.parametrize("seed", range(5))
def test_the_patient_threshold_is_the_median_of_the_folds_corners(seed: int) -> None:
    # Leaving out 0.1 moves a fold's lower bound to 0, leaving out 0.5 its upper bound to 0.6. Whichever folds the two
    # are in, the three corners are 0.25, 0.30, 0.35 or three times 0.30.
    value = np.array([0, 0.6, 0, 0.5, 0.1, 0.7])
    threshold = choose_patient(value, np.array([False, True, False, True, False, True]), "f00", seed)
    assert threshold.value == pytest.approx(0.3)
    assert threshold.criterion == "corner"
    assert (threshold.n_negative, threshold.n_positive, threshold.fingerprint) == (3, 3, "f00")
    assert threshold.note == ""


def test_one_odd_patient_does_not_move_the_patient_threshold() -> None:
    # An infected patient of eight without a positive patch: in no fold does the corner follow it down.
    value = np.array([0.0] * 8 + [0.4] * 7 + [0.0])
    infected = np.array([False] * 8 + [True] * 8)
    assert choose_patient(value, infected, "", 0).value == pytest.approx(0.2)


@pytest.mark.parametrize("value", [[0.0] * 6, [0.2, 0.3, 0.1, 0.0, 0.0, 0.0]])
def test_a_patient_without_a_positive_patch_is_never_above_a_threshold(value: list[float]) -> None:
    # Nobody has a positive patch, or only the negative patients have.
    infected = np.array([False, False, False, True, True, True])
    threshold = choose_patient(np.array(value), infected, "f00", 0)
    assert threshold.value == 0.01
    assert threshold.criterion == "fallback"
    assert "did not tell" in threshold.note
    assert choose_density(np.array(value), infected, "f00", 0) is None


@pytest.mark.parametrize("high", [[True, True, False], [False, False], [True], []])
def test_without_two_patients_of_each_density_there_is_no_density_threshold(high: list[bool]) -> None:
    assert choose_density(np.linspace(0, 1, len(high)), np.array(high, dtype=np.bool_), "", 0) is None


@pytest.mark.parametrize("seed", range(3))
def test_the_density_threshold_parts_low_from_high(seed: int) -> None:
    # Two folds of one patient each: corners 0.2 and 0.4, or 0.3 twice.
    threshold = choose_density(np.array([0, 0.2, 0.4, 0.6]), np.array([False, False, True, True]), "f00", seed)
    assert threshold is not None
    assert threshold.value == pytest.approx(0.3)
    assert (threshold.n_negative, threshold.n_positive, threshold.fingerprint) == (2, 2, "f00")


@thorough
@given(st.lists(st.booleans(), min_size=4, max_size=24), st.integers(0, 50))
def test_a_patient_threshold_is_found_for_any_mix_of_patients(infected: list[bool], seed: int) -> None:
    value = np.random.default_rng(seed).random(len(infected)).round(2)
    threshold = choose_patient(value, np.array(infected), "", seed)
    assert 0 < threshold.value <= 1


# --- patients and density where a patient's value is a score

PATCH = Threshold(-3.5, "specificity=0.99")


@pytest.mark.parametrize("shift", [-10.0, 0.0, 10.0])
def test_thresholds_on_scores_know_no_zero(shift: float) -> None:
    # Scores have no unit: what parts the patients must not depend on where they lie.
    value = np.array([0.0, 0.0, 0.1, 0.1, 0.5, 0.6, 0.7, 0.8]) + shift
    infected = np.arange(8) >= 4
    threshold = choose_patient(value, infected, "f00", 0, patch=PATCH)
    assert threshold.criterion == "corner"
    assert 0.1 < threshold.value - shift <= 0.5


@pytest.mark.parametrize(
    ("value", "infected"),
    [
        ([-5.0, -4.0, 7.0], [False, False, True]),  # too few
        ([-2.0] * 6, [False] * 3 + [True] * 3),  # all alike
        ([2.0, 3.0, 4.0, -1.0, -2.0, -3.0], [False] * 3 + [True] * 3),  # the wrong way round
    ],
)
def test_scores_that_tell_nobody_apart_fall_back_to_the_patch_threshold(
    value: list[float], infected: list[bool]
) -> None:
    threshold = choose_patient(np.array(value), np.array(infected), "f00", 0, patch=PATCH)
    assert (threshold.value, threshold.criterion) == (PATCH.value, "fallback")
    assert "the patch threshold" in threshold.note
    assert threshold.separates_nothing == (len(value) > 3)


def test_a_fallback_to_a_threshold_that_separates_nothing_is_none() -> None:
    meaningless = Threshold(0.0, "fallback", code="threshold-separates-nothing")
    assert choose_patient(np.zeros(0), np.zeros(0, np.bool_), "", 0, patch=meaningless).separates_nothing
    assert not choose_patient(np.zeros(0), np.zeros(0, np.bool_), "", 0, patch=PATCH).separates_nothing


def test_shares_that_never_fall_to_zero_do_not_put_the_threshold_at_the_lowest() -> None:
    value, infected = np.array([0.4, 0.5, 0.6, 0.2, 0.2, 0.3]), np.arange(6) >= 3
    assert choose_patient(value, infected, "", 0).separates_nothing
    assert choose_density(value, infected, "", 0) is None


def test_a_criterion_of_specificity_keeps_negative_patients_below() -> None:
    value = np.arange(40, dtype=np.float64)
    infected = np.arange(40) % 4 == 3
    strict = choose_patient(value, infected, "", 0, patch=PATCH, criterion=Criterion("specificity", 0.9))
    assert strict.criterion == "specificity=0.9"
    assert (value[~infected] < strict.value).mean() >= 0.85  # the median over folds of thresholds that reach 0.9
    assert strict.value > choose_patient(value, infected, "", 0, patch=PATCH).value
