"""Tables of diagnoses, patch labels and coordinates, recognised by their columns: a file's name says nothing.

Every table that was published with the data is understood, as CSV or as XLSX; columns may stand in any order
and case, and columns that are not named here are ignored:

- `CODI, DENSITAT`: a patient's diagnosis, NEGATIVA / BAIXA / ALTA;
- `ID, Presence`: a patch's label, ID being `<folder>.<window>`;
- `Pat_ID, Section_ID | WSI_ID, Window_ID, i, j, h, w, Presence`, optionally with `Cropped, Deleted`;
- `CODI, PATH, PRESENCE`: PATH ends in `<folder>/<file>`.

A patch is named in one of these three ways; what is said of it is a label (`Presence`), a place on the slide
(`i, j, h, w`), or both, row by row.

Presence is -1 (negative), 0 (uncertain) or 1 (positive). A table that holds 0 and 1 and no -1 was derived by
somebody who left the uncertain ones out: there 0 means negative.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hpscan.core.cohort import Box, Density, PatchLabel
from hpscan.data.names import is_augmented
from hpscan.data.sheets import SheetError, read_sheets

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from hpscan.data.sheets import Sheet

_DIAGNOSES: dict[str, tuple[Density | None, bool]] = {
    **dict.fromkeys(("negativa", "negatiu", "negative", "neg"), (Density.NEGATIVE, False)),
    **dict.fromkeys(("baixa", "baja", "low"), (Density.LOW, True)),
    **dict.fromkeys(("alta", "high"), (Density.HIGH, True)),
    **dict.fromkeys(("positiva", "positiu", "positive", "pos"), (None, True)),
}
_CORNER_AND_SIZE = ("i", "j", "h", "w")
_IMAGE_SUFFIX = re.compile(r"\.(png|jpe?g|tiff?|bmp)$", re.IGNORECASE)
_ID_WITH_FLOAT = re.compile(r"(?P<folder>.+)\.(?P<window>[0-9]+\.0)")


@dataclass(frozen=True, slots=True)
class DiagnosisRow:
    """One patient's diagnosis as one table gives it.

    Attributes:
        code: The patient's code.
        density: The density; None where the table says only that the patient is infected.
        infected: Whether the diagnosis is positive.
        source: The table.
    """

    code: str
    density: Density | None
    infected: bool
    source: Path


@dataclass(frozen=True, slots=True)
class LabelRow:
    """One patch's label as one table gives it.

    Attributes:
        folder: The folder that the table means; patient and section are joined by an underscore.
        window: The window as the table writes it; compare it by `names.window_key`.
        label: The label.
        augmented: Whether it is an augmented copy.
        source: The table.
    """

    folder: str
    window: str
    label: PatchLabel
    augmented: bool
    source: Path


@dataclass(frozen=True, slots=True)
class BoxRow:
    """Where one window lies on its slide, as one table gives it.

    Attributes:
        folder: The folder that the table means, as in a `LabelRow`.
        window: The window as the table writes it.
        box: The place.
        source: The table.
    """

    folder: str
    window: str
    box: Box
    source: Path


@dataclass(frozen=True, slots=True)
class Remark:
    """Something about a table: what could not be read, or was left out, and why."""

    source: Path
    reason: str


@dataclass(frozen=True, slots=True)
class Tables:
    """All that some tables say.

    Attributes:
        understood: The tables that were read, in the order given.
        diagnoses: Diagnoses, in the order of the tables and their rows.
        labels: Patch labels, in the same order.
        boxes: Windows' places on their slides, in the same order.
        not_understood: Tables that could not be opened, or hold no known columns.
        bad_rows: Rows without a usable label, code or window, or with a place that cannot be.
        withdrawn: Rows that their table itself marks as cropped or deleted.
        binary: Tables in which 0 was taken as negative.
    """

    understood: tuple[Path, ...] = ()
    diagnoses: tuple[DiagnosisRow, ...] = ()
    labels: tuple[LabelRow, ...] = ()
    boxes: tuple[BoxRow, ...] = ()
    not_understood: tuple[Remark, ...] = ()
    bad_rows: tuple[Remark, ...] = ()
    withdrawn: tuple[Remark, ...] = ()
    binary: tuple[Path, ...] = ()

    def joined(self, others: Tables) -> Tables:
        """These and other tables; of the others only what was understood."""
        return Tables(
            self.understood + others.understood,
            self.diagnoses + others.diagnoses,
            self.labels + others.labels,
            self.boxes + others.boxes,
            self.not_understood,
            self.bad_rows,
            self.withdrawn,
            self.binary + others.binary,
        )


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
        patient = "pat_id" if "pat_id" in columns else "codi"
        names_a_patch = any(columns >= {*place} for place in ((patient, "window_id"), ("id",), ("path",)))
        if names_a_patch and ("presence" in columns or columns >= {*_CORNER_AND_SIZE}):
            self._patches(path, sheet)
        elif {patient, "densitat"} <= columns:
            self._patient_diagnoses(path, sheet, patient)
        else:
            return False
        return True

    def _patient_diagnoses(self, path: Path, sheet: Sheet, patient: str) -> None:
        for number, row in sheet.rows():
            code, said = row[patient], row["densitat"]
            known = _DIAGNOSES.get(said.lower())
            if not code or known is None:
                self._bad_rows.append(Remark(path, f"row {number}: {code or 'no code'}: {said or 'nothing'}"))
            else:
                self._diagnoses.append(DiagnosisRow(code, *known, path))

    def _patches(self, path: Path, sheet: Sheet) -> None:
        kept: list[tuple[str, str, int]] = []
        for number, row in sheet.rows():
            named, said, corner = _named(row), row.get("presence", ""), _corner_and_size(row)
            presence, box = _integer(said), _box(corner)
            name = ".".join(named)
            if not all(named) or (said and presence not in {-1, 0, 1}) or not (said or corner):
                self._bad_rows.append(Remark(path, f"row {number}: {name}: {said or 'nothing'}"))
                continue
            if _integer(row.get("cropped", "")) not in {None, 0} or _integer(row.get("deleted", "")) == 1:
                self._withdrawn.append(Remark(path, name))
                continue
            if box is not None:
                self._boxes.append(BoxRow(*named, box, path))
            elif corner:
                # The label, if there is one, is sound all the same: only the place is lost.
                where = ", ".join(f"{column} {text or 'nothing'}" for column, text in corner.items())
                self._bad_rows.append(Remark(path, f"row {number}: {name}: no place at {where}"))
            if presence is not None:
                kept.append((*named, presence))
        binary = {presence for _, _, presence in kept} == {0, 1}
        if binary and path not in self._binary:
            self._binary.append(path)
        for folder, window, value in kept:
            label = PatchLabel.NEGATIVE if binary and value == 0 else PatchLabel(value)
            self._labels.append(LabelRow(folder, window, label, is_augmented(window), path))


def _named(row: Mapping[str, str]) -> tuple[str, str]:
    """The folder and the window that a row speaks of; empty strings where it does not say."""
    patient = row.get("pat_id") or row.get("codi") or ""
    if "window_id" in row:
        section = row.get("section_id") or row.get("wsi_id") or ""
        number = _integer(section)
        section = section if number is None else str(number)
        folder = f"{patient}_{section}" if patient and section else patient
        return folder, _IMAGE_SUFFIX.sub("", row["window_id"])
    if row.get("path"):
        *above, name = [part for part in re.split(r"[/\\]+", row["path"]) if part] or [""]
        return (above[-1] if above else patient), _IMAGE_SUFFIX.sub("", name)
    whole = _IMAGE_SUFFIX.sub("", row.get("id", ""))
    if found := _ID_WITH_FLOAT.fullmatch(whole):
        return found["folder"], found["window"]
    folder, _, window = whole.rpartition(".")
    return folder, window


def _corner_and_size(row: Mapping[str, str]) -> dict[str, str]:
    """What a row says of a window's place, as it is written; empty where it says nothing."""
    said = {name: row.get(name, "") for name in _CORNER_AND_SIZE}
    return said if any(said.values()) else {}


def _box(said: Mapping[str, str]) -> Box | None:
    """Where a window lies: i is the row (y) of its upper left corner, and j the column (x); None if that is no place.

    The tables don't say so. In the published patches, windows of one section that overlap by these numbers
    show the same pixels when i is read as y (correlation 1.00 in each of 13 pairs), not when it is read as x.
    """
    i, j, h, w = (_integer(said.get(name, "")) for name in _CORNER_AND_SIZE)
    if i is None or j is None or h is None or w is None or h <= 0 or w <= 0:
        return None
    return Box(x=j, y=i, width=w, height=h)


def _integer(text: str) -> int | None:
    """The integer that `1`, `-1` or `1.0` stands for; None for anything else, and for more digits than any slide needs."""
    found = re.fullmatch(r"([+-]?[0-9]{1,12})(?:\.0*)?", text)
    return int(found[1]) if found else None
