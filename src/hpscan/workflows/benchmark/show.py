"""A finished benchmark, just made or read back. Reading one back loads nothing that computes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hpscan.core.errors import ResultsError
from hpscan.store import benchmark as store
from hpscan.store.lock import LOCK

if TYPE_CHECKING:
    from pathlib import Path

    from hpscan.core.account import Account
    from hpscan.store.benchmark import BenchmarkFile, MetricsFile


@dataclass(frozen=True, slots=True)
class Finished:
    """A finished benchmark: its folder, its values, the files that it wrote, and, of one just run, its account."""

    folder: Path
    metrics: MetricsFile
    record: BenchmarkFile
    files: tuple[Path, ...]
    account: Account | None = None


def show(folder: Path) -> Finished:
    """A finished benchmark, read back.

    Raises:
        ResultsError: When the folder holds none.
    """
    metrics, record = store.read_metrics(folder), store.read_benchmark(folder)
    if not record.finished:
        raise ResultsError(
            f"{folder} holds a benchmark that is not finished, beside the tables of an earlier one",
            hint=f"run the same command again, and it goes on: {record.command}",
            path=folder,
        )
    files = sorted(
        path
        for part in (folder, folder / store.PLOTS, folder / store.OLD_PLOTS)
        for path in part.glob("*.*")
        if path.is_file() and path.name != LOCK
    )
    return Finished(folder, metrics, record, tuple(files))
