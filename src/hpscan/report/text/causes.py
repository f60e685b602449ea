"""Why a dataset lacks what a command needs: damaged files and tables that were not understood, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpscan.core.notes import NoteKind
from hpscan.report.text.notes import counted, note

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hpscan.core.notes import Note

_SHOWN = 3
"""Tables that are named."""


def causes(notes: Iterable[Note]) -> list[str]:
    """What notes on a dataset say of a lack, one clause each: tables of no use, and tables not understood."""
    clauses = []
    for found in notes:
        if found.kind.useless:
            clauses.append(note(found))
        elif found.kind is NoteKind.TABLE_NOT_UNDERSTOOD:
            shown = "; ".join(found.items[:_SHOWN])
            more = f" and {len(found.items) - _SHOWN} more" if len(found.items) > _SHOWN else ""
            clauses.append(f"{counted(len(found.items), 'table')} not understood ({shown}{more})")
    return clauses
