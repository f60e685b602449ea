"""Tables of results as CSV, for spreadsheets and scripts."""

from __future__ import annotations

import csv
import io
import math
from typing import TYPE_CHECKING

from hpscan.store import atomic

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_ACTIVE = ("=", "+", "-", "@", "\t", "\r")


def harmless(cell: object) -> object:
    """Text that a spreadsheet would run as a formula, with an apostrophe before it; anything else as it is."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_ACTIVE) else cell


def write_csv(path: Path, rows: Sequence[Mapping[str, object]], columns: Sequence[str], *, force: bool) -> None:
    """Write rows, dictionaries of the same columns, as UTF-8 CSV with a header.

    Raises:
        OutputExistsError: When `path` exists and `force` is not given.
        OutputError: When it cannot be written.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(row.get(column)) for column in columns] for row in rows)
    atomic.write(path, text.getvalue().encode(errors="backslashreplace"), force=force)  # a file's name may be no UTF-8


def _cell(value: object) -> object:
    """What a table shows of a value: nothing where it is missing or not a number."""
    return "" if isinstance(value, float) and math.isnan(value) else harmless(value)
