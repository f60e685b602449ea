"""The one rule for who is a patient: from the folders that hold images to patients, sections and what is set aside.

The rule in words is in docs/reference/data-layouts.md. In short: the patient is the outermost folder with a name of its
own that holds images, directly or in folders of tiles or slides; what lies deeper in a patient's folder is set aside, and
counted as the patient's. Where the folders can be read in two ways, an `AmbiguousLayoutError` tells both.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from hpscan.core.account import Aside, AsideKind
from hpscan.core.notes import Rule
from hpscan.data.folders.parts import Level, level, part_named
from hpscan.data.folders.walk import MAX_DEPTH
from hpscan.data.names import split_folder
from hpscan.data.patients import ambiguity
from hpscan.data.patients.folders import MAKE_A_PATIENT, Folder, Sorted, part_of
from hpscan.data.patients.rulings import Rulings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hpscan.data.folders.walk import Found, Listing
    from hpscan.data.patients.rulings import Ruling


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
        self._claimed: dict[tuple[str, ...], str] = {}
        self._shadowed: set[tuple[str, ...]] = set()
        self._rulings = Rulings(codes, {one.names for one in found.listings if one.images})

    def result(self) -> Sorted:
        seen = [one for one in self._found.listings if not one.hidden and one.depth <= MAX_DEPTH]
        inside, outside = self._inside(seen)
        with_images = [one for one in inside if one.images]
        nodes = self._nodes(with_images)
        has_parts = len(inside) < len(seen) or self._has_parts(seen)
        ambiguity.stop_if_ambiguous(self._found, self._top, self._root, self._rulings, nodes, has_parts=has_parts)
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

    def _nodes(self, with_images: Sequence[Listing]) -> set[tuple[str, ...]]:
        """The patients' folders: the outermost ones; a folder in a patient's folder is no other patient's."""
        count: Counter[tuple[str, ...]] = Counter()
        for one in with_images:
            ruling = self._rulings.of(one.names)
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
        if () in count and (not nodes or self._rulings.is_code(self._root.name)):
            return {()}
        return nodes

    def _beside_folders(self, nodes: set[tuple[str, ...]], with_images: Sequence[Listing]) -> list[tuple[str, ...]]:
        """Folders with a picture or two beside other folders of images: an overview is no patch, and nothing is listed."""
        below: Counter[tuple[str, ...]] = Counter()
        for one in with_images:
            node = one.names[: self._rulings.of(one.names).depth or 0]
            if node in self._shadowed:
                below.update({node[:k]: len(one.images) for k in range(1, len(node))})
        own = {one.names: len(one.images) for one in with_images}
        inner = {
            one.names[: self._rulings.of(one.names).depth or 0]
            for one in with_images
            if len(one.names) != self._rulings.of(one.names).depth
        }
        few = {node for node in nodes if own.get(node, 0) <= ambiguity.STRAY and node not in inner}
        return [node for node in few if below[node] > own.get(node, 0)]

    def _listed(self, with_images: Sequence[Listing], nodes: set[tuple[str, ...]]) -> dict[tuple[str, ...], bool]:
        """Which folders' images are listed: of a patient's own and those in the folders in it, the more numerous."""
        directly: Counter[tuple[str, ...]] = Counter()
        within: Counter[tuple[str, ...]] = Counter()
        for one in with_images:
            ruling = self._rulings.of(one.names)
            if ruling.depth is not None and ruling.listed and (node := one.names[: ruling.depth]) in nodes:
                (directly if one.names == node else within)[node] += len(one.images)
        listed = {}
        for one in with_images:
            ruling = self._rulings.of(one.names)
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
                own = [k for k, name in enumerate(one.names) if self._rulings.level(name) is Level.NAME]
                wanted += [one.names[: own[0] + 1]] if own else []
        wanted += [path.relative_to(self._root).parts for path in self._found.unreadable if path != self._top]
        # An empty folder may be anything, but for one that a table names as a patient.
        wanted += [path.relative_to(self._root).parts for path in self._found.empty if self._rulings.is_code(path.name)]
        without = set()
        for names in wanted:
            ruling = self._rulings.of(names)
            depth = ruling.depth
            if depth is None:  # images in a class folder inside a patient's: `Patient1/positive/`
                depth = max(
                    (k + 1 for k, name in enumerate(names) if self._rulings.level(name) is Level.NAME), default=0
                )
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
                tuple(n for n in node[:-1] if self._rulings.level(n) in {Level.NAME, Level.SECTION, Level.TILES})
                for node in found
            }
            classes = {c for node in found for c in [part_of(node[:-1])] if c.infected is not None}
            if len(above) > 1 or len({(c.infected, c.density) for c in classes}) > 1:
                raise ambiguity.one_name(base, found, self._top)

    def _root_name(self) -> str:
        """The patient that the root stands for: a folder of tiles, or a slide, has the name of the folder above."""
        folder, slide = self._root, ""
        while self._rulings.level(folder.name) in {Level.TILES, Level.SECTION} and folder.parent.name:
            slide = folder.name if self._rulings.level(folder.name) is Level.SECTION else slide
            folder = folder.parent
        # Below a part or a class a slide is no patient's slide, but a patient of that name.
        name = folder.name if self._rulings.level(folder.name) is Level.NAME else slide or self._root.name
        if name != self._root.name:
            self._result.from_above[split_folder(name, self._codes)[0]] = folder
        return name

    # What becomes of each file

    def _sort(self, one: Listing, listed: bool, *, outside: bool) -> None:
        ruling = self._rulings.of(one.names)
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
        if not node and self._rulings.level(self._root.name) is Level.SECTION and name != self._root.name:
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
