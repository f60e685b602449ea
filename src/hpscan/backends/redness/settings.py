"""Settings of the backend `redness`."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from hpscan.backends.shared.gate import RedGate


class Rule(StrEnum):
    """What is measured."""

    SHARE = "share"
    CONTRAST = "contrast"


class RednessSettings(RedGate):
    """Settings of the rule: which it is, and the limits of the red gate."""

    score: Rule = Field(
        Rule.SHARE,
        description="share: proportion of the patch's pixels that are DAB-positive; "
        "contrast: how far the 100 brownest pixels stand out of their patch, for which hue_low, hue_high, saturation and value "
        "do not matter.",
    )
