"""Tables of diagnoses, patch labels and coordinates, recognised by their columns: a file's name says nothing.

Every table that was published with the data is understood, as CSV or as XLSX, and so are those that people make of their
own; columns may stand in any order and case, and columns that are not named here are ignored:

- `CODI, DENSITAT`: a patient's diagnosis, NEGATIVA / BAIXA / ALTA;
- `ID, Presence`: a patch's label, ID being `<folder>.<patch>`;
- `Pat_ID, Section_ID | WSI_ID, Window_ID, i, j, h, w, Presence`, optionally with `Cropped, Deleted`;
- `CODI, PATH, PRESENCE`: PATH ends in `<folder>/<file>`.

A patch is named in one or several of these ways, and all of them have to agree; what is said of it is a label (`Presence`),
a place on the slide (`i, j, h, w`), or both, row by row.

Presence is -1 (negative), 0 (uncertain) or 1 (positive), or a word. A table that holds 0 and 1 and no -1 was derived by
somebody who left the uncertain ones out: there 0 means negative.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hpscan.core.cohort import Box, PatchLabel
from hpscan.data.tables.rows import BoxRow, DiagnosisRow, LabelRow, Reference, Remark, Tables
from hpscan.data.tables.sheets import SheetError, read_sheets
from hpscan.data.vocabulary import diagnosis

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from hpscan.data.tables.sheets import Sheet

_COLUMNS = {
    "patient": ("pat_id", "codi", "patient_id", "patient", "patientid", "patient_code", "case_id", "case", "code", "pacient", "paciente"),
    "section": ("section_id", "wsi_id", "section", "slide_id", "slide"),
    "window": ("window_id", "window", "patch_id", "tile_id", "patch", "tile"),
    "id": ("id",),
    "path": ("path", "filename", "file_name", "file", "filepath", "file_path", "image", "image_path", "image_name", "img"),
    "label": ("presence", "label", "patch_label", "class", "target"),
    "diagnosis": ("densitat", "density", "densidad", "diagnosis", "diagnostic", "diagnostico", "diagnòstic", "diagnóstico", "dx"),
}  # fmt: skip
"""What columns are called, the published name first: of several that are there, the first counts."""

_RESULTS = frozenset({"finding", "score", "status", "reasons", "patch_threshold"})
"""Columns of what hpscan itself writes, which must never be read back as a pathologist's word."""

_LABELS = {
    "positive": PatchLabel.POSITIVE,
    "negative": PatchLabel.NEGATIVE,
    "uncertain": PatchLabel.UNCERTAIN,
}
_CORNER_AND_SIZE = ("i", "j", "h", "w")


def read_tables(paths: Iterable[Path]) -> Tables:
    """What the tables say. A table that cannot be read, or says nothing known, is listed, never raised.

    Args:
        paths: CSV, TSV and XLSX files; others are listed as not understood.
    """
    reading = _Reading()
    for path in paths:
        reading.file(path)
    return reading.tables()


