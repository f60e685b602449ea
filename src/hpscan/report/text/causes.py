"""Why a dataset lacks what a command needs: damaged files and tables that were not understood, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpscan.core.notes import NoteKind
from hpscan.report.text.notes import describe_note
from hpscan.report.text.numbers import counted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hpscan.core.notes import Note

_SHOWN = 3
"""Tables that are named."""


def causes(notes: Iterable[Note]) -> list[str]:
    """What notes on a dataset say of a lack, one clause each: tables of no use, and tables not understood."""
    clauses = []
    for note in notes:
        if note.kind.useless:
            clauses.append(describe_note(note))
        elif note.kind is NoteKind.TABLE_NOT_UNDERSTOOD:
            shown = "; ".join(note.items[:_SHOWN])
            more = f" and {len(note.items) - _SHOWN} more" if len(note.items) > _SHOWN else ""
            clauses.append(f"{counted(len(note.items), 'table')} not understood ({shown}{more})")
    return clauses
