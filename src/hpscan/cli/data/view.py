"""What the commands about datasets show: the JSON documents and screens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field
from rich.panel import Panel
from rich.text import Text

from hpscan.cli.output import account as accounts
from hpscan.cli.output import account_document, documents
from hpscan.cli.output.account_document import AccountDocument
from hpscan.cli.output.console import table
from hpscan.cli.output.documents import (
    CompressionDocument,
    Document,
    RejectionDocument,
)
from hpscan.cli.output.panels import (
    facts,
)
from hpscan.core.cohort import Origin
from hpscan.core.notes import NoteKind
from hpscan.report.text import notes
from hpscan.report.text.compression import list_compression
from hpscan.report.text.numbers import shortened
from hpscan.report.text.provenance import describe_facts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import RenderableType

    from hpscan.core.notes import Note
    from hpscan.core.provenance import Provenance
    from hpscan.workflows.datasets.check import Check


class NoteDocument(Document):
    """An observation about a dataset."""

    kind: str = Field(description="A stable code; docs/reference/codes.md lists them.")
    message: str
    items: list[str]
    numbers: dict[str, int] = Field(description="The numbers behind it; `count` is that of the items.")


class CheckDocument(Document):
    """What `data check --json` prints."""

    path: str
    fingerprint: str = Field(description="SHA-256 over patch ids and file contents.")
    tables: list[str]
    patients: dict[str, int] = Field(description="Patients by diagnosis.")
    patches: dict[str, int] = Field(description="Patches listed, by origin.")
    labels: dict[str, int] = Field(description="Patches by label.")
    listed: int
    readable: int
    rejected: int
    duplicate: int
    sizes: dict[str, int] = Field(description="Patches by width x height.")
    rejections: list[RejectionDocument]
    shared: list[list[str]] = Field(description="Groups of patients that share identical images.")
    notes: list[NoteDocument]
    account: AccountDocument
    compression: list[CompressionDocument] = Field(
        description="How the patches that could be read were compressed as JPEG."
    )


class FactDocument(Document):
    """Something known of a patient or a file."""

    about: str
    says: str = Field(description="What is known, and which rule, table and row says so.")


class WhenceDocument(Document):
    """What `data check --explain --json` prints."""

    what: str
    kind: Literal["patient", "patch", "set aside", "table"]
    facts: list[FactDocument]


class SynthDocument(Document):
    """What `data synth --json` prints."""

    path: str
    patients: dict[str, int] = Field(description="Patients by diagnosis.")
    patches: int
    seed: int


def note(item: Note) -> NoteDocument:
    """An observation about a dataset."""
    return NoteDocument(
        kind=item.kind,
        message=notes.describe_note(item),
        items=list(item.items),
        numbers={"count": len(item.items), **dict(item.numbers)},
    )


def check_document(checked: Check) -> CheckDocument:
    """What a look over a dataset found."""
    seen = checked.inspection
    patches = seen.patches
    duplicate = [patch for patch in seen.duplicates if patch not in seen.rejected]
    labels = {-1: "negative", 0: "uncertain", 1: "positive", None: "unlabelled"}
    return CheckDocument(
        path=str(checked.dataset.root),
        fingerprint=seen.fingerprint,
        tables=[str(path) for path in checked.dataset.tables],
        patients=dict(sorted(checked.patients().items())),
        patches={origin: sum(p.origin == origin for p in patches) for origin in ("cropped", "annotated")},
        labels={name: sum(p.label == value for p in patches) for value, name in labels.items()},
        listed=len(patches),
        readable=len(patches) - len(seen.rejected) - len(duplicate),
        rejected=len(seen.rejected),
        duplicate=len(duplicate),
        sizes={f"{w}x{h}": n for (w, h), n in seen.sizes.most_common()},
        rejections=[RejectionDocument(file=str(p.path), reason=reason) for p, reason in seen.rejected.items()],
        shared=[list(group) for group in seen.linked_patients],
        notes=[note(n) for n in checked.dataset.notes],
        account=account_document.document(checked.account),
        compression=documents.compression(seen.compression.values()),
    )


def provenance_document(provenance: Provenance) -> WhenceDocument:
    """Where a patient or a file comes from."""
    return WhenceDocument.model_validate(
        {
            "what": provenance.what,
            "kind": provenance.kind,
            "facts": [{"about": about, "says": says} for about, says in describe_facts(provenance)],
        }
    )


def check_screen(checked: Check, document: CheckDocument) -> Iterable[RenderableType]:
    """What a dataset holds, and what is wrong with it."""
    rows = []
    rejected = checked.inspection.rejected
    duplicate = {p for p in checked.inspection.duplicates if p not in rejected}
    for origin in Origin:
        listed = checked.listed(origin)
        if listed:
            bad = sum(p in rejected for p in listed)
            copies = sum(p in duplicate for p in listed)
            patients = len({p.patient_id for p in listed})
            counts = [patients, len(listed), len(listed) - bad - copies, bad, copies]
            labels = [sum(p.label == value for p in listed) for value in (-1, 0, 1)]
            rows.append([origin.value, *map(str, counts), *map(str, labels)])
    for note in document.notes:
        if NoteKind(note.kind).useless:
            yield Text(f"{note.message[0].upper()}{note.message[1:]}", style="bold yellow")
    columns = ["patches", "patients", "listed", "readable", "rejected", "duplicate", "label -", "label 0", "label +"]
    yield table(str(checked.dataset.root), columns, rows)
    yield facts(
        [
            *accounts.rows(checked.account.sums(), "readable"),
            (
                "diagnoses",
                f"{len(checked.dataset.everybody)} patients: "
                + ", ".join(f"{n} {name}" for name, n in document.patients.items()),
            ),
            ("tables used", _tables(checked, document)),
            ("sizes", ", ".join(f"{n} of {size}" for size, n in document.sizes.items()) or "none"),
            ("compression", list_compression(checked.inspection.compression.values()) or "none"),
            ("fingerprint", document.fingerprint),
        ]
    )
    for group in document.shared:
        yield Text(f"Patients that share identical images: {', '.join(group)}", style="yellow")
    notes = [[n.message, shortened(n.items)] for n in document.notes if not NoteKind(n.kind).useless]
    if notes:
        yield table("Noticed", ["what", "for example"], notes, left=2)
    if document.rejections:
        names = [[r.file, r.reason] for r in document.rejections[:20]]
        yield table(f"Rejected ({len(document.rejections)})", ["file", "reason"], names, left=2)


def _tables(checked: Check, document: CheckDocument) -> str:
    root = checked.dataset.root
    if all(path.is_relative_to(root) for path in checked.dataset.tables):
        return ", ".join(str(path.relative_to(root)) for path in checked.dataset.tables) or "none"
    return ", ".join(document.tables)


def provenance_screen(provenance: Provenance) -> Iterable[RenderableType]:
    """Where a patient or a file comes from."""
    yield Panel(
        facts(describe_facts(provenance)),
        title=f"{provenance.what} ({provenance.kind})",
        title_align="left",
        expand=False,
    )
