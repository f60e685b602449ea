"""Who is a patient, where the user says so: by the folder of an image, the one above, or a pattern in its path."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hpscan.core.account import Aside, AsideKind
from hpscan.core.errors import LayoutError, SettingsError
from hpscan.core.notes import Rule
from hpscan.data.folders.parts import Level, level
from hpscan.data.folders.walk import MAX_DEPTH
from hpscan.data.names import split_folder
from hpscan.data.patients.folders import MAKE_A_PATIENT, Folder, People, part_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hpscan.data.folders.walk import ImageFile, Listing, Tree

_LEVELS = {"parent": 0, "grandparent": 1}


@dataclass(frozen=True, slots=True)
class _Named:
    """Whom a file is of: the patient's id, the section, and what tables call the two together."""

    patient: str
    section: str
    label: str


def sort_out(tree: Tree, top: Path, root: Path, codes: frozenset[str], wanted: str) -> People:
    """Patients' folders and what is set aside, by what the user said.

    Args:
        tree: What lies below `top`.
        top: The folder that was asked for.
        root: The folder that holds the whole dataset.
        codes: The codes of the tables, in listing form.
        wanted: `parent`, `grandparent`, or a regular expression that is searched in each image's path below `root`
            (`/` between folders). The patient is its group `patient`, its first group, or the whole match; a group
            `section` tells the section.

    Raises:
        SettingsError: When it is no regular expression.
        LayoutError: When it fits no image.
    """
    named = _by_level(tree, root, codes, _LEVELS[wanted]) if wanted in _LEVELS else _by_pattern(_pattern(wanted))
    people = People()
    for listing in tree.listings:
        images_of: dict[_Named, list[ImageFile]] = defaultdict(list)
        for image in listing.images:
            who = named(listing, image.name)
            if listing.depth > MAX_DEPTH:
                people.asides.append(_aside(top, listing, image.name, AsideKind.TOO_DEEP, f"{listing.path.name}/", who))
            elif who is None:
                people.asides.append(_aside(top, listing, image.name, AsideKind.LOOSE, "names no patient", None))
            else:
                images_of[who].append(image)
        for who, images in images_of.items():
            people.folders.append(
                Folder(
                    listing.path,
                    part_of(listing.names),
                    tuple(images),
                    who.label,
                    who.patient,
                    who.section,
                    listing.names,
                    Rule.OPTION,
                )
            )
        people.asides += [
            _aside(
                top,
                listing,
                other.name,
                other.kind,
                other.group,
                None if listing.hidden else named(listing, other.name),
            )
            for other in listing.others
        ]
    for paths, kind in ((tree.unreadable, AsideKind.UNREADABLE), (tree.own, AsideKind.OWN)):
        people.asides += [Aside(p.relative_to(top).as_posix(), kind, "", f"{p.name}/") for p in paths]
    listed = {folder.patient for folder in people.folders}
    for aside in people.asides:
        if aside.patient and aside.patient not in listed and aside.kind in MAKE_A_PATIENT:
            people.without.setdefault(aside.patient, part_of((top / aside.file).relative_to(root).parts[:-1]))
    shown = [listing for listing in tree.listings if listing.images]
    if not people.folders and shown:
        example = "/".join((*shown[0].names, shown[0].images[0].name))
        raise LayoutError(
            f"{wanted!r} names a patient in none of the images' paths, e.g. {example}",
            hint="write a regular expression for a piece of the path below the dataset's folder, with the patient in parentheses",
            path=top,
        )
    known = listed | people.without.keys()
    people.asides = [
        aside if aside.patient in known else Aside(aside.file, aside.kind, "", aside.group) for aside in people.asides
    ]
    return people


def _aside(top: Path, listing: Listing, name: str, kind: AsideKind, group: str, who: _Named | None) -> Aside:
    return Aside((listing.path / name).relative_to(top).as_posix(), kind, "" if who is None else who.patient, group)


def _pattern(wanted: str) -> re.Pattern[str]:
    try:
        return re.compile(wanted)
    except re.error as error:
        raise SettingsError(
            f"{wanted!r} is no regular expression ({error})",
            hint="use parent, grandparent, or e.g. '(B[0-9]+-[0-9]+)_[0-9]+[.]png'",
        ) from None


def _by_pattern(pattern: re.Pattern[str]) -> Callable[[Listing, str], _Named | None]:
    def named(listing: Listing, name: str) -> _Named | None:
        hit = pattern.search("/".join((*listing.names, name)))
        if hit is None:
            return None
        who = hit["patient"] if "patient" in pattern.groupindex else hit[1] if pattern.groups else hit[0]
        section = hit.groupdict().get("section") or ""
        return _Named(who, section, f"{who}_{section}" if section else who) if who else None

    return named


def _by_level(tree: Tree, root: Path, codes: frozenset[str], above: int) -> Callable[[Listing, str], _Named | None]:
    """By the name of the folder that holds an image, or of the one above; of one name in two places, with the place."""
    places: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for listing in tree.listings:
        if listing.images or any(other.kind in MAKE_A_PATIENT for other in listing.others):
            full = _names(listing, root, above)
            places[split_folder(full[-1], codes)[0]].add(_place(full))

    def named(listing: Listing, _: str) -> _Named:
        full = _names(listing, root, above)
        name = full[-1]
        base, section = split_folder(name, codes)
        if len(places[base]) > 1 and len(full) > 1:
            base, name = f"{full[-2]}/{base}", f"{full[-2]}/{name}"
        inner = listing.path.name if above and listing.names else ""
        return _Named(base, "_".join(filter(None, [section, inner])), f"{name}_{inner}" if inner else name)

    return named


def _names(listing: Listing, root: Path, above: int) -> tuple[str, ...]:
    """The names of the folders down to the patient's, with those above the root, which may be needed to tell two apart."""
    full = (*root.parts[1:], *listing.names)
    return full[: len(full) - above] or (root.name,)


def _place(full: tuple[str, ...]) -> tuple[str, ...]:
    """Where a patient's folder lies, apart from the dataset's parts: one patient may lie in several of these."""
    return tuple(name for name in full[:-1] if level(name) is not Level.PART)
