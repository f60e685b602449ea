"""Patients that a model was shown are recognised by name and by images; namesakes and patients held out are told apart."""

from __future__ import annotations

import hashlib
import itertools
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from hpscan.core.cohort import Origin, Patch, Patient
from hpscan.store.manifest import IMAGES_KEPT, Role
from hpscan.workflows.cohort.seen import seen
from hpscan.workflows.training.records import patient_records

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from hpscan.store.manifest import Manifest
    from hpscan.workflows.training.train import Training

pytestmark = pytest.mark.xdist_group("trained")

SEEDS = itertools.count()


def _patient(
    folder: Path, name: str, n: int = 3, copy_of: Patient | None = None, quality: int | None = None
) -> Patient:
    """A patient with n textured patches, or with the images of another one, as files or saved again as JPEG."""
    patches = []
    for number in range(n):
        path = folder / name / f"{number:03d}.{'png' if quality is None else 'jpg'}"
        path.parent.mkdir(parents=True, exist_ok=True)
        if copy_of is None:
            rng = np.random.default_rng(next(SEEDS))
            image = Image.fromarray(rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)).resize((64, 64))
            image.save(path)
        elif quality is None:
            path.write_bytes(copy_of.patches[number].path.read_bytes())
        else:
            Image.open(copy_of.patches[number].path).save(path, quality=quality)
        patches.append(Patch(f"{name}.{number:03d}", name, "", path, Origin.CROPPED))
    return Patient(name, None, tuple(patches))


def _digests(*patients: Patient) -> Mapping[Patch, str]:
    return {p: hashlib.sha256(p.path.read_bytes()).hexdigest() for patient in patients for p in patient.patches}


@pytest.fixture
def manifest(training: Training) -> Manifest:
    """A manifest that names no patient yet."""
    return training.model.manifest.model_copy(update={"patients": ()})


def _shown(manifest: Manifest, roles: dict[Role, list[Patient]]) -> Manifest:
    everybody = [patient for patients in roles.values() for patient in patients]
    return manifest.model_copy(update={"patients": patient_records(roles, _digests(*everybody), manifest.salt)})


@pytest.mark.parametrize("role", [Role.TRAINING, Role.VALIDATION, Role.CALIBRATION])
def test_a_patient_keeps_the_role_it_was_used_in(manifest: Manifest, tmp_path: Path, role: Role) -> None:
    patient, stranger = _patient(tmp_path, "A"), _patient(tmp_path, "B")
    found = seen(_shown(manifest, {role: [patient]}), [patient, stranger], _digests(patient, stranger))
    assert (found.role, found.held_out, found.namesakes) == ({"A": role}, frozenset(), frozenset())


def test_a_patient_held_out_has_no_role(manifest: Manifest, tmp_path: Path) -> None:
    patient = _patient(tmp_path, "A")
    found = seen(_shown(manifest, {Role.TEST: [patient]}), [patient], _digests(patient))
    assert (found.role, found.held_out) == ({}, {"A"})


def test_who_shares_images_with_patients_of_two_roles_has_the_one_that_was_learned_from(
    manifest: Manifest, tmp_path: Path
) -> None:
    one, other = _patient(tmp_path, "A", 1), _patient(tmp_path, "B", 1)
    both = Patient("C", None, (*one.patches, *other.patches))
    shown = _shown(manifest, {Role.CALIBRATION: [one], Role.TRAINING: [other]})
    assert seen(shown, [both], _digests(both)).role == {"C": Role.TRAINING}


def test_a_patient_under_another_name_is_known_by_its_images(manifest: Manifest, tmp_path: Path) -> None:
    patient = _patient(tmp_path, "A")
    renamed = _patient(tmp_path, "X", copy_of=patient)
    found = seen(_shown(manifest, {Role.TRAINING: [patient]}), [renamed], _digests(renamed))
    assert (found.role, found.namesakes) == ({"X": Role.TRAINING}, frozenset())


def test_of_more_than_twenty_images_the_first_ones_are_known(manifest: Manifest, tmp_path: Path) -> None:
    patient = _patient(tmp_path, "A", IMAGES_KEPT + 2)
    shown = _shown(manifest, {Role.TRAINING: [patient]})
    (record,) = shown.patients
    assert len(record.images) == IMAGES_KEPT
    first, last = (
        Patient(name, None, patches) for name, patches in (("X", patient.patches[:1]), ("Y", patient.patches[-1:]))
    )
    assert seen(shown, [first, last], _digests(first, last)).role == {"X": Role.TRAINING}


def test_a_patient_of_whom_no_kept_image_is_there_is_known_by_name(manifest: Manifest, tmp_path: Path) -> None:
    patient = _patient(tmp_path, "A", IMAGES_KEPT + 2)
    rest = Patient("A", None, patient.patches[IMAGES_KEPT:])
    found = seen(_shown(manifest, {Role.TRAINING: [patient]}), [rest], _digests(rest))
    assert (found.role, found.namesakes) == ({"A": Role.TRAINING}, frozenset())


def test_a_namesake_has_other_images_of_the_same_numbers(manifest: Manifest, tmp_path: Path) -> None:
    patient, namesake = _patient(tmp_path / "one", "A"), _patient(tmp_path / "two", "A")
    found = seen(_shown(manifest, {Role.TRAINING: [patient]}), [namesake], _digests(namesake))
    assert (found.role, found.held_out, found.namesakes) == ({}, frozenset(), {"A"})


def test_images_that_were_saved_again_make_no_namesake(manifest: Manifest, tmp_path: Path) -> None:
    patient = _patient(tmp_path / "one", "A")
    again = _patient(tmp_path / "two", "A", copy_of=patient, quality=80)
    assert not set(_digests(patient).values()) & set(_digests(again).values())
    found = seen(_shown(manifest, {Role.TRAINING: [patient]}), [again], _digests(again))
    assert (found.role, found.namesakes) == ({"A": Role.TRAINING}, frozenset())


def test_a_shared_image_that_shows_nothing_makes_nobody_the_same(manifest: Manifest, tmp_path: Path) -> None:
    blank = [tmp_path / f"{name}.png" for name in "AX"]
    for path in blank:
        Image.fromarray(np.full((64, 64, 3), 230, np.uint8)).save(path)
    patient, other = (
        Patient(path.stem, None, (Patch(f"{path.stem}.0", path.stem, "", path, Origin.CROPPED),)) for path in blank
    )
    assert seen(_shown(manifest, {Role.TRAINING: [patient]}), [other], _digests(other)).role == {}
