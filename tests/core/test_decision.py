"""From scores to a finding: the tie rule, the count in which nothing vanishes, and when no result is given."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpscan.core.choices import Aggregation
from hpscan.core.cohort import Density
from hpscan.core.decision import Finding, OperatingPoint, PatientResult, Threshold, decide
from hpscan.core.reasons import Reason, ReasonKind

BLANK, SEEN = Reason.of(ReasonKind.BLANK, count=4, of=4), Reason.of(ReasonKind.SEEN)

thorough = settings(deadline=None, derandomize=True, max_examples=80)


def _point(*, patch: float = 0.5, patient: float = 0.25, density: float | None = 0.5) -> OperatingPoint:
    return OperatingPoint(
        Threshold(patch, "user"), Threshold(patient, "user"), None if density is None else Threshold(density, "user")
    )


def _scores(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float64)


def test_a_score_at_the_threshold_is_positive() -> None:
    threshold = Threshold(0.3, "user")
    assert threshold.decides(0.3)
    assert not threshold.decides(float(np.nextafter(0.3, 0)))
    assert threshold.decides(float(np.nextafter(0.3, 1)))


def test_a_tie_is_decided_for_arrays_as_for_single_scores() -> None:
    below, at, above = np.nextafter(0.3, 0), 0.3, np.nextafter(0.3, 1)
    decided = Threshold(0.3, "user").decides_all(np.array([[below, at], [above, below]]))
    assert decided.tolist() == [[False, True], [True, False]]
    assert decided.dtype == np.bool_


def test_a_patient_s_value_is_the_fraction_of_positive_patches() -> None:
    assert _point().value(_scores(0.1, 0.5, 0.9, 0.49)) == 0.5


@pytest.mark.parametrize(
    ("aggregation", "top_k", "value"),
    [
        (Aggregation.TOP_K_MEAN, 1, 8.0),  # at least one
        (Aggregation.TOP_K_MEAN, 20, 8.0),
        (Aggregation.TOP_K_MEAN, 21, 6.0),  # rounded up
        (Aggregation.TOP_K_MEAN, 60, 5.0),
        (Aggregation.TOP_K_MEAN, 100, 3.0),
        (Aggregation.MAX, 3, 8.0),
    ],
)
def test_a_patient_s_value_can_be_made_of_the_highest_scores(
    aggregation: Aggregation, top_k: int, value: float
) -> None:
    point = OperatingPoint(Threshold(5, "user"), Threshold(1, "user"), None, aggregation, top_k)
    assert point.value(_scores(4, -1, 8, 1, 3)) == value


def test_a_patch_threshold_does_not_move_a_value_made_of_scores() -> None:
    scores = _scores(0.2, 0.9, 0.4)
    for aggregation in (Aggregation.TOP_K_MEAN, Aggregation.MAX):
        low, high = (
            decide("p", scores, OperatingPoint(Threshold(t, "user"), Threshold(0.5, "user"), None, aggregation, 2))
            for t in (0.1, 0.95)
        )
        assert (low.n_positive, high.n_positive) == (3, 0)
        assert low.value == high.value
        assert low.finding is high.finding is Finding.DETECTED


@pytest.mark.parametrize("aggregation", Aggregation)
def test_density_is_the_share_of_positive_patches_whatever_decides_the_finding(aggregation: Aggregation) -> None:
    point = OperatingPoint(Threshold(3, "user"), Threshold(0, "user"), Threshold(0.5, "user"), aggregation, 2)
    found = [decide("p", _scores(*s), point).density for s in ((9, 1, 1, 1), (3, 3, 1, 1))]
    assert found == [Density.LOW, Density.HIGH]


@pytest.mark.parametrize("top_k", [0, -1])
def test_a_mean_of_no_score_cannot_be_asked_for(top_k: int) -> None:
    with pytest.raises(ValueError, match="in 100 scores"):
        OperatingPoint(Threshold(1, "user"), Threshold(1, "user"), None, Aggregation.TOP_K_MEAN, top_k)


def test_a_patient_with_enough_positive_patches_is_detected() -> None:
    result = decide("p", _scores(0.9, 0.1, 0.2, 0.3), _point())  # 1 of 4 is the threshold itself
    assert result.finding is Finding.DETECTED
    assert result.n_positive == 1
    assert result.value == 0.25


def test_a_patient_with_fewer_is_not_detected_and_of_no_density() -> None:
    result = decide("p", _scores(0.9, 0.1, 0.2, 0.3, 0.1), _point())
    assert result.finding is Finding.NOT_DETECTED
    assert result.density is None
    assert result.value == 0.2
    assert result.reasons == (Reason.of(ReasonKind.SOME_POSITIVE_YET_NOT_DETECTED, positive=1, scored=5),)


@pytest.mark.parametrize(
    ("positive", "of", "finding", "kind"),
    [
        (0, 9, Finding.NOT_DETECTED, None),
        (1, 9, Finding.NOT_DETECTED, ReasonKind.SOME_POSITIVE_YET_NOT_DETECTED),
        (2, 9, Finding.NOT_DETECTED, ReasonKind.SOME_POSITIVE_YET_NOT_DETECTED),
        (3, 9, Finding.NOT_DETECTED, ReasonKind.POSITIVE_YET_NOT_DETECTED),
        (5, 10, Finding.NOT_DETECTED, ReasonKind.POSITIVE_YET_NOT_DETECTED),
        (5, 9, Finding.INDETERMINATE, ReasonKind.MOSTLY_POSITIVE_YET_NOT_DETECTED),
        (9, 9, Finding.INDETERMINATE, ReasonKind.MOSTLY_POSITIVE_YET_NOT_DETECTED),
    ],
)
@pytest.mark.parametrize("aggregation", Aggregation)
def test_positive_patches_of_a_patient_who_is_not_detected_are_told_and_a_majority_forbids_absence(
    positive: int, of: int, finding: Finding, kind: ReasonKind | None, aggregation: Aggregation
) -> None:
    point = OperatingPoint(Threshold(0.5, "corner"), Threshold(1.5, "corner"), Threshold(0.1, "corner"), aggregation)
    result = decide("p", _scores(*[0.9] * positive, *[0.1] * (of - positive)), point)
    assert (result.finding, result.density) == (finding, None)
    assert result.reasons == (() if kind is None else (Reason.of(kind, positive=positive, scored=of),))


def test_detected_patients_and_doubtful_slides_have_no_such_reason() -> None:
    assert decide("p", _scores(0.9, 0.9, 0.1), _point()).reasons == ()
    assert decide("p", _scores(0.9, 0.9, 0.1), _point(patient=1), doubts=(BLANK,)).reasons == (BLANK,)


def test_unreadable_patches_and_a_majority_of_positive_ones_are_both_told() -> None:
    result = decide("p", _scores(0.9), _point(patient=1.5), n_rejected=1, first_rejection="truncated")
    assert result.finding is Finding.INDETERMINATE
    assert result.reasons == (
        Reason.of(ReasonKind.PATCHES_REJECTED, "truncated", count=1, listed=2),
        Reason.of(ReasonKind.MOSTLY_POSITIVE_YET_NOT_DETECTED, positive=1, scored=1),
    )


@pytest.mark.parametrize(("scores", "density"), [((0.9, 0.9, 0.1, 0.1), Density.HIGH), ((0.9, 0.1, 0.1), Density.LOW)])
def test_density_is_high_from_its_threshold_on_and_low_below(scores: tuple[float, ...], density: Density) -> None:
    assert decide("p", _scores(*scores), _point()).density is density


def test_density_of_a_detection_is_untold_where_no_threshold_is_known() -> None:
    result = decide("p", _scores(0.9), _point(density=None))
    assert result.finding is Finding.DETECTED
    assert result.density is None


def test_nothing_scored_is_indeterminate() -> None:
    result = decide("p", _scores(), _point(), n_rejected=3)
    assert result.finding is Finding.INDETERMINATE
    assert result.value is None
    assert result.density is None
    assert result.n_positive == 0
    assert result.reasons == (Reason.of(ReasonKind.NOTHING_SCORED, listed=3, rejected=3),)


def test_a_patient_without_any_patch_is_indeterminate_even_if_zero_would_be_positive() -> None:
    assert decide("p", _scores(), _point(patient=0)).finding is Finding.INDETERMINATE


def test_absence_is_claimed_with_a_tenth_of_the_patches_unreadable_and_not_with_more() -> None:
    tenth = decide("p", np.zeros(9), _point(), n_rejected=1)
    more = decide("p", np.zeros(8), _point(), n_rejected=1)
    assert tenth.finding is Finding.NOT_DETECTED
    assert more.finding is Finding.INDETERMINATE
    assert more.density is None
    assert more.reasons == (Reason.of(ReasonKind.PATCHES_REJECTED, count=1, listed=9),)


@pytest.mark.parametrize(
    ("n_scored", "n_rejected", "n_unread", "finding"),
    [
        (9, 0, 1, Finding.NOT_DETECTED),  # exactly a tenth of all ten
        (8, 0, 1, Finding.INDETERMINATE),
        (18, 1, 1, Finding.NOT_DETECTED),  # what was rejected and what was never listed are one share
        (17, 1, 1, Finding.INDETERMINATE),
        (10, 0, 20, Finding.INDETERMINATE),
    ],
)
def test_files_that_were_never_listed_forbid_absence_once_they_are_more_than_a_tenth(
    n_scored: int, n_rejected: int, n_unread: int, finding: Finding
) -> None:
    result = decide("p", _scores(*[0.0] * n_scored), _point(), n_rejected=n_rejected, n_unread=n_unread)
    assert result.finding is finding
    assert (result.n_listed, result.n_rejected) == (n_scored + n_rejected, n_rejected)
    rejected = {ReasonKind.PATCHES_REJECTED} if n_rejected and finding is Finding.INDETERMINATE else set()
    assert {reason.kind for reason in result.reasons} == rejected


@pytest.mark.parametrize("n_unread", [1, 20, 10_000])
def test_files_that_were_never_listed_do_not_undo_a_detection(n_unread: int) -> None:
    scores = _scores(*[1.0] * 10)
    assert decide("p", scores, _point(), n_unread=n_unread) == decide("p", scores, _point())
    assert decide("p", scores, _point(), n_unread=n_unread).finding is Finding.DETECTED


def test_duplicates_count_as_listed_when_the_unreadable_are_weighed() -> None:
    # 1 of 10 listed is unreadable: 8 scored, 1 a copy of one of them.
    assert decide("p", np.zeros(8), _point(), n_rejected=1, n_duplicate=1).finding is Finding.NOT_DETECTED


def test_unreadable_patches_do_not_undo_a_detection() -> None:
    result = decide("p", _scores(0.9), _point(), n_rejected=99)
    assert result.finding is Finding.DETECTED
    assert result.density is Density.HIGH
    assert result.n_rejected == 99


@pytest.mark.parametrize("scores", [(0.9, 0.9), (0.1, 0.1)])
def test_a_doubt_about_the_slide_makes_any_result_indeterminate(scores: tuple[float, ...]) -> None:
    result = decide("p", _scores(*scores), _point(), doubts=(BLANK,))
    assert result.finding is Finding.INDETERMINATE
    assert result.density is None
    assert result.reasons == (BLANK,)
    assert result.value is not None  # what was measured is still told


@pytest.mark.parametrize(("scores", "finding"), [((0.9, 0.9), Finding.DETECTED), ((0.1, 0.1), Finding.NOT_DETECTED)])
def test_a_remark_is_passed_on_and_changes_nothing(scores: tuple[float, ...], finding: Finding) -> None:
    result = decide("p", _scores(*scores), _point(), remarks=(SEEN,))
    assert result.finding is finding
    assert result.reasons == (SEEN,)


def test_every_reason_is_told_doubts_first() -> None:
    assert decide("p", _scores(), _point(), doubts=(BLANK,), remarks=(SEEN,)).reasons == (
        BLANK,
        SEEN,
        Reason.of(ReasonKind.NOTHING_SCORED, listed=0, rejected=0),
    )


@thorough
@given(st.lists(st.floats(0, 1), max_size=20), st.integers(0, 20), st.integers(0, 20))
def test_every_listed_patch_is_scored_rejected_or_a_duplicate(scores: list[float], bad: int, copies: int) -> None:
    result = decide("p", _scores(*scores), _point(), n_rejected=bad, n_duplicate=copies)
    assert (result.n_scored, result.n_rejected, result.n_duplicate) == (len(scores), bad, copies)
    assert result.n_listed == len(scores) + bad + copies


@thorough
@given(st.lists(st.floats(0, 1), min_size=1, max_size=20), st.randoms(use_true_random=False))
def test_the_order_of_the_patches_does_not_change_a_result(scores: list[float], random: object) -> None:
    shuffled = list(scores)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert decide("p", _scores(*shuffled), _point()) == decide("p", _scores(*scores), _point())


def test_a_result_from_which_a_patch_has_vanished_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="patient p: a patch has vanished"):
        PatientResult("p", Finding.NOT_DETECTED, None, 10, 8, 1, 0, 0, 0.0)


@pytest.mark.parametrize(
    ("finding", "density"),
    [
        (Finding.NOT_DETECTED, Density.NEGATIVE),
        (Finding.NOT_DETECTED, Density.LOW),
        (Finding.INDETERMINATE, Density.HIGH),
        (Finding.DETECTED, Density.NEGATIVE),
    ],
)
def test_a_density_without_a_detection_cannot_be_made(finding: Finding, density: Density) -> None:
    with pytest.raises(ValueError, match="patient p: a density"):
        PatientResult("p", finding, density, 1, 1, 0, 0, 0, 0.0)
