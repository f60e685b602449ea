"""An account in words: one line a sum, on the terminal and on a page alike."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING

from hpscan.core.account import AsideKind, LabelFate, PatchFate, PatientFate, TableFate
from hpscan.report.text.numbers import shortened

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hpscan.core.account import Sums

SET_ASIDE = {
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
"""The kinds of files that were set aside, in words."""

_FATES: dict[str, str] = {
    PatchFate.USED: "used",
    PatchFate.REJECTED: "rejected",
    PatchFate.DUPLICATE: "duplicate",
    PatchFate.LEFT_OUT: "left out",
    PatientFate.USED: "used",
    PatientFate.REFUSED: "refused",
    PatientFate.WITHOUT_TRUTH: "without reference standard",
    PatientFate.UNREADABLE: "unreadable",
    LabelFate.USED: "used",
    LabelFate.WITHOUT_IMAGE: "without image",
    LabelFate.AMBIGUOUS: "ambiguous",
    LabelFate.CONTRADICTORY: "contradictory",
    TableFate.USED: "used",
    TableFate.NOT_UNDERSTOOD: "not understood",
}


def describe_sums(sums: Sums, used: str = "used", patients: str = "used") -> list[tuple[str, str]]:
    """The sums, one line each: its name, and `found = used + ...` with the names of what was not used.

    Args:
        sums: The sums of an account.
        used: What became of the patches that were used: `scored`, `readable`, `fitted on or scored`.
        patients: What became of the patients that were used.
    """
    listed, aside = sum(sums.patches.values()), sum(sums.set_aside.values())
    files = f"{listed + aside:,} found = {listed:,} listed"
    if aside:
        kinds = ", ".join(
            f"{n:,} {_kind(AsideKind(kind), n)}{_groups(sums, kind)}" for kind, n in sums.set_aside.items()
        )
        files += f" + {aside:,} set aside ({kinds})"
    always = (PatchFate.USED, PatchFate.REJECTED, PatchFate.DUPLICATE)
    lines = [
        ("files", files),
        ("patches", _sum(sums, sums.patches, "listed", PatchFate, always, {PatchFate.USED: used})),
        (
            "patients",
            _sum(sums, sums.patients, "found", PatientFate, (PatientFate.USED,), {PatientFate.USED: patients}),
        ),
    ]
    if sums.labels:
        lines.append(("labels", _sum(sums, sums.labels, "given", LabelFate, (LabelFate.USED,))))
    if sums.tables:
        lines.append(("tables", _sum(sums, sums.tables, "found", TableFate, (TableFate.USED,))))
    return lines


def _kind(kind: AsideKind, n: int) -> str:
    """Files of one kind in words, in the singular where there is one."""
    words = SET_ASIDE[kind]
    if n == 1:
        words = re.sub(r"^(whole slide|archive|loose image|image)s", r"\1", words)
    return words


def _sum(
    sums: Sums,
    numbers: Mapping[str, int],
    whole: str,
    fates: Iterable[str],
    always: Sequence[str],
    words: Mapping[str, str] = MappingProxyType({}),
) -> str:
    terms = []
    for fate in fates:
        n = numbers.get(fate, 0)
        if n or fate in always:
            names = () if fate in always else sums.names.get(fate, ())
            terms.append(f"{n:,} {words.get(fate, _FATES[fate])}" + (f" ({shortened(names)})" if names else ""))
    return f"{sum(numbers.values()):,} {whole} = {' + '.join(terms)}"


def _groups(sums: Sums, kind: str) -> str:
    """The suffixes or folders of one kind, where that says more than the kind."""
    if kind not in {AsideKind.OTHER_FORMAT, AsideKind.LOOSE, AsideKind.WHOLE_SLIDE, AsideKind.ARCHIVE}:
        return ""
    return f": {shortened(sums.groups[kind], most=3)}" if sums.groups.get(kind) else ""
