"""Choosing thresholds: pure functions on scores of patients that the model was not fitted on.

A threshold is put half-way between the lowest value that it calls positive and the next one below, so that a
value between the two is called by the nearer of them. One that calls all alike, or is right less often than wrong,
is no choice: it says so in its note and code.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from hpscan.core.choices import Aggregation
from hpscan.core.decision import TOP_K, Threshold
from hpscan.core.errors import NotEnoughDataError, SettingsError
from hpscan.core.reasons import ReasonKind
from hpscan.evaluation.curves import roc
from hpscan.evaluation.metrics import equal_patients, labelled
from hpscan.evaluation.splits import folds

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from numpy.typing import NDArray

    from hpscan.core.scores import PatchScores

FALLBACK_FRACTION = 0.01
"""Without diagnosed patients to choose on: one positive patch in a hundred, and so at least one.

Where the patient-level score is one of patches, the patch threshold takes its place: a patient whose highest score reaches it has
a positive patch, which is the same rule, and the mean of the highest ones is held to no less than a single patch is.
"""

FOLDS = 8
"""Stratified folds whose thresholds' median is taken, as in the seed project."""

NO_NEGATIVE = (
    "add patients diagnosed negative (NEGATIVA) or patches labelled negative: no criterion does without either of them"
)
"""What to do where nothing is known to be negative. No other criterion is named: each needs negative patches."""

_NOTHING = ReasonKind.THRESHOLD_SEPARATES_NOTHING.value

_KINDS = ("corner", "youden", "max-f1", "sensitivity", "specificity")
_WITH_TARGET = ("sensitivity", "specificity")


@dataclass(frozen=True, slots=True)
class Criterion:
    """How a threshold on patches is chosen, e.g. `specificity=0.99` or `corner`."""

    kind: str
    target: float | None = None

    @classmethod
    def parse(cls, text: str) -> Criterion:
        """From what a user typed.

        Raises:
            SettingsError: When it is no criterion.
        """
        kind, _, value = text.partition("=")
        try:
            target = float(value) if value else None
        except ValueError:
            target = math.nan
        wants = kind in _WITH_TARGET
        if kind not in _KINDS or wants != (target is not None) or (target is not None and not 0 < target < 1):
            raise SettingsError(
                f"{text!r} is no criterion",
                hint="use corner, youden, max-f1, sensitivity=0.95 or specificity=0.99 (between 0 and 1)",
            )
        return cls(kind, target)

    def __str__(self) -> str:
        return self.kind if self.target is None else f"{self.kind}={self.target:g}"


DEFAULT = Criterion("specificity", 0.99)

ON_PATIENTS = Criterion("corner")
"""How thresholds on patient-level scores are chosen."""


def parse_aggregation(text: str, top_k: int | None) -> tuple[Aggregation, int]:
    """From what a user typed; `top_k` is None where nothing was.

    Raises:
        SettingsError: When it is no aggregation, or one that takes no `top_k`.
    """
    try:
        aggregation = Aggregation(text)
    except ValueError:
        raise SettingsError(
            f"{text!r} is no aggregation", hint=f"use {', '.join(Aggregation)}, or leave `aggregation` out"
        ) from None
    if top_k is None:
        return aggregation, TOP_K
    if aggregation is not Aggregation.TOP_K_MEAN:
        raise SettingsError(
            f"`top_k` says nothing to the aggregation {aggregation}",
            hint="choose `aggregation=top-k-mean`, or leave `top_k` out",
        )
    if not 1 <= top_k <= 100:
        raise SettingsError(
            f"there is no mean of the highest {top_k} in 100 scores", hint="give `top_k` a number from 1 to 100"
        )
    return aggregation, top_k


