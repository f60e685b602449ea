"""An account in words: one line a sum, on the terminal and on a page alike."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from hpscan.core.account import AsideKind, LabelFate, PatchFate, PatientFate, TableFate, counts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hpscan.core.account import Account, Entry

_NAMES = 5
"""Names that a line holds of those that were not used."""

ASIDE = {
    AsideKind.OTHER_FORMAT: "in other formats",
    AsideKind.WHOLE_SLIDE: "whole slides",
    AsideKind.ARCHIVE: "archives",
    AsideKind.LOOSE: "loose images",
    AsideKind.OUTSIDE: "images beside the parts",
    AsideKind.TOO_DEEP: "images too deep",
    AsideKind.UNREADABLE: "that could not be opened",
    AsideKind.HIDDEN: "hidden",
    AsideKind.OTHER: "of other kinds",
    AsideKind.OWN: "written by hpscan",
}
"""What each kind of file that was set aside is called."""

_FATES: dict[str, str] = {
    PatchFate.USED: "used",
    PatchFate.REJECTED: "rejected",
    PatchFate.DUPLICATE: "duplicate",
    PatchFate.LEFT_OUT: "left out",
    PatientFate.USED: "used",
    PatientFate.REFUSED: "refused",
    PatientFate.WITHOUT_TRUTH: "without truth",
    PatientFate.UNREADABLE: "unreadable",
    LabelFate.USED: "used",
    LabelFate.WITHOUT_IMAGE: "without image",
    LabelFate.AMBIGUOUS: "ambiguous",
    LabelFate.CONTRADICTORY: "contradictory",
    TableFate.USED: "used",
    TableFate.NOT_UNDERSTOOD: "not understood",
}


def lines(account: Account, used: str = "used") -> list[tuple[str, str]]:
    """The sums, one line each: its name, and `found = used + ...` with the names of what was not used.

    Args:
        account: The account.
        used: What became of the patches that were used: `scored`, `readable`, `fitted on or scored`.
    """
    aside = account.set_aside()
    parts = [f"{len(account.patches):,} listed"]
    if aside:
        parts.append(f"{sum(aside.values()):,} set aside")
    what = (
        f" ({', '.join(f'{n:,} {ASIDE[kind]}{_groups(account, kind)}' for kind, n in aside.items())})" if aside else ""
    )
    found = [("files", f"{account.n_files:,} found = {' + '.join(parts)}{what}")]
    always = (PatchFate.USED, PatchFate.REJECTED, PatchFate.DUPLICATE)
    found.append(("patches", _sum(account.patches, "listed", PatchFate, always, {PatchFate.USED: used}, named=())))
    not_used = [fate for fate in PatientFate if fate is not PatientFate.USED]
    found.append(("patients", _sum(account.patients, "found", PatientFate, (PatientFate.USED,), {}, named=not_used)))
    if account.labels:
        found.append(("labels", _sum(account.labels, "given", LabelFate, (LabelFate.USED,), {}, named=())))
    if account.tables:
        left = (TableFate.NOT_UNDERSTOOD,)
        found.append(("tables", _sum(account.tables, "found", TableFate, (TableFate.USED,), {}, named=left)))
    return found


def _sum(
    entries: Sequence[Entry],
    whole: str,
    fates: Iterable[str],
    always: Sequence[str],
    words: dict[str, str],
    *,
    named: Sequence[str],
) -> str:
    n = counts(entries)
    terms = []
    for fate in fates:
        if n[fate] or fate in always:
            names = [entry.name for entry in entries if entry.fate == fate] if fate in named else []
            terms.append(f"{n[fate]:,} {words.get(fate, _FATES[fate])}" + (f" ({_some(names)})" if names else ""))
    return f"{len(entries):,} {whole} = {' + '.join(terms)}"


def _groups(account: Account, kind: AsideKind) -> str:
    """The suffixes or folders of one kind, where that says more than the kind."""
    if kind not in {AsideKind.OTHER_FORMAT, AsideKind.LOOSE, AsideKind.WHOLE_SLIDE, AsideKind.ARCHIVE}:
        return ""
    groups = Counter(aside.group for aside in account.asides if aside.kind is kind)
    return f": {_some(list(groups), most=3)}"


def _some(names: Sequence[str], most: int = _NAMES) -> str:
    shown = ", ".join(names[:most])
    return shown + (f" and {len(names) - most:,} more" if len(names) > most else "")
