"""The account of a command in the forms that people and scripts get: rows of a screen, JSON, and a file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from hpscan.cli.output import console
from hpscan.cli.output.documents import (
    AccountDocument,
    AsideDocument,
    FilesDocument,
    LabelSumDocument,
    NotUsedDocument,
    PatchSumDocument,
    PatientSumDocument,
    TableSumDocument,
)
from hpscan.core.account import LabelFate, PatchFate, PatientFate, TableFate, counts
from hpscan.report.text import account as account_text
from hpscan.store import atomic

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import RenderableType

    from hpscan.core.account import Account, Entry, Sums


def rows(account: Sums, used: str = "used", patients: str = "used") -> list[tuple[str, RenderableType]]:
    """The sums, one line each; `used` and `patients` say what was done with patches and patients."""
    lines = account_text.describe_sums(account, used, patients)
    return [("" if place else "account", f"{name}: {text}") for place, (name, text) in enumerate(lines)]


def document(account: Account) -> AccountDocument:
    """The sums, and by name what was not used."""
    patches, patients = counts(account.patches), counts(account.patients)
    labels, tables = counts(account.labels), counts(account.tables)
    return AccountDocument(
        clean=account.clean,
        files=FilesDocument(
            found=account.n_files,
            listed=len(account.patches),
            set_aside={kind.value: n for kind, n in account.set_aside().items()},
        ),
        patches=PatchSumDocument(
            listed=len(account.patches),
            used=patches[PatchFate.USED],
            rejected=patches[PatchFate.REJECTED],
            duplicate=patches[PatchFate.DUPLICATE],
            left_out=patches[PatchFate.LEFT_OUT],
        ),
        patients=PatientSumDocument(
            found=len(account.patients),
            used=patients[PatientFate.USED],
            refused=patients[PatientFate.REFUSED],
            without_truth=patients[PatientFate.WITHOUT_TRUTH],
            unreadable=patients[PatientFate.UNREADABLE],
        ),
        labels=LabelSumDocument(
            given=len(account.labels),
            used=labels[LabelFate.USED],
            without_image=labels[LabelFate.WITHOUT_IMAGE],
            ambiguous=labels[LabelFate.AMBIGUOUS],
            contradictory=labels[LabelFate.CONTRADICTORY],
        ),
        tables=TableSumDocument(
            found=len(account.tables),
            used=tables[TableFate.USED],
            not_understood=tables[TableFate.NOT_UNDERSTOOD],
        ),
        not_used=NotUsedDocument(
            files=[
                AsideDocument(file=a.file, kind=a.kind.value, patient=a.patient)
                for a in account.asides
                if not a.kind.clean
            ],
            refused=list(account.names(account.patients, PatientFate.REFUSED)),
            without_truth=list(account.names(account.patients, PatientFate.WITHOUT_TRUTH)),
            unreadable=list(account.names(account.patients, PatientFate.UNREADABLE)),
            tables=list(account.names(account.tables, TableFate.NOT_UNDERSTOOD)),
        ),
    )


def write(path: Path | None, account: Account, *, force: bool) -> None:
    """Write the whole account, a row for each thing: as JSON where the file's name says so, else as CSV."""
    if path is None:
        return
    everything = _everything(account)
    if path.suffix.lower() == ".json":
        content = {"sums": document(account).model_dump(mode="json"), "entries": everything}
        text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
        atomic.write(path, f"{text}\n".encode(errors="backslashreplace"), force=force)
    else:
        from hpscan.store.tables import write_csv

        write_csv(path, everything, ["sum", "fate", "name", "patient", "why"], force=force)
    console.wrote(path)


def _everything(account: Account) -> list[dict[str, object]]:
    entries: list[dict[str, object]] = [
        {"sum": "files", "fate": f"set aside: {a.kind.value}", "name": a.file, "patient": a.patient, "why": a.group}
        for a in account.asides
    ]
    sums: list[tuple[str, tuple[Entry, ...]]] = [
        ("patches", account.patches),
        ("patients", account.patients),
        ("labels", account.labels),
        ("tables", account.tables),
    ]
    entries += [
        {"sum": name, "fate": str(entry.fate), "name": entry.name, "patient": entry.patient, "why": entry.why}
        for name, own in sums
        for entry in own
    ]
    return entries