def choose_patch(
    scores: PatchScores, negative_patients: Collection[str], criterion: Criterion, fingerprint: str
) -> Threshold:
    """The threshold on patch scores.

    `specificity` looks at every patch known to be negative: those of patients diagnosed negative, less those labelled
    positive one by one, and those labelled negative one by one, whoever's they are; patients weighted equally. The other
    criteria need labelled patches of both classes, and weight patches equally.

    Raises:
        NotEnoughDataError: When the patches that the criterion needs are not there.
    """
    if criterion.kind == "specificity":
        threshold = _specificity(_known_negative(scores, negative_patients), criterion, fingerprint)
        return _with_note_of_positive(threshold, scores)
    table = labelled(scores)
    reference = table.label == 1 if table.label is not None else np.zeros(0, np.bool_)
    if not reference.any() or reference.all():
        negative = len(_known_negative(scores, negative_patients)) > 0
        raise NotEnoughDataError(
            f"criterion {criterion} needs labelled patches of both classes; "
            f"there are {int(reference.sum())} positive and {int((~reference).sum())} negative",
            hint="use `criterion=specificity=0.99`, which needs no labelled patch" if negative else NO_NEGATIVE,
        )
    value = _on_roc(reference, table.score, criterion)
    threshold = Threshold(value, str(criterion), int((~reference).sum()), int(reference.sum()), fingerprint)
    if separates(threshold, table.score, reference):
        return threshold
    above = float(np.nextafter(table.score.max(), np.inf))
    note = f"{criterion} found no threshold, as the scores do not tell positive from negative patches: it lies above all of them"
    return replace(threshold, value=above, criterion="fallback", note=note, code=_NOTHING)


def separates(threshold: Threshold, value: NDArray[np.float64], reference: NDArray[np.bool_]) -> bool:
    """Whether a threshold tells anything of cases whose reference standard is known.

    It does not where it calls none of the positive ones positive, all of the negative ones, or a proportion of the
    positive ones that is no larger than that of the negative ones. Of no cases it may.
    """
    called = threshold.decides_all(value)
    hit = float(called[reference].mean()) if reference.any() else None
    false = float(called[~reference].mean()) if (~reference).any() else None
    return hit != 0 and false != 1 and (hit is None or false is None or hit > false)


def _known_negative(scores: PatchScores, negative_patients: Collection[str]) -> PatchScores:
    of_negative = np.isin(scores.patient_id, list(negative_patients))
    if scores.label is None:
        return scores.where(of_negative)
    return scores.where((of_negative & (scores.label != 1)) | (scores.label == -1))


def _with_note_of_positive(threshold: Threshold, scores: PatchScores) -> Threshold:
    """The threshold with a note where patches known to be positive are there and it calls none of them positive."""
    positive = scores.score[scores.label == 1] if scores.label is not None else np.zeros(0)
    if not len(positive) or threshold.decides_all(positive).any():
        return threshold
    note = f"none of the {len(positive)} patches labelled positive reaches it: the scores do not tell them from negative ones"
    return replace(threshold, note="; ".join(filter(None, (threshold.note, note))), code=_NOTHING)


def _specificity(scores: PatchScores, criterion: Criterion, fingerprint: str) -> Threshold:
    if not len(scores):
        raise NotEnoughDataError(
            f"criterion {criterion} needs patches known to be negative, of patients that the model was not fitted on",
            hint=NO_NEGATIVE,
        )
    assert criterion.target is not None  # noqa: S101  parse() sees to it; this tells the type checker
    allowed = 1 - criterion.target
    weight = equal_patients(scores.patient_id)
    weight /= weight.sum()
    values, inverse = np.unique(scores.score, return_inverse=True)
    proportion = np.bincount(inverse, weights=weight)
    at_or_above = np.cumsum(proportion[::-1])[::-1]  # false positive rate with the threshold at each value
    fitting = np.flatnonzero(at_or_above <= allowed + 1e-12)
    n_patients = len(np.unique(scores.patient_id))
    too_few = f"{len(scores)} negative patches of {n_patients} patient{'s' * (n_patients != 1)} are too few to resolve {criterion}: "
    note = ""
    if len(fitting):
        value = _between(values, int(fitting[0]))
        if len(scores) * allowed < 1 - 1e-9:
            note = f"{too_few}one of them called positive is {100 / len(scores):.1f} %"
    else:
        value = float(np.nextafter(values[-1], np.inf))
        note = f"{too_few}the threshold lies just above their highest score"
    return Threshold(value, str(criterion), len(scores), 0, fingerprint, note)


def _on_roc(reference: NDArray[np.bool_], score: NDArray[np.float64], criterion: Criterion) -> float:
    curve, positives, negatives = roc(reference, score), int(reference.sum()), int((~reference).sum())
    values = curve.score[::-1]
    tpr = 1 - (positives - curve.true_positive[0, ::-1]) / positives  # called positive at or above each value
    fpr = 1 - (negatives - curve.false_positive[0, ::-1]) / negatives
    pick: dict[str, Callable[[], np.intp]] = {
        "corner": lambda: np.argmin(np.hypot(fpr, 1 - tpr)),
        "youden": lambda: np.argmax(tpr - fpr),
        "max-f1": lambda: np.argmax(_f1(tpr * positives, fpr * negatives, positives)),
        "sensitivity": lambda: np.flatnonzero(tpr >= (criterion.target or 0) - 1e-12)[-1],
        "specificity": lambda: np.append(np.flatnonzero(1 - fpr >= (criterion.target or 0) - 1e-12), len(values))[0],
    }
    return _between(values, int(pick[criterion.kind]()))


