"""Look a dataset over: what is there, what cannot be read, what contradicts what."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hpscan.core.backend import Progress, silent
from hpscan.data import integrity, layout

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hpscan.core.cohort import Origin, Patch
    from hpscan.data.integrity import Inspection
    from hpscan.data.layout import Dataset


@dataclass(frozen=True, slots=True)
class Check:
    """What was found.

    Attributes:
        dataset: The dataset, with notes on its folders and tables.
        inspection: What reading every patch found.
    """

    dataset: Dataset
    inspection: Inspection

    def patients(self) -> Counter[str]:
        """Patients by diagnosis: `negative`, `low`, `high`, `infected` (density unknown), `unknown`."""
        return Counter(
            p.density or {True: "infected", False: "negative", None: "unknown"}[p.infected]
            for p in self.dataset.cohort.patients
        )

    def listed(self, origin: Origin) -> tuple[Patch, ...]:
        """All patches of an origin, augmented copies included."""
        return tuple(p for p in self.inspection.patches if p.origin is origin)


def check(path: Path, *, progress: Callable[[Progress], None] = silent) -> Check:
    """Load the dataset and decode every one of its patches."""
    dataset = layout.load(path)
    return Check(dataset, integrity.inspect(dataset.cohort.patches(augmented=True), decode=True, progress=progress))
