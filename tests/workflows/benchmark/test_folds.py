from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sklearn.model_selection import train_test_split

from dataset_builder import patch, patches, text
from hpscan.core.backend import Supervision
from hpscan.core.choices import Split
from hpscan.core.cohort import Origin, PatchLabel
from hpscan.core.errors import NotEnoughDataError
from hpscan.data.dataset import layout
from hpscan.store.manifest import Role
from hpscan.workflows.benchmark.folds import densities, divide, parts, thinned
from hpscan.workflows.training.partition import scored_patches

if TYPE_CHECKING:
    from pathlib import Path

    from hpscan.data.dataset.layout import Dataset

WORDS = ("NEGATIVA", "BAIXA", "ALTA")


def _codes(n: int) -> tuple[list[str], list[str]]:
    """Codes in an order of their own, and their diagnoses as published."""
    codes = [f"B22-{(7 * i) % n + 1}" for i in range(n)]
    return codes, [WORDS[i % 3] for i in range(n)]


def _dataset(root: Path, n: int = 30, without: tuple[str, ...] = ()) -> Dataset:
    codes, said = _codes(n)
    table = "".join(f"{code},{word}\n" for code, word in zip(codes, said, strict=True))
    text(root / "PatientDiagnosis.csv", f"CODI,DENSITAT\n{table}")
    for number, code in enumerate(code for code in codes if code not in without):
        patch(root / "Cropped_Patches" / f"{code}_0" / "1.png", number)
    return layout.load(root)


def _alone(dataset: Dataset) -> dict[str, str]:
    return {p.id: p.id for p in dataset.cohort.patients}


def test_every_patient_is_held_out_once_and_never_trained_on_in_that_fold(tmp_path: Path) -> None:
    dataset = _dataset(tmp_path)
    made = divide(dataset, Split.FOLDS, 5, _alone(dataset), seed=0)
    held_out = [p.id for fold in made.folds for p in fold.held_out]
    assert sorted(held_out) == sorted(_alone(dataset))
    assert all(not {p.id for p in fold.held_out} & {p.id for p in fold.training} for fold in made.folds)
    assert all(densities(fold.held_out) == {"negative": 2, "low": 2, "high": 2} for fold in made.folds)


def test_patients_of_one_group_are_held_out_together(tmp_path: Path) -> None:
    dataset = _dataset(tmp_path)
    groups = _alone(dataset) | {"B22-3": "B22-2", "B22-11": "B22-2"}
    for seed in range(5):
        made = divide(dataset, Split.FOLDS, 5, groups, seed)
        fold = {p.id: fold.number for fold in made.folds for p in fold.held_out}
        assert fold["B22-2"] == fold["B22-3"] == fold["B22-11"]


@pytest.mark.parametrize("supervision", list(Supervision))
def test_what_is_held_out_has_no_other_role(tmp_path: Path, supervision: Supervision) -> None:
    dataset = _dataset(tmp_path)
    text(tmp_path / "labels.csv", "ID,Presence\n" + "".join(f"B22-{i}_0.1,{1 - 2 * (i % 2)}\n" for i in range(1, 31)))
    dataset = layout.load(tmp_path)
    fold = divide(dataset, Split.FOLDS, 3, _alone(dataset), seed=0).folds[1]
    roles = parts(fold, supervision, _alone(dataset), 0)
    assert roles[Role.TEST] == fold.held_out
    others = {p.id for role, who in roles.items() if role is not Role.TEST for p in who}
    assert others == {p.id for p in fold.training}


def test_augmented_copies_are_never_scored(tmp_path: Path) -> None:
    patches(tmp_path / "Annotated_Patches", "B22-1_0/1.png", "B22-1_0/1_Aug2.png", "B22-2_0/1.png", "B22-2_0/2.png")
    text(tmp_path / "w.csv", "ID,Presence\nB22-1_0.1,1\nB22-1_0.1_Aug2,1\nB22-2_0.1,-1\nB22-2_0.2,0\n")
    cohort = layout.load(tmp_path).cohort
    assert [p.id for p in scored_patches(cohort.patients)] == ["B22-1_0.1", "B22-2_0.1", "B22-2_0.2"]


