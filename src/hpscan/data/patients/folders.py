"""Folders of images with the patient that each is of, and all that lies beside them: what the rule makes of a dataset."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hpscan.core.account import Aside, AsideKind
from hpscan.data.folders.parts import Part, part_named

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from hpscan.core.notes import Rule
    from hpscan.data.folders.walk import ImageFile

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
