"""What a reader must know of a patient's patches and of what the model knows about the patient."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from hpscan.core.compression import Source
from hpscan.core.reasons import Reason, ReasonKind
from hpscan.workflows.cohort.seen import seen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hpscan.core.cohort import Patch, Patient
    from hpscan.core.compression import Compression
    from hpscan.store.manifest import Manifest
    from hpscan.workflows.scoring.patches import Scored

LEAST_QUALITY = 30
"""JPEG quality below which no model was tested (docs/explanation/compression.md)."""

_SHOWN = 5
"""One patch in so many must show halved colour, and most of those that show anything: pixels of one patch may mislead."""


def patient_remarks(
    patients: Mapping[Patient, Sequence[Patch]], scored: Scored, manifest: Manifest
) -> dict[str, list[Reason]]:
    """Remarks on some of the patients, by id: the model has seen them, or their patches are unlike what it learned from.

    Args:
        patients: The patches that each patient's result rests on.
        scored: What became of them.
        manifest: The model's.
    """
    remarks: dict[str, list[Reason]] = defaultdict(list)
    known = seen(manifest, tuple(patients), dict(zip(scored.patches, scored.sha256, strict=True)))
    for patient_id in known.role:
        remarks[patient_id].append(Reason.of(ReasonKind.SEEN))
    for patient_id in known.namesakes:
        remarks[patient_id].append(Reason.of(ReasonKind.NAMESAKE))
    for patient_id, remark in _other_sizes(scored, manifest.input.size).items():
        remarks[patient_id].append(remark)
    for patient, patches in patients.items():
        if profiles := unreadable_profiles(scored, patches):
            remarks[patient.id].append(profiles)
        if compression := compressed([scored.compression[p] for p in patches if p in scored.compression]):
            remarks[patient.id].append(compression)
    return remarks


def _other_sizes(scored: Scored, fitted: tuple[int, int] | None) -> dict[str, Reason]:
    """Of the patients with a patch of another width and height than `fitted`; of nobody where there is none."""
    if fitted is None:
        return {}
    sizes: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for patch, size in zip(scored.patches, scored.sizes, strict=True):
        sizes[patch.patient_id].append(size)
    return {who: other_size(those, fitted) for who, those in sizes.items() if set(those) != {fitted}}


def other_size(sizes: Sequence[tuple[int, int]], fitted: tuple[int, int]) -> Reason:
    """That some of the patches, of these widths and heights, have others than the model was fitted on."""
    others = Counter(size for size in sizes if size != fitted)
    names = [f"{width} x {height}" for (width, height), _ in others.most_common()]
    width, height = fitted
    count, of = others.total(), len(sizes)
    return Reason.of(ReasonKind.OTHER_SIZE, *names, count=count, of=of, fitted_width=width, fitted_height=height)


def unreadable_profiles(scored: Scored, patches: Sequence[Patch]) -> Reason | None:
    """That some of a patient's patches have colour profiles that could not be read; None where none has."""
    count = sum(ReasonKind.COLOUR_PROFILE_UNREADABLE in scored.remarks.get(patch, ()) for patch in patches)
    if not count:
        return None
    return Reason.of(ReasonKind.COLOUR_PROFILE_UNREADABLE, count=count, listed=len(patches))


def compressed(patches: Sequence[Compression | None]) -> Reason | None:
    """That a patient's patches were compressed so that it matters: colour halved, or a quality below `LEAST_QUALITY`; else None.

    What files say counts for each of them; what pixels show, where most of the patches that can tell agree.
    """
    known = [one for one in patches if one is not None]
    halved = [one.subsampling for one in known if one.halved and one.source is Source.TABLES]
    seen = [one for one in known if one.source is Source.PIXELS and one.subsampling is not None]
    traces = [one.subsampling for one in seen if one.halved]
    if 2 * len(traces) > len(seen) and _SHOWN * len(traces) >= len(patches):
        halved += traces
    qualities = [one.quality for one in known if one.quality is not None]
    coarse = sum(quality < LEAST_QUALITY for quality in qualities)
    if not halved and not coarse:
        return None
    sampling = [str(Counter(halved).most_common(1)[0][0])] if halved else []
    numbers: dict[str, float] = {"of": len(patches), "halved": len(halved), "coarse": coarse, "least": LEAST_QUALITY}
    if qualities:
        numbers["quality"] = min(qualities)
    return Reason.of(ReasonKind.COMPRESSED, *sampling, **numbers)