def test_the_datasets_own_hold_out_is_in_no_fold_and_a_split_of_its_own(tmp_path: Path) -> None:
    names = [f"CrossValidation/Cropped/B22-{i}_0/1.png" for i in range(1, 9)]
    patches(tmp_path, *names, "HoldOut/B22-9_0/1.png", "HoldOut/B22-10_0/1.png")
    text(tmp_path / "d.csv", "CODI,DENSITAT\n" + "".join(f"B22-{i},{WORDS[i % 2]}\n" for i in range(1, 11)))
    dataset = layout.load(tmp_path)
    folds = divide(dataset, Split.FOLDS, 2, _alone(dataset), seed=0)
    assert set(folds.left_out) == {"B22-9", "B22-10"}
    assert all("split hold-out" in why for why in folds.left_out.values())
    (fold,) = divide(dataset, Split.HOLD_OUT, 2, _alone(dataset), seed=0).folds
    assert {p.id for p in fold.held_out} == {"B22-9", "B22-10"}
    roles = parts(fold, Supervision.NEGATIVE_PATIENTS, _alone(dataset), 0)
    assert {p.id for p in roles[Role.TEST]} == {"B22-9", "B22-10"}


def test_without_a_hold_out_of_its_own_there_is_no_such_split(tmp_path: Path) -> None:
    dataset = _dataset(tmp_path)
    with pytest.raises(NotEnoughDataError, match="held out by the dataset itself"):
        divide(dataset, Split.HOLD_OUT, 5, _alone(dataset), seed=0)


def test_the_seeds_split_is_scikit_learns_over_the_table_in_its_order(tmp_path: Path) -> None:
    codes, said = _codes(60)
    _, expected = train_test_split(codes, test_size=0.2, random_state=42, stratify=said)
    gone = tuple(expected[:2]) + tuple(sorted(set(codes) - set(expected))[:5])
    dataset = _dataset(tmp_path, 60, without=gone)
    (fold,) = divide(dataset, Split.SEED42, 5, _alone(dataset), seed=3).folds
    assert {p.id for p in fold.held_out} == set(expected) - set(gone)
    assert {p.id for p in fold.training} == set(codes) - set(expected) - set(gone)


def test_nobody_who_shares_an_image_with_a_test_patient_of_the_seed_is_trained_on(tmp_path: Path) -> None:
    dataset = _dataset(tmp_path)
    alone = _alone(dataset)
    (fold,) = divide(dataset, Split.SEED42, 5, alone, seed=0).folds
    tested, trained = fold.held_out[0].id, fold.training[0].id
    made = divide(dataset, Split.SEED42, 5, alone | {trained: tested}, seed=0)
    assert made.folds[0].held_out == fold.held_out
    assert trained not in {p.id for p in made.folds[0].training}
    assert "shares an image" in made.left_out[trained]


def test_the_seeds_split_needs_patches_of_its_test_patients(tmp_path: Path) -> None:
    codes, said = _codes(30)
    _, test = train_test_split(codes, test_size=0.2, random_state=42, stratify=said)
    dataset = _dataset(tmp_path, 30, without=tuple(test))
    with pytest.raises(NotEnoughDataError, match="none of the 6 patients that the seed project tests on"):
        divide(dataset, Split.SEED42, 5, _alone(dataset), seed=0)


def test_too_few_patients_for_the_folds_is_told_with_how_many_are_possible(tmp_path: Path) -> None:
    dataset = _dataset(tmp_path, 9)
    with pytest.raises(NotEnoughDataError, match="9 patients cannot make 12 folds") as error:
        divide(dataset, Split.FOLDS, 12, _alone(dataset), seed=0)
    assert "`folds=9`" in error.value.hint


def test_patients_that_nothing_can_be_told_of_are_left_out_with_the_reason(tmp_path: Path) -> None:
    dataset = _dataset(tmp_path)
    patch(tmp_path / "Cropped_Patches" / "B22-99_0" / "1.png", 99)
    dataset = layout.load(tmp_path)
    made = divide(dataset, Split.FOLDS, 3, _alone(dataset), seed=0)
    assert list(made.left_out) == ["B22-99"]


def test_thinning_keeps_labelled_patches_and_the_same_windows_by_seed(tmp_path: Path) -> None:
    patches(tmp_path / "Cropped_Patches", *[f"B22-1_0/{i}.png" for i in range(20)], "B22-2_0/1.png")
    text(tmp_path / "w.csv", "ID,Presence\nB22-1_0.7,1\n")
    cohort = layout.load(tmp_path).cohort
    one, again, other = (thinned(cohort, 5, seed) for seed in (0, 0, 1))
    assert one == again != other
    first = one.patients[0]
    assert 5 <= len(first.of(Origin.CROPPED)) <= 6
    assert any(p.label is PatchLabel.POSITIVE for p in first.patches)
    assert one.patients[1] == cohort.patients[1]
