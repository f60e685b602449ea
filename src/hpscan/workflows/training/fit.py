"""Fitting a backend: from patients with their roles to a fitted model, for whoever stores or tests it."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hpscan.core.backend import Fitted, Progress, Run, Supervision
from hpscan.core.cohort import PatchLabel
from hpscan.core.errors import BackendBrokenError, NotEnoughDataError
from hpscan.data.images import batches as images
from hpscan.data.images import inspection as integrity
from hpscan.data.images.batches import Rejection
from hpscan.store.manifest import Role
from hpscan.workflows.cohort.copies import agreed
from hpscan.workflows.training.partition import training_patches

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pydantic import BaseModel

    from hpscan.backends.registry import Plugin
    from hpscan.core.backend import Backend
    from hpscan.core.cohort import Patch, Patient


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted model and what it was fitted on.

    Attributes:
        fitted: What the backend gave.
        seconds: Time the backend took.
        n_patches: Patches that it was fitted on.
        n_positive: Those of them that are labelled positive; None where labels are not learned from.
        n_other_size: Patches left out because they are not of the most common size.
        size: Width and height of the patches in pixels; None if nothing was learned.
        rejected: Patches that could not be read.
        used: Patches that it was fitted on, or stopped early on.
        n_wanted: Patches that were to be learned from, readable or not.
    """

    fitted: Fitted
    seconds: float
    n_patches: int
    n_positive: int | None
    n_other_size: int
    size: tuple[int, int] | None
    rejected: tuple[Rejection, ...]
    used: tuple[Patch, ...]
    n_wanted: int

    @property
    def per_second(self) -> float | None:
        """Patches a second in training, mean over epochs; None for a backend without epochs."""
        rates = [row["patches_per_second"] for row in self.fitted.history if "patches_per_second" in row]
        return sum(rates) / len(rates) if rates else None


def fit(
    kind: Backend[Any],
    plugin: Plugin,
    settings: BaseModel,
    roles: Mapping[Role, Sequence[Patient]],
    run: Run,
) -> Fit:
    """Fit a backend on the patients of role FIT, stopping early on those of EARLY_STOPPING.

    Raises:
        NotEnoughDataError: When no readable patches of one size are left.
        BackendBrokenError: When `fit` gives something else than it should.
    """
    supervision = kind.learns_from(settings)
    material = _material(roles[Role.TRAINING], roles[Role.VALIDATION], supervision, run.progress)
    if supervision is not Supervision.NOTHING and not (material.fit and material.early_stopping):
        lost = material.rejected
        why = f" ({lost[0].patch.path.name}: {lost[0].reason})" if lost else ""
        raise NotEnoughDataError(
            f"{len(lost):,} of {material.n_wanted:,} patches could not be read{why}: "
            "no readable patches of one size are left to learn from"
            if lost
            else "no patches of one size are left to learn from",
            hint="look at the dataset with: hpscan data check DIR",
        )
    start = time.perf_counter()
    fitted = kind.fit(images.ImagePatches(material.fit), images.ImagePatches(material.early_stopping), settings, run)
    seconds = time.perf_counter() - start
    if not isinstance(fitted, Fitted):
        raise BackendBrokenError(
            f"fit() of backend {plugin.name!r} of {plugin.distribution} {plugin.version} gave "
            f"{type(fitted).__name__}, no Fitted",
            hint="check it with hpscan.testing.check_backend",
        )
    return Fit(
        fitted=fitted,
        seconds=seconds,
        n_patches=len(material.fit),
        n_positive=sum(p.label is PatchLabel.POSITIVE for p in material.fit)
        if supervision is Supervision.LABELLED_PATCHES
        else None,
        n_other_size=material.n_other_size,
        size=material.size,
        rejected=material.rejected,
        used=(*material.fit, *material.early_stopping),
        n_wanted=material.n_wanted,
    )


@dataclass(frozen=True, slots=True)
class _Material:
    """Patches to learn from, each decoded once to see that it can be, all of the most common size."""

    fit: tuple[Patch, ...]
    early_stopping: tuple[Patch, ...]
    size: tuple[int, int] | None  # width and height in pixels
    n_other_size: int
    rejected: tuple[Rejection, ...]
    n_wanted: int


def _material(
    fit: Sequence[Patient],
    early_stopping: Sequence[Patient],
    supervision: Supervision,
    progress: Callable[[Progress], None],
) -> _Material:
    wanted = [[patch for p in part for patch in training_patches(p, supervision)] for part in (fit, early_stopping)]
    if supervision is Supervision.NOTHING:
        return _Material((), (), None, 0, (), 0)
    # A labelled patch says what its copies are as well, also those among the other origin's patches.
    marked = [q for p in (*fit, *early_stopping) for q in p.patches if q.label is not None and not q.augmented]
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
    # Identical files of one patient (a window both cropped and annotated, say) are learned from once.
    once = {(p.patient_id, seen.digest[p]): p for part in wanted for p in reversed(part) if seen.size.get(p) == size}
    kept = set(once.values())
    usable = [tuple(p for p in part if p in kept) for part in wanted]
    listed = {p for part in wanted for p in part}
    return _Material(
        fit=usable[0],
        early_stopping=usable[1],
        size=size,
        n_other_size=sum(s != size for p, s in seen.size.items() if p in listed),
        rejected=tuple(Rejection(patch, reason) for patch, reason in seen.rejected.items()),
        n_wanted=n_wanted,
    )
