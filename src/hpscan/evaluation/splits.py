"""Folds of patients: stratified by diagnosis, and never parting what belongs together."""

from __future__ import annotations

import warnings
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_MOST_FOLDS = 10
"""A share held out is so many of at most this many folds: more would leave too little to stratify."""


def folds(strata: Sequence[str], groups: Sequence[str], n: int, seed: int) -> NDArray[np.intp]:
    """The fold, 0..n-1, of each patient: (patients,).

    Args:
        strata: Each patient's diagnosis; every fold gets about its share of each.
        groups: Patients of one group stay in one fold (those that share an image, say).
        n: How many folds, at least 2 and at most the number of groups.
        seed: Decides the shuffle.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    if not 2 <= n <= len(set(groups)):
        raise ValueError(f"{n} folds of {len(set(groups))} groups")
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


def halves(
    strata: Sequence[str], groups: Sequence[str], fraction: float, seed: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Patients kept and patients held out, as indices; about `fraction`, 0..0.5, of each stratum is held out."""
    everybody = np.arange(len(strata))
    if fraction == 0 or len(set(groups)) < 2:
        return everybody, everybody[:0]
    part = max(Fraction(fraction).limit_denominator(_MOST_FOLDS), Fraction(1, _MOST_FOLDS))
    n = min(part.denominator, len(set(groups)))
    out = folds(strata, groups, n, seed) < max(1, round(fraction * n))
    return everybody[~out], everybody[out]


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
