from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpscan.core.backend import Supervision
from hpscan.core.cohort import Cohort, Density, Origin, Patch, PatchLabel, Patient
from hpscan.core.errors import NotEnoughDataError
from hpscan.store.manifest import Role
from hpscan.workflows.training.partition import partition, training_patches


def _patient(
    number: int, density: Density | None, *, held_out: bool = False, label: PatchLabel | None = None
) -> Patient:
    name = f"P{number}"
    patch = Patch(f"{name}.1", name, "", Path(name), Origin.CROPPED, label=label)
    return Patient(name, density, (patch,), held_out=held_out)


def _cohort(negative: int, infected: int, label: PatchLabel | None = None) -> Cohort:
    densities = [Density.NEGATIVE] * negative + [Density.HIGH] * infected
    return Cohort(tuple(_patient(i, d, label=label) for i, d in enumerate(densities)))


def _alone(cohort: Cohort) -> dict[str, str]:
    return {p.id: p.id for p in cohort.patients}


@given(negative=st.integers(4, 30), infected=st.integers(0, 30), hold_out=st.sampled_from([0.0, 0.2, 0.5]))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_every_patient_has_one_role(negative: int, infected: int, hold_out: float) -> None:
    cohort = _cohort(negative, infected)
    try:
        roles = partition(cohort, Supervision.NEGATIVE_PATIENTS, _alone(cohort), hold_out, seed=0)
    except NotEnoughDataError:
        assert negative * (1 - hold_out) < 5
        return
    everybody = [p.id for patients in roles.values() for p in patients]
    assert sorted(everybody) == sorted(p.id for p in cohort.patients)
    learned = [*roles[Role.TRAINING], *roles[Role.VALIDATION]]
    assert all(p.infected is False for p in learned)
    assert all(roles[role] for role in (Role.TRAINING, Role.VALIDATION, Role.CALIBRATION))


@pytest.mark.parametrize(
    ("supervision", "parts"),
    [(Supervision.NEGATIVE_PATIENTS, [15, 5, 15]), (Supervision.LABELLED_PATCHES, [20, 5, 10])],
)
def test_of_seven_parts_one_stops_early_and_two_or_three_choose_the_operating_point(
    supervision: Supervision, parts: list[int]
) -> None:
    cohort = _cohort(35, 0, PatchLabel.NEGATIVE)
    roles = partition(cohort, supervision, _alone(cohort), 0, seed=0)
    assert [len(roles[r]) for r in (Role.TRAINING, Role.VALIDATION, Role.CALIBRATION)] == parts


def test_a_backend_that_learns_nothing_leaves_everybody_to_the_operating_point() -> None:
    cohort = _cohort(5, 5)
    roles = partition(cohort, Supervision.NOTHING, _alone(cohort), 0.2, seed=0)
    assert (len(roles[Role.CALIBRATION]), len(roles[Role.TEST])) == (8, 2)


def test_patients_that_the_dataset_holds_out_are_never_learned_from() -> None:
    extra = tuple(_patient(100 + i, Density.NEGATIVE, held_out=True) for i in range(3))
    cohort = Cohort((*_cohort(10, 2).patients, *extra))
    roles = partition(cohort, Supervision.NEGATIVE_PATIENTS, _alone(cohort), 0, seed=0)
    assert roles[Role.TEST] == extra


def test_too_few_negative_patients_is_an_error_with_the_number() -> None:
    cohort = _cohort(2, 9)
    with pytest.raises(NotEnoughDataError, match="2 patients diagnosed negative"):
        partition(cohort, Supervision.NEGATIVE_PATIENTS, _alone(cohort), 0, seed=0)


def test_what_is_learned_from_follows_label_diagnosis_and_augmentation() -> None:
    def patch(number: int, label: PatchLabel | None, *, augmented: bool = False) -> Patch:
        return Patch(f"P.{number}", "P", "", Path("x"), Origin.ANNOTATED, label, augmented=augmented)

    negative, uncertain, positive = (patch(i + 2, PatchLabel(i)) for i in (-1, 0, 1))
    plain, copy = patch(9, None), patch(10, PatchLabel.NEGATIVE, augmented=True)
    patches = (negative, uncertain, positive, plain, copy)
    healthy, infected = Patient("P", Density.NEGATIVE, patches), Patient("P", Density.LOW, patches)
    assert training_patches(healthy, Supervision.NEGATIVE_PATIENTS) == (negative, plain)
    assert training_patches(infected, Supervision.NEGATIVE_PATIENTS) == ()
    assert training_patches(infected, Supervision.LABELLED_PATCHES) == (negative, positive)
    assert training_patches(healthy, Supervision.NOTHING) == ()


@pytest.mark.parametrize("seed", range(8))
def test_few_patients_with_positive_patches_are_fitted_on_first_and_stop_early_second(seed: int) -> None:
    infected = [_patient(i, Density.HIGH, label=PatchLabel.POSITIVE) for i in range(5)]
    others = [_patient(10 + i, Density.NEGATIVE, label=PatchLabel.NEGATIVE) for i in range(9)]
    cohort = Cohort((*infected, *others))
    roles = partition(cohort, Supervision.LABELLED_PATCHES, _alone(cohort), 0, seed)
    count = {role: sum(p.infected is True for p in patients) for role, patients in roles.items()}
    assert count == {Role.TRAINING: 3, Role.VALIDATION: 1, Role.CALIBRATION: 1, Role.TEST: 0}
    assert all(any(not p.infected for p in roles[r]) for r in (Role.TRAINING, Role.VALIDATION, Role.CALIBRATION))
