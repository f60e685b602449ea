"""Who is a patient, where the user says so: by the folder of an image, the one above, or a pattern in its path."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from hpscan.core.account import Aside, AsideKind
from hpscan.core.errors import LayoutError, SettingsError
from hpscan.core.notes import Rule
from hpscan.data.folders import MAX_DEPTH
from hpscan.data.names import split_folder
from hpscan.data.parts import part_named
from hpscan.data.whose import Folder, Sorted, part_of

if TYPE_CHECKING:
    from pathlib import Path

    from hpscan.data.folders import Found, ImageFile, Listing

_LEVELS = {"parent": 0, "grandparent": 1}


def sort_out(found: Found, top: Path, root: Path, codes: frozenset[str], wanted: str) -> Sorted:
    """Patients' folders and what is set aside, by what the user said.

    Args:
        found: What lies below `top`.
        top: The folder that was asked for.
        root: The folder that holds the whole dataset.
        codes: The codes of the tables, in one form.
        wanted: `parent`, `grandparent`, or a regular expression that is searched in each image's path below `root`
            (`/` between folders). The patient is its group `patient`, its first group, or the whole match; a group
            `section` tells the section.

    Raises:
        SettingsError: When it is no regular expression.
        LayoutError: When it fits no image.
    """
    asides = [
        Aside((one.path / other.name).relative_to(top).as_posix(), other.kind, "", other.group)
        for one in found.listings
        for other in one.others
    ]
    asides += [Aside(p.relative_to(top).as_posix(), AsideKind.UNREADABLE, "", f"{p.name}/") for p in found.unreadable]
    asides += [Aside(p.relative_to(top).as_posix(), AsideKind.OWN, "", f"{p.name}/") for p in found.own]
    shown: list[Listing] = []
    for one in found.listings:
        if one.depth > MAX_DEPTH:
            asides += [
                Aside((one.path / i.name).relative_to(top).as_posix(), AsideKind.TOO_DEEP, "", f"{one.path.name}/")
                for i in one.images
            ]
        elif one.images:
            shown.append(one)
    if wanted in _LEVELS:
        return Sorted(_by_level(shown, root, codes, _LEVELS[wanted]), asides)
    pattern = _pattern(wanted)
    folders: list[Folder] = []
    for one in shown:
        own: dict[tuple[str, str], list[ImageFile]] = defaultdict(list)
        for image in one.images:
            hit = pattern.search("/".join((*one.names, image.name)))
            if hit is None or not _patient(hit):
                path = (one.path / image.name).relative_to(top).as_posix()
                asides.append(Aside(path, AsideKind.LOOSE, "", "names no patient"))
            else:
                own[_patient(hit), hit.groupdict().get("section") or ""].append(image)
        for (who, section), images in own.items():
            label = f"{who}_{section}" if section else who
            folders.append(
                Folder(one.path, part_of(one.names), tuple(images), label, who, section, (who,), Rule.OPTION)
            )
    if not folders and shown:
        example = "/".join((*shown[0].names, shown[0].images[0].name))
        raise LayoutError(
            f"{wanted!r} names a patient in none of the images' paths, e.g. {example}",
            hint="write a regular expression for a piece of the path below the dataset's folder, with the patient in parentheses",
            path=top,
        )
    return Sorted(folders, asides)


def _pattern(wanted: str) -> re.Pattern[str]:
    try:
        return re.compile(wanted)
    except re.error as error:
        raise SettingsError(
            f"{wanted!r} is no regular expression ({error})",
            hint="use parent, grandparent, or e.g. '(B[0-9]+-[0-9]+)_[0-9]+[.]png'",
        ) from None


def _patient(hit: re.Match[str]) -> str:
    if "patient" in hit.re.groupindex:
        return hit["patient"] or ""
    return (hit[1] if hit.re.groups else hit[0]) or ""


def _by_level(shown: list[Listing], root: Path, codes: frozenset[str], above: int) -> list[Folder]:
    """By the name of the folder that holds an image, or of the one above; of one name in two places, with the place."""
    whose: list[tuple[Listing, tuple[str, ...]]] = [(one, _names(one, root, above)) for one in shown]
    places: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for _, full in whose:
        places[split_folder(full[-1], codes)[0]].add(_place(full))
    folders = []
    for one, full in whose:
        base, section = split_folder(full[-1], codes)
        name = full[-1]
        if len(places[base]) > 1 and len(full) > 1:
            base, name = f"{full[-2]}/{base}", f"{full[-2]}/{name}"
        inner = one.path.name if above and one.names else ""
        label = f"{name}_{inner}" if inner else name
        section = "_".join(filter(None, [section, inner]))
        folders.append(Folder(one.path, part_of(one.names), one.images, label, base, section, full, Rule.OPTION))
    return folders


def _names(one: Listing, root: Path, above: int) -> tuple[str, ...]:
    """The names of the folders down to the patient's, with those above the root, which may be needed to tell two apart."""
    full = (*root.parts[1:], *one.names)
    return full[: len(full) - above] or (root.name,)


def _place(full: tuple[str, ...]) -> tuple[str, ...]:
    """Where a patient's folder lies, apart from the dataset's parts: one patient may lie in several of these."""
    return tuple(name for name in full[:-1] if part_named(name) is None)
