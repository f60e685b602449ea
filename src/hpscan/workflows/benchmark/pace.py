"""How long a cell of a benchmark takes, from cells that were timed before."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from hpscan.store.runs import CellRecord


@dataclass(frozen=True, slots=True)
class Pace:
    """What a backend takes.

    Attributes:
        fit: Seconds for each patch that it is fitted on, and for each epoch if it has epochs.
        score: Seconds for each patch scored.
        start: Seconds before and between.
    """

    fit: float
    score: float
    start: float

    def seconds(self, work: Work) -> float:
        """Time that a cell takes."""
        return self.fit * work.fitted + self.score * work.scored + self.start


@dataclass(frozen=True, slots=True)
class Work:
    """What there is to do: patches to fit on, times epochs, and patches to score."""

    fitted: int
    scored: int


ON_TWO_CORES: Mapping[str, Pace] = {
    "autoencoder": Pace(fit=0.014, score=0.053, start=5),
    "cnn": Pace(fit=0.21, score=0.37, start=10),
    "padim": Pace(fit=0.062, score=0.056, start=12),
    "patchcore": Pace(fit=0.07, score=0.063, start=12),
    "redness": Pace(fit=0, score=0.0033, start=3),
}
"""From a `--quick` benchmark on two busy processor cores: to begin with, where nothing was timed on this machine."""


def work(fitted: int, scored: int, settings: Mapping[str, Any]) -> Work:
    """The work of a cell with these settings."""
    epochs = settings.get("epochs", 1)
    return Work(fitted * (epochs if isinstance(epochs, int) else 1), scored)


def pace(backend: str, device: str, timed: Iterable[CellRecord]) -> Pace | None:
    """What a backend takes on a device: from cells timed there, else what is known of it; None if nothing is."""
    own = [cell for cell in timed if cell.backend.name == backend and cell.device == device]
    if not own:
        return ON_TWO_CORES.get(backend) if device == "cpu" else None
    fitted = [work(cell.fit.patches, _scored(cell), cell.settings) for cell in own]
    scoring = [cell.operating_point.seconds + cell.held_out.seconds for cell in own]
    return Pace(
        fit=fmean(cell.fit.seconds / max(1, w.fitted) for cell, w in zip(own, fitted, strict=True)),
        score=fmean(s / max(1, w.scored) for s, w in zip(scoring, fitted, strict=True)),
        start=fmean(cell.seconds - cell.fit.seconds - s for cell, s in zip(own, scoring, strict=True)) + _SPAWN,
    )


_SPAWN = 3.0
"""Seconds that a process takes to start, which no cell times."""


def _scored(cell: CellRecord) -> int:
    return len(cell.operating_point.patch) + len(cell.held_out.patch)
