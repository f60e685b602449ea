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
from hpscan.data.patients.folders import MAKE_A_PATIENT, Folder, People, part_of
from hpscan.data.patients.rulings import Rulings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hpscan.data.folders.walk import Listing, Tree
    from hpscan.data.patients.rulings import Ruling


def sort_out(tree: Tree, top: Path, root: Path, codes: frozenset[str]) -> People:
    """Patients' folders and what is set aside.

    Args:
        tree: What lies below `top`.
        top: The folder that was asked for.
        root: The folder that holds the whole dataset.
        codes: The codes of the tables, in listing form (`names.same_form`).

    Raises:
        AmbiguousLayoutError: When the folders can be read in two ways.
    """
    return _Sorting(tree, top, root, codes).result()


class _Sorting:
    """One dataset while it is sorted out."""

    def __init__(self, tree: Tree, top: Path, root: Path, codes: frozenset[str]) -> None:
        self._tree, self._top, self._root, self._codes = tree, top, root, codes
        self._result = People()
        self._claimed: dict[tuple[str, ...], str] = {}
        self._shadowed: set[tuple[str, ...]] = set()
        self._rulings = Rulings(codes, {listing.names for listing in tree.listings if listing.images})

    def result(self) -> People:
        seen = [listing for listing in self._tree.listings if not listing.hidden and listing.depth <= MAX_DEPTH]
        inside, outside = self._inside(seen)
        with_images = [listing for listing in inside if listing.images]
        nodes = self._nodes(with_images)
        has_parts = len(inside) < len(seen) or self._has_parts(seen)
        ambiguity.stop_if_ambiguous(self._tree, self._top, self._root, self._rulings, nodes, has_parts=has_parts)
        listed = self._listed(with_images, nodes)
        without = self._without(inside, nodes)
        self._name(nodes, without)
        for listing in self._tree.listings:
            self._sort(listing, listed.get(listing.names, False), outside=listing in outside)
        for path in self._tree.unreadable:
            self._aside(path, AsideKind.UNREADABLE, f"{path.name}/")
        for path in self._tree.own:
            self._aside(path, AsideKind.OWN, f"{path.name}/")
        return self._result

    # Which folders belong to the dataset

    def _has_parts(self, seen: Sequence[Listing]) -> bool:
        return any(listing.images and self._in_part(listing.names) for listing in seen)

    @staticmethod
    def _in_part(names: tuple[str, ...]) -> bool:
        """Whether a part of the dataset (not a folder `Cropped` inside a patient's) lies above the last name."""
        return part_of(names[:-1]).origin is not None and level(names[-1]) is not Level.TILES

    def _inside(self, seen: list[Listing]) -> tuple[list[Listing], set[Listing]]:
        """Where a dataset has its parts (`Cropped_Patches`), what lies beside them (masks, thumbnails) is no part of it."""
        if part_named(self._top.name) is not None or not self._has_parts(seen):
            return seen, set()
        outside = {listing for listing in seen if not any(part_named(name) is not None for name in listing.names)}
        return [listing for listing in seen if listing not in outside], outside

    # Which folders are patients'

    def _nodes(self, with_images: Sequence[Listing]) -> set[tuple[str, ...]]:
        """The patients' folders: the outermost ones; a folder in a patient's folder is no other patient's."""
        count: Counter[tuple[str, ...]] = Counter()
        for listing in with_images:
            ruling = self._rulings.of(listing.names)
            if ruling.depth is not None and ruling.listed:
                count[listing.names[: ruling.depth]] += len(listing.images)
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
        for listing in with_images:
            node = listing.names[: self._rulings.of(listing.names).depth or 0]
            if node in self._shadowed:
                below.update({node[:k]: len(listing.images) for k in range(1, len(node))})
        count = {listing.names: len(listing.images) for listing in with_images}
        inner = {
            listing.names[: self._rulings.of(listing.names).depth or 0]
            for listing in with_images
            if len(listing.names) != self._rulings.of(listing.names).depth
        }
        few = {node for node in nodes if count.get(node, 0) <= ambiguity.STRAY and node not in inner}
        return [node for node in few if below[node] > count.get(node, 0)]

    def _listed(self, with_images: Sequence[Listing], nodes: set[tuple[str, ...]]) -> dict[tuple[str, ...], bool]:
        """Which folders' images are listed: of a patient's own and those in the folders in it, the more numerous."""
        directly: Counter[tuple[str, ...]] = Counter()
        within: Counter[tuple[str, ...]] = Counter()
        for listing in with_images:
            ruling = self._rulings.of(listing.names)
            if ruling.depth is not None and ruling.listed and (node := listing.names[: ruling.depth]) in nodes:
                (directly if listing.names == node else within)[node] += len(listing.images)
        listed = {}
        for listing in with_images:
            ruling = self._rulings.of(listing.names)
            node = listing.names[: ruling.depth or 0]
            if ruling.depth is not None and ruling.listed and node in nodes:
                outer = directly[node] >= within[node]
                listed[listing.names] = outer if listing.names == node else not outer
        return listed

    def _without(self, inside: Sequence[Listing], nodes: set[tuple[str, ...]]) -> set[tuple[str, ...]]:
        """Folders of patients without a listed image: others lie there that may be patches, or nothing can be read."""
        wanted = [
            listing.names
            for listing in inside
            if listing.images or any(other.kind in MAKE_A_PATIENT for other in listing.others)
        ]
        # Of images that lie too deep, the folder nearest to the top with a name of its own is the patient's.
        for listing in self._tree.listings:
            if listing.depth > MAX_DEPTH and listing.images and not listing.hidden:
                named = [k for k, name in enumerate(listing.names) if self._rulings.level(name) is Level.NAME]
                wanted += [listing.names[: named[0] + 1]] if named else []
        wanted += [path.relative_to(self._root).parts for path in self._tree.unreadable if path != self._top]
        # An empty folder may be anything, but for one that a table names as a patient.
        wanted += [path.relative_to(self._root).parts for path in self._tree.empty if self._rulings.is_code(path.name)]
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
        for base, same in places.items():
            if not nodes.intersection(same):  # of several sections one may hold patches
                self._result.without[base] = part_of(same[0])
        for node in self._shadowed:  # a folder in a patient's folder that elsewhere would be a patient's itself
            base = split_folder(node[-1], self._codes)[0]
            if base in places:
                places[base].append(node)
        for base, same in places.items():
            above = {
                tuple(n for n in node[:-1] if self._rulings.level(n) in {Level.NAME, Level.SECTION, Level.TILES})
                for node in same
            }
            classes = {c for node in same for c in [part_of(node[:-1])] if c.infected is not None}
            if len(above) > 1 or len({(c.infected, c.density) for c in classes}) > 1:
                raise ambiguity.one_name(base, same, self._top)

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

    def _sort(self, listing: Listing, listed: bool, *, outside: bool) -> None:
        ruling = self._rulings.of(listing.names)
        if listing.images:
            if listing.depth > MAX_DEPTH:
                self._images_aside(listing, AsideKind.TOO_DEEP)
            elif outside and listing.names:
                self._images_aside(listing, AsideKind.OUTSIDE)
            elif listed and ruling.depth is not None:
                self._result.folders.append(self._folder(listing, ruling, ruling.depth))
            else:
                self._images_aside(listing, AsideKind.LOOSE)
        for other in listing.others:
            self._aside(listing.path / other.name, other.kind, other.group, listing.names)

    def _folder(self, listing: Listing, ruling: Ruling, depth: int) -> Folder:
        node = listing.names[:depth]
        name = node[-1] if node else self._root_name()
        slides = [listing.names[k] for k in ruling.sections]
        if not node and self._rulings.level(self._root.name) is Level.SECTION and name != self._root.name:
            slides.insert(0, self._root.name)
        base, section = split_folder(name, self._codes)
        rule = ruling.rule
        if not node:
            rule = Rule.ABOVE if name != self._root.name else Rule.ASKED if not listing.names else rule
        return Folder(
            path=listing.path,
            part=part_of(listing.names),
            images=listing.images,
            label="_".join([name, *slides]),
            patient=base,
            section="_".join(filter(None, [section, *slides])),
            node=node,
            rule=rule,
        )

    def _images_aside(self, listing: Listing, kind: AsideKind) -> None:
        owner = self._owner(listing.names)
        inner = "/".join(listing.names[len(owner) :]) if owner is not None else listing.path.name
        for image in listing.images:
            group = (
                f"{inner}/"
                if inner
                else f"{image.name[image.name.rindex('.') :].lower()} beside the folders of patches"
            )
            self._aside(listing.path / image.name, kind, group, listing.names)

    def _aside(self, path: Path, kind: AsideKind, group: str, names: tuple[str, ...] | None = None) -> None:
        if names is None:
            names = path.relative_to(self._root).parts
        owner = self._owner(names)
        who = "" if owner is None or kind is AsideKind.OUTSIDE else self._claimed[owner]
        self._result.asides.append(Aside(path.relative_to(self._top).as_posix(), kind, who, group))

    def _owner(self, names: tuple[str, ...]) -> tuple[str, ...] | None:
        """The patient's folder that a folder is or lies in."""
        return next((names[:k] for k in range(len(names), -1, -1) if names[:k] in self._claimed), None)
