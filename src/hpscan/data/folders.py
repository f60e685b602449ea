"""Walks a dataset's folders: which are patients', which part of the dataset each is in, what else lies there.

Knows folder names and nothing of labels. The published parts are `Cropped_Patches`, `Annotated_Patches`,
`CrossValidation/{Cropped,Annotated}`, `HoldOut` and `Separated/{healthy,unhealthy}`, in any case and spelling.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from hpscan.core.cohort import Origin
from hpscan.data.sheets import TABLE_SUFFIXES

if TYPE_CHECKING:
    from pathlib import Path

IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp"})
PHANTOM, _MASKS = "phantom.json", "Masks"
"""What `hpscan data synth` writes beside the dataset's parts."""

MAX_DEPTH = 6
"""How far below the folder that was asked for patients are looked for; the published layouts need three."""


@dataclass(frozen=True, slots=True)
class Part:
    """What the names of the folders above a patient's folder say; None where they say nothing."""

    origin: Origin | None = None
    infected: bool | None = None
    held_out: bool = False

    def within(self, outer: Part) -> Part:
        """The same, completed by what the folder above says."""
        return Part(
            self.origin or outer.origin,
            outer.infected if self.infected is None else self.infected,
            self.held_out or outer.held_out,
        )


_PARTS = {
    **dict.fromkeys(("cropped", "croppedpatches", "croppedwindows"), Part(Origin.CROPPED)),
    **dict.fromkeys(("annotated", "annotatedpatches", "annotatedwindows"), Part(Origin.ANNOTATED)),
    "holdout": Part(Origin.CROPPED, held_out=True),
    "healthy": Part(Origin.CROPPED, infected=False),
    "unhealthy": Part(Origin.CROPPED, infected=True),
    "crossvalidation": Part(),
    "separated": Part(),
}


def part_named(name: str) -> Part | None:
    """The part that a folder of this name is; None for any other folder."""
    return _PARTS.get(re.sub(r"[\W_]", "", name.lower()))


class ImageFile(NamedTuple):
    """One image file: its name and its size in bytes (-1 where the system does not tell)."""

    name: str
    size: int


@dataclass(frozen=True, slots=True, eq=False)
class Folder:
    """One patient's folder, or one of its sections'.

    Attributes:
        path: The folder.
        part: The part of the dataset that it lies in.
        images: Its image files, in order of their names.
    """

    path: Path
    part: Part
    images: tuple[ImageFile, ...]


@dataclass(slots=True)
class Found:
    """What lies in a dataset's folders."""

    folders: list[Folder] = field(default_factory=list)
    outside: list[Folder] = field(default_factory=list)
    tables: list[Path] = field(default_factory=list)
    loose: list[Path] = field(default_factory=list)
    others: list[Path] = field(default_factory=list)
    empty: list[Path] = field(default_factory=list)
    unreadable: list[Path] = field(default_factory=list)
    seen_twice: list[Path] = field(default_factory=list)


def set_outsiders_apart(found: Found, top: Path) -> None:
    """Where a dataset has its parts (`Cropped_Patches` and so on), what lies beside them is no part of it.

    Masks, thumbnails or exports are often kept there; nobody said that they are patches.
    """
    if part_named(top.name) is not None or not any(folder.part.origin for folder in found.folders):
        return
    inside: list[Folder] = []
    outside: list[Folder] = []
    for folder in found.folders:
        above = folder.path.relative_to(top).parts[:-1]
        known = folder.part.origin is not None or any(part_named(name) is not None for name in above)
        (inside if known else outside).append(folder)
    found.folders, found.outside = inside, outside
    if top / PHANTOM in found.others:  # a drawn dataset: its masks are known
        found.others.remove(top / PHANTOM)
        found.outside = [folder for folder in outside if folder.path.parent != top / _MASKS]


def dataset_root(top: Path) -> Path:
    """The folder that holds the whole dataset, when `top` may be a part of it or one patient's folder.

    It is the folder above the outermost part that `top` is or lies in, or `top` itself.
    """
    root = top if part_named(top.name) is not None else top.parent
    if part_named(root.name) is None:
        return top
    while part_named(root.name) is not None:
        root = root.parent
    return root


def part_of(top: Path, root: Path) -> Part:
    """What the names of the folders from below `root` down to `top` say."""
    part = Part()
    for name in top.relative_to(root).parts:
        part = (part_named(name) or Part()).within(part)
    return part


