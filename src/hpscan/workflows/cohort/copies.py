"""Byte-identical copies of a patch: they count once, with one label, whatever they are called."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from hpscan.core.cohort import Cohort, PatchLabel

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hpscan.core.cohort import Patch
    from hpscan.data.images.inspection import Inspection


def agreed(labels: Iterable[PatchLabel | None]) -> PatchLabel | None:
    """The label of copies: the one that was given, None where none was, uncertain where they contradict each other."""
    given = {label for label in labels if label is not None}
    if len(given) > 1:
        return PatchLabel.UNCERTAIN
    return given.pop() if given else None


def agree(cohort: Cohort, listing: Inspection) -> tuple[Cohort, Inspection]:
    """The cohort in which all copies of a patch, of one patient and origin, have the label that they agree on.

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
    patients = tuple(replace(one, patches=tuple(changed.get(p, p) for p in one.patches)) for one in cohort.patients)
    return Cohort(patients), replace(
        listing,
        patches=tuple(changed.get(p, p) for p in listing.patches),
        digest={changed.get(p, p): sha256 for p, sha256 in listing.digest.items()},
        rejected={changed.get(p, p): why for p, why in listing.rejected.items()},
        size={changed.get(p, p): size for p, size in listing.size.items()},
    )
