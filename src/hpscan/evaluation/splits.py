"""Folds of patients: stratified by diagnosis, each class in every fold where it can be, and nobody parted from a group."""

from __future__ import annotations

import warnings
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from hpscan.evaluation.dealing import deal, groups_of, spread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_MOST_FOLDS = 10
"""A proportion held out is so many of at most this many folds: more would leave too little to stratify."""


KEPT = 2
"""Patients of each class that a hold-out leaves behind: fewer choose no threshold on patients."""


def folds(
    strata: Sequence[str], groups: Sequence[str], n: int, seed: int, classes: Sequence[str] | None = None
) -> NDArray[np.intp]:
    """The fold, 0..n-1, of each patient: (patients,).

    With `classes`, every fold has each class of which there are at least n groups, and a rarer one stands in as many
    folds as it has groups. scikit-learn's folds are taken where they are like this, and dealt anew where they are not.

    Args:
        strata: Each patient's diagnosis; every fold gets about its part of each.
        groups: Patients of one group stay in one fold (those that share an image, say).
        n: How many folds, at least 2 and at most the number of groups.
        seed: Decides the shuffle.
        classes: What a fold cannot be judged without, `infected` and `negative`; empty for a patient of neither.
    """
    if not 2 <= n <= len(set(groups)):
        raise ValueError(f"{n} folds of {len(set(groups))} groups")
    fold = _stratified(strata, groups, n, seed)
    if classes is None or spread(classes, groups, fold, n):
        return fold
    return deal(strata, classes, groups, n, seed)


def _stratified(strata: Sequence[str], groups: Sequence[str], n: int, seed: int) -> NDArray[np.intp]:
    from sklearn.model_selection import StratifiedGroupKFold

    fold = np.zeros(len(strata), dtype=np.intp)
    classes = np.unique(list(strata), return_inverse=True)[1]
    if np.bincount(classes).max() < n:  # scikit-learn refuses when no class reaches n: then nothing is stratified
        classes = np.zeros_like(classes)
    splitter = StratifiedGroupKFold(n, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a class with fewer than n patients is no fault
        for number, (_, inside) in enumerate(splitter.split(classes, classes, list(groups))):
            fold[inside] = number
    return fold


def most_folds(classes: Sequence[str], groups: Sequence[str]) -> int:
    """The largest number of folds at which each can have every class, by `folds`; below 2 there is none."""
    return min(groups_of(classes, groups).values(), default=0)


def halves(
    strata: Sequence[str], groups: Sequence[str], fraction: float, seed: int, classes: Sequence[str] | None = None
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Patients kept and patients held out, as indices; about `fraction`, 0..0.5, of each stratum is held out.

    With `classes`, as in `folds`, `KEPT` groups of each class are kept where there are so many, and one of each is held
    out where that leaves enough.
    """
    everybody = np.arange(len(strata))
    if fraction == 0 or len(set(groups)) < 2:
        return everybody, everybody[:0]
    part = max(Fraction(fraction).limit_denominator(_MOST_FOLDS), Fraction(1, _MOST_FOLDS))
    n = min(part.denominator, len(set(groups)))
    out = folds(strata, groups, n, seed, classes) < max(1, round(fraction * n))
    if classes is not None:
        out = _evened(groups, classes, out, seed)
    return everybody[~out], everybody[out]


def _evened(groups: Sequence[str], classes: Sequence[str], out: NDArray[np.bool_], seed: int) -> NDArray[np.bool_]:
    """Groups moved over, one at a time, until each class has enough on either side, as far as there are enough."""
    classes_of: dict[str, set[str]] = {}
    for group, word in zip(groups, classes, strict=True):
        classes_of.setdefault(group, set()).update({word} - {""})
    held = {group for group, is_out in zip(groups, out, strict=True) if is_out}
    order = np.random.default_rng(seed).permutation(sorted(classes_of)).tolist()
    order.sort(key=groups.count)  # the smallest first: the proportion held out moves least

    spare = any(total > KEPT for total in groups_of(classes, groups).values()) or not all(classes_of.values())

    def lacks(held: set[str]) -> int:
        """How many groups are on the wrong side; what thresholds need counts more than what `evaluate` needs."""
        short = 0
        for word, total in groups_of(classes, groups).items():
            n = sum(word in classes_of[group] for group in held)
            short += 100 * max(0, min(KEPT, total) - (total - n)) + (total > KEPT and n == 0)
        return short + 1000 * (not held and spare) + 1000 * (len(held) == len(classes_of))

    while (now := lacks(held)) > 0:
        changes = [
            held ^ {a, b} for a in order for b in order if (a in held) != (b in held)
        ]  # a swap keeps the proportion
        changes += [held ^ {a} for a in order]
        better = min(changes, key=lacks)
        if lacks(better) >= now:
            break
        held = better
    return np.array([group in held for group in groups], np.bool_)


def seed42(codes: Sequence[str], densities: Sequence[str]) -> frozenset[str]:
    """The codes that the seed project tests on: scikit-learn's stratified fifth with random state 42.

    Args:
        codes: Patients in the order of the diagnosis table, those without patches included.
        densities: Their diagnoses; only which are equal, and their alphabetical order, matter.

    Raises:
        ValueError: When a diagnosis stands once only, or there are fewer tests than diagnoses.
    """
    from sklearn.model_selection import train_test_split

    _, test = train_test_split(list(codes), test_size=0.2, random_state=42, stratify=list(densities))
    return frozenset(test)
