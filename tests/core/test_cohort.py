"""Patients and cohorts hold together: diagnosis and infection agree, nobody stands twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from hpscan.core.cohort import Cohort, Density, Origin, Patch, Patient


def _patch(patch_id: str, *, origin: Origin = Origin.CROPPED, augmented: bool = False) -> Patch:
    return Patch(patch_id, "p", "", Path(f"{patch_id}.png"), origin, augmented=augmented)


def _cohort(*ids: str) -> Cohort:
    return Cohort(tuple(Patient(i, None, (_patch(f"{i}.1"), _patch(f"{i}.2", augmented=True))) for i in ids))


@pytest.mark.parametrize(
    ("density", "infected"), [(Density.NEGATIVE, False), (Density.LOW, True), (Density.HIGH, True), (None, None)]
)
def test_infection_follows_from_the_density(density: Density | None, infected: bool | None) -> None:
    assert Patient("p", density, ()).infected is infected


def test_infection_can_be_known_without_the_density() -> None:
    patient = Patient("p", None, (), infected=True)
    assert patient.infected is True
    assert patient.density is None


@pytest.mark.parametrize(("density", "infected"), [(Density.NEGATIVE, True), (Density.LOW, False)])
def test_a_density_that_contradicts_the_infection_is_refused(density: Density, infected: bool) -> None:
    with pytest.raises(ValueError, match="patient p: density"):
        Patient("p", density, (), infected=infected)


def test_a_density_that_agrees_with_the_infection_is_taken() -> None:
    assert Patient("p", Density.HIGH, (), infected=True).infected is True


@pytest.mark.parametrize(
    ("density", "infected", "word"),
    [
        (Density.NEGATIVE, None, "negative"),
        (Density.LOW, None, "low"),
        (None, True, "infected"),
        (None, False, "negative"),
        (None, None, "unknown"),
    ],
)
def test_a_diagnosis_is_one_word(density: Density | None, infected: bool | None, word: str) -> None:
    assert Patient("p", density, (), infected=infected).diagnosis == word


def test_augmented_copies_are_left_out_unless_asked_for() -> None:
    patches = (_patch("p.1"), _patch("p.1_Aug1", augmented=True), _patch("p.2", origin=Origin.ANNOTATED))
    patient = Patient("p", None, patches)
    assert [p.id for p in patient.of(Origin.CROPPED)] == ["p.1"]
    assert [p.id for p in patient.of(Origin.CROPPED, augmented=True)] == ["p.1", "p.1_Aug1"]
    assert [p.id for p in patient.of(Origin.ANNOTATED)] == ["p.2"]
    assert [p.id for p in Cohort((patient,)).patches()] == ["p.1", "p.2"]
    assert len(Cohort((patient,)).patches(augmented=True)) == 3


def test_a_cohort_that_names_a_patient_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="once"):
        _cohort("a", "b", "a")
