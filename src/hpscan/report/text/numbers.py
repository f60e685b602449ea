"""Numbers and lists of names as text: scores, percentages, counts with their nouns."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

SHOWN = 5
"""Names that a line holds of a longer list."""

_TINY = 1e-12


def format_score(value: float) -> str:
    """A patch score as text; the smallest number above zero is a threshold that every score but zero passes."""
    return "just above 0" if 0 < value < _TINY else f"{value:.6g}"


def format_percent(proportion: float) -> str:
    """A proportion, 0..1, as a percentage."""
    return f"{100 * proportion:.1f} %"


def format_number(value: float) -> str:
    """A count with separators of thousands; any other number with up to six digits."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:.6g}"


def counted(count: float, singular: str, plural: str | None = None) -> str:
    """A count with its noun: `1 patch`, `2 patches`, `1,939 labels`."""
    if count != 1:
        singular = plural or f"{singular}{'es' if singular.endswith('ch') else 's'}"
    return f"{format_number(count)} {singular}"


def counted_of(count: float, total: float | None, noun: str) -> str:
    """A count, of a total where that is known: `3 of 9 patches`, `3 patches`."""
    return counted(count, noun) if total is None else f"{format_number(count)} of {counted(total, noun)}"


def shortened(names: Sequence[str], most: int = SHOWN) -> str:
    """The first names of a list, and how many more there are."""
    return ", ".join(names[:most]) + (f" and {len(names) - most:,} more" if len(names) > most else "")
