"""The sums of an account as they are stored: beside a model's operating point, and in a benchmark's folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from hpscan.core.account import Sums

if TYPE_CHECKING:
    from hpscan.core.account import Account


class AccountRecord(BaseModel):
    """What became of everything in a dataset, in numbers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    set_aside: dict[str, int] = Field(description="Files by why they are no listed patch.")
    patches: dict[str, int] = Field(description="Listed patches by what became of them.")
    patients: dict[str, int]
    labels: dict[str, int]
    tables: dict[str, int]
    groups: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="Suffixes and folders of the files that were set aside; a model's has none."
    )
    names: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="Patients and tables that were not used; a model's has none."
    )

    def sums(self) -> Sums:
        """The value."""
        return Sums(self.set_aside, self.patches, self.patients, self.labels, self.tables, self.groups, self.names)


def record(account: Account, *, names: bool) -> AccountRecord:
    """The record of an account; `names` keeps those of patients, tables and folders."""
    sums = account.sums()
    return AccountRecord(
        set_aside=dict(sums.set_aside),
        patches=dict(sums.patches),
        patients=dict(sums.patients),
        labels=dict(sums.labels),
        tables=dict(sums.tables),
        groups=dict(sums.groups) if names else {},
        names=dict(sums.names) if names else {},
    )
