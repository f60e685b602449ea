from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hpscan.core.choices import Aggregation
from hpscan.core.cohort import Density, Origin, Patch, PatchLabel, Patient
from hpscan.core.scores import PatchScores
from hpscan.evaluation.thresholds import Criterion
from hpscan.workflows.scoring.patches import Scored
from hpscan.workflows.training.operating_point import choose, operating_patches


def _patch(patient: str, number: int, origin: Origin, label: PatchLabel | None = None) -> Patch:
    return Patch(f"{patient}.{number}", patient, "", Path(f"{origin}/{patient}/{number}.png"), origin, label)


def _scored(patches: list[Patch], score: list[float]) -> Scored:
    table = PatchScores(
        np.array([p.patient_id for p in patches]),
        np.array([f"{p.origin}/{p.id}" for p in patches]),
        np.array(score),
        np.array([p.label or 0 for p in patches], np.int8),
    )
    return Scored(tuple(patches), table, tuple(p.id for p in patches), (), (), (), 1.0)


def test_a_window_that_is_also_annotated_counts_once() -> None:
    cropped = [_patch("N", i, Origin.CROPPED) for i in range(4)]
    copies = [_patch("N", 3, Origin.ANNOTATED, PatchLabel.NEGATIVE)]
    patient = Patient("N", Density.NEGATIVE, tuple(cropped + copies))
    scored = _scored(cropped + copies, [0.0, 0.1, 0.2, 0.8, 0.8])
    record = choose([patient], scored, Criterion("specificity", 0.7), "f", seed=0)
    # One of four images may lie above; with the copy counted it would be two of five, which is too many.
    assert record.patch.value == 0.5
    assert record.patch.n_negative == 4


def test_patient_thresholds_come_from_cropped_windows_only() -> None:
    patients, patches, score = [], [], []
    for number in range(8):
        infected = number % 2 == 1
        name = f"P{number}"
        own = [_patch(name, i, Origin.CROPPED) for i in range(10)]
        own.append(_patch(name, 99, Origin.ANNOTATED, PatchLabel.POSITIVE if infected else PatchLabel.NEGATIVE))
        patients.append(Patient(name, Density.HIGH if infected else Density.NEGATIVE, tuple(own)))
        patches += own
        score += [1.0 if infected and i < 4 else 0.0 for i in range(10)] + [1.0 if infected else 0.0]
    record = choose(patients, _scored(patches, score), Criterion("specificity", 0.9), "f", seed=0)
    assert record.patient.criterion == "corner"
    assert record.patient.value == 0.2  # half-way between 0 of 10 and 4 of 10 windows
    assert record.density is None


def test_annotated_patches_alone_fall_back_and_say_so() -> None:
    patches = [_patch("N", i, Origin.ANNOTATED, PatchLabel.NEGATIVE) for i in range(3)]
    record = choose(
        [Patient("N", Density.NEGATIVE, tuple(patches))],
        _scored(patches, [0.1, 0.2, 0.3]),
        Criterion("specificity", 0.5),
        "f",
        seed=0,
    )
    assert (record.patient.criterion, record.patient.value) == ("fallback", 0.01)
    assert "one positive patch in a hundred" in record.patient.note


def test_uncertain_and_augmented_patches_choose_nothing() -> None:
    uncertain = _patch("N", 1, Origin.ANNOTATED, PatchLabel.UNCERTAIN)
    augmented = Patch("N.2_Aug1", "N", "", Path("x"), Origin.ANNOTATED, PatchLabel.NEGATIVE, augmented=True)
    plain = _patch("N", 3, Origin.CROPPED)
    assert operating_patches([Patient("N", None, (uncertain, augmented, plain))]) == (plain,)


def _graded() -> tuple[list[Patient], Scored]:
    """Four patients of each density with ten windows: two of LOW reach 2, six of HIGH reach 8, all else is 0 or 1."""
    patients, patches, score = [], [], []
    kinds = {Density.NEGATIVE: (0, 0.0), Density.LOW: (2, 2.0), Density.HIGH: (6, 8.0)}
    for number in range(12):
        density = list(kinds)[number % 3]
        own = [_patch(f"P{number:02d}", i, Origin.CROPPED) for i in range(10)]
        patients.append(Patient(f"P{number:02d}", density, tuple(own)))
        patches += own
        score += [kinds[density][1] if i < kinds[density][0] else float(i == 9) for i in range(10)]
    return patients, _scored(patches, score)


@pytest.mark.parametrize(
    ("aggregation", "top_k", "patient"),
    [
        (Aggregation.MAX, 5, 1.5),
        (Aggregation.TOP_K_MEAN, 20, 1.25),  # 0.5, 2 and 8
        (Aggregation.TOP_K_MEAN, 100, 0.3),  # 0.1, 0.5 and 4.9: the k of the operating point is used
    ],
)
def test_thresholds_on_patients_are_in_units_of_the_aggregation_and_density_is_a_share(
    aggregation: Aggregation, top_k: int, patient: float
) -> None:
    patients, scored = _graded()
    record = choose(patients, scored, Criterion("specificity", 0.9), "f", 0, aggregation, top_k)
    assert record.patient.value == pytest.approx(patient)
    assert record.density is not None
    assert record.density.value == pytest.approx(0.5)  # half-way between 0.3 and 0.7 of the patches
    assert (record.point().aggregation, record.point().top_k) == (aggregation, top_k)


def test_without_diagnosed_windows_scores_fall_back_to_the_patch_threshold() -> None:
    patches = [_patch("N", i, Origin.ANNOTATED, PatchLabel.NEGATIVE) for i in range(3)]
    patient = Patient("N", Density.NEGATIVE, tuple(patches))
    scored = _scored(patches, [0.1, 0.2, 0.3])
    record = choose([patient], scored, Criterion("specificity", 0.5), "f", 0, Aggregation.MAX)
    assert (record.patient.criterion, record.patient.value) == ("fallback", record.patch.value)
