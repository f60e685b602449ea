"""No patient outweighs the rest in what is learned from."""

from __future__ import annotations

import numpy as np

from hpscan.backends.shared.sampling import capped


def test_no_patient_gives_more_patches_than_allowed_and_chance_says_which(in_memory: type) -> None:
    owners = ["a"] * 10 + ["b"] * 2 + ["a"] * 10
    patches = in_memory(np.zeros((22, 4, 4, 3), np.uint8), owners)
    chosen = [capped(patches, 3, np.random.default_rng(seed)).tolist() for seed in range(40)]
    for index in chosen:
        assert len(index) == len(set(index))
        assert [owners[i] for i in index].count("a") == 3
        assert {10, 11} <= set(index)
    assert set().union(*chosen) == set(range(22))
    assert chosen[0] == capped(patches, 3, np.random.default_rng(0)).tolist()


def test_where_all_fit_all_are_taken(in_memory: type) -> None:
    patches = in_memory(np.zeros((5, 4, 4, 3), np.uint8), list("abaca"))
    assert sorted(capped(patches, 3, np.random.default_rng(0)).tolist()) == [0, 1, 2, 3, 4]


def test_only_those_among_which_to_choose_are_chosen_and_none_of_none(in_memory: type) -> None:
    patches = in_memory(np.zeros((6, 4, 4, 3), np.uint8), list("aaabbb"))
    rng = np.random.default_rng(0)
    assert sorted(capped(patches, 2, rng, np.array([0, 4, 5])).tolist()) == [0, 4, 5]
    assert capped(patches, 2, rng, np.array([], np.intp)).tolist() == []