def _f1(tp: NDArray[np.float64], fp: NDArray[np.float64], positives: int) -> NDArray[np.float64]:
    return 2 * tp / (tp + fp + positives)


def _between(values: NDArray[np.float64], index: int) -> float:
    """Half-way between the value at `index`, the lowest that is called positive, and the one below it.

    Just above the highest value where `index` lies behind it: none is called positive then.
    """
    if index == 0:
        return float(values[0])
    if index == len(values):
        return float(np.nextafter(values[-1], np.inf))
    low, high = float(values[index - 1]), float(values[index])
    middle = low + (high - low) / 2
    return middle if low < middle else high


def choose_patient(
    value: NDArray[np.float64],
    infected: NDArray[np.bool_],
    fingerprint: str,
    seed: int,
    *,
    patch: Threshold | None = None,
    criterion: Criterion = ON_PATIENTS,
) -> Threshold:
    """The threshold on patient-level scores: median over stratified folds of the point that the criterion picks.

    Falls back where either class has fewer than two patients, or where the chosen point tells nobody apart: where it
    lies at the lowest value, so that everybody would be infected, for fractions at 0 as well, since a patient without a
    positive patch is never called infected; or where `separates` says so. A fallback that separates nothing either
    has a code that says so.

    Args:
        value: (patients,), fractions or scores.
        infected: (patients,), the reference standard.
        fingerprint: Of the cohort.
        seed: Decides the folds.
        patch: The patch threshold to fall back to where values are scores; None where they are fractions of positive
            patches, and one in a hundred is fallen back to.
        criterion: Which point of the ROC curve.
    """
    n_negative, n_infected = int((~infected).sum()), int(infected.sum())
    reason = "fewer than two negative or two infected patients with all their patches to choose it on"
    if min(n_negative, n_infected) >= 2:
        chosen = _over_folds(value, infected, criterion, seed)
        threshold = Threshold(chosen, str(criterion), n_negative, n_infected, fingerprint)
        if chosen > _bottom(value, scores=patch is not None) and separates(threshold, value, infected):
            return threshold
        what = "positive patches" if patch is None else "the highest scores"
        reason = f"{what} did not tell the infected patients from the negative ones"
    if patch is None:
        instead, words = FALLBACK_FRACTION, "one positive patch in a hundred"
    else:
        instead, words = patch.value, "the patch threshold"
    threshold = Threshold(instead, "fallback", n_negative, n_infected, fingerprint, f"{reason}: {words}")
    if patch is not None and patch.separates_nothing:
        return replace(threshold, note=f"{threshold.note}, which tells no patches apart", code=_NOTHING)
    if not separates(threshold, value, infected):
        return replace(threshold, note=f"{threshold.note}, which tells these patients no better", code=_NOTHING)
    return threshold


def choose_density(
    extent: NDArray[np.float64],
    high: NDArray[np.bool_],
    fingerprint: str,
    seed: int,
) -> Threshold | None:
    """The threshold on proportions of positive patches that parts LOW from HIGH among infected patients.

    None where either has fewer than two, or where the chosen point lies at 0 or at the lowest proportion, or separates nothing.
    """
    if min(int(high.sum()), int((~high).sum())) < 2:
        return None
    chosen = _over_folds(extent, high, ON_PATIENTS, seed)
    threshold = Threshold(chosen, str(ON_PATIENTS), int((~high).sum()), int(high.sum()), fingerprint)
    return threshold if chosen > _bottom(extent, scores=False) and separates(threshold, extent, high) else None


def _bottom(value: NDArray[np.float64], *, scores: bool) -> float:
    """At or below this a threshold tells nobody apart; scores have no natural zero."""
    return float(value.min()) if scores else max(0.0, float(value.min()))


def _over_folds(value: NDArray[np.float64], reference: NDArray[np.bool_], criterion: Criterion, seed: int) -> float:
    """Median of the points found on the training part of each fold."""
    n = min(FOLDS, int(reference.sum()), int((~reference).sum()))
    strata = [str(t) for t in reference]
    fold = folds(strata, [str(i) for i in range(len(reference))], n, seed, classes=strata)
    return float(np.median([_on_roc(reference[fold != k], value[fold != k], criterion) for k in range(n)]))
