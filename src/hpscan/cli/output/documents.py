"""Documents that several commands print with `--json`, and how they are made of values.

A command's own document stands in its `view`. JSON schemas of all of them are in docs/reference/schemas.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from hpscan.core.choices import Aggregation
from hpscan.core.compression import Source
from hpscan.core.errors import HpscanError
from hpscan.report.text import reasons as text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hpscan.core.compression import Compression
    from hpscan.core.decision import OperatingPoint, Threshold
    from hpscan.core.reasons import Reason
    from hpscan.data.images.batches import Rejection
    from hpscan.store.default_model import Chosen
    from hpscan.store.models import StoredModel

ModelChosen = Literal["named", "pinned", "newest", "bundled"]


class Document(BaseModel):
    """What a command prints as JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class WarningDocument(Document):
    """What a reader must know of metrics."""

    code: str = Field(description="Its kind.")
    message: str
    numbers: dict[str, float]
    items: list[str] = Field(description="What it is about.")


class CompressionDocument(Document):
    """Patches that were compressed in one way."""

    patches: int
    source: Literal["tables", "pixels"] | None = Field(
        description="`tables`: the files are JPEG and say so; `pixels`: their pixels show that they once were; null without a trace of JPEG."
    )
    quality: int | None = Field(description="1 to 100, as the Independent JPEG Group counts; null where unknown.")
    subsampling: str | None = Field(description="`4:4:4`, `4:2:2`, `4:2:0`, ...; null where unknown.")
    standard: bool | None = Field(
        description="Whether the tables are those of the Independent JPEG Group; null without tables."
    )


class ThresholdDocument(Document):
    """A threshold and where it comes from."""

    value: float = Field(description="At or above this a value is positive.")
    criterion: str
    n_negative: int = Field(description="Negative cases that it was chosen on.")
    n_positive: int = Field(description="Positive cases that it was chosen on.")
    note: str = Field(description="What to know before trusting it; empty if nothing.")
    note_code: str = Field(description="threshold-separates-nothing where no finding can rest on it; otherwise empty.")


class ThresholdsDocument(Document):
    """The thresholds of an operating point."""

    patch: ThresholdDocument
    patient: ThresholdDocument
    density: ThresholdDocument | None
    aggregation: Literal["fraction-positive", "top-k-mean", "max"] = Field(
        description="How patch scores become the patient-level score, which the patient and the density threshold part."
    )
    top_k: int | None = Field(
        description="The share of highest scores that top-k-mean averages, in per cent; null for the others."
    )


class ModelDocument(Document):
    """A stored model."""

    name: str
    path: str
    bundled: bool = Field(
        validation_alias=AliasChoices("bundled", "boxed"), description="Whether it is the bundled model."
    )
    backend: str
    created: str = Field(description="ISO 8601.")
    hpscan: str = Field(description="Version that made it.")
    seed: int
    interrupted: bool
    bytes: int = Field(description="Size of the weights.")
    patients: dict[str, int] = Field(description="Patients by what they were used for.")
    cohort_fingerprint: str
    thresholds: ThresholdsDocument
    default: Literal["pinned", "newest", "bundled"] | None = Field(
        description="Why commands take it where no --model is given; null where they do not."
    )


class RejectionDocument(Document):
    """A file that could not be used."""

    file: str
    reason: str


class ReasonDocument(Document):
    """What a reader must know of a result, for people and for scripts."""

    code: str = Field(description="What it is about, one of docs/reference/codes.md; it does not change.")
    message: str = Field(description="The sentence that people read; it may be worded anew.")
    numbers: dict[str, float] = Field(description="The numbers behind it, by name.")
    items: list[str] = Field(description="The names concerned, all of them.")


def compression(patches: Iterable[Compression | None]) -> list[CompressionDocument]:
    """How patches were compressed, the most frequent way first."""
    return [
        CompressionDocument(
            patches=n,
            source=way.source.value if way else None,
            quality=way.quality if way else None,
            subsampling=way.subsampling if way else None,
            standard=way.standard if way and way.source is Source.TABLES else None,
        )
        for way, n in Counter(patches).most_common()
    ]


def threshold(value: Threshold) -> ThresholdDocument:
    """One threshold."""
    return ThresholdDocument(
        value=value.value,
        criterion=value.criterion,
        n_negative=value.n_negative,
        n_positive=value.n_positive,
        note=value.note,
        note_code=value.code,
    )


def warnings(reasons: Iterable[Reason]) -> list[WarningDocument]:
    """What to know of metrics."""
    return [
        WarningDocument(
            code=reason.kind.value,
            message=text.describe_reason(reason),
            numbers=dict(reason.numbers),
            items=list(reason.items),
        )
        for reason in reasons
    ]


def thresholds(point: OperatingPoint) -> ThresholdsDocument:
    """The thresholds of an operating point."""
    return ThresholdsDocument(
        patch=threshold(point.patch),
        patient=threshold(point.patient),
        density=None if point.density is None else threshold(point.density),
        aggregation=point.aggregation.value,
        top_k=point.top_k if point.aggregation is Aggregation.TOP_K_MEAN else None,
    )


def model(stored: StoredModel, default: Chosen | None) -> ModelDocument:
    """A stored model; `taken` is the one that is taken where none is named."""
    from hpscan.store.manifest import Role

    manifest = stored.manifest
    return ModelDocument(
        name=stored.path.name,
        path=str(stored.path),
        bundled=stored.bundled,
        backend=manifest.backend.name,
        created=manifest.created.isoformat(),
        hpscan=manifest.hpscan,
        seed=manifest.training.seed,
        interrupted=manifest.training.interrupted,
        bytes=stored.size,
        patients={role.value: manifest.count(role) for role in Role},
        cohort_fingerprint=manifest.cohort_fingerprint,
        thresholds=thresholds(manifest.operating_point.point()),
        default=default.how.value if default is not None and default.model.path == stored.path else None,  # type: ignore[arg-type]
    )


def default_model() -> Chosen | None:
    """The model that is taken where none is named; None where that is an error."""
    from hpscan.store import default_model as chosen

    try:
        return chosen.default()
    except HpscanError:
        return None


def rejections(rejected: Sequence[Rejection]) -> list[RejectionDocument]:
    """Files that could not be used."""
    return [RejectionDocument(file=str(r.patch.path), reason=r.reason) for r in rejected]


def reasons(reasons_: Sequence[Reason]) -> list[ReasonDocument]:
    """Reasons, each with its code, its sentence and its numbers."""
    return [ReasonDocument.model_validate(text.reason_details(reason)) for reason in reasons_]
