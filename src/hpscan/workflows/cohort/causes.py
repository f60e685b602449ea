"""The true cause of a lack: damaged files and tables that were not understood come before "add more patients"."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpscan.core.errors import NotEnoughDataError
from hpscan.core.notes import NoteKind
from hpscan.report.text.notes import describe_note
from hpscan.report.text.numbers import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hpscan.data.dataset.layout import Dataset
    from hpscan.data.images.batches import Rejection

_SHOWN = 3
"""Tables that are named."""


def with_cause(
    error: NotEnoughDataError, dataset: Dataset, rejected: Sequence[Rejection] = (), n_listed: int = 0
) -> NotEnoughDataError:
    """The same error, with what in the dataset may be its cause before it; itself where nothing is.

    Args:
        error: What is lacking.
        dataset: Where it was looked for.
        rejected: Patches that could not be read on the way.
        n_listed: Of how many.
    """
    causes = []
    if rejected:
        of = f" of {n_listed:,}" if n_listed else ""
        causes.append(
            f"{len(rejected):,}{of} patches could not be read ({rejected[0].patch.path.name}: {rejected[0].reason})"
        )
    for one in dataset.notes:
        if one.kind.useless:
            causes.append(describe_note(one))
        elif one.kind is NoteKind.TABLE_NOT_UNDERSTOOD:
            shown = "; ".join(one.items[:_SHOWN])
            more = f" and {len(one.items) - _SHOWN} more" if len(one.items) > _SHOWN else ""
            causes.append(f"{counted(len(one.items), 'table')} not understood ({shown}{more})")
    if not causes:
        return error
    hint = f"see what was read and what was not: hpscan data check {dataset.root}"
    lack = error.message.partition("; there are")[0]  # how many were left says nothing beside why
    return NotEnoughDataError(f"{'; '.join(causes)}; so {lack}", hint=hint, path=error.path)
