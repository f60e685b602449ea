"""Reasons in words: the only place that words them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpscan.core.reasons import ReasonKind

if TYPE_CHECKING:
    from hpscan.core.reasons import Reason


def reason(one: Reason) -> str:
    """A reason as one plain sentence with its numbers."""
    n = dict(one.numbers)
    match one.kind:
        case ReasonKind.COLOUR_PROFILE_UNREADABLE:
            has, its = ("has", "its") if n["count"] == 1 else ("have", "their")
            share = f"{n['count']:.0f} of {n['listed']:.0f} {'patch' if n['listed'] == 1 else 'patches'}"
            return f"{share} {has} a colour profile that could not be read: {its} colours were taken as they are"
        case kind:
            return kind.value
