"""A labelled dataset with its files read: labels of copies agree, who shares an image is linked, and a lack has its cause."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from hpscan.core.backend import Progress, silent
from hpscan.core.cohort import PatchLabel
from hpscan.core.errors import NotEnoughDataError
from hpscan.data.images import inspection as integrity
from hpscan.report.text.causes import causes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hpscan.core.cohort import Cohort, Patch, Patient
    from hpscan.data.dataset.layout import Dataset
    from hpscan.data.images.inspection import Inspection


def agreed(labels: Iterable[PatchLabel | None]) -> PatchLabel | None:
    """The label of copies: the one that was given, None where none was, uncertain where they contradict each other."""
    distinct = {label for label in labels if label is not None}
    if len(distinct) > 1:
        return PatchLabel.UNCERTAIN
    return distinct.pop() if distinct else None


def inspected(dataset: Dataset, progress: Callable[[Progress], None] = silent) -> tuple[Cohort, Inspection]:
    """The patients of a dataset, copies of a patch labelled alike, and the listing of all files, which are read."""
    listing = integrity.inspect(dataset.cohort.patches(augmented=True), decode=False, progress=progress)
    return agree(dataset.cohort, listing)


def linked(patients: Iterable[Patient], listing: Inspection) -> dict[str, str]:
    """The group of each patient, by id: patients that share an image stay together."""
    groups = {p.id: p.id for p in patients}
    return groups | {member: min(group) for group in listing.linked_patients for member in group}


def agree(cohort: Cohort, listing: Inspection) -> tuple[Cohort, Inspection]:
    """The cohort in which all copies of a patch, of one patient and origin, have the label that they agree on.

    Copies are byte-identical files; they count once, whatever they are called.

    The listing of its files comes back with it, under the patches as they are labelled now.
    """
    changed: dict[Patch, Patch] = {}
    for patient in cohort.patients:
        copies: dict[tuple[object, str], list[Patch]] = defaultdict(list)
        for p in patient.patches:
            if p in listing.digest:
                copies[p.origin, listing.digest[p]].append(p)
        for same in copies.values():
            label = agreed(p.label for p in same)
            changed |= {p: replace(p, label=label) for p in same if p.label is not label}
    if not changed:
        return cohort, listing
    patients = tuple(
        replace(patient, patches=tuple(changed.get(p, p) for p in patient.patches)) for patient in cohort.patients
    )
    return replace(cohort, patients=patients), replace(
        listing,
        patches=tuple(changed.get(p, p) for p in listing.patches),
        digest={changed.get(p, p): sha256 for p, sha256 in listing.digest.items()},
        rejected={changed.get(p, p): why for p, why in listing.rejected.items()},
        size={changed.get(p, p): size for p, size in listing.size.items()},
    )


def with_cause(error: NotEnoughDataError, dataset: Dataset) -> NotEnoughDataError:
    """The same error, with what in the dataset may be its true cause before it; itself where nothing is.

    Tables that were not understood come before "add more patients".
    """
    found = causes(dataset.notes)
    if not found:
        return error
    hint = f"see what was read and what was not: hpscan data check {dataset.root}"
    lack = error.message.partition("; there are")[0]  # how many were left says nothing beside why
    return NotEnoughDataError(f"{'; '.join(found)}; so {lack}", hint=hint, path=error.path)
