"""The account of a command as rows of a screen, and as a file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from hpscan.cli.output import console
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


def write(path: Path | None, account: Account, *, force: bool) -> None:
    """Write the whole account, a row for each thing: as JSON where the file's name says so, else as CSV."""
    if path is None:
        return
    everything = _everything(account)
    if path.suffix.lower() == ".json":
        from hpscan.cli.output.account_document import document

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
