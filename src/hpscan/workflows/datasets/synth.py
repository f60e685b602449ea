"""Write a synthetic cohort into a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpscan.core.backend import Progress, silent
from hpscan.phantom.cohort import draw_cohort
from hpscan.store.synthetic_dataset import write_phantom

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


def synth(
    path: Path,
    *,
    patients: int,
    patches: int,
    seed: int,
    force: bool = False,
    progress: Callable[[Progress], None] = silent,
) -> Mapping[str, int]:
    """Write a synthetic cohort into the folder `path`, `patches` patches a patient; how many are of each density."""
    cohort = draw_cohort(patients, patches, seed)
    write_phantom(path, cohort, seed=seed, force=force, progress=progress)
    return {density: sum(p.density == density for p in cohort) for density in ("negative", "low", "high")}
