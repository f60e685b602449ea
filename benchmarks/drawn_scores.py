"""Scores of drawn cohorts whose patients of LOW density have few positive patches, for aggregation.py.

Patches are drawn in memory, scored and dropped; the scores can be kept in a file.
"""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.progress import Progress

import hpscan.phantom
from hpscan.core.cohort import PatchLabel
from hpscan.phantom.cohort import draw_cohort

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray
    from rich.console import Console

    from hpscan.core.backend import Scorer
    from hpscan.phantom.cohort import PhantomPatient

BATCH = 25


@dataclass(frozen=True, slots=True, eq=False)
class Cohort:
    """One cohort's scores: score and positive are (patients, patches), density (patients,) of words."""

    seed: int
    score: NDArray[np.float64]
    positive: NDArray[np.bool_]
    density: NDArray[np.str_]


@cache
def scorer(model: str) -> Scorer:
    """The scorer of a trained model, or the rule `redness`."""
    if model == "redness":
        from hpscan.backends.redness.backend import RednessScorer
        from hpscan.backends.redness.settings import RednessSettings

        return RednessScorer(RednessSettings())
    from hpscan.workflows.scoring.models import restore

    return restore(model, "auto").scorer


def score(model: str, patient: PhantomPatient) -> list[float]:
    """The scores of a patient's patches, which are drawn for it and not kept."""
    made: list[float] = []
    for start in range(0, patient.n_patches, BATCH):
        stop = min(start + BATCH, patient.n_patches)
        made += scorer(model).score(np.stack([patient.patch(i).image for i in range(start, stop)])).tolist()
    return made


def cohorts(asked: argparse.Namespace, console: Console) -> list[Cohort]:
    """The cohorts with their scores, from the cache where it has them.

    Raises:
        SystemExit: When the cache is of another model or of other cohorts.
    """
    key = json.dumps([asked.model, asked.patients, asked.patches, asked.low_share])
    stored: dict[str, Any] = {}
    if asked.cache and asked.cache.exists():
        stored = dict(np.load(asked.cache, allow_pickle=False))
        if str(stored["key"]) != key:
            raise SystemExit(f"{asked.cache} holds scores of {stored['key']}, not of {key}: name another --cache")
        if str(stored["phantom"]) != phantom_digest():
            console.print(f"the phantom's source has changed since {asked.cache} was scored", style="yellow")
    made = []
    with Progress(console=console) as progress:
        task = progress.add_task("patients scored", total=len(asked.seeds) * asked.patients)
        for seed in asked.seeds:
            if f"score-{seed}" not in stored:
                drawn = draw_cohort(asked.patients, asked.patches, seed, low_proportion=tuple(asked.low_share))
                rows = []
                for row in _scored(asked.model, drawn, asked.jobs):
                    rows.append(row)
                    progress.advance(task)
                stored |= {
                    f"score-{seed}": np.array(rows, np.float64),
                    f"positive-{seed}": np.array([[x is PatchLabel.POSITIVE for x in p.labels] for p in drawn]),
                    f"density-{seed}": np.array([p.density.value for p in drawn]),
                }
                if asked.cache:
                    named = {"key": np.array(key), "phantom": np.array(phantom_digest())}
                    np.savez_compressed(asked.cache, **(stored | named))
            else:
                progress.advance(task, asked.patients)
            made.append(Cohort(seed, *(stored[f"{part}-{seed}"] for part in ("score", "positive", "density"))))
    return made


def _scored(model: str, patients: Sequence[PhantomPatient], jobs: int) -> Iterable[list[float]]:
    if jobs == 1:
        yield from (score(model, p) for p in patients)
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(score, [model] * len(patients), patients)


@cache
def phantom_digest() -> str:
    """The digest of the phantom's source: other source draws other patches."""
    made = hashlib.sha256()
    for path in sorted(Path(next(iter(hpscan.phantom.__path__))).glob("*.py")):
        made.update(path.read_bytes())
    return made.hexdigest()
