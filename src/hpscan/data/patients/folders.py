"""Folders of images with the patient that each is of, and all that lies beside them: what the rule makes of a dataset."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hpscan.core.account import Aside, AsideKind
from hpscan.data.folders.parts import Part, part_named

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from hpscan.core.notes import Rule
    from hpscan.data.folders.walk import ImageFile

_CODE_IN_NAME = re.compile(r"(?P<code>[A-Za-z]*[0-9]*[A-Za-z]*-[0-9]+|[A-Za-z]{3,}[ _-]?[0-9]+)[ _.-]+[0-9A-Za-z]")
"""A patient's code at the beginning of a file's name."""

MAKE_A_PATIENT = frozenset(
    {
        AsideKind.OTHER_FORMAT,
        AsideKind.WHOLE_SLIDE,
        AsideKind.ARCHIVE,
        AsideKind.UNREADABLE,
        AsideKind.HIDDEN,
        AsideKind.TOO_DEEP,
    }
)
"""Files whose folder is a patient's, though no patch in it can be listed."""


@dataclass(frozen=True, slots=True, eq=False)
class Folder:
    """A folder of images of one patient.

    Attributes:
        path: The folder.
        part: The part of the dataset that it lies in.
        images: Its image files, in order of their names.
        label: What tables call it: the patient's folder, with the slide behind an underscore.
        patient: The patient's base id.
        section: The section, or an empty string.
        node: The names from the dataset's root down to the patient's folder.
        rule: By which rule it is this patient's.
    """

    path: Path
    part: Part
    images: tuple[ImageFile, ...]
    label: str
    patient: str
    section: str
    node: tuple[str, ...]
    rule: Rule


@dataclass(slots=True)
class People:
    """What the rule made of the folders.

    Attributes:
        folders: Folders of patients' images, in the order in which they were walked.
        asides: Every file that is no listed patch.
        without: Patients in whose folder no image could be listed, and what their folders' names say.
        from_above: Patients that are named after a folder above the one that was asked for -> that folder.
    """

    folders: list[Folder] = field(default_factory=list)
    asides: list[Aside] = field(default_factory=list)
    without: dict[str, Part] = field(default_factory=dict)
    from_above: dict[str, Path] = field(default_factory=dict)


def part_of(names: Iterable[str]) -> Part:
    """What the names of the folders from below the root down to one say."""
    part = Part()
    for name in names:
        part = (part_named(name) or Part()).within(part)
    return part


def patients_in_names(folder: Folder, codes: frozenset[str]) -> tuple[str, ...]:
    """Patients that the file names of one folder seem to name: `B22-155_00065.png` beside `B22-101_00002.png`.

    Empty unless every name begins with a code, there are several, and each has several files or stands in a table.
    """
    count: Counter[str] = Counter()
    for image in folder.images:
        stem = image.name[: image.name.rindex(".")]
        match = _CODE_IN_NAME.match(stem)
        if match is None:
            return ()
        count[match["code"]] += 1
    known = [code for code in count if code in codes]
    if len(count) < 2 or (len(known) < 2 and min(count.values()) < 2):
        return ()
    return tuple(count)
