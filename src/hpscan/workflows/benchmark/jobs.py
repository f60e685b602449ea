"""The cells of a benchmark as jobs: what each is computed from, and the key that tells whether it was computed before."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from hpscan.core.backend import Supervision
from hpscan.core.cohort import PatchLabel
from hpscan.core.errors import NotEnoughDataError
from hpscan.evaluation.thresholds import NO_NEGATIVE
from hpscan.store import runs as cells
from hpscan.store.manifest import Role
from hpscan.workflows.benchmark.protocol import parts
from hpscan.workflows.benchmark.run import Job, name
from hpscan.workflows.benchmark.sources import code, file_digest
from hpscan.workflows.training import operating_point as operate
from hpscan.workflows.training.partition import scored_patches, training_patches

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hpscan.core.cohort import Patch
    from hpscan.data.images.inspection import Inspection
    from hpscan.evaluation.thresholds import Criterion
    from hpscan.workflows.benchmark.protocol import Fold
    from hpscan.workflows.training.settings import ConfiguredBackend


def make(
    one: ConfiguredBackend, fold: Fold, groups: Mapping[str, str], listing: Inspection, device: str, seed: int
) -> Job:
    """The job of one backend on one fold.

    Raises:
        NotEnoughDataError: When the fold leaves too little to learn from.
    """
    roles = parts(fold, one.supervision, groups, seed)
    learned = [patch for p in roles[Role.TRAINING] for patch in training_patches(p, one.supervision)]
    if one.supervision is Supervision.LABELLED_PATCHES:
        for label in (PatchLabel.POSITIVE, PatchLabel.NEGATIVE):
            if all(patch.label is not label for patch in learned):
                raise NotEnoughDataError(
                    f"{one.name} would have no patch labelled {label.name.lower()} to learn from in fold {fold.number}",
                    hint="label more patches, use fewer --folds, or leave it out with --backends",
                )
    settings = one.settings.model_dump(mode="json")
    patches: dict[Role, str] = {
        role: _lines(
            (q for p in who for q in training_patches(p, one.supervision)),
            listing,
            labels=one.supervision is Supervision.LABELLED_PATCHES,
        )
        for role, who in roles.items()
        if role in (Role.TRAINING, Role.VALIDATION)
    }
    patches[Role.CALIBRATION] = _lines(operate.operating_patches(roles[Role.CALIBRATION]), listing)
    patches[Role.TEST] = _lines(scored_patches(roles[Role.TEST]), listing)
    key = cells.key(
        {
            "format": cells.FORMAT,
            "backend": [one.plugin.name, one.plugin.distribution, one.plugin.version, code(one.plugin.module)],
            "settings": settings,
            "files": {
                k: file_digest(str(v)) for k, v in one.settings if isinstance(v, str | Path) and Path(v).is_file()
            },
            "patches": {role.value: lines for role, lines in patches.items()},
            "device": device,
            "seed": seed,
        }
    )
    return Job(key, one.name, one.chosen, settings, fold.number, roles, device, seed)


def check_criterion(job: Job, criterion: Criterion) -> None:
    """See that a cell's training patients have what the criterion for patch thresholds chooses on.

    Raises:
        NotEnoughDataError: When they have not.
    """
    choosing = job.roles[Role.CALIBRATION]
    patches = operate.operating_patches(choosing)
    negative = {p.id for p in choosing if p.infected is False}
    any_negative = any(
        q.label is PatchLabel.NEGATIVE or (q.patient_id in negative and q.label is not PatchLabel.POSITIVE)
        for q in patches
    )
    if criterion.kind == "specificity":
        if any_negative:
            return
        what = "patches known to be negative"
    else:
        if {PatchLabel.POSITIVE, PatchLabel.NEGATIVE} <= {q.label for q in patches}:
            return
        what = "labelled patches of both classes"
    hint = "use --criterion specificity=0.99, which needs no labelled patch" if any_negative else NO_NEGATIVE
    raise NotEnoughDataError(
        f"{job.backend} in fold {job.fold}: criterion {criterion} needs {what} that the model was not fitted on",
        hint=f"{hint}, or fewer --folds",
    )


def _lines(patches: Iterable[Patch], listing: Inspection, *, labels: bool = False) -> str:
    """The digest of patches in their order: whose they are, their files, and their labels where they are learned."""
    made = hashlib.sha256()
    for patch in patches:
        row = f"{patch.patient_id}\t{name(patch)}\t{listing.digest.get(patch)}\t{patch.label if labels else ''}\n"
        made.update(row.encode(errors="surrogateescape"))
    return made.hexdigest()
