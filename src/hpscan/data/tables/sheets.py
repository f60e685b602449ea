"""CSV and XLSX files as rows of text, whatever wrote them: BOM, semicolons, latin-1, unnamed index columns."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

TABLE_SUFFIXES = frozenset({".csv", ".tsv", ".xlsx", ".xlsm", ".xls", ".ods"})
MAX_BYTES = 100_000_000
"""Larger files are no label tables: the published ones have less than 1 MB."""


class SheetError(Exception):
    """A file that holds no readable table; its text is one line that says why."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table: a header and rows of text.

    Attributes:
        columns: Names of the columns, in lower case, with underscores for spaces; not the unnamed ones.
        header: The same with an empty string for each unnamed column.
        body: The rows with their numbers in the file, counted from 1.
    """

    columns: tuple[str, ...]
    header: tuple[str, ...]
    body: tuple[tuple[int, tuple[str, ...]], ...]

    def rows(self) -> Iterator[tuple[int, dict[str, str]]]:
        """Each row that is not empty: its number and its cells by column; missing cells are empty."""
        for number, cells in self.body:
            if any(cells):
                padded = cells + ("",) * (len(self.header) - len(cells))
                # Reversed, so that the first of two columns of one name counts.
                pairs = reversed(list(zip(self.header, padded, strict=False)))
                yield number, {name: cell for name, cell in pairs if name}


def read_sheets(path: Path) -> list[Sheet]:
    """The tables in a file: one in a CSV, one for each sheet in a workbook.

    Raises:
        SheetError: When the file cannot be read as what its suffix says.
    """
    suffix = path.suffix.lower()
    try:
        if path.stat().st_size > MAX_BYTES:
            raise SheetError("it is far too large for a table of labels")
        if suffix in {".csv", ".tsv"}:
            return [_sheet(_csv_rows(path.read_bytes()))]
        if suffix in {".xlsx", ".xlsm"}:
            return [_sheet(rows) for rows in _workbook_rows(path)]
    except OSError as error:
        raise SheetError(f"it cannot be opened: {error.strerror or error}") from error
    raise SheetError(f"{suffix or 'a file without suffix'} is not read; save it as .xlsx or .csv")


def _sheet(rows: Sequence[tuple[str, ...]]) -> Sheet:
    numbered = list(enumerate(rows, start=1))
    while numbered and not any(numbered[0][1]):
        numbered.pop(0)
    if not numbered:
        return Sheet((), (), ())
    header = tuple(_column(cell) for cell in numbered[0][1])
    return Sheet(tuple(name for name in header if name), header, tuple(numbered[1:]))


def _column(cell: str) -> str:
    name = "_".join(cell.lower().replace("-", " ").split())
    # pandas writes a table's index as a first column without a name, and reads it back as this.
    return "" if name.startswith("unnamed:") else name


def _text(value: object) -> str:
    text = "" if value is None else str(value).strip()
    return "" if text.lower() in {"nan", "none", "<na>"} else text


def _csv_rows(data: bytes) -> list[tuple[str, ...]]:
    encoding = "utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    first = next((line for line in text.splitlines() if line.strip()), "")
    separator = max(",;\t", key=first.count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    except csv.Error as error:
        raise SheetError(f"it is no CSV: {error}") from error
    if any("\0" in cell for row in rows[:1] for cell in row):
        raise SheetError("it is no text")
    return [tuple(_text(cell) for cell in row) for row in rows]


def _workbook_rows(path: Path) -> list[list[tuple[str, ...]]]:
    import zlib
    from zipfile import BadZipFile, LargeZipFile

    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    with path.open("rb") as file:
        start = file.read(8)
        if start == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":  # an OLE container: encrypted, or an old .xls renamed
            raise SheetError("it is encrypted or an old .xls; save it as .xlsx without a password")
        file.seek(0)
        try:
            workbook = load_workbook(file, read_only=True, data_only=True)
            for sheet in workbook.worksheets:
                sheet.reset_dimensions()  # some programs write a wrong size, and rows would be lost
            return [
                [tuple(_text(cell) for cell in row) for row in sheet.iter_rows(values_only=True)]
                for sheet in workbook.worksheets
            ]
        except (
            BadZipFile,
            LargeZipFile,
            InvalidFileException,
            zlib.error,
            SyntaxError,  # what the XML parser raises
            KeyError,
            ValueError,
            TypeError,
            IndexError,
            AttributeError,
            EOFError,
            RuntimeError,
            NotImplementedError,
        ) as error:
            raise SheetError("it is damaged, or no workbook") from error
