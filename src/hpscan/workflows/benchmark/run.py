"""One run of a benchmark: a backend fitted on a fold's training patients, and its scores of those held out.

A run has a process of its own, so that its memory can be measured, nothing of an earlier run reaches it, and a backend
that takes the process down takes down one run.
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
from hpscan.core.backend import Progress, Run, silent
from hpscan.core.errors import HpscanError
from hpscan.core.scores import PatchScores
from hpscan.data.images.batches import Rejection
from hpscan.data.images.quality import Look
from hpscan.store.manifest import BackendRecord, Role, now
from hpscan.store.runs import RunRecord, ScoredRecord
from hpscan.store.versions import versions
from hpscan.workflows.scoring import patches as scoring
from hpscan.workflows.scoring.patches import Scored
from hpscan.workflows.training import fit as fitting
from hpscan.workflows.training import operating_point as operate
from hpscan.workflows.training.partition import scored_patches
from hpscan.workflows.training.settings import configured

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from multiprocessing.connection import Connection
    from pathlib import Path

    from hpscan.core.cohort import Patch, Patient

_TELL_EVERY = 0.1
"""Seconds between two messages about progress."""


@dataclass(frozen=True, slots=True)
class Job:
    """All that one run needs.

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


class RunFailedError(Exception):
    """A run that came to nothing; the message says why in one line."""


def run(job: Job, progress: Callable[[Progress], None] = silent) -> RunRecord:
    """Fit, score, and record, in this process.

    Raises:
        HpscanError: When the backend cannot be used or fitted on these patients.
    """
    start = time.perf_counter()
    configured_backend = configured(job.backend, job.given)
    plugin = configured_backend.plugin
    made = fitting.fit(configured_backend, job.roles, Run(seed=job.seed, device=job.device, progress=progress))
    choosing = operate.operating_patches(job.roles[Role.CALIBRATION])
    scorer = made.fitted.scorer
    operating = scoring.score(choosing, scorer, stage="operating point", progress=progress)
    held_out = scoring.score(scored_patches(job.roles[Role.TEST]), scorer, stage="patients held out", progress=progress)
    return RunRecord(
        key=job.key,
        backend=BackendRecord(name=job.backend, distribution=plugin.distribution, version=plugin.version),
        fold=job.fold,
        settings=dict(job.settings),
        seed=job.seed,
        device=job.device,
        created=now(),
        versions=versions(),
        patients={role: tuple(p.id for p in who) for role, who in job.roles.items()},
        fit=made.facts,
        operating_point=recorded(operating),
        held_out=recorded(held_out),
        seconds=time.perf_counter() - start,
        peak_memory=devices.peak_memory(job.device),
    )


def patch_name(patch: Patch) -> str:
    """How a record writes a patch."""
    return f"{patch.origin}/{patch.id}"


def recorded(scored: Scored) -> ScoredRecord:
    """Scored patches as a record."""
    return ScoredRecord(
        patient=tuple(p.patient_id for p in scored.patches),
        patch=tuple(map(patch_name, scored.patches)),
        score=tuple(scored.scores.score.tolist()),
        sha256=scored.sha256,
        contrast=tuple(look.contrast for look in scored.looks),
        sharpness=tuple(look.sharpness for look in scored.looks),
        pink=tuple(look.pink for look in scored.looks),
        blue=tuple(look.blue for look in scored.looks),
        rejected={patch_name(r.patch): r.reason for r in scored.rejected},
        duplicates=tuple(map(patch_name, scored.duplicates)),
        seconds=scored.seconds,
    )


def restored(record: ScoredRecord, patches: Mapping[str, Patch]) -> Scored:
    """A record as scored patches, with the labels that `patches`, by `patch_name`, have."""
    scored = tuple(patches[name] for name in record.patch)
    looks = zip(record.contrast, record.sharpness, record.pink, record.blue, strict=True)
    return Scored(
        patches=scored,
        scores=PatchScores(
            patient_id=np.array([p.patient_id for p in scored], dtype=np.str_),
            patch_id=np.array(record.patch, dtype=np.str_),
            score=np.array(record.score, dtype=np.float64),
            label=np.array([p.label or 0 for p in scored], dtype=np.int8),
        ),
        sha256=record.sha256,
        looks=tuple(Look(*look) for look in looks),
        rejected=tuple(Rejection(patches[name], reason) for name, reason in record.rejected.items()),
        duplicates=tuple(patches[name] for name in record.duplicates),
        seconds=record.seconds,
    )


def run_apart(job: Job, log: Path, progress: Callable[[Progress], None] = silent) -> RunRecord:
    """`run` in a process of its own, whose output goes to the file `log`.

    Raises:
        RunFailedError: When the backend or the process failed.
    """
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(job, str(log), there))
    process.start()
    there.close()
    try:
        while True:
            message = here.recv()
            if isinstance(message, RunRecord):
                return message
            if isinstance(message, Progress):
                progress(message)
            else:
                raise RunFailedError(str(message))
    except EOFError:
        process.join()
        raise RunFailedError(_end(process.exitcode, log)) from None
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
    printed = [line for line in lines if line.strip()]
    return printed[-1].strip() if printed else f"its process ended with exit code {code}"


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
    except BrokenPipeError:  # the parent was killed: nobody waits for this run
        sys.exit(1)
