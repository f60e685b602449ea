"""A manifest survives its way through JSON, and tells nobody's name."""

from __future__ import annotations

import json
import math
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from hpscan.core.choices import Aggregation
from hpscan.core.decision import OperatingPoint, Threshold
from hpscan.store.manifest import Manifest, Role, TrainingRecord, digest, now

if TYPE_CHECKING:
    from collections.abc import Callable

    Make = Callable[..., Manifest]


def test_a_manifest_comes_back_from_json_as_it_was(make_manifest: Make) -> None:
    manifest = make_manifest()
    assert Manifest.model_validate_json(manifest.model_dump_json(indent=2)) == manifest


def test_an_operating_point_comes_back_to_the_last_digit(make_manifest: Make) -> None:
    value = math.nextafter(0.1, 1)
    operating = make_manifest().operating_point.model_copy(update={"density": Threshold(value, "corner", 4, 5)})
    back = Manifest.model_validate_json(make_manifest(operating_point=operating).model_dump_json())
    assert back.operating_point.point() == OperatingPoint(
        Threshold(0.125, "specificity=0.99", 100, 0, "f00", "too few"),
        Threshold(0.01, "fallback"),
        Threshold(value, "corner", 4, 5),
        Aggregation.FRACTION_POSITIVE,
    )


def test_a_manifest_of_before_there_was_a_k_is_read(make_manifest: Make) -> None:
    manifest = make_manifest()
    old = json.loads(manifest.model_dump_json())
    del old["operating_point"]["top_k"]
    assert Manifest.model_validate_json(json.dumps(old)) == manifest


@pytest.mark.parametrize("aggregation", [Aggregation.TOP_K_MEAN, Aggregation.MAX])
def test_an_aggregation_comes_back_with_its_k(make_manifest: Make, aggregation: Aggregation) -> None:
    operating = make_manifest().operating_point.model_copy(update={"aggregation": aggregation, "top_k": 7})
    back = Manifest.model_validate_json(make_manifest(operating_point=operating).model_dump_json())
    assert (back.operating_point.point().aggregation, back.operating_point.point().top_k) == (aggregation, 7)


def test_no_patient_and_no_patch_is_named(make_manifest: Make) -> None:
    text = make_manifest().model_dump_json()
    assert "Patient1" not in text
    assert "Patient2" not in text
    assert digest("s", "Patient1") in text


def test_a_loss_that_was_no_number_does_not_make_the_manifest_unreadable(make_manifest: Make) -> None:
    training = make_manifest().training.model_dump() | {"history": ({"loss": math.nan, "validation_loss": math.inf},)}
    text = make_manifest(training=TrainingRecord(**training)).model_dump_json()
    json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    figures = Manifest.model_validate_json(text).training.history[0]
    assert math.isnan(figures["loss"])
    assert figures["validation_loss"] == math.inf


def test_a_patient_is_recognised_by_digest_with_the_same_salt_only(make_manifest: Make) -> None:
    manifest = make_manifest()
    assert manifest.digest("Patient1") == manifest.patients[0].digest
    assert digest("another", "Patient1") != manifest.patients[0].digest
    # Salt and id are told apart: moving a letter from one to the other is another digest.
    assert digest("sa", "b") != digest("s", "ab")


def test_a_digest_never_changes_between_versions() -> None:
    # printf 's\0Patient1' | sha256sum | cut -c1-16
    assert digest("s", "Patient1") == "9d019377aa4f001a"


def test_patients_are_counted_by_role(make_manifest: Make) -> None:
    manifest = make_manifest()
    assert [manifest.count(role) for role in (Role.TRAINING, Role.TEST, Role.CALIBRATION)] == [1, 1, 0]


def test_a_field_that_no_manifest_has_is_refused(make_manifest: Make) -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        make_manifest(treshold=0.5)


@pytest.mark.parametrize("created", [datetime(2026, 3, 1), "2026-03-01T12:00:00"])  # noqa: DTZ001  the fault
def test_a_time_without_its_zone_is_refused_for_it_could_not_be_compared(make_manifest: Make, created: Any) -> None:
    with pytest.raises(ValidationError, match="timezone"):
        make_manifest(created=created)


def test_the_time_has_a_zone_and_no_fractions_of_a_second() -> None:
    assert now().tzinfo is not None
    assert now().microsecond == 0
