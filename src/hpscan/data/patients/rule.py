"""The one rule for who is a patient: from the folders that hold images to patients, sections and what is set aside.

The rule in words is in docs/reference/data-layouts.md. In short: the patient is the outermost folder with a name of its
own that holds images, directly or in folders of tiles or slides; what lies deeper in a patient's folder is set aside, and
counted as the patient's. Where the folders can be read in two ways, an `AmbiguousLayoutError` tells both.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hpscan.core.account import Aside, AsideKind
from hpscan.core.errors import AmbiguousLayoutError
from hpscan.core.notes import Rule
from hpscan.data.folders.parts import Level, Part, level, part_named
from hpscan.data.folders.walk import MAX_DEPTH, Found, ImageFile, Listing
from hpscan.data.names import same_form, split_folder
from hpscan.data.patients.rulings import Ruling, ruling

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

_STRAY = 2
"""Pictures that may lie beside patients' folders (an overview, a logo) before the folder itself may be a patient's."""

MOST_SLIDES = 12
"""Folders called `Slide 1`, `Slide 2` ... that one patient may have; more of them are rather patients."""

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

_SIBLINGS = 200
"""Folders beside the one that was asked for that are looked at."""


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
class Sorted:
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


def sort_out(found: Found, top: Path, root: Path, codes: frozenset[str]) -> Sorted:
    """Patients' folders and what is set aside.

    Args:
        found: What lies below `top`.
        top: The folder that was asked for.
        root: The folder that holds the whole dataset.
        codes: The codes of the tables, in one form (`names.same_form`).

    Raises:
        AmbiguousLayoutError: When the folders can be read in two ways.
    """
    return _Sorting(found, top, root, codes).result()


class _Sorting:
    """One dataset while it is sorted out."""

    def __init__(self, found: Found, top: Path, root: Path, codes: frozenset[str]) -> None:
        self._found, self._top, self._root, self._codes = found, top, root, codes
        self._result = Sorted()
        self._rulings: dict[tuple[str, ...], Ruling] = {}
        self._claimed: dict[tuple[str, ...], str] = {}
        self._shadowed: set[tuple[str, ...]] = set()
        self._direct = {one.names for one in found.listings if one.images}

    def result(self) -> Sorted:
        seen = [one for one in self._found.listings if not one.hidden and one.depth <= MAX_DEPTH]
        inside, outside = self._inside(seen)
        with_images = [one for one in inside if one.images]
        nodes = self._nodes(with_images)
        self._stop_if_ambiguous(nodes, has_parts=len(inside) < len(seen) or self._has_parts(seen))
        listed = self._listed(with_images, nodes)
        without = self._without(inside, nodes)
        self._name(nodes, without)
        for one in self._found.listings:
            self._sort(one, listed.get(one.names, False), outside=one in outside)
        for path in self._found.unreadable:
            self._aside(path, AsideKind.UNREADABLE, f"{path.name}/")
        for path in self._found.own:
            self._aside(path, AsideKind.OWN, f"{path.name}/")
        return self._result

    # Which folders belong to the dataset

    def _has_parts(self, seen: Sequence[Listing]) -> bool:
        return any(one.images and self._in_part(one.names) for one in seen)

    @staticmethod
    def _in_part(names: tuple[str, ...]) -> bool:
        """Whether a part of the dataset (not a folder `Cropped` inside a patient's) lies above the last name."""
        return part_of(names[:-1]).origin is not None and level(names[-1]) is not Level.TILES

    def _inside(self, seen: list[Listing]) -> tuple[list[Listing], set[Listing]]:
        """Where a dataset has its parts (`Cropped_Patches`), what lies beside them (masks, thumbnails) is no part of it."""
        if part_named(self._top.name) is not None or not self._has_parts(seen):
            return seen, set()
        outside = {one for one in seen if not any(part_named(name) is not None for name in one.names)}
        return [one for one in seen if one not in outside], outside

    # Which folders are patients'

    def _level(self, name: str) -> Level:
        found = level(name)
        return Level.NAME if found in {Level.TILES, Level.SECTION} and self._is_code(name) else found

    def _is_code(self, name: str) -> bool:
        return same_form(name) in self._codes or same_form(split_folder(name, self._codes)[0]) in self._codes

    def _ruling(self, names: tuple[str, ...]) -> Ruling:
        if names not in self._rulings:
            self._rulings[names] = self._by_code(names) or ruling([self._level(name) for name in names])
        return self._rulings[names]

    def _by_code(self, names: tuple[str, ...]) -> Ruling | None:
        """The innermost folder that a table names as a patient, with no image of its own, has the folders in it as slides."""
        levels = [self._level(name) for name in names]
        known = [k for k, name in enumerate(names) if levels[k] is Level.NAME and self._is_code(name)]
        if not known or known[-1] == len(names) - 1 or names[: known[-1] + 1] in self._direct:
            return None
        inner = range(known[-1] + 1, len(names))
        if any(levels[k] in {Level.PART, Level.CLASS} for k in inner):
            return None
        slides = tuple(k for k in inner if levels[k] is not Level.TILES)
        return Ruling(known[-1] + 1, slides, Rule.SLIDE if slides else Rule.TILES, listed=True)

    def _nodes(self, with_images: Sequence[Listing]) -> set[tuple[str, ...]]:
        """The patients' folders: the outermost ones; a folder in a patient's folder is no other patient's."""
        count: Counter[tuple[str, ...]] = Counter()
        for one in with_images:
            ruling = self._ruling(one.names)
            if ruling.depth is not None and ruling.listed:
                count[one.names[: ruling.depth]] += len(one.images)
        nodes: set[tuple[str, ...]] = set()
        below_root = [node for node in count if node]
        for node in sorted(below_root, key=len):
            if any(node[:k] in nodes for k in range(1, len(node))):
                self._shadowed.add(node)
            else:
                nodes.add(node)
        for node in self._beside_folders(nodes, with_images):
            nodes.discard(node)
        if () in count and (not nodes or self._is_code(self._root.name)):
            return {()}
        return nodes

    def _beside_folders(self, nodes: set[tuple[str, ...]], with_images: Sequence[Listing]) -> list[tuple[str, ...]]:
        """Folders with a picture or two beside other folders of images: an overview is no patch, and nothing is listed."""
        below: Counter[tuple[str, ...]] = Counter()
        for one in with_images:
            node = one.names[: self._ruling(one.names).depth or 0]
            if node in self._shadowed:
                below.update({node[:k]: len(one.images) for k in range(1, len(node))})
        own = {one.names: len(one.images) for one in with_images}
        inner = {
            one.names[: self._ruling(one.names).depth or 0]
            for one in with_images
            if len(one.names) != self._ruling(one.names).depth
        }
        few = {node for node in nodes if own.get(node, 0) <= _STRAY and node not in inner}
        return [node for node in few if below[node] > own.get(node, 0)]

    def _stop_if_ambiguous(self, nodes: set[tuple[str, ...]], *, has_parts: bool) -> None:
        at_root = [one for one in self._found.listings if one.images and self._ruling(one.names).depth == 0]
        direct = sum(len(one.images) for one in at_root if not one.names)
        inner = [one.names[0] for one in at_root if one.names]
        known = self._is_code(self._root.name) or self._root != self._top
        if nodes == {()}:
            slides = [name for name in dict.fromkeys(inner) if self._level(name) is Level.SECTION]
            if slides and not known and (len(slides) > MOST_SLIDES or not self._slides_beside()):
                raise self._two(
                    f"{_some(slides)} may be slides of one patient, {self._root.name}, or patients",
                    "--patient-from grandparent takes them for slides, --patient-from parent for patients",
                )
            return
        if at_root and not has_parts and not known:
            first = min(nodes)[0]
            if inner:
                raise self._two(
                    f"images lie in {_some(sorted(set(inner)))}, as those of a patient {self._root.name} would, and in "
                    f"{first}, as those of patients would",
                    f"give the patients' folders apart, or move {inner[0]} elsewhere",
                )
            if direct > _STRAY or len(nodes) == 1:
                raise self._two(
                    f"{direct} image{'s lie' if direct != 1 else ' lies'} in {self._root.name} itself, as those of one patient would, and others in "
                    f"{_some(sorted(node[0] for node in nodes))}, as those of patients would",
                    "--patient-from parent takes each folder of images for a patient's; or move the images elsewhere",
                )
        for node in nodes:
            many = {
                one.names[len(node)]
                for one in self._found.listings
                if one.images and one.names[: len(node)] == node and self._ruling(one.names).sections
            }
            if len(many) > MOST_SLIDES:
                raise self._two(
                    f"{node[-1]} holds {len(many)} folders such as {min(many)}: slides of one patient, or patients",
                    "--patient-from grandparent takes them for slides, --patient-from parent for patients",
                )

    def _two(self, readings: str, hint: str) -> AmbiguousLayoutError:
        return AmbiguousLayoutError(f"it cannot be told who is a patient: {readings}", hint=hint, path=self._top)

    def _slides_beside(self) -> bool:
        """Whether folders beside the one that was asked for hold slides, too: then it is a patient's, like them."""
        try:
            beside = [p for p in self._root.parent.iterdir() if p != self._root and p.is_dir()][:_SIBLINGS]
            return any(level(p.name) is Level.SECTION and p.is_dir() for folder in beside for p in folder.iterdir())
        except OSError:
            return False

    def _listed(self, with_images: Sequence[Listing], nodes: set[tuple[str, ...]]) -> dict[tuple[str, ...], bool]:
        """Which folders' images are listed: of a patient's own and those in the folders in it, the more numerous."""
        directly: Counter[tuple[str, ...]] = Counter()
        within: Counter[tuple[str, ...]] = Counter()
        for one in with_images:
            ruling = self._ruling(one.names)
            if ruling.depth is not None and ruling.listed and (node := one.names[: ruling.depth]) in nodes:
                (directly if one.names == node else within)[node] += len(one.images)
        listed = {}
        for one in with_images:
            ruling = self._ruling(one.names)
            node = one.names[: ruling.depth or 0]
            if ruling.depth is not None and ruling.listed and node in nodes:
                own = directly[node] >= within[node]
                listed[one.names] = own if one.names == node else not own
        return listed

    def _without(self, inside: Sequence[Listing], nodes: set[tuple[str, ...]]) -> set[tuple[str, ...]]:
        """Folders of patients without a listed image: others lie there that may be patches, or nothing can be read."""
        wanted = [
            one.names for one in inside if one.images or any(other.kind in MAKE_A_PATIENT for other in one.others)
        ]
        # Of images that lie too deep, the folder nearest to the top with a name of its own is the patient's.
        for one in self._found.listings:
            if one.depth > MAX_DEPTH and one.images and not one.hidden:
                own = [k for k, name in enumerate(one.names) if self._level(name) is Level.NAME]
                wanted += [one.names[: own[0] + 1]] if own else []
        wanted += [path.relative_to(self._root).parts for path in self._found.unreadable if path != self._top]
        # An empty folder may be anything, but for one that a table names as a patient.
        wanted += [path.relative_to(self._root).parts for path in self._found.empty if self._is_code(path.name)]
        without = set()
        for names in wanted:
            ruling = self._ruling(names)
            depth = ruling.depth
            if depth is None:  # images in a class folder inside a patient's: `Patient1/positive/`
                depth = max((k + 1 for k, name in enumerate(names) if self._level(name) is Level.NAME), default=0)
            node = names[:depth]
            taken = any(node[:k] in nodes for k in range(len(node) + 1))
            if node and not taken and not any(other[: len(node)] == node for other in nodes):
                without.add(node)
        return {node for node in without if not any(node[:k] in without for k in range(1, len(node)))}

    def _name(self, nodes: set[tuple[str, ...]], without: set[tuple[str, ...]]) -> None:
        """The patients' ids; folders of one id below different folders are not one patient."""
        places: dict[str, list[tuple[str, ...]]] = defaultdict(list)
        for node in sorted(nodes | without):
            name = node[-1] if node else self._root_name()
            base = split_folder(name, self._codes)[0]
            self._claimed[node] = base
            places[base].append(node)
        for base, found in places.items():
            if not nodes.intersection(found):  # of several sections one may hold patches
                self._result.without[base] = part_of(found[0])
        for node in self._shadowed:  # a folder in a patient's folder that elsewhere would be a patient's itself
            base = split_folder(node[-1], self._codes)[0]
            if base in places:
                places[base].append(node)
        for base, found in places.items():
            above = {
                tuple(n for n in node[:-1] if self._level(n) in {Level.NAME, Level.SECTION, Level.TILES})
                for node in found
            }
            classes = {c for node in found for c in [part_of(node[:-1])] if c.infected is not None}
            if len(above) > 1 or len({(c.infected, c.density) for c in classes}) > 1:
                first, *rest = sorted(found)
                second = next(node for node in rest if node[:-1] != first[:-1])
                one, other = "/".join(first), "/".join(second)
                raise self._two(
                    f"{one} and {other} may be one patient, {base}, or two of one name"
                    + (
                        f", or {first[-2]} and {second[-2]} are the patients"
                        if min(len(first), len(second)) > 1
                        else ""
                    ),
                    "--patient-from parent takes them for two, --patient-from grandparent takes the folders above for the patients",
                )

    def _root_name(self) -> str:
        """The patient that the root stands for: a folder of tiles, or a slide, has the name of the folder above."""
        folder, slide = self._root, ""
        while self._level(folder.name) in {Level.TILES, Level.SECTION} and folder.parent.name:
            slide = folder.name if self._level(folder.name) is Level.SECTION else slide
            folder = folder.parent
        # Below a part or a class a slide is no patient's slide, but a patient of that name.
        name = folder.name if self._level(folder.name) is Level.NAME else slide or self._root.name
        if name != self._root.name:
            self._result.from_above[split_folder(name, self._codes)[0]] = folder
        return name

    # What becomes of each file

    def _sort(self, one: Listing, listed: bool, *, outside: bool) -> None:
        ruling = self._ruling(one.names)
        if one.images:
            if one.depth > MAX_DEPTH:
                self._images_aside(one, AsideKind.TOO_DEEP)
            elif outside and one.names:
                self._images_aside(one, AsideKind.OUTSIDE)
            elif listed and ruling.depth is not None:
                self._result.folders.append(self._folder(one, ruling, ruling.depth))
            else:
                self._images_aside(one, AsideKind.LOOSE)
        for other in one.others:
            self._aside(one.path / other.name, other.kind, other.group, one.names)

    def _folder(self, one: Listing, ruling: Ruling, depth: int) -> Folder:
        node = one.names[:depth]
        name = node[-1] if node else self._root_name()
        slides = [one.names[k] for k in ruling.sections]
        if not node and self._level(self._root.name) is Level.SECTION and name != self._root.name:
            slides.insert(0, self._root.name)
        base, section = split_folder(name, self._codes)
        rule = ruling.rule
        if not node:
            rule = Rule.ABOVE if name != self._root.name else Rule.ASKED if not one.names else rule
        return Folder(
            path=one.path,
            part=part_of(one.names),
            images=one.images,
            label="_".join([name, *slides]),
            patient=base,
            section="_".join(filter(None, [section, *slides])),
            node=node,
            rule=rule,
        )

    def _images_aside(self, one: Listing, kind: AsideKind) -> None:
        owner = self._owner(one.names)
        inner = "/".join(one.names[len(owner) :]) if owner is not None else one.path.name
        for image in one.images:
            group = (
                f"{inner}/"
                if inner
                else f"{image.name[image.name.rindex('.') :].lower()} beside the folders of patches"
            )
            self._aside(one.path / image.name, kind, group, one.names)

    def _aside(self, path: Path, kind: AsideKind, group: str, names: tuple[str, ...] | None = None) -> None:
        if names is None:
            names = path.relative_to(self._root).parts
        owner = self._owner(names)
        who = "" if owner is None or kind is AsideKind.OUTSIDE else self._claimed[owner]
        self._result.asides.append(Aside(path.relative_to(self._top).as_posix(), kind, who, group))

    def _owner(self, names: tuple[str, ...]) -> tuple[str, ...] | None:
        """The patient's folder that a folder is or lies in."""
        return next((names[:k] for k in range(len(names), -1, -1) if names[:k] in self._claimed), None)


def _some(names: Sequence[str]) -> str:
    unique = list(dict.fromkeys(names))
    shown = ", ".join(unique[:3])
    return f"{shown} and {len(unique) - 3} more" if len(unique) > 3 else shown
