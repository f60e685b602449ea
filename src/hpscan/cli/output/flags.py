"""Messages from below the command line name arguments as Python has them; here they become options."""

from __future__ import annotations

import re

_ARGUMENT = re.compile(r"`([a-z_]+)(?:=([^`]*))?`")
_OPTIONS = frozenset(
    {
        *("aggregation", "allow_training_patients", "backend", "backends", "config", "criterion", "data", "device"),
        *("epochs", "folds", "force", "geojson", "hold_out", "model", "name", "out", "patient_from", "reference"),
        *("report", "seed", "split", "threshold", "top_k", "weights"),
    }
)
_OTHERWISE = {"settings": "--set"}
"""Arguments whose option is called differently."""


def flags(text: str) -> str:
    """A message with `hold_out=0` as --hold-out 0; a backticked word that is no option stays."""

    def option(match: re.Match[str]) -> str:
        name, value = match.groups()
        if name not in _OPTIONS and name not in _OTHERWISE:
            return match.group(0)
        flag = _OTHERWISE.get(name, f"--{name.replace('_', '-')}")
        return flag if value in (None, "True") else f"{flag} {value}"

    return _ARGUMENT.sub(option, text)
