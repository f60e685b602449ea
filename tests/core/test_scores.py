"""PatchScores refuses a table that would make a wrong result."""

from __future__ import annotations

import numpy as np
import pytest

from hpscan.core.scores import PatchScores


def _table(
    patients: tuple[str, ...] = ("a", "a", "b"),
    patches: tuple[str, ...] = ("a.1", "a.2", "b.1"),
    scores: tuple[float, ...] = (0.1, 0.2, 0.3),
    labels: tuple[int, ...] | None = (-1, 0, 1),
) -> PatchScores:
    label = None if labels is None else np.array(labels, dtype=np.int8)
    return PatchScores(np.array(patients), np.array(patches), np.array(scores), label)


def test_a_table_counts_its_patches() -> None:
    assert len(_table()) == 3


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"patients": ("a", "b")}, id="patients"),
        pytest.param({"scores": (0.1, 0.2)}, id="scores"),
        pytest.param({"scores": ((0.1,), (0.2,), (0.3,))}, id="two-dimensional scores"),
        pytest.param({"labels": (1,)}, id="labels"),
    ],
)
def test_columns_of_other_lengths_are_refused(wrong: dict[str, tuple[str, ...]]) -> None:
    with pytest.raises(ValueError, match="columns of 3 patch ids have shapes"):
        _table(**wrong)


@pytest.mark.parametrize("score", [np.nan, np.inf, -np.inf])
def test_a_score_that_is_no_finite_number_is_refused(score: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        _table(scores=(0.1, score, 0.3))


def test_scores_of_less_precision_are_refused() -> None:
    with pytest.raises(ValueError, match="float64"):
        PatchScores(np.array(["a"]), np.array(["a.1"]), np.array([0.1], dtype=np.float32))


def test_a_patch_that_was_scored_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="once"):
        _table(patches=("a.1", "a.1", "b.1"))


def test_a_label_that_the_published_data_do_not_know_is_refused() -> None:
    with pytest.raises(ValueError, match="labels are"):
        _table(labels=(-1, 0, 2))


def test_rows_keep_patient_patch_score_and_label_together() -> None:
    table = _table().where(np.array([True, False, True]))
    assert table.patient_id.tolist() == ["a", "b"]
    assert table.patch_id.tolist() == ["a.1", "b.1"]
    assert table.score.tolist() == [0.1, 0.3]
    assert table.label is not None
    assert table.label.tolist() == [-1, 1]


def test_a_patient_s_rows_are_only_that_patient_s() -> None:
    assert _table().of("a").patch_id.tolist() == ["a.1", "a.2"]
    assert len(_table(labels=None).of("nobody")) == 0


def test_a_table_without_labels_stays_without() -> None:
    assert _table(labels=None).of("a").label is None
