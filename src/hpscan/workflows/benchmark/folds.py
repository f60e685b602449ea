"""The benchmark's protocol: who is held out in which fold, and what the others are used for.

Every backend gets the same folds. Within a fold, the patients that are not held out are parted for each backend
by what it learns from, as `hpscan train` does.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from hpscan.core.choices import Split
from hpscan.core.cohort import Cohort, Origin
from hpscan.core.errors import NotEnoughDataError
from hpscan.core.reasons import Reason, ReasonKind
from hpscan.evaluation import splits
from hpscan.store.manifest import Role
from hpscan.workflows.training.partition import outcome, partition, scored_patches

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hpscan.core.backend import Supervision
    from hpscan.core.cohort import Patient
    from hpscan.data.dataset.layout import Dataset
    from hpscan.data.dataset.matching import Diagnosis


@dataclass(frozen=True, slots=True)
class Fold:
    """One fold: patients held out, and patients to train on."""

    number: int
    held_out: tuple[Patient, ...]
    training: tuple[Patient, ...]


@dataclass(frozen=True, slots=True)
class Division:
    """All folds.

    Attributes:
        folds: The folds; no patient is held out twice.
        left_out: Patients in none of them -> why.
    """

    folds: tuple[Fold, ...]
    left_out: dict[str, str]


def divide(dataset: Dataset, split: Split, n: int, groups: Mapping[str, str], seed: int) -> Division:
    """The folds of a dataset.

    Args:
        dataset: Its patients, and the order of its diagnosis table.
        split: FOLDS: n folds, stratified by diagnosis, no group in two. SEED42: the seed project's one test set.
            HOLD_OUT: the patients that the dataset itself holds out.
        n: Folds of FOLDS.
        groups: The group of each patient; those that share an image are one.
        seed: Decides FOLDS.

    Raises:
        NotEnoughDataError: When there are too few patients, or none of those to be held out.
    """
    useless = {
        p.id: "it has neither a diagnosis nor a labelled patch to be judged by"
        for p in dataset.cohort.patients
        if not scored_patches([p])
    }
    patients = [p for p in dataset.cohort.patients if p.id not in useless]
    kept_out = {p.id for p in patients if p.held_out}
    if split is Split.HOLD_OUT:
        if not kept_out:
            raise NotEnoughDataError(
                f"no patient of {dataset.root} is held out by the dataset itself",
                hint="such patients lie in a folder HoldOut; use `split=folds`",
                path=dataset.root,
            )
        return _one(patients, kept_out, groups, useless)
    kept_back = dict.fromkeys(sorted(kept_out), "the dataset itself holds it out: the split hold-out tests on it")
    if split is Split.SEED42:
        return _one(patients, _seed42(dataset.diagnosed, patients), groups, useless, dataset.diagnosed)
    patients = [p for p in patients if p.id not in kept_out]
    n_groups = len({groups[p.id] for p in patients})
    if n_groups < 2:
        raise NotEnoughDataError(
            f"{n_groups} of {len(dataset.cohort.patients)} patients can be judged and are not held out by the dataset "
            "itself: the others have neither a diagnosis nor a labelled patch",
            hint="see which tables were understood: hpscan data check DIR",
            path=dataset.root,
        )
    if n_groups < n:
        raise NotEnoughDataError(
            f"{n_groups} patients cannot make {n} folds",
            hint=f"use `folds={max(2, n_groups)}`, or add patients",
            path=dataset.root,
        )
    fold = splits.folds(
        [p.diagnosis for p in patients],
        [groups[p.id] for p in patients],
        n,
        seed,
        classes=[outcome(p) for p in patients],
    )
    return Division(
        folds=tuple(
            Fold(
                number=k + 1,
                held_out=tuple(p for p, at in zip(patients, fold, strict=True) if at == k),
                training=tuple(p for p, at in zip(patients, fold, strict=True) if at != k),
            )
            for k in range(n)
        ),
        left_out=useless | kept_back,
    )


def _seed42(diagnosed: Mapping[str, Diagnosis], patients: Sequence[Patient]) -> set[str]:
    """The patients that the seed project tests on, of those that have patches here."""
    strata = [str(d.density or d.infected) for d in diagnosed.values()]
    try:
        test = splits.seed42(list(diagnosed), strata)
    except ValueError as error:
        raise NotEnoughDataError(
            f"the seed project's split cannot be made of {len(diagnosed)} diagnosed patients: {error}",
            hint="it needs the table of diagnoses that was published with the data; use `split=folds`",
        ) from error
    here = {p.id for p in patients} & test
    if not here:
        raise NotEnoughDataError(
            f"none of the {len(test)} patients that the seed project tests on has patches here",
            hint="use `split=folds`",
        )
    return here


def _one(
    patients: Sequence[Patient],
    held_out: set[str],
    groups: Mapping[str, str],
    left_out: Mapping[str, str],
    listed: Mapping[str, object] | None = None,
) -> Division:
    """A single fold. Who shares an image with a patient held out is not trained on; nor who stands in no table."""
    tested = {groups[i] for i in held_out}
    out = dict(left_out)
    for p in patients:
        if p.id not in held_out and groups[p.id] in tested:
            out[p.id] = "it shares an image with a patient held out"
        elif listed is not None and p.id not in listed:
            out[p.id] = "it stands in no table of diagnoses, which this split is made from"
    training = tuple(p for p in patients if p.id not in held_out and p.id not in out)
    return Division((Fold(1, tuple(p for p in patients if p.id in held_out), training),), out)


def parts(
    fold: Fold, supervision: Supervision, groups: Mapping[str, str], seed: int
) -> dict[Role, tuple[Patient, ...]]:
    """What each patient of a fold is used for by a backend that learns so.

    Raises:
        NotEnoughDataError: When the fold leaves too little to learn from.
    """
    # The dataset's own hold-out decides who is held out above, and nothing below.
    training = Cohort(tuple(replace(p, held_out=False) for p in fold.training))
    roles = partition(training, supervision, groups, 0, seed)
    return {**roles, Role.TEST: fold.held_out}


def without_class(division: Division, groups: Mapping[str, str], split: Split) -> tuple[Reason, ...]:
    """The folds that hold out nobody infected, or nobody negative, where any patient is diagnosed."""
    everybody = [p for fold in division.folds for p in fold.held_out]
    if all(p.infected is None for p in everybody):
        return ()
    most = splits.most_folds([outcome(p) for p in everybody], [groups[p.id] for p in everybody])
    both = len({p.infected for p in everybody if p.infected is not None}) == 2
    made = []
    for infected in (True, False):
        lacking = [
            str(fold.number) for fold in division.folds if all(p.infected is not infected for p in fold.held_out)
        ]
        if lacking:
            made.append(
                Reason.of(
                    ReasonKind.FOLD_WITHOUT_CLASS,
                    *lacking,
                    infected=int(infected),
                    folds=len(division.folds),
                    most_folds=most if both and split is Split.FOLDS else 0,
                )
            )
    return tuple(made)


def thinned(cohort: Cohort, most: int, seed: int) -> Cohort:
    """A cohort with at most so many cropped patches of each patient, drawn at random, and all labelled patches."""
    return Cohort(tuple(_thinned(p, most, seed) for p in cohort.patients))


def _thinned(patient: Patient, most: int, seed: int) -> Patient:
    cropped = patient.of(Origin.CROPPED)
    if len(cropped) <= most:
        return patient
    rng = np.random.default_rng([seed, *patient.id.encode(errors="surrogateescape")])
    keep = {cropped[i] for i in rng.choice(len(cropped), most, replace=False)}
    kept = tuple(p for p in patient.patches if p in keep or p.label is not None or p.origin is Origin.ANNOTATED)
    return replace(patient, patches=kept)


def densities(patients: Iterable[Patient]) -> dict[str, int]:
    """Patients by diagnosis, in the order negative, low, high, then what else is said."""
    count = Counter(patient.diagnosis for patient in patients)
    return {name: count[name] for name in ("negative", "low", "high", "infected", "unknown") if name in count}
