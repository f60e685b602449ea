"""The runs of a benchmark as jobs: what each is computed from, and the key that tells whether it was computed before."""

from __future__ import annotations

import ast
import hashlib
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from hpscan.core.backend import Supervision
from hpscan.core.cohort import PatchLabel
from hpscan.core.errors import NotEnoughDataError
from hpscan.evaluation.thresholds import NO_NEGATIVE
from hpscan.store import runs
from hpscan.store.manifest import Role
from hpscan.workflows.benchmark.folds import parts
from hpscan.workflows.benchmark.run import Job, patch_name
from hpscan.workflows.training import operating_point as operate
from hpscan.workflows.training.partition import scored_patches, training_patches

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hpscan.core.cohort import Patch
    from hpscan.data.images.inspection import Inspection
    from hpscan.evaluation.thresholds import Criterion
    from hpscan.workflows.benchmark.folds import Fold
    from hpscan.workflows.training.settings import ConfiguredBackend

_COMPUTING = ("backends", "bundled", "phantom")
"""The folders of hpscan that a backend's own code lies in."""

_DECODING = "data/images"
"""The folder of hpscan that every backend's pixels come from."""


def job_of(
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
                    hint="label more patches, use fewer `folds`, or leave it out of `backends`",
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
    key = runs.key(
        {
            "format": runs.FORMAT,
            "backend": [one.plugin.name, one.plugin.distribution, one.plugin.version, code_digest(one.plugin.module)],
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
    """See that a run's training patients have what the criterion for patch thresholds chooses on.

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
    hint = "use `criterion=specificity=0.99`, which needs no labelled patch" if any_negative else NO_NEGATIVE
    raise NotEnoughDataError(
        f"{job.backend} in fold {job.fold}: criterion {criterion} needs {what} that the model was not fitted on",
        hint=f"{hint}, or fewer `folds`",
    )


def _lines(patches: Iterable[Patch], listing: Inspection, *, labels: bool = False) -> str:
    """The digest of patches in their order: whose they are, their files, and their labels where they are learned."""
    made = hashlib.sha256()
    for patch in patches:
        row = f"{patch.patient_id}\t{patch_name(patch)}\t{listing.digest.get(patch)}\t{patch.label if labels else ''}\n"
        made.update(row.encode(errors="surrogateescape"))
    return made.hexdigest()


@cache
def code_digest(module: str) -> str:
    """The SHA-256 of a backend's source, and of the weights that ship with it.

    Of hpscan itself it is what its module imports, at the top or where it is used, and what decodes images; of
    anybody else the whole top-level package.
    """
    top = module.partition(".")[0]
    loaded = sys.modules.get(top)
    spec = loaded.__spec__ if loaded is not None else find_spec(top)
    if spec is None or spec.origin is None:
        return ""
    origin = Path(spec.origin)
    if origin.name != "__init__.py":
        return file_digest(str(origin))
    root = origin.parent
    files = sorted(
        _used(module, root) | set((root / _DECODING).rglob("*.py")) if top == "hpscan" else root.rglob("*.py")
    )
    made = hashlib.sha256()
    for path in files:
        made.update(f"{path.relative_to(root).as_posix()}\t{file_digest(str(path))}\n".encode())
    return made.hexdigest()


@cache
def file_digest(path: str) -> str:
    """The SHA-256 of a file."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _used(module: str, root: Path) -> set[Path]:
    """The files of hpscan's own computing code that a module imports, and those import, and so on."""
    found: set[Path] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        path = root.joinpath(*name.split(".")[1:])
        path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        if path in found or not path.is_file() or name.split(".")[1] not in _COMPUTING:
            continue
        text = path.read_text(encoding="utf-8")
        found.add(path)
        if "weights.safetensors" in text:
            found.update((root / "bundled").glob("*.safetensors"))
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            else:
                continue
            waiting += [name for name in names if name.startswith("hpscan.")]
    return found
