"""Folds never part what belongs together, share out the diagnoses, and are the same every time."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpscan.evaluation.splits import folds, halves, most_folds, seed42

thorough = settings(deadline=None, derandomize=True, max_examples=60)


@st.composite
def _patients(draw: st.DrawFn) -> tuple[list[str], list[str], int, int]:
    size = draw(st.integers(2, 25))
    strata = draw(st.lists(st.sampled_from(["negative", "low", "high"]), min_size=size, max_size=size))
    groups = draw(st.lists(st.sampled_from([f"g{i}" for i in range(size)]), min_size=size, max_size=size))
    groups[:2] = ["first", "second"]
    return strata, groups, draw(st.integers(2, min(8, len(set(groups))))), draw(st.integers(0, 1000))


@thorough
@given(_patients())
def test_a_group_is_never_parted(patients: tuple[list[str], list[str], int, int]) -> None:
    strata, groups, n, seed = patients
    fold = folds(strata, groups, n, seed)
    homes = {(group, int(k)) for group, k in zip(groups, fold, strict=True)}
    assert len(homes) == len(set(groups))


@thorough
@given(_patients())
def test_every_patient_has_a_fold_and_no_fold_is_empty(patients: tuple[list[str], list[str], int, int]) -> None:
    strata, groups, n, seed = patients
    fold = folds(strata, groups, n, seed)
    assert len(fold) == len(strata)
    assert set(fold.tolist()) == set(range(n))


@pytest.mark.parametrize("seed", range(5))
def test_every_fold_gets_its_share_of_each_diagnosis(seed: int) -> None:
    strata = ["negative"] * 20 + ["low"] * 10 + ["high"] * 5
    fold = folds(strata, [str(i) for i in range(35)], 5, seed)
    for k in range(5):
        assert Counter(np.array(strata)[fold == k].tolist()) == {"negative": 4, "low": 2, "high": 1}


def test_the_same_seed_gives_the_same_folds_and_another_seed_others() -> None:
    strata, groups = ["negative", "low"] * 10, [str(i) for i in range(20)]
    first = folds(strata, groups, 4, 1)
    assert np.array_equal(first, folds(strata, groups, 4, 1))
    assert any(not np.array_equal(first, folds(strata, groups, 4, seed)) for seed in (2, 3))


def test_more_folds_than_patients_of_any_diagnosis_still_part_the_patients() -> None:
    fold = folds(["negative", "low", "high"], ["a", "b", "c"], 3, 0)
    assert sorted(fold.tolist()) == [0, 1, 2]


@pytest.mark.parametrize("n", [0, 1, 4])
def test_folds_that_cannot_be_are_refused(n: int) -> None:
    with pytest.raises(ValueError, match=f"{n} folds of 3 groups"):
        folds(["negative"] * 4, ["a", "b", "c", "c"], n, 0)


@pytest.mark.parametrize(("fraction", "out"), [(0.25, {"negative": 5, "low": 3}), (0.5, {"negative": 10, "low": 6})])
def test_about_the_fraction_asked_for_is_held_out_of_each_diagnosis(fraction: float, out: dict[str, int]) -> None:
    strata = ["negative"] * 20 + ["low"] * 12
    kept, held = halves(strata, [str(i) for i in range(32)], fraction, 0)
    assert Counter(strata[i] for i in held) == out
    assert sorted([*kept, *held]) == list(range(32))


@thorough
@given(_patients(), st.floats(0.05, 0.5))
def test_somebody_is_kept_and_somebody_held_out_and_no_group_is_on_both_sides(
    patients: tuple[list[str], list[str], int, int], fraction: float
) -> None:
    strata, groups, _, seed = patients
    kept, held = halves(strata, groups, fraction, seed)
    assert len(kept)
    assert len(held)
    assert not {groups[i] for i in kept} & {groups[i] for i in held}
    assert sorted([*kept, *held]) == list(range(len(strata)))


@pytest.mark.parametrize(("groups", "fraction"), [(["a", "b"], 0), (["a", "a"], 0.5), ([], 0.5)])
def test_nobody_is_held_out_where_none_is_asked_for_or_all_belong_together(groups: list[str], fraction: float) -> None:
    kept, held = halves(["negative"] * len(groups), groups, fraction, 0)
    assert kept.tolist() == list(range(len(groups)))
    assert held.tolist() == []


@pytest.mark.parametrize("fraction", [0.01, 0.04, 0.06])
def test_a_very_small_share_holds_out_a_tenth(fraction: float) -> None:
    kept, out = halves(["a"] * 20, [str(i) for i in range(20)], fraction, seed=0)
    assert (len(kept), len(out)) == (18, 2)


def test_the_seeds_split_is_the_same_by_our_words_as_by_the_published_ones() -> None:
    codes = [f"B22-{i}" for i in range(90)]
    published = ["NEGATIVA", "BAIXA", "ALTA"] * 30
    ours = ["negative", "low", "high"] * 30
    assert seed42(codes, ours) == seed42(codes, published)
    assert len(seed42(codes, ours)) == 18
    assert seed42(codes[::-1], ours[::-1]) != seed42(codes, ours)


# --- both classes in every fold


@st.composite
def _diagnosed(draw: st.DrawFn) -> tuple[list[str], list[str], list[str], int, int]:
    """Strata, classes, groups, folds and seed; each class has at least as many groups as there are folds."""
    n = draw(st.integers(2, 6))
    strata, groups = [], []
    kinds = [["low", "high"]] * draw(st.integers(n, n + 5)) + [["negative"]] * draw(st.integers(n, n + 5))
    for number, kind in enumerate(kinds):
        for _ in range(draw(st.integers(1, 3))):
            strata.append(draw(st.sampled_from(kind)))
            groups.append(f"g{number}")
    for number in range(draw(st.integers(0, 3))):  # patients of both classes that share an image, and undiagnosed ones
        strata += ["low", "negative", "unknown"]
        groups += [f"m{number}", f"m{number}", f"u{number}"]
    classes = [{"negative": "negative", "unknown": ""}.get(s, "infected") for s in strata]
    return strata, classes, groups, n, draw(st.integers(0, 10_000))


@thorough
@given(_diagnosed())
def test_every_fold_has_each_class_wherever_there_are_enough(
    patients: tuple[list[str], list[str], list[str], int, int],
) -> None:
    strata, classes, groups, n, seed = patients
    fold = folds(strata, groups, n, seed, classes)
    for k in range(n):
        assert {"infected", "negative"} <= {c for c, at in zip(classes, fold, strict=True) if at == k}
    assert len(set(zip(groups, fold.tolist(), strict=True))) == len(set(groups))


@thorough
@given(_diagnosed(), st.sampled_from([0.1, 0.2, 0.3, 0.5]))
def test_a_hold_out_has_each_class_and_leaves_two_of_each(
    patients: tuple[list[str], list[str], list[str], int, int], fraction: float
) -> None:
    strata, classes, groups, _, seed = patients
    kept, held = halves(strata, groups, fraction, seed, classes)
    for one in ("infected", "negative"):
        every, left = ({groups[i] for i in some if classes[i] == one} for some in (range(len(groups)), kept))
        assert len(left) >= min(2, len(every))
        assert len(every) <= 2 or any(classes[i] == one for i in held)
    assert not {groups[i] for i in kept} & {groups[i] for i in held}


@pytest.mark.parametrize("seed", range(40))
def test_five_infected_in_five_folds_are_one_each_and_densities_are_balanced(seed: int) -> None:
    strata = ["high"] * 2 + ["low"] * 3 + ["negative"] * 6
    classes, groups = ["infected"] * 5 + ["negative"] * 6, [str(i) for i in range(11)]
    fold = folds(strata, groups, 5, seed, classes)
    assert sorted(fold[:5].tolist()) == list(range(5))
    assert np.bincount(fold[5:], minlength=5).min() == 1
    plain = folds(strata, groups, 5, seed)
    if sorted(plain[:5].tolist()) == list(range(5)) and len(set(plain[5:].tolist())) == 5:
        assert np.array_equal(fold, plain)  # what was right stays as it was


def test_the_largest_number_of_folds_is_that_of_the_rarer_class_with_groups_counted_once() -> None:
    assert most_folds(["infected", "infected", "infected", "negative", "negative", "negative"], list("aabcde")) == 2
    assert most_folds(["", ""], ["a", "b"]) == 0
