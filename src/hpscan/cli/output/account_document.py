"""The account of a command as the JSON document that all commands print."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from hpscan.cli.output.documents import Document
from hpscan.core.account import LabelFate, PatchFate, PatientFate, TableFate, counts

if TYPE_CHECKING:
    from hpscan.core.account import Account


class FilesDocument(Document):
    """files found = listed + set aside; tables are counted apart."""

    found: int
    listed: int
    set_aside: dict[str, int] = Field(description="Files by why they are no listed patch.")


class PatchSumDocument(Document):
    """patches listed = used + rejected + duplicate + left out."""

    listed: int
    used: int = Field(description="Scored, fitted on or, where nothing else was asked for, readable.")
    rejected: int
    duplicate: int
    left_out: int = Field(description="Augmented copies, and what this command had no need of.")


class PatientSumDocument(Document):
    """patients found = used + refused + without truth + unreadable."""

    found: int
    used: int
    refused: int = Field(description="Left out because the model has seen them.")
    without_truth: int = Field(description="Without a diagnosis and without a labelled patch, where that is needed.")
    unreadable: int = Field(description="Without a patch that could be read.")


class LabelSumDocument(Document):
    """labels given = used + without image + ambiguous + contradictory."""

    given: int
    used: int
    without_image: int
    ambiguous: int
    contradictory: int


class TableSumDocument(Document):
    """tables found = used + not understood."""

    found: int
    used: int
    not_understood: int


class AsideDocument(Document):
    """A file that is no listed patch."""

    file: str
    kind: str = Field(description="A stable code; docs/reference/codes.md lists them.")
    patient: str = Field(description="In whose folder it lies; empty where in nobody's.")


class NotUsedDocument(Document):
    """By name what was not used; notes, hidden files and what hpscan wrote are counted only."""

    files: list[AsideDocument]
    refused: list[str]
    without_truth: list[str]
    unreadable: list[str]
    tables: list[str]


class AccountDocument(Document):
    """What became of everything in the dataset."""

    clean: bool = Field(description="Whether everything was used that could matter.")
    files: FilesDocument
    patches: PatchSumDocument
    patients: PatientSumDocument
    labels: LabelSumDocument
    tables: TableSumDocument
    not_used: NotUsedDocument


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
