"""Fitting a backend: from patients with their roles to a fitted model, for whoever stores or tests it."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hpscan.core.backend import Fitted, Progress, Run, Supervision
from hpscan.core.cohort import PatchLabel
from hpscan.core.errors import BackendBrokenError, NotEnoughDataError
from hpscan.data.images import batches as images
from hpscan.data.images import inspection as integrity
from hpscan.data.images.batches import Rejection
from hpscan.store.manifest import FitFacts, Role
from hpscan.workflows.cohort.inspected import agreed
from hpscan.workflows.training.partition import training_patches

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from hpscan.core.cohort import Patch, Patient
    from hpscan.workflows.training.settings import ConfiguredBackend


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted model and what it was fitted on.

    Attributes:
        fitted: What the backend gave.
        facts: What the fit took and learned from.
        size: Width and height of the patches in pixels; None if nothing was learned.
        rejected: Patches that could not be read.
        used: Patches that it was fitted on, or validated on.
    """

    fitted: Fitted
    facts: FitFacts
    size: tuple[int, int] | None
    rejected: tuple[Rejection, ...]
    used: tuple[Patch, ...]


def fit(configured: ConfiguredBackend, roles: Mapping[Role, Sequence[Patient]], run: Run) -> Fit:
    """Fit a backend on the patients of role TRAINING, validated on those of VALIDATION.

    Raises:
        NotEnoughDataError: When no readable patches of one size are left.
        BackendBrokenError: When `fit` gives something else than it should.
    """
    supervision = configured.supervision
    material = _material(roles[Role.TRAINING], roles[Role.VALIDATION], supervision, run.progress)
    if supervision is not Supervision.NOTHING and not (material.training and material.validation):
        raise _nothing_left(material)
    training, validation = images.ImagePatches(material.training), images.ImagePatches(material.validation)
    start = time.perf_counter()
    fitted = configured.backend.fit(training, validation, configured.settings, run)
    seconds = time.perf_counter() - start
    if not isinstance(fitted, Fitted):
        plugin = configured.plugin
        raise BackendBrokenError(
            f"fit() of backend {plugin.name!r} of {plugin.distribution} {plugin.version} gave "
            f"{type(fitted).__name__}, no Fitted",
            hint="check it with hpscan.testing.check_backend",
        )
    labelled = supervision is Supervision.LABELLED_PATCHES
    rates = [row["patches_per_second"] for row in fitted.history if "patches_per_second" in row]
    facts = FitFacts(
        seconds=seconds,
        patches=len(material.training),
        positive=sum(p.label is PatchLabel.POSITIVE for p in material.training) if labelled else None,
        other_size=material.n_other_size,
        per_second=sum(rates) / len(rates) if rates else None,
        rejected=len(material.rejected),
        history=tuple({key: float(value) for key, value in row.items()} for row in fitted.history),
        pretrained=dict(fitted.pretrained),
    )
    return Fit(fitted, facts, material.size, material.rejected, (*material.training, *material.validation))


def _nothing_left(material: _Material) -> NotEnoughDataError:
    lost = material.rejected
    why = f" ({lost[0].patch.path.name}: {lost[0].reason})" if lost else ""
    return NotEnoughDataError(
        f"{len(lost):,} of {material.n_wanted:,} patches could not be read{why}: "
        "no readable patches of one size are left to learn from"
        if lost
        else "no patches of one size are left to learn from",
        hint="look at the dataset with: hpscan data check DIR",
    )


@dataclass(frozen=True, slots=True)
class _Material:
    """Patches to learn from, each decoded once to see that it can be, all of the most common size."""

    training: tuple[Patch, ...]
    validation: tuple[Patch, ...]
    size: tuple[int, int] | None  # width and height in pixels
    n_other_size: int
    rejected: tuple[Rejection, ...]
    n_wanted: int


def _material(
    training: Sequence[Patient],
    validation: Sequence[Patient],
    supervision: Supervision,
    progress: Callable[[Progress], None],
) -> _Material:
    wanted = [[patch for p in part for patch in training_patches(p, supervision)] for part in (training, validation)]
    if supervision is Supervision.NOTHING:
        return _Material((), (), None, 0, (), 0)
    # A labelled patch says what its copies are as well, also those among the other origin's patches.
    marked = [q for p in (*training, *validation) for q in p.patches if q.label is not None and not q.augmented]
    n_wanted = sum(map(len, wanted))
    seen = integrity.inspect([*wanted[0], *wanted[1]], decode=True, progress=progress)
    digest = {**integrity.inspect([q for q in marked if q not in seen.digest], decode=False).digest, **seen.digest}
    labels: dict[tuple[str, str], list[PatchLabel | None]] = defaultdict(list)
    for patch, sha256 in digest.items():
        labels[patch.patient_id, sha256].append(patch.label)
    useless = {PatchLabel.UNCERTAIN}
    if supervision is Supervision.NEGATIVE_PATIENTS:
        useless.add(PatchLabel.POSITIVE)
    wanted = [
        [p for p in part if p not in digest or agreed(labels[p.patient_id, digest[p]]) not in useless]
        for part in wanted
    ]
    common = Counter(seen.size[p] for p in wanted[0] if p in seen.size).most_common(1)
    size = common[0][0] if common else None
    # Identical files of one patient (a patch both cropped and annotated, say) are learned from once.
    once = {(p.patient_id, seen.digest[p]): p for part in wanted for p in reversed(part) if seen.size.get(p) == size}
    kept = set(once.values())
    usable = [tuple(p for p in part if p in kept) for part in wanted]
    listed = {p for part in wanted for p in part}
    return _Material(
        training=usable[0],
        validation=usable[1],
        size=size,
        n_other_size=sum(s != size for p, s in seen.size.items() if p in listed),
        rejected=tuple(Rejection(patch, reason) for patch, reason in seen.rejected.items()),
        n_wanted=n_wanted,
    )
