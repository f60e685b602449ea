"""Every kind of reason has its words, in one place, with the numbers right and in singular and plural."""

from __future__ import annotations

import pytest

from hpscan.core.reasons import Reason, ReasonKind
from hpscan.report.text import reasons as text

K = ReasonKind


@pytest.mark.parametrize("kind", ReasonKind)
def test_every_kind_has_words_with_and_without_numbers(kind: ReasonKind) -> None:
    for words in (
        text.describe_kind(kind),
        text.describe_reason(Reason(kind)),
        text.describe_reason(Reason.of(kind, "a", "b", count=2, of=3)),
    ):
        assert words
        assert "\n" not in words
        assert "--" not in words  # flags belong to the command line
        assert words[-1] not in ".:"


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (Reason.of(K.NOTHING_SCORED, rejected=0, listed=0), "no patch could be scored"),
        (
            Reason.of(K.NOTHING_SCORED, "empty", rejected=1, listed=1),
            "no patch could be scored: 1 could not be read (empty)",
        ),
        (Reason.of(K.PATCHES_REJECTED, "empty", count=1, listed=9), "1 of 9 patches could not be read (empty)"),
        (
            Reason.of(K.PATCHES_REJECTED, "empty", count=2, listed=9),
            "2 of 9 patches could not be read (the first: empty)",
        ),
        (
            Reason.of(K.NOT_READ, ".webp (20)", count=20, of=30),
            "20 of 30 files of this patient were not read: .webp (20)",
        ),
        (
            Reason.of(K.NOT_READ, "second/ (1)", count=1, of=1500),
            "1 of 1,500 files of this patient was not read: second/ (1)",
        ),
        (
            Reason.of(K.WHOLE_SLIDE_BESIDE, "SLIDE.svs", count=1),
            "1 whole slide beside the patches was not read (SLIDE.svs): cut it into patches first",
        ),
        (
            Reason.of(K.WHOLE_SLIDE_BESIDE, *[f"{n}.svs" for n in range(7)]),
            "7 whole slides beside the patches were not read (0.svs, 1.svs, 2.svs, 3.svs, 4.svs and 2 more): cut them into patches first",
        ),
        (
            Reason.of(K.ARCHIVE_BESIDE, "a.zip", count=1),
            "1 archive beside the patches was not read (a.zip): unpack it first",
        ),
        (
            Reason.of(K.COLOUR_PROFILE_UNREADABLE, count=1, listed=9),
            "1 of 9 patches has a colour profile that could not be read: its colours were taken as they are",
        ),
        (
            Reason.of(K.COLOUR_PROFILE_UNREADABLE, count=3, listed=9),
            "3 of 9 patches have a colour profile that could not be read: their colours were taken as they are",
        ),
        (Reason.of(K.NAME_FROM_ABOVE, "Case 7", "tiles"), "named Case 7 after the folder above tiles"),
        (
            Reason.of(K.SEVERAL_PATIENTS_IN_NAMES, "B22-155", "B22-156", count=2),
            "the file names look like those of 2 patients (B22-155, B22-156), and were taken for one",
        ),
        (
            Reason.of(K.FEW_PATCHES, scored=4, least=10),
            "fewer than 10 patches (4): too few to judge a patient",
        ),
        (
            Reason.of(K.OTHER_SIZE, "128 x 128", count=4, of=9, fitted_width=256, fitted_height=256),
            "4 of 9 patches have another size than the 256 x 256 pixels that the model was fitted on (128 x 128): their scores may not compare",
        ),
        (
            Reason.of(K.OTHER_SIZE, "120 x 80", count=1, of=1, fitted_width=256, fitted_height=256),
            "the patch has 120 x 80 pixels, and the model was fitted on 256 x 256: its score may not compare",
        ),
        (Reason.of(K.BLANK, count=40, of=40), "40 of 40 patches show nothing: the slide looks blank"),
        (Reason.of(K.GREY, of=1), "the patch is grey: DAB and hematoxylin cannot be distinguished"),
        (Reason.of(K.OUT_OF_FOCUS, of=1), "the patch is out of focus"),
        (
            Reason.of(K.OTHER_STAIN, pink=0.62),
            "62 % of the pixels are pink: this does not look like DAB with hematoxylin",
        ),
        (
            Reason.of(K.SOME_POSITIVE_YET_NOT_DETECTED, positive=1, scored=30),
            "not detected, and yet 1 of 30 patches is positive: look at it",
        ),
        (
            Reason.of(K.POSITIVE_YET_NOT_DETECTED, positive=12, scored=30),
            "not detected, and yet 12 of 30 patches are positive, at least one in three: look at them",
        ),
        (
            Reason.of(K.MOSTLY_POSITIVE_YET_NOT_DETECTED, positive=20, scored=30),
            "20 of 30 patches are positive, most of them, and yet the patient-level score is below the threshold",
        ),
        (
            Reason.of(K.AUC_BELOW_CHANCE, "patches", auc=0.31, p=0.004, n=40),
            "AUC of patches is 0.310, below 0.5 by more than chance (p = 0.004): the labels may be the other way round",
        ),
        (
            Reason.of(K.SCORES_WITHOUT_SPREAD, "patches", n=40, score=0.0),
            "all 40 scores of patches are 0: no threshold can separate them",
        ),
        (
            Reason.of(K.THRESHOLD_SEPARATES_NOTHING, value=0.3),
            "the model's thresholds do not separate the patients on whom they were chosen: no finding can rest on them",
        ),
        (
            Reason.of(K.MEAN_OVER_SOME_FOLDS, "AUC", known=4, folds=5, patients=9),
            "AUC: mean of 4 of 5 folds (9 patients); the others hold out only one class",
        ),
        (
            Reason.of(K.FOLD_WITHOUT_CLASS, "2", folds=5, infected=1, most_folds=3),
            "fold 2 of 5 holds out nobody infected and has no AUC: with `folds=3` each would have both",
        ),
    ],
)
def test_wording(reason: Reason, words: str) -> None:
    assert text.describe_reason(reason) == words


def test_patients_of_one_reason_share_a_line_and_none_is_lost() -> None:
    few = [Reason.of(K.SOME_POSITIVE_YET_NOT_DETECTED, positive=n, scored=30) for n in (1, 1, 2)]
    reasons = [("A", few[0]), ("B", few[2]), ("B", Reason.of(K.SEEN)), ("C", Reason.of(K.SEEN))]
    assert text.group_by_sentence(reasons) == [
        ("the model was trained or calibrated on this patient", ["B", "C"]),
        ("not detected, and yet patches are positive: look at them", ["A", "B"]),
    ]
    alike = text.group_by_sentence([("A", few[0]), ("B", few[1])])
    assert alike == [("not detected, and yet 1 of 30 patches is positive: look at it", ["A", "B"])]


def test_cells_of_tables_and_details_hold_all_of_it() -> None:
    both = (Reason.of(K.NOT_READ, *"abcdefg", count=7, of=9), Reason.of(K.SEEN))
    assert text.reason_codes(both) == "not-read; seen"
    assert text.describe_reasons(both).endswith(" and 2 more; the model was trained or calibrated on this patient")
    details = text.reason_details(both[0])
    assert details["message"] == text.describe_reason(both[0])
    assert (details["code"], details["numbers"], details["items"]) == ("not-read", {"count": 7, "of": 9}, [*"abcdefg"])
