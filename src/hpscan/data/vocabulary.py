"""The words that tables and folders use for a diagnosis, in the languages and spellings that were met."""

from __future__ import annotations

import re

from hpscan.core.cohort import Density

DIAGNOSES: dict[str, tuple[Density | None, bool]] = {
    **dict.fromkeys(
        (
            *("negativa", "negativo", "negatiu", "negative", "neg"),
            *("healthy", "uninfected", "noninfected", "notinfected", "control", "controls", "normal", "sano", "sana"),
        ),
        (Density.NEGATIVE, False),
    ),
    **dict.fromkeys(("baixa", "baja", "bajo", "low"), (Density.LOW, True)),
    **dict.fromkeys(("alta", "alto", "high"), (Density.HIGH, True)),
    **dict.fromkeys(
        (
            *("positiva", "positivo", "positiu", "positive", "pos"),
            *("infected", "unhealthy", "sick", "diseased", "infectado", "infectada", "infectat", "enfermo", "enferma"),
        ),
        (None, True),
    ),
}
"""Word -> density, where it tells one, and whether the patient is infected. Letters and numbers (`N`, `0`, `1`) are none."""

_IN_TABLES: dict[str, tuple[Density | None, bool]] = {"baix": (Density.LOW, True), "alt": (Density.HIGH, True)}
"""Words that tables alone may use: as a folder's name they mean other things."""


def plain(text: str) -> str:
    """A word without case, spaces, hyphens and underscores: `Cropped_Patches` and `cropped patches` are one."""
    return re.sub(r"[\W_]", "", text.lower())


def diagnosis(text: str) -> tuple[Density | None, bool] | None:
    """What a table says of a patient; None where it is no word of a diagnosis.

    Only spaces, hyphens and case are passed over: `ALTA*` or `?` may mean a doubt and stay not understood.
    """
    word = re.sub(r"[\s_-]", "", text.lower())
    return DIAGNOSES.get(word) or _IN_TABLES.get(word)
