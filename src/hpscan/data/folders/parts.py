"""What folder names say by themselves: parts of a dataset, classes, folders of tiles, slides of one patient.

The published parts are `Cropped_Patches`, `Annotated_Patches`, `CrossValidation/{Cropped,Annotated}`, `HoldOut` and
`Separated/{healthy,unhealthy}`, in any case and spelling. Class folders are named by the words of the diagnosis tables.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

from hpscan.core.cohort import Density, Origin
from hpscan.data.vocabulary import DIAGNOSES, plain


@dataclass(frozen=True, slots=True)
class Part:
    """What the names of the folders above a patient's folder say; None where they say nothing."""

    origin: Origin | None = None
    infected: bool | None = None
    density: Density | None = None
    held_out: bool = False

    def within(self, outer: Part) -> Part:
        """The same, completed by what the folder above says."""
        return Part(
            self.origin or outer.origin,
            outer.infected if self.infected is None else self.infected,
            outer.density if self.infected is None else self.density,
            self.held_out or outer.held_out,
        )


_PARTS = {
    **dict.fromkeys(("cropped", "croppedpatches", "croppedwindows"), Part(Origin.CROPPED)),
    **dict.fromkeys(("annotated", "annotatedpatches", "annotatedwindows"), Part(Origin.ANNOTATED)),
    "holdout": Part(Origin.CROPPED, held_out=True),
    "separated": Part(Origin.CROPPED),
    "crossvalidation": Part(),
}
_TILES = re.compile(
    r"(tile|patch|patche|window|crop|image|img|roi|field|subimage|png|jpe?g|tiff?|bmp)s?"  # tiles
    r"|(tile|patche|window|crop|image|roi|field)s([0-9]+|[0-9]+x([0-9]+)?|[0-9]+(px|um))"  # tiles_20x, patches256
    r"|[0-9]+x([0-9]+)?"  # 20x, 256x256
)
_SECTION = re.compile(
    r"(slide|wsi|section|sect|sec|block|level|slice|cut|scan|seccio|secció|seccion|sección|bloc|bloque|tall|corte)"
    r"[\s_.-]*([0-9]+|[a-z])",
    re.IGNORECASE,
)


class Level(Enum):
    """What a folder's name makes of it."""

    PART = auto()
    CLASS = auto()
    TILES = auto()
    SECTION = auto()
    NAME = auto()


def part_named(name: str) -> Part | None:
    """The part or the class that a folder of this name is; None for any other folder."""
    word = plain(name)
    if word in _PARTS:
        return _PARTS[word]
    if word in DIAGNOSES:
        density, infected = DIAGNOSES[word]
        return Part(infected=infected, density=density)
    return None


def level(name: str) -> Level:
    """What a folder of this name is, unless a table or the folders around it say otherwise."""
    part = part_named(name)
    if part is not None:
        return Level.PART if part.infected is None else Level.CLASS
    if _TILES.fullmatch(plain(name)):
        return Level.TILES
    return Level.SECTION if _SECTION.fullmatch(name.strip()) else Level.NAME
