"""The manifest of a trained model: everything about it but its weights, as JSON."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from hpscan.core.choices import Aggregation
from hpscan.core.cohort import Density
from hpscan.core.decision import TOP_K, OperatingPoint, Threshold
from hpscan.store.account import AccountRecord

FORMAT: Literal[1] = 1
IMAGES_KEPT = 20
"""Images of each patient whose digests the manifest keeps, to recognise the patient under another name."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")


class Role(StrEnum):
    """What a patient was used for."""

    TRAINING = "training"
    VALIDATION = "validation"
    CALIBRATION = "calibration"
    TEST = "test"

    @classmethod
    def _missing_(cls, value: object) -> Role | None:
        """What models and benchmarks of earlier versions call it."""
        return _OLD_ROLES.get(value) if isinstance(value, str) else None


_OLD_ROLES = {
    "fit": Role.TRAINING,
    "early-stopping": Role.VALIDATION,
    "operating-point": Role.CALIBRATION,
    "held-out": Role.TEST,
}


class BackendRecord(_Part):
    """Which backend made the model."""

    name: str
    distribution: str
    version: str


class FileRecord(_Part):
    """One file beside the manifest."""

    sha256: str
    size: int = Field(description="Bytes.")


class PatientRecord(_Part):
    """One patient of the training cohort, without the name."""

    digest: str = Field(description="SHA-256 of salt and patient id, 16 hex digits.")
    role: Role
    images: dict[str, str] = Field(description="Digest of a patch id -> SHA-256 of its file, of up to 20 patches.")
    likeness: dict[str, str] = Field(
        default_factory=dict, description="The same -> 64 bits that survive saving the image again."
    )


class HistogramRecord(_Part):
    """Scores of patches that the operating point was chosen on."""

    edges: tuple[float, ...] = Field(description="Bin edges, in units of the score.")
    negative: tuple[int, ...] = Field(description="Patches of patients diagnosed negative, by bin.")
    infected: tuple[int, ...] = Field(description="Patches of infected patients, by bin.")


class ValueRecord(_Part):
    """One diagnosed patient that the operating point was chosen on, without a name."""

    diagnosis: Literal["negative", "low", "high", "infected"] = Field(
        description="`infected` where the density is not known."
    )
    value: float = Field(description="The patient-level score: what the aggregation made of the patch scores.")
    fraction: float = Field(description="Proportion of positive patches, 0..1.")


class OperatingRecord(_Part):
    """An operating point and what it was chosen on."""

    patch: Threshold
    patient: Threshold
    density: Threshold | None
    aggregation: Aggregation
    top_k: int = Field(
        default=TOP_K,
        ge=1,
        le=100,
        description="Per cent of the scores that `top-k-mean` averages; nothing to another aggregation.",
    )
    created: AwareDatetime
    histogram: HistogramRecord
    patients: tuple[ValueRecord, ...] = Field(
        default=(),
        description="Patient-level scores of the patients whose patches were all cropped, from low to high; models of earlier versions have none.",
    )
    account: AccountRecord | None = Field(
        default=None, description="What became of everything in the dataset that it was chosen on."
    )

    def point(self) -> OperatingPoint:
        """The value."""
        return OperatingPoint(self.patch, self.patient, self.density, self.aggregation, self.top_k)


class InputRecord(_Part):
    """What the model was fitted to see."""

    size: tuple[int, int] | None = Field(description="Width and height in pixels; null if nothing was learned.")
    colour: Literal["RGB"] = "RGB"
    stain: str = "H. pylori immunohistochemistry, DAB with hematoxylin"
    tissue: str = "gastric biopsy"


class FitFacts(_Part):
    """What a fit took and learned from: measured once, stored, shown and compared."""

    seconds: float = Field(description="Time that the backend took.")
    patches: int = Field(description="Patches that it was fitted on.")
    positive: int | None = Field(description="Patches labelled positive; null where labels are not learned from.")
    other_size: int = Field(description="Patches left out because they are not of the most common size.")
    per_second: float | None = Field(description="Patches a second, mean over epochs; null without epochs.")
    rejected: int = Field(description="Patches that could not be read.")
    history: tuple[dict[str, float], ...]
    pretrained: dict[str, str]


class TrainingRecord(_Part):
    """How it was fitted."""

    seed: int
    device: str
    seconds: float
    interrupted: bool
    arguments: dict[str, Any]
    versions: dict[str, str]
    history: tuple[dict[str, float], ...]
    pretrained: dict[str, str] = Field(
        default_factory=dict, description="Where the weights that training started from came from; empty if none did."
    )


class Manifest(_Part):
    """The manifest itself."""

    format: Literal[1] = FORMAT
    hpscan: str
    created: AwareDatetime
    name: str
    default: bool = Field(
        default=True,
        description="Whether it is the default once it is the newest; not so after training with `use=False`.",
    )
    backend: BackendRecord
    settings: dict[str, Any]
    input: InputRecord
    training: TrainingRecord
    cohort_fingerprint: str
    phantom: bool = Field(default=False, description="Whether the cohort is synthetic: patches that hpscan made.")
    salt: str
    densities: dict[Density | Literal["unknown"], int] = Field(description="Patients of the cohort by diagnosis.")
    patients: tuple[PatientRecord, ...]
    operating_point: OperatingRecord
    previous_operating_points: tuple[OperatingRecord, ...] = ()
    files: dict[str, FileRecord]

    def digest(self, text: str) -> str:
        """How this manifest writes a patient's or a patch's id."""
        return digest(self.salt, text)

    def count(self, role: Role) -> int:
        """Patients of that role."""
        return sum(p.role is role for p in self.patients)


def digest(salt: str, text: str) -> str:
    """16 hex digits that stand for an id."""
    return hashlib.sha256(f"{salt}\0{text}".encode(errors="surrogateescape")).hexdigest()[:16]


def now() -> datetime:
    """The time, to the second, with its zone."""
    return datetime.now(UTC).replace(microsecond=0)
