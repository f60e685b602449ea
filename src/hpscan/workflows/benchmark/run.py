"""One cell of a benchmark: a backend fitted on a fold's training patients, and its scores of those held out.

A cell is computed in a process of its own, so that its memory can be told, nothing of an earlier cell reaches it, and
a backend that takes the process down takes down one cell.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from hpscan.backends import device as devices
from hpscan.backends import registry
from hpscan.backends.settings import configure
from hpscan.core.backend import Progress, Run, silent
from hpscan.core.errors import HpscanError
from hpscan.core.scores import PatchScores
from hpscan.data.images.batches import Rejection
from hpscan.data.images.quality import Look
from hpscan.store.manifest import BackendRecord, Role, now
from hpscan.store.runs import CellRecord, FitRecord, ScoredRecord
from hpscan.workflows.scoring import patches as scoring
from hpscan.workflows.scoring.patches import Scored
from hpscan.workflows.training import fit as fitting
from hpscan.workflows.training import operating_point as operate
from hpscan.workflows.training.partition import scored_patches
from hpscan.workflows.training.records import versions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from multiprocessing.connection import Connection
    from pathlib import Path

    from hpscan.core.cohort import Patch, Patient

_TELL_EVERY = 0.1
"""Seconds between two messages about progress."""


@dataclass(frozen=True, slots=True)
class Job:
    """All that one cell needs.

    Attributes:
        key: Digest of all that its result depends on.
        backend: The backend's name.
        given: Its settings that differ from the defaults.
        settings: All of them, for the record, as JSON has them.
        fold: 1, 2, ...
        roles: What each patient of the fold is used for.
        device: What to compute on, chosen already.
        seed: Decides the draws and the initial weights.
    """

    key: str
    backend: str
    given: Mapping[str, Any]
    settings: Mapping[str, Any]
    fold: int
    roles: Mapping[Role, tuple[Patient, ...]]
    device: str
    seed: int


class CellFailedError(Exception):
    """A cell that came to nothing; the message says why in one line."""


def run(job: Job, progress: Callable[[Progress], None] = silent) -> CellRecord:
    """Fit, score, and record, in this process.

    Raises:
        HpscanError: When the backend cannot be used or fitted on these patients.
    """
    start = time.perf_counter()
    kind, plugin = registry.load(job.backend)
    settings = configure(kind.settings, job.backend, job.given)
    made = fitting.fit(kind, plugin, settings, job.roles, Run(seed=job.seed, device=job.device, progress=progress))
    choosing = operate.operating_patches(job.roles[Role.CALIBRATION])
    scorer = made.fitted.scorer
    operating = scoring.score(choosing, scorer, stage="operating point", progress=progress)
    held_out = scoring.score(scored_patches(job.roles[Role.TEST]), scorer, stage="patients held out", progress=progress)
    return CellRecord(
        key=job.key,
        backend=BackendRecord(name=job.backend, distribution=plugin.distribution, version=plugin.version),
        fold=job.fold,
        settings=dict(job.settings),
        seed=job.seed,
        device=job.device,
        created=now(),
        versions=versions(),
        patients={role: tuple(p.id for p in who) for role, who in job.roles.items()},
        fit=FitRecord(
            seconds=made.seconds,
            patches=made.n_patches,
            positive=made.n_positive,
            other_size=made.n_other_size,
            per_second=made.per_second,
            rejected=len(made.rejected),
            history=tuple({key: float(value) for key, value in row.items()} for row in made.fitted.history),
            pretrained=dict(made.fitted.pretrained),
        ),
        operating_point=recorded(operating),
        held_out=recorded(held_out),
        seconds=time.perf_counter() - start,
        peak_memory=devices.peak_memory(job.device),
    )


def name(patch: Patch) -> str:
    """How a record writes a patch."""
    return f"{patch.origin}/{patch.id}"


def recorded(scored: Scored) -> ScoredRecord:
    """Scored patches as a record."""
    return ScoredRecord(
        patient=tuple(p.patient_id for p in scored.patches),
        patch=tuple(map(name, scored.patches)),
        score=tuple(scored.scores.score.tolist()),
        sha256=scored.sha256,
        contrast=tuple(look.contrast for look in scored.looks),
        sharpness=tuple(look.sharpness for look in scored.looks),
        pink=tuple(look.pink for look in scored.looks),
        blue=tuple(look.blue for look in scored.looks),
        rejected={name(r.patch): r.reason for r in scored.rejected},
        duplicates=tuple(map(name, scored.duplicates)),
        seconds=scored.seconds,
    )


def restored(record: ScoredRecord, patches: Mapping[str, Patch]) -> Scored:
    """A record as scored patches, with the labels that `patches`, by `name`, have."""
    own = tuple(patches[one] for one in record.patch)
    looks = zip(record.contrast, record.sharpness, record.pink, record.blue, strict=True)
    return Scored(
        patches=own,
        scores=PatchScores(
            patient_id=np.array([p.patient_id for p in own], dtype=np.str_),
            patch_id=np.array(record.patch, dtype=np.str_),
            score=np.array(record.score, dtype=np.float64),
            label=np.array([p.label or 0 for p in own], dtype=np.int8),
        ),
        sha256=record.sha256,
        looks=tuple(Look(*look) for look in looks),
        rejected=tuple(Rejection(patches[one], reason) for one, reason in record.rejected.items()),
        duplicates=tuple(patches[one] for one in record.duplicates),
        seconds=record.seconds,
    )


def run_apart(job: Job, log: Path, progress: Callable[[Progress], None] = silent) -> CellRecord:
    """`run` in a process of its own, whose output goes to the file `log`.

    Raises:
        CellFailedError: When the backend or the process failed.
    """
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(job, str(log), there))
    process.start()
    there.close()
    try:
        while True:
            message = here.recv()
            if isinstance(message, CellRecord):
                return message
            if isinstance(message, Progress):
                progress(message)
            else:
                raise CellFailedError(str(message))
    except EOFError:
        process.join()
        raise CellFailedError(_end(process.exitcode, log)) from None
    finally:
        process.terminate()  # at an interrupt; one that has ended does not mind
        process.join()
        here.close()


def _end(code: int | None, log: Path) -> str:
    """Why a process ended that sent no result."""
    if code is not None and code < 0:
        number = -code
        named = signal.Signals(number).name if number in {s.value for s in signal.Signals} else str(number)
        why = ", as happens when memory runs out" if named == "SIGKILL" else ""
        return f"its process was ended by {named}{why}"
    lines = log.read_text(encoding="utf-8", errors="replace").split("\n") if log.exists() else []
    said = [line for line in lines if line.strip()]
    return said[-1].strip() if said else f"its process ended with exit code {code}"


def _work(job: Job, log: str, there: Connection) -> None:
    """What the process does; an exception ends it, and its traceback lies in the log."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # ^C reaches the whole group; the parent decides
    stream = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
    for number in (1, 2):  # stdout may be read as JSON, and stderr shows a progress bar
        os.dup2(stream, number)
    last = 0.0

    def tell(step: Progress) -> None:
        nonlocal last
        clock = time.perf_counter()
        if step.done == step.total or clock - last > _TELL_EVERY:
            last = clock
            there.send(replace(step, values=dict(step.values)))

    try:
        there.send(run(job, tell))
    except HpscanError as error:
        sys.stderr.write(f"{error.message}\n{error.hint}\n")
        there.send(f"{error.message} ({error.hint})")
    except BrokenPipeError:  # the parent was killed: nobody waits for this cell
        sys.exit(1)
