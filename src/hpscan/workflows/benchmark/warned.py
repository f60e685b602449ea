"""Reasons as records of a benchmark: with their wording, for who reads the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpscan.report.text import reasons as text
from hpscan.store.benchmark import WarningRecord

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hpscan.core.reasons import Reason


def records(reasons: Iterable[Reason]) -> tuple[WarningRecord, ...]:
    """One record a reason."""
    return tuple(
        WarningRecord(
            code=one.kind.value, message=text.describe_reason(one), numbers=dict(one.numbers), items=one.items
        )
        for one in reasons
    )
