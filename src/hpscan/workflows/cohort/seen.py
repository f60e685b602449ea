"""Which patients of a dataset a model has already been shown, so that nobody is tested on what was learned."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hpscan.data.images.inspection import alike, likeness, shows_nothing
from hpscan.store.manifest import Role

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hpscan.core.cohort import Patch, Patient
    from hpscan.store.manifest import Manifest, PatientRecord


@dataclass(frozen=True, slots=True)
class Seen:
    """Patients of a dataset by what the model knows of them.

    Attributes:
        role: What each patient that the model was shown was used for, by id; the held-out are not in it.
        held_out: Ids of the patients that the model's own training held out.
        namesakes: Ids that stand in the training cohort too, but for patients with other images.
    """

    role: dict[str, Role]
    held_out: frozenset[str]
    namesakes: frozenset[str]


def seen(manifest: Manifest, patients: Sequence[Patient], sha256: Mapping[Patch, str]) -> Seen:
    """Compare patients with those of the training cohort, by name and by images.

    Patients of one name are the same unless patches of the same number can be compared and none of them is the
    same image, also when saved again. Patients of different names are the same when they share an image that shows
    something. The manifest knows up to `IMAGES_KEPT` images of each training patient.

    Args:
        manifest: The model's.
        patients: Those of the dataset.
        sha256: Digests of their files.
    """
    by_name: dict[str, list[PatientRecord]] = defaultdict(list)
    for record in manifest.patients:
        by_name[record.digest].append(record)
    by_image = {image: record for record in manifest.patients for image in record.images.values()}
    role: dict[str, Role] = {}
    held_out, namesakes = set(), set()
    for patient in patients:
        files = {p: sha256[p] for p in patient.patches if p in sha256}
        named = by_name.get(manifest.digest(patient.id), [])
        same = [record for record in named if not _differ(record, manifest, files)]
        if named and not same:
            namesakes.add(patient.id)
        shared = [(by_image[digest], p) for p, digest in files.items() if digest in by_image]
        shown = [record for record, patch in shared if record not in same and not shows_nothing(patch)]
        roles = {r.role for r in (*same, *shown)}
        used = roles - {Role.TEST}
        if used:
            role[patient.id] = min(used, key=list(Role).index)
        elif roles:
            held_out.add(patient.id)
    return Seen(role, frozenset(held_out), frozenset(namesakes - role.keys() - held_out))


def _differ(record: PatientRecord, manifest: Manifest, files: Mapping[Patch, str]) -> bool:
    """Whether patches of the same number can be compared, and none of them is the same image."""
    comparable = {key: patch for patch in files if (key := manifest.digest(patch.id)) in record.images}
    return bool(comparable) and not any(
        record.images[key] == files[patch] or alike(record.likeness.get(key, ""), likeness(patch))
        for key, patch in comparable.items()
    )
