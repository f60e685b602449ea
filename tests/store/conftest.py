"""Manifests to store."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from hpscan.core.choices import Aggregation
from hpscan.core.cohort import Density
from hpscan.core.decision import Threshold
from hpscan.store.manifest import (
    BackendRecord,
    HistogramRecord,
    InputRecord,
    Manifest,
    OperatingRecord,
    PatientRecord,
    Role,
    TrainingRecord,
    digest,
)

if TYPE_CHECKING:
    from collections.abc import Callable

CREATED = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def make_manifest() -> Callable[..., Manifest]:
    """Makes a manifest of two patients, Patient1 and Patient2, its parts changed as given."""

    def make(**parts: Any) -> Manifest:
        operating = OperatingRecord(
            patch=Threshold(0.125, "specificity=0.99", 100, 0, "f00", "too few"),
            patient=Threshold(0.01, "fallback"),
            density=None,
            aggregation=Aggregation.FRACTION_POSITIVE,
            created=CREATED,
            histogram=HistogramRecord(edges=(0.0, 0.5, 1.0), negative=(9, 1), infected=(5, 5)),
        )
        usual: dict[str, Any] = {
            "hpscan": "0.1.0",
            "created": CREATED,
            "name": "mine",
            "backend": BackendRecord(name="redness", distribution="hpscan", version="0.1.0"),
            "settings": {"hue_low": -20.0, "score": "red-residual"},
            "input": InputRecord(size=(256, 256)),
            "training": TrainingRecord(
                seed=3,
                device="cpu",
                seconds=1.5,
                interrupted=False,
                arguments={"epochs": 2, "out": None},
                versions={"python": "3.11"},
                history=({"epoch": 1, "loss": 0.25},),
            ),
            "cohort_fingerprint": "f00",
            "salt": "s",
            "densities": {Density.NEGATIVE: 1, "unknown": 1},
            "patients": (
                PatientRecord(
                    digest=digest("s", "Patient1"), role=Role.TRAINING, images={digest("s", "Patient1.00001"): "ab"}
                ),
                PatientRecord(digest=digest("s", "Patient2"), role=Role.TEST, images={}),
            ),
            "operating_point": operating,
            "files": {},
        }
        return Manifest(**(usual | parts))

    return make
