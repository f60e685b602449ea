"""Which patients are the training set, the validation set, the calibration set and the test set of a model."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from hpscan.core.backend import Supervision
from hpscan.core.cohort import Origin, PatchLabel
from hpscan.core.errors import NotEnoughDataError
from hpscan.evaluation import splits
from hpscan.store.manifest import Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hpscan.core.cohort import Cohort, Patch, Patient

_PARTS = 7
_OPERATING_PARTS = {Supervision.NEGATIVE_PATIENTS: 3, Supervision.LABELLED_PATCHES: 2}
"""Of seven parts of the patients that a backend can learn from, one is the validation set and so many are the
calibration set: a threshold at 99% specificity is only as good as the number of its negative patients. Where labelled
patches are learned from, they are few, and the patients without any choose the operating point as well."""


def partition(
    cohort: Cohort, supervision: Supervision, groups: Mapping[str, str], hold_out: float, seed: int
) -> dict[Role, tuple[Patient, ...]]:
    """Four disjoint sets of patients.

    Args:
        cohort: All patients; those that the dataset itself holds out go to TEST, and those without a diagnosis and
            without a labelled patch nowhere, unless the backend can learn from them.
        supervision: What the backend learns from. Patients that it cannot learn from serve the operating point.
        groups: The group of each patient id; patients of one group stay together.
        hold_out: Proportion, 0..0.5, of the remaining patients that `evaluate` can judge; with one infected and one negative
            patient among them where enough are left to choose thresholds on.
        seed: Decides who goes where.

    Raises:
        NotEnoughDataError: When a set that the backend needs would be empty.
    """
    open_to_use = [p for p in cohort.patients if not p.held_out and (has_reference(p) or learns(p, supervision))]
    kept, out = split(open_to_use, groups, hold_out, seed)
    held_out = tuple(out) + tuple(p for p in cohort.patients if p.held_out)
    remaining = kept
    learnable = [p for p in remaining if learns(p, supervision)]
    roles: dict[Role, tuple[Patient, ...]] = dict.fromkeys(Role, ())
    roles[Role.TEST] = held_out
    fold = _folds(learnable, groups, supervision, seed)
    for role in (Role.TRAINING, Role.VALIDATION, Role.CALIBRATION):
        roles[role] = tuple(p for p in remaining if fold.get(p.id, Role.CALIBRATION) is role)
    return roles


def split(
    patients: Sequence[Patient], groups: Mapping[str, str], hold_out: float, seed: int
) -> tuple[list[Patient], list[Patient]]:
    """Patients kept and patients held out: the proportion `hold_out` of those that `evaluate` can judge.

    Who belongs to the group of a patient held out is held out as well.
    """
    judged = [p for p in patients if scored_patches([p])]
    _, out = splits.halves(
        [p.diagnosis for p in judged], [groups[p.id] for p in judged], hold_out, seed, [outcome(p) for p in judged]
    )
    gone = {groups[judged[i].id] for i in out}
    return [p for p in patients if groups[p.id] not in gone], [p for p in patients if groups[p.id] in gone]


def has_reference(patient: Patient) -> bool:
    """Whether anything is known of a patient that thresholds or metrics could rest on."""
    sure = (PatchLabel.NEGATIVE, PatchLabel.POSITIVE)
    return patient.infected is not None or any(p.label in sure and not p.augmented for p in patient.patches)


def outcome(patient: Patient) -> str:
    """The class without which a fold cannot be judged; empty where it is not known."""
    return {True: "infected", False: "negative", None: ""}[patient.infected]


def _folds(
    learnable: Sequence[Patient], groups: Mapping[str, str], supervision: Supervision, seed: int
) -> dict[str, Role]:
    if supervision is Supervision.NOTHING:
        return {}
    group = [groups[p.id] for p in learnable]
    n = min(_PARTS, len(set(group)))
    if n < 3:
        known = "diagnosed negative" if supervision is Supervision.NEGATIVE_PATIENTS else "with labelled patches"
        left = f"1 patient {known} is left" if n == 1 else f"{n} patients {known} are left"
        raise NotEnoughDataError(
            f"{left} to learn from, and at least 3 are needed (for training, for validation and for calibration)",
            hint="add patients, or hold out fewer of them",
        )
    marked = supervision is Supervision.LABELLED_PATCHES
    shows = [
        marked and any(q.label is PatchLabel.POSITIVE for q in training_patches(p, supervision)) for p in learnable
    ]
    strata = ["positive patches" if some else p.diagnosis for p, some in zip(learnable, shows, strict=True)]
    fold = splits.folds(strata, group, n, seed).tolist()
    operating = max(1, n * _OPERATING_PARTS[supervision] // _PARTS)
    early, choose, fit = [Role.VALIDATION], [Role.CALIBRATION] * operating, [Role.TRAINING] * (n - 1 - operating)
    having = [sum(some for some, k in zip(shows, fold, strict=True) if k == part) for part in range(n)]
    if min(having) == 0 < max(having):  # too few for all parts: to fit on first, to stop early second, then in turn
        in_turn = [role for pair in zip_longest(fit[1:], choose) for role in pair if role]
        most_first = sorted(range(n), key=lambda part: -having[part])
        role = dict(zip(most_first, [fit[0], *early, *in_turn], strict=True))
    else:
        role = dict(enumerate([*early, *choose, *fit]))
    return {p.id: role[k] for p, k in zip(learnable, fold, strict=True)}


def learns(patient: Patient, supervision: Supervision) -> bool:
    """Whether a backend can learn from this patient."""
    return bool(training_patches(patient, supervision))


def training_patches(patient: Patient, supervision: Supervision) -> tuple[Patch, ...]:
    """The patches of one patient that a backend learns from; augmented copies are no part of it."""
    patches = tuple(p for p in patient.patches if not p.augmented)
    if supervision is Supervision.NEGATIVE_PATIENTS:
        usable = (None, PatchLabel.NEGATIVE)
        return tuple(p for p in patches if p.label in usable) if patient.infected is False else ()
    if supervision is Supervision.LABELLED_PATCHES:
        return tuple(p for p in patches if p.label in (PatchLabel.NEGATIVE, PatchLabel.POSITIVE))
    return ()


def scored_patches(patients: Iterable[Patient]) -> tuple[Patch, ...]:
    """What is scored of patients held out: labelled patches, and the patches that a diagnosis rests on.

    Augmented copies are never among them.
    """
    return tuple(
        patch
        for patient in patients
        for patch in patient.patches
        if not patch.augmented
        and (patch.label is not None or (patch.origin is Origin.CROPPED and patient.infected is not None))
    )
