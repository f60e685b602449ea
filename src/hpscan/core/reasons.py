"""Reasons: what a reader must know of a result or a metric, as kinds with numbers; `report/text` words them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ReasonKind(StrEnum):
    """What a reason is about; the values are stable codes, documented in docs/reference/codes.md."""

    # Of a patient's patches: what could not be read, or was not.
    NOTHING_SCORED = "nothing-scored"
    PATCHES_REJECTED = "patches-rejected"
    NOT_READ = "not-read"
    WHOLE_SLIDE_BESIDE = "whole-slide-beside"
    ARCHIVE_BESIDE = "archive-beside"
    COLOUR_PROFILE_UNREADABLE = "colour-profile-unreadable"
    COMPRESSED = "compressed"

    # Of who the patient is.
    NAME_FROM_ABOVE = "name-from-above"
    SEVERAL_PATIENTS_IN_NAMES = "several-patients-in-names"

    # Of what the patches are, and what the model knows of them.
    SELECTED_PATCHES = "selected-patches"
    FEW_PATCHES = "few-patches"
    OTHER_SIZE = "other-size"
    SEEN = "seen"
    NAMESAKE = "namesake"
    SEEN_PATCH = "seen-patch"

    # Of what they look like.
    BLANK = "blank"
    GREY = "grey"
    OUT_OF_FOCUS = "out-of-focus"
    OTHER_STAIN = "other-stain"

    # Of a result that contradicts its own patches.
    POSITIVE_YET_NOT_DETECTED = "positive-yet-not-detected"
    MOSTLY_POSITIVE_YET_NOT_DETECTED = "mostly-positive-yet-not-detected"
    SOME_POSITIVE_YET_NOT_DETECTED = "some-positive-yet-not-detected"

    # Of metrics and thresholds.
    AUC_BELOW_CHANCE = "auc-below-chance"
    SCORES_WITHOUT_SPREAD = "scores-without-spread"
    THRESHOLD_SEPARATES_NOTHING = "threshold-separates-nothing"
    MEAN_OVER_SOME_FOLDS = "mean-over-some-folds"
    FOLD_WITHOUT_CLASS = "fold-without-class"
    PATCH_THRESHOLD_GIVEN = "patch-threshold-given"


@dataclass(frozen=True, slots=True)
class Reason:
    """Something that a reader must know, without its wording.

    Attributes:
        kind: What it is about.
        numbers: The numbers behind it, by name.
        items: Names concerned: files, folders, patients; whoever shows them may shorten the list.
    """

    kind: ReasonKind
    numbers: tuple[tuple[str, float], ...] = ()
    items: tuple[str, ...] = ()

    @classmethod
    def of(cls, kind: ReasonKind, *items: str, **numbers: float) -> Reason:
        """A reason from its names and numbers."""
        return cls(kind, tuple(numbers.items()), items)

    def number(self, name: str) -> float:
        """One of the numbers.

        Raises:
            KeyError: When there is none of that name.
        """
        return dict(self.numbers)[name]