class _Reading:
    """What has been read so far."""

    def __init__(self) -> None:
        self._understood: list[Path] = []
        self._diagnoses: list[DiagnosisRow] = []
        self._labels: list[LabelRow] = []
        self._boxes: list[BoxRow] = []
        self._not_understood: list[Remark] = []
        self._bad_rows: list[Remark] = []
        self._withdrawn: list[Remark] = []
        self._binary: list[Path] = []

    def tables(self) -> Tables:
        return Tables(
            tuple(self._understood),
            tuple(self._diagnoses),
            tuple(self._labels),
            tuple(self._boxes),
            tuple(self._not_understood),
            tuple(self._bad_rows),
            tuple(self._withdrawn),
            tuple(self._binary),
        )

    def file(self, path: Path) -> None:
        try:
            sheets = read_sheets(path)
        except SheetError as error:
            self._not_understood.append(Remark(path, str(error)))
            return
        # A workbook may hold sheets of other things: one that is understood is enough.
        if sum(self._sheet(path, sheet) for sheet in sheets):
            self._understood.append(path)
            return
        columns = "; ".join(", ".join(sheet.columns) for sheet in sheets if sheet.columns)
        self._not_understood.append(Remark(path, f"its columns are {columns}" if columns else "it holds no table"))

    def _sheet(self, path: Path, sheet: Sheet) -> bool:
        columns = frozenset(sheet.columns)
        known = {meaning: next((c for c in names if c in columns), "") for meaning, names in _COLUMNS.items()}
        if columns & _RESULTS:
            return False
        patient = bool(known["patient"])
        names_a_patch = bool(known["id"] or known["path"] or known["window"])
        if names_a_patch and (known["label"] or columns >= {*_CORNER_AND_SIZE}):
            self._patches(path, sheet, known)
        elif patient and known["diagnosis"] and not names_a_patch:
            self._patient_diagnoses(path, sheet, known["patient"], known["diagnosis"])
        elif patient and known["label"] and not names_a_patch:
            self._patient_diagnoses(path, sheet, known["patient"], known["label"])
        elif patient and known["diagnosis"]:  # a row for each image, with its patient's diagnosis
            self._patient_diagnoses(path, sheet, known["patient"], known["diagnosis"], repeated=True)
        else:
            return False
        return True

    def _patient_diagnoses(
        self, path: Path, sheet: Sheet, patient: str, column: str, *, repeated: bool = False
    ) -> None:
        seen: set[tuple[str, str]] = set()
        for number, row in sheet.rows():
            code, text = row[patient], row[column]
            known = diagnosis(text)
            if repeated and (code, text) in seen:
                continue
            seen.add((code, text))
            if not code or known is None:
                self._bad_rows.append(Remark(path, f"row {number}: {code or 'no code'}: {text or 'nothing'}"))
            else:
                self._diagnoses.append(DiagnosisRow(code, *known, path, number))

    def _patches(self, path: Path, sheet: Sheet, known: Mapping[str, str]) -> None:
        kept: list[tuple[Reference, PatchLabel | int, int]] = []
        for number, row in sheet.rows():
            about = Reference(
                patient=row.get(known["patient"], ""),
                section=_section(row.get(known["section"], "")),
                window=row.get(known["window"], ""),
                id=row.get(known["id"], ""),
                path=row.get(known["path"], ""),
            )
            text, corner = row.get(known["label"], ""), _corner_and_size(row)
            label, box = _label(text), _box(corner)
            if not about.names_a_patch or (text and label is None) or not (text or corner):
                self._bad_rows.append(Remark(path, f"row {number}: {about}: {text or 'nothing'}"))
                continue
            if _integer(row.get("cropped", "")) not in {None, 0} or _integer(row.get("deleted", "")) == 1:
                self._withdrawn.append(Remark(path, str(about)))
                continue
            if box is not None:
                self._boxes.append(BoxRow(about, box, path, number))
            elif corner:
                # The label, if there is one, is sound all the same: only the place is lost.
                where = ", ".join(f"{column} {cell or 'nothing'}" for column, cell in corner.items())
                self._bad_rows.append(Remark(path, f"row {number}: {about}: no place at {where}"))
            if label is not None:
                kept.append((about, label, number))
        binary = {label for _, label, _ in kept if not isinstance(label, PatchLabel)} == {0, 1}
        if binary and path not in self._binary:
            self._binary.append(path)
        for about, value, number in kept:
            label = PatchLabel.NEGATIVE if binary and value == 0 else PatchLabel(value)
            self._labels.append(LabelRow(about, label, path, number))


def _label(text: str) -> PatchLabel | int | None:
    """A label as a table writes it: a number, whose 0 the whole table explains, or a word; None if it is neither."""
    number = _integer(text)
    if number is not None:
        return number if number in {-1, 0, 1} else None
    if text.lower() in _LABELS:
        return _LABELS[text.lower()]
    known = diagnosis(text)
    return None if known is None else PatchLabel.POSITIVE if known[1] else PatchLabel.NEGATIVE


def _section(text: str) -> str:
    number = _integer(text)
    return text if number is None else str(number)


def _corner_and_size(row: Mapping[str, str]) -> dict[str, str]:
    """What a row says of a patch's place, as it is written; empty where it says nothing."""
    cells = {name: row.get(name, "") for name in _CORNER_AND_SIZE}
    return cells if any(cells.values()) else {}


def _box(cells: Mapping[str, str]) -> Box | None:
    """Where a patch lies: i is the row (y) of its upper left corner, and j the column (x); None if that is no place.

    The tables don't say so. In the published set, patches of one section that overlap by these numbers
    show the same pixels when i is read as y (correlation 1.00 in each of 13 pairs), not when it is read as x.
    """
    i, j, h, w = (_integer(cells.get(name, "")) for name in _CORNER_AND_SIZE)
    if i is None or j is None or h is None or w is None or h <= 0 or w <= 0:
        return None
    return Box(x=j, y=i, width=w, height=h)


def _integer(text: str) -> int | None:
    """The integer that `1`, `-1` or `1.0` stands for; None for anything else, and for more digits than any slide needs."""
    match = re.fullmatch(r"([+-]?[0-9]{1,12})(?:\.0*)?", text)
    return int(match[1]) if match else None
