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
from hpscan.data.patients.folders import MAKE_A_PATIENT, Folder, Sorted, part_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hpscan.data.folders.walk import Found, ImageFile, Listing

_LEVELS = {"parent": 0, "grandparent": 1}


@dataclass(frozen=True, slots=True)
class _Named:
    """Whom a file is of: the patient's id, the section, and what tables call the two together."""

    patient: str
    section: str
    label: str


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
    named = _by_level(found, root, codes, _LEVELS[wanted]) if wanted in _LEVELS else _by_pattern(_pattern(wanted))
    sorted_out = Sorted()
    for one in found.listings:
        own: dict[_Named, list[ImageFile]] = defaultdict(list)
        for image in one.images:
            who = named(one, image.name)
            if one.depth > MAX_DEPTH:
                sorted_out.asides.append(_aside(top, one, image.name, AsideKind.TOO_DEEP, f"{one.path.name}/", who))
            elif who is None:
                sorted_out.asides.append(_aside(top, one, image.name, AsideKind.LOOSE, "names no patient", None))
            else:
                own[who].append(image)
        for who, images in own.items():
            sorted_out.folders.append(
                Folder(
                    one.path,
                    part_of(one.names),
                    tuple(images),
                    who.label,
                    who.patient,
                    who.section,
                    one.names,
                    Rule.OPTION,
                )
            )
        sorted_out.asides += [
            _aside(top, one, other.name, other.kind, other.group, None if one.hidden else named(one, other.name))
            for other in one.others
        ]
    for paths, kind in ((found.unreadable, AsideKind.UNREADABLE), (found.own, AsideKind.OWN)):
        sorted_out.asides += [Aside(p.relative_to(top).as_posix(), kind, "", f"{p.name}/") for p in paths]
    listed = {folder.patient for folder in sorted_out.folders}
    for aside in sorted_out.asides:
        if aside.patient and aside.patient not in listed and aside.kind in MAKE_A_PATIENT:
            sorted_out.without.setdefault(aside.patient, part_of((top / aside.file).relative_to(root).parts[:-1]))
    shown = [one for one in found.listings if one.images]
    if not sorted_out.folders and shown:
        example = "/".join((*shown[0].names, shown[0].images[0].name))
        raise LayoutError(
            f"{wanted!r} names a patient in none of the images' paths, e.g. {example}",
            hint="write a regular expression for a piece of the path below the dataset's folder, with the patient in parentheses",
            path=top,
        )
    known = listed | sorted_out.without.keys()
    sorted_out.asides = [
        aside if aside.patient in known else Aside(aside.file, aside.kind, "", aside.group)
        for aside in sorted_out.asides
    ]
    return sorted_out


def _aside(top: Path, one: Listing, name: str, kind: AsideKind, group: str, who: _Named | None) -> Aside:
    return Aside((one.path / name).relative_to(top).as_posix(), kind, "" if who is None else who.patient, group)


def _pattern(wanted: str) -> re.Pattern[str]:
    try:
        return re.compile(wanted)
    except re.error as error:
        raise SettingsError(
            f"{wanted!r} is no regular expression ({error})",
            hint="use parent, grandparent, or e.g. '(B[0-9]+-[0-9]+)_[0-9]+[.]png'",
        ) from None


def _by_pattern(pattern: re.Pattern[str]) -> Callable[[Listing, str], _Named | None]:
    def named(one: Listing, name: str) -> _Named | None:
        hit = pattern.search("/".join((*one.names, name)))
        if hit is None:
            return None
        who = hit["patient"] if "patient" in pattern.groupindex else hit[1] if pattern.groups else hit[0]
        section = hit.groupdict().get("section") or ""
        return _Named(who, section, f"{who}_{section}" if section else who) if who else None

    return named


def _by_level(found: Found, root: Path, codes: frozenset[str], above: int) -> Callable[[Listing, str], _Named | None]:
    """By the name of the folder that holds an image, or of the one above; of one name in two places, with the place."""
    places: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for one in found.listings:
        if one.images or any(other.kind in MAKE_A_PATIENT for other in one.others):
            full = _names(one, root, above)
            places[split_folder(full[-1], codes)[0]].add(_place(full))

    def named(one: Listing, _: str) -> _Named:
        full = _names(one, root, above)
        name = full[-1]
        base, section = split_folder(name, codes)
        if len(places[base]) > 1 and len(full) > 1:
            base, name = f"{full[-2]}/{base}", f"{full[-2]}/{name}"
        inner = one.path.name if above and one.names else ""
        return _Named(base, "_".join(filter(None, [section, inner])), f"{name}_{inner}" if inner else name)

    return named


def _names(one: Listing, root: Path, above: int) -> tuple[str, ...]:
    """The names of the folders down to the patient's, with those above the root, which may be needed to tell two apart."""
    full = (*root.parts[1:], *one.names)
    return full[: len(full) - above] or (root.name,)


def _place(full: tuple[str, ...]) -> tuple[str, ...]:
    """Where a patient's folder lies, apart from the dataset's parts: one patient may lie in several of these."""
    return tuple(name for name in full[:-1] if level(name) is not Level.PART)