def walk(top: Path, part: Part) -> Found:
    """All that lies below `top`, which is in `part`. A loop of links is walked once."""
    found = Found()
    _Walk(found, top).folder(top, part, depth=0)
    return found


def tables_around(top: Path, root: Path) -> list[Path]:
    """Tables in the parts of the dataset at `root`, and in `root`, that are not below `top`."""
    if root == top:
        return []
    tables: list[Path] = []
    waiting = [root]
    while waiting:
        folder = waiting.pop(0)
        try:
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda e: e.name)
        except OSError:  # what lies beside the dataset is nobody's concern if it cannot be listed
            continue
        for entry in entries:
            path = folder / entry.name
            if path == top or entry.name.startswith((".", "~$")):
                continue
            if _is_folder(entry):
                # Links are not followed here: a part is a real folder, and so this cannot go in circles.
                if part_named(entry.name) is not None and not entry.is_symlink():
                    waiting.append(path)
            elif path.suffix.lower() in TABLE_SUFFIXES:
                tables.append(path)
    return tables


class _Walk:
    """A walk in progress."""

    def __init__(self, found: Found, top: Path) -> None:
        self._found = found
        self._top = top
        self._seen: set[tuple[int, int]] = set()

    def folder(self, path: Path, part: Part, depth: int) -> None:
        """Adds what lies in one folder and below."""
        found = self._found
        try:
            status = path.stat()
            with os.scandir(path) as listing:
                entries = sorted(listing, key=lambda e: e.name)
        except OSError:
            found.unreadable.append(path)
            return
        if (status.st_dev, status.st_ino) in self._seen:
            found.seen_twice.append(path)
            return
        self._seen.add((status.st_dev, status.st_ino))
        images, below = self._sort(path, entries)
        structural = part_named(path.name) is not None
        if images and not structural and path != self._top:
            found.folders.append(Folder(path, part, tuple(images)))
            self._inside_patient(below)
            return
        before = len(found.folders)
        if depth < MAX_DEPTH:
            for name in below:
                self.folder(path / name.name, (part_named(name.name) or Part()).within(part), depth + 1)
        else:
            found.unreadable += below
        if images and not structural and (len(found.folders) == before or part_named(path.parent.name)):
            # The folder that was asked for is itself a patient's; what was found below is none.
            found.loose += [f.path / i.name for f in found.folders[before:] for i in f.images]
            found.folders[before:] = [Folder(path, part, tuple(images))]
        elif images:
            found.loose += [path / image.name for image in images]
        elif not below and not structural and path != self._top:
            found.empty.append(path)

    def _sort(self, path: Path, entries: list[os.DirEntry[str]]) -> tuple[list[ImageFile], list[Path]]:
        """A folder's image files and the folders in it; the tables and other files go to what was found."""
        images: list[ImageFile] = []
        below: list[Path] = []
        for entry in entries:
            name = entry.name
            if name.startswith((".", "~$")) or name == "__MACOSX":
                continue
            if _is_folder(entry):
                if not _is_benchmark(path / name):
                    below.append(path / name)
                continue
            suffix = os.path.splitext(name)[1].lower()  # noqa: PTH122 - a Path for each file takes seconds
            # A dangling link stays an image: it is listed, and rejected when it is read.
            if suffix in IMAGE_SUFFIXES and (entry.is_symlink() or entry.is_file()):
                images.append(ImageFile(name, _size(entry)))
            elif suffix in TABLE_SUFFIXES:
                self._found.tables.append(path / name)
            else:
                self._found.others.append(path / name)
        return images, below

    def _inside_patient(self, below: list[Path]) -> None:
        """Notes what lies in folders inside a patient's folder: no layout has images there."""
        for path in below:
            inner = Found()
            _Walk(inner, path).folder(path, Part(), depth=MAX_DEPTH - 1)
            self._found.loose += [f.path / i.name for f in inner.folders for i in f.images] + inner.loose
            self._found.tables += inner.tables
            self._found.others += inner.others
            self._found.unreadable += inner.unreadable


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _is_benchmark(folder: Path) -> bool:
    """Whether `hpscan benchmark` wrote it: its pictures are no patches."""
    return (folder / "run.json").is_file() and (folder / "cells").is_dir()


def _size(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat().st_size
    except OSError:
        return -1
