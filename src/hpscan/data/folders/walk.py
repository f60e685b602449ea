"""Walks a dataset's folders and lists what lies in them; knows nothing of patients and labels.

What becomes of each file is decided by the rule in `data.patients`; nothing that lies below the folder asked for is left out here.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from hpscan.core.account import AsideKind
from hpscan.data.folders import kinds
from hpscan.data.folders.parts import Level, level, part_named

if TYPE_CHECKING:
    from pathlib import Path

PHANTOM, _MASKS = "phantom.json", "Masks"
"""What `hpscan data synth` writes beside the dataset's parts."""

MAX_DEPTH = 6
"""How far below the folder that was asked for patients are looked for; the published layouts need three."""

_ABOVE = 4
"""How many folders above the one that was asked for are looked at for the part that it lies in."""

_OWN = ("hpscan-report.json", "hpscan-geojson.json")
"""Files by which a folder that hpscan wrote is known."""


class ImageFile(NamedTuple):
    """One image file: its name and its size in bytes (-1 where the system does not tell)."""

    name: str
    size: int


class Other(NamedTuple):
    """A file that is no patch: its name, why, and what to call its group."""

    name: str
    kind: AsideKind
    group: str


@dataclass(frozen=True, slots=True, eq=False)
class Listing:
    """What lies directly in one folder.

    Attributes:
        path: The folder.
        names: The folders from the dataset's root down to it, itself included.
        images: Its image files, in order of their names.
        others: Its other files, but tables.
        depth: How far it lies below the folder that was asked for.
        hidden: Whether it is a hidden folder, or lies in one.
    """

    path: Path
    names: tuple[str, ...]
    images: tuple[ImageFile, ...]
    others: tuple[Other, ...]
    depth: int
    hidden: bool = False


@dataclass(slots=True)
class Tree:
    """What lies in a dataset's folders.

    Attributes:
        listings: The folders, each before those in it, in order of their names.
        tables: Files that may be tables.
        empty: Folders in which nothing lies.
        unreadable: Folders that could not be listed.
        seen_twice: Folders that were reached again through a link.
        own: Folders that hpscan itself wrote.
    """

    listings: list[Listing] = field(default_factory=list)
    tables: list[Path] = field(default_factory=list)
    empty: list[Path] = field(default_factory=list)
    unreadable: list[Path] = field(default_factory=list)
    seen_twice: list[Path] = field(default_factory=list)
    own: list[Path] = field(default_factory=list)


def dataset_root(top: Path) -> Path:
    """The folder that holds the whole dataset, when `top` may be a part of it or one patient's folder.

    It is the folder above the outermost part that `top` is or lies in, or `top` itself. Class folders (`healthy`) count
    where `top` is one or lies directly in one; a word like `high` further up says nothing.
    """
    chain = [top, *top.parents][: _ABOVE + 1]
    for i, folder in enumerate(chain):
        known = level(folder.name)
        if known is Level.PART or (known is Level.CLASS and i <= 1):
            root = folder
            while part_named(root.name) is not None:
                root = root.parent
            return root
    return top


def walk(top: Path, root: Path) -> Tree:
    """All that lies below `top`, which is `root` or lies in it. A folder that is reached twice through links is walked once."""
    tree = Tree()
    seen: set[tuple[int, int]] = set()
    waiting: list[tuple[Path, tuple[str, ...], int, bool]] = [(top, top.relative_to(root).parts, 0, False)]
    links: list[tuple[Path, tuple[str, ...], int, bool]] = []
    while waiting or links:
        # What a link leads to may be a folder of its own elsewhere, and then it is that one's: links come last.
        path, names, depth, hidden = waiting.pop() if waiting else links.pop(0)
        try:
            status = path.stat()
            with os.scandir(path) as listing:
                entries = sorted(listing, key=lambda e: e.name)
        except OSError:
            if not hidden:
                tree.unreadable.append(path)
            continue
        if (status.st_dev, status.st_ino) in seen:
            tree.seen_twice.append(path)
            continue
        seen.add((status.st_dev, status.st_ino))
        if depth and _is_own(path, {entry.name for entry in entries}):
            tree.own.append(path)
            continue
        listed, below = _sort(path, names, entries, tree, depth=depth, hidden=hidden)
        if listed.images or listed.others:
            tree.listings.append(listed)
        elif not below and depth and not hidden and not any(kinds.is_table(entry.name) for entry in entries):
            tree.empty.append(path)
        # The last is taken first, so that folders come in order of their names, each before those in it.
        for name in reversed(below):
            step = (path / name, (*names, name), depth + 1, hidden or kinds.hidden(name))
            (links if (path / name).is_symlink() else waiting).append(step)
    return tree


def _is_own(path: Path, entries: set[str]) -> bool:
    """Whether hpscan wrote the folder, a model, a benchmark, a report: its pictures are no patches."""
    if path.name == _MASKS and (path.parent / PHANTOM).is_file():
        return True
    benchmark = {"benchmark.json", "runs"} <= entries or {"run.json", "cells"} <= entries
    model = {"manifest.json", "weights.safetensors"} <= entries
    return benchmark or model or not entries.isdisjoint(_OWN)


def _sort(
    path: Path, names: tuple[str, ...], entries: list[os.DirEntry[str]], tree: Tree, *, depth: int, hidden: bool
) -> tuple[Listing, list[str]]:
    """A folder's files, and the names of the folders in it; tables go to the tree."""
    images: list[ImageFile] = []
    others: list[Other] = []
    below: list[str] = []
    for entry in entries:
        name = entry.name
        if _is_folder(entry):
            below.append(name)
        elif hidden or kinds.hidden(name):
            # Of hidden files only pictures are counted: `.git` and the like hold thousands of others. Those in hidden
            # folders, and macOS's `._1.png` beside `1.png`, are the system's: thumbnails and resource forks.
            if kinds.shows_image(name):
                system = hidden or name.startswith(("._", "~$"))
                others.append(Other(name, AsideKind.OTHER if system else AsideKind.HIDDEN, "hidden"))
        elif kinds.is_image(name):
            # A dangling link stays an image: it is listed, and rejected when it is read.
            if entry.is_symlink() or entry.is_file():
                images.append(ImageFile(name, _size(entry)))
            else:
                others.append(Other(name, AsideKind.UNREADABLE, "no regular file"))
        elif kinds.is_table(name):
            tree.tables.append(path / name)
        elif name == PHANTOM:
            others.append(Other(name, AsideKind.OWN, name))
        else:
            others.append(Other(name, *kinds.aside(path, name)))
    return Listing(path, names, tuple(images), tuple(others), depth, hidden), below


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
            if path == top or kinds.hidden(entry.name):
                continue
            if _is_folder(entry):
                # Links are not followed here: a part is a real folder, and so this cannot go in circles.
                if (part_named(entry.name) is not None or top.is_relative_to(path)) and not entry.is_symlink():
                    waiting.append(path)
            elif kinds.is_table(entry.name):
                tables.append(path)
    return tables


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _size(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat().st_size
    except OSError:
        return -1
