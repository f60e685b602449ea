"""Dealing patients out to folds so that every fold has each class of them, wherever there are enough.

scikit-learn's `StratifiedGroupKFold` balances the strata that it gets, and can still leave a fold without a class of
which there are as many groups as folds. Here a class is dealt out first, and what is left then balances the strata.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class _Group:
    """Patients that stay together: how many, of which strata, and which classes are among them."""

    name: str
    size: int
    strata: Counter[str]
    classes: frozenset[str]


def spread(classes: Sequence[str], groups: Sequence[str], fold: NDArray[np.intp], n: int) -> bool:
    """Whether as many of n folds as can be have each class.

    Args:
        classes: Each patient's class; an empty string for one that is of none.
        groups: Each patient's group.
        fold: Each patient's fold, 0..n-1.
        n: How many folds.
    """
    return all(
        len({int(k) for c, k in zip(classes, fold, strict=True) if c == word}) == min(n, having)
        for word, having in groups_of(classes, groups).items()
    )


def groups_of(classes: Sequence[str], groups: Sequence[str]) -> dict[str, int]:
    """How many groups have a patient of each class; patients of no class are not counted."""
    of_class: dict[str, set[str]] = defaultdict(set)
    for word, group in zip(classes, groups, strict=True):
        if word:
            of_class[word].add(group)
    return {word: len(having) for word, having in sorted(of_class.items())}


def deal(strata: Sequence[str], classes: Sequence[str], groups: Sequence[str], n: int, seed: int) -> NDArray[np.intp]:
    """The fold, 0..n-1, of each patient, (patients,): each class in as many folds as can be, then the strata balanced.

    With at least n groups of each class every fold has each class. No fold is empty, and no group is parted.

    Args:
        strata: Each patient's stratum.
        classes: Each patient's class, an empty string for none.
        groups: Each patient's group; at least n different ones.
        n: How many folds.
        seed: Decides among equals.
    """
    rng = np.random.default_rng(seed)
    every = _groups(strata, classes, groups)
    left = [every[i] for i in rng.permutation(len(every))]
    hands: list[list[_Group]] = [[] for _ in range(n)]
    # Whoever is of several classes serves all of them at once, so these come first: then the rarer class.
    times = groups_of(classes, groups)
    for word in sorted(times, key=lambda c: (times[c], c)):
        for group in sorted((g for g in left if word in g.classes), key=lambda g: -len(g.classes)):
            lacking = [k for k in range(n) if all(word not in g.classes for g in hands[k])]
            if not lacking:
                break
            wanted = [k for k in lacking if not any(group.classes & g.classes for g in hands[k])] or lacking
            hands[_best(hands, group, wanted)].append(group)
            left.remove(group)
    for at, group in enumerate(sorted(left, key=lambda g: -g.size)):
        empty = [k for k in range(n) if not hands[k]]
        hands[_best(hands, group, empty if len(left) - at <= len(empty) else range(n))].append(group)
    home = {group.name: k for k, hand in enumerate(hands) for group in hand}
    return np.array([home[group] for group in groups], np.intp)


def _groups(strata: Sequence[str], classes: Sequence[str], groups: Sequence[str]) -> list[_Group]:
    members: dict[str, list[int]] = defaultdict(list)
    for i, group in enumerate(groups):
        members[group].append(i)
    return [
        _Group(name, len(rows), Counter(strata[i] for i in rows), frozenset(classes[i] for i in rows if classes[i]))
        for name, rows in members.items()
    ]


def _best(hands: Sequence[Sequence[_Group]], group: _Group, among: Sequence[int]) -> int:
    """The fold that has least of the group's strata, then the fewest patients."""

    def burden(k: int) -> tuple[bool, int, int, int]:
        dealt: Counter[str] = sum((g.strata for g in hands[k]), Counter())
        return (
            bool(hands[k]) and not all(hands),
            sum(dealt[s] * m for s, m in group.strata.items()),
            sum(dealt.values()),
            k,
        )

    return min(among, key=burden)
