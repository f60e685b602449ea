"""What a model's folder says of it: who was used for what, and the model card."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpscan.data.images import inspection as integrity
from hpscan.report.text.card import model_card
from hpscan.store.manifest import IMAGES_KEPT, PatientRecord, Role, digest
from hpscan.store.models import PLOTS
from hpscan.workflows.training.plots import GALLERIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hpscan.core.cohort import Patch, Patient
    from hpscan.store.manifest import Manifest


def patient_records(
    roles: Mapping[Role, Sequence[Patient]], sha256: Mapping[Patch, str], salt: str
) -> tuple[PatientRecord, ...]:
    """Records of all patients, without their names, in order of their digests."""
    records = [_record(patient, role, sha256, salt) for role, patients in roles.items() for patient in patients]
    return tuple(sorted(records, key=lambda record: record.digest))


def _record(patient: Patient, role: Role, sha256: Mapping[Patch, str], salt: str) -> PatientRecord:
    kept = {digest(salt, patch.id): patch for patch in [p for p in patient.patches if p in sha256][:IMAGES_KEPT]}
    seen = {key: integrity.likeness(patch) for key, patch in kept.items()}
    return PatientRecord(
        digest=digest(salt, patient.id),
        role=role,
        images={key: sha256[patch] for key, patch in kept.items()},
        likeness={key: bits for key, bits in seen.items() if bits},
    )


def card(manifest: Manifest, plots: Iterable[str] = (), folder: str = PLOTS) -> str:
    """The model card of a manifest; `plots` are the names of the plots in the `folder` beside it."""
    backend = manifest.backend
    training = manifest.training
    return model_card(
        name=manifest.name,
        backend=f"{backend.name} ({backend.distribution} {backend.version})",
        made_by=f"hpscan {manifest.hpscan}, {manifest.created.isoformat()}, seed {training.seed}, "
        f"{training.device}, {training.seconds:.0f} s",
        settings=manifest.settings,
        patients={role.value: manifest.count(role) for role in Role}
        if manifest.patients
        else {str(density): n for density, n in manifest.densities.items()},
        cohort=manifest.cohort_fingerprint,
        point=manifest.operating_point.point(),
        pretrained=training.pretrained,
        galleries=() if manifest.phantom else [f"{folder}/{name}" for name in plots if name in GALLERIES],
    )
