"""The line that says which model a command takes, and why: before anything else that it prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpscan.cli.output import console

if TYPE_CHECKING:
    from hpscan.store.default_model import Chosen


def announced(model: str | None) -> Chosen:
    """The model that was asked for, or the default, told on stderr."""
    from hpscan.workflows.scoring.models import choose

    chosen = choose(model)
    console.remark(line(chosen))
    return chosen


def line(chosen: Chosen) -> str:
    """Which model, since when, and why."""
    from hpscan.store.default_model import Choice

    stored = chosen.model
    why = {
        Choice.NAMED: "the one named",
        Choice.PINNED: "the one pinned with hpscan models use",
        Choice.NEWEST: "the one trained last; --model NAME takes another",
        Choice.BUNDLED: "the one that ships with hpscan, as none of yours is the default",
    }[chosen.how]
    manifest = stored.manifest
    return f"Model: {stored.path.name} ({manifest.backend.name}), made {manifest.created:%Y-%m-%d %H:%M} UTC: {why}."
